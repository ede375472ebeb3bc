"""Live Link Face packets, read by PyLiveLinkFace and by a reader after the documented layout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from geface_bridge.arkit import ROTATIONS, SHAPES
from geface_bridge.outputs import LiveLinkOutput
from geface_bridge.outputs.livelink import MAX_NAME_BYTES, encode_livelink
from tests.geface_bridge.outputs.listening import listening, lost, settled
from tests.geface_bridge.outputs.livelink_reader import CURVES, read

DEVICE = "01234567-89AB-CDEF-0123-456789ABCDEF"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    st.floats(0, 1e6),
    st.lists(st.floats(-1, 1, width=32), min_size=61, max_size=61),
)
def test_epics_layout_in_all_its_fields(subject, time_s, values):
    data = encode_livelink(DEVICE, subject, time_s, values)
    found = read(data)
    assert (found.device, found.rate) == (DEVICE, (60, 1))
    assert subject.startswith(found.subject)
    assert len(found.subject.encode()) <= MAX_NAME_BYTES
    assert found.time_s == pytest.approx(time_s, abs=1e-3, rel=1e-6)
    np.testing.assert_array_equal(np.float32(list(found.curves.values())), np.float32(values))


@pytest.mark.parametrize("subject", ["Zoë", "安娜", "é" * 300, "🎭 face", "\u0301" * 99 + "x" * 9])
def test_names_that_are_not_ascii_are_whole_characters_of_counted_bytes(subject):
    found = read(encode_livelink(DEVICE, subject, 1.0, np.zeros(61)))
    assert found.subject == subject[: len(found.subject)]
    assert len(found.subject) == len(subject) or len(found.subject.encode()) > MAX_NAME_BYTES - 4


def test_our_order_is_the_readers_and_pylivelinkfaces():
    assert CURVES == [*SHAPES, *ROTATIONS] == [shape.name for shape in FaceBlendShape]


def test_the_independent_decoder_reads_every_value_where_it_belongs():
    values = [i / 61 for i in range(61)]
    found, face = PyLiveLinkFace.decode(encode_livelink(DEVICE, "anna", 2.5, values))
    assert found
    for shape, value in zip(FaceBlendShape, values, strict=True):
        assert face.get_blendshape(shape) == pytest.approx(value, abs=1e-6)


def test_no_face_is_a_header_alone():
    data = encode_livelink(DEVICE, "Zoë", 1.0, None)
    assert (read(data).subject, read(data).curves) == ("Zoë", None)
    assert len(data) == 5 + 36 + 4 + 4 + 16
    assert PyLiveLinkFace.decode(data)[0] is False


def test_a_smile_is_on_its_side_and_the_head_turns():
    with listening() as unreal:
        output = LiveLinkOutput(unreal.address, "anna")
        settled(output, AU12_L=1.0, head_yaw=0.3, head_pitch=0.2, gaze_yaw=0.1)
        unreal.take()
        found = read(unreal.take())
        output.close()
    at = found.curves
    assert (len(found.device), found.subject, found.time_s) == (36, "anna", 1.0)
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
        packets = [read(data).curves for data in unreal.waiting()]
        output.close()
    faces = [curves["MouthSmileLeft"] for curves in packets[1:] if curves is not None]
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
            devices.append(read(unreal.take()).device)
            output.close()
    assert devices[0] == devices[1]
