"""Live Link Face packets, read by PyLiveLinkFace and by a decoder after Epic's layout."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from geface_bridge.arkit import ROTATIONS, SHAPES
from geface_bridge.outputs import LiveLinkOutput
from geface_bridge.outputs.livelink import MAX_NAME_BYTES, encode_livelink
from tests.geface_bridge.outputs.listening import listening, lost, settled

DEVICE = "01234567-89AB-CDEF-0123-456789ABCDEF"


def decode(data):
    """Device, subject, frame, part, rate, floats or None, as the engine reads them: big-endian."""
    version, length = struct.unpack_from(">Bi", data)
    assert version == 6
    place = 5 + length
    device = data[5:place].decode()
    (length,) = struct.unpack_from(">i", data, place)
    subject = data[place + 4 : place + 4 + length].decode()
    place += 4 + length
    number, part, numerator, denominator = struct.unpack_from(">ifii", data, place)
    place += 16
    if place == len(data):
        return device, subject, number, part, (numerator, denominator), None
    assert data[place] == 61
    values = struct.unpack_from(">61f", data, place + 1)
    assert place + 1 + 244 == len(data)
    return device, subject, number, part, (numerator, denominator), values


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    st.floats(0, 1e6),
    st.lists(st.floats(-1, 1, width=32), min_size=61, max_size=61),
)
def test_epics_layout_in_all_its_fields(subject, time_s, values):
    data = encode_livelink(DEVICE, subject, time_s, values)
    device, name, number, part, rate, found = decode(data)
    assert device == DEVICE
    assert subject.startswith(name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert rate == (60, 1)
    assert 0.0 <= part < 1.0
    assert (number + part) / 60 == pytest.approx(time_s, abs=1e-3, rel=1e-6)
    np.testing.assert_array_equal(np.float32(found), np.float32(values))
    assert 264 <= len(data) <= 774


def test_the_independent_decoder_reads_every_value_where_it_belongs():
    values = [i / 61 for i in range(61)]
    found, face = PyLiveLinkFace.decode(encode_livelink(DEVICE, "anna", 2.5, values))
    assert found
    for shape, value in zip(FaceBlendShape, values, strict=True):
        assert face.get_blendshape(shape) == pytest.approx(value, abs=1e-6)
    names = [shape.name for shape in FaceBlendShape]
    assert names == [*SHAPES, *ROTATIONS]


def test_no_face_is_a_header_alone():
    data = encode_livelink(DEVICE, "Zoë", 1.0, None)
    assert decode(data)[-1] is None
    assert len(data) == 5 + 36 + 4 + 4 + 16
    assert PyLiveLinkFace.decode(data)[0] is False


def test_a_smile_is_on_its_side_and_the_head_turns():
    with listening() as unreal:
        output = LiveLinkOutput(unreal.address, "anna")
        settled(output, AU12_L=1.0, head_yaw=0.3, head_pitch=0.2, gaze_yaw=0.1)
        unreal.take()
        device, subject, *_, values = decode(unreal.take())
        output.close()
    at = dict(zip([*SHAPES, *ROTATIONS], values, strict=True))
    assert (len(device), subject) == (36, "anna")
    assert at["MouthSmileLeft"] > 0.5
    assert at["MouthSmileRight"] == 0.0
    assert (at["HeadYaw"], at["HeadPitch"]) == pytest.approx((0.3, -0.2))
    assert at["LeftEyeYaw"] == at["RightEyeYaw"] == pytest.approx(-0.1)
    assert at["EyeLookOutLeft"] > 0.0 < at["EyeLookInRight"]


def test_a_lost_face_fades_and_then_is_gone():
    with listening() as unreal:
        output = LiveLinkOutput(unreal.address)
        settled(output, AU12_L=1.0)
        for step in range(90):
            output.publish(lost(1.0 + step / 30))
        packets = [decode(data)[-1] for data in unreal.waiting()]
        output.close()
    smile = SHAPES.index("MouthSmileLeft")
    faces = [packet[smile] for packet in packets[1:] if packet is not None]
    assert packets[-1] is None
    assert faces == sorted(faces, reverse=True)
    assert faces[0] > 0.5


def test_other_subjects_are_not_sent_and_the_device_stays_the_same():
    with listening() as unreal:
        devices = []
        for _ in range(2):
            output = LiveLinkOutput(unreal.address, "anna", index=1)
            settled(output)
            assert unreal.waiting() == []
            output.publish(lost(0.0, subject=1))
            devices.append(decode(unreal.take())[0])
            output.close()
    assert devices[0] == devices[1]
