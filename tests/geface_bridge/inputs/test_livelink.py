"""Live Link Face packets of other encoders, of ours, and what is none."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from geface_bridge.errors import ProtocolError
from geface_bridge.inputs import decode_livelink
from geface_bridge.outputs.livelink import encode_livelink

DEVICE = "01234567-89AB-CDEF-0123-456789ABCDEF"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(NAMES, st.floats(0, 1e6), st.lists(st.floats(-1, 1, width=32), min_size=61, max_size=61))
def test_what_we_send_is_what_we_receive(name, time_s, values):
    packet = decode_livelink(encode_livelink(DEVICE, name, time_s, values))
    assert (packet.device, packet.name) == (DEVICE, name)
    assert packet.time_s == pytest.approx(time_s, abs=1e-3, rel=1e-6)
    np.testing.assert_array_equal(packet.values, np.float32(values))


@pytest.mark.parametrize("fps", [60, 30])
def test_the_independent_encoder_is_understood(fps):
    """At 30 frames a second its denominator is 0: then there is no time, but a face."""
    face = PyLiveLinkFace(name="anna", fps=fps)
    for place, shape in enumerate(FaceBlendShape):
        face.set_blendshape(shape, place / 61, no_filter=True)
    packet = decode_livelink(face.encode())
    assert (packet.name, len(packet.device)) == ("anna", 36)
    np.testing.assert_allclose(packet.values, np.arange(61) / 61, atol=1e-6)
    assert (packet.time_s is None) == (fps == 30)


def test_a_header_alone_is_a_device_that_sees_no_face():
    packet = decode_livelink(encode_livelink(DEVICE, "Zoë 🎭", 2.5, None))
    assert (packet.name, packet.time_s, packet.values) == ("Zoë 🎭", 2.5, None)


@pytest.mark.parametrize(
    ("number", "part", "numerator", "denominator", "time_s"),
    [
        (60, 0.5, 60, 1, 60.5 / 60),
        (30, 0.0, 30000, 1001, 1.001),
        (60, 0.0, 60, 0, None),
        (60, 0.0, -60, 1, None),
        (60, float("nan"), 60, 1, None),
        (60, 1e9, 60, 1, None),
    ],
)
def test_frame_times_and_what_is_none(number, part, numerator, denominator, time_s):
    head = encode_livelink(DEVICE, "a", 0.0, None)[:-16]
    found = decode_livelink(head + struct.pack(">ifii", number, part, numerator, denominator))
    assert found.time_s == (time_s if time_s is None else pytest.approx(time_s))


def broken():
    whole = encode_livelink(DEVICE, "anna", 1.0, np.zeros(61))
    text = 5 + 36
    return {
        "version is missing": b"",
        "version is 71, expected 6": b"GET / HTTP/1.1\r\n\r\n",
        "version is 5, expected 6: update the application": b"\5" + whole[1:],
        "device id has 0 bytes": b"\6" + bytes(4) + whole[5:],
        "device id has -1 bytes of 311": b"\6\xff\xff\xff\xff" + whole[5:] + b"\0",
        "device id has 2147483647": b"\6\x7f\xff\xff\xff" + whole[5:],
        "ends after 43 bytes, within its subject name": whole[: text + 2],
        "subject name is b'\\\\xff": whole[: text + 4] + b"\xff" * 4 + whole[text + 8 :],
        "within its frame time": whole[: text + 20],
        "holds 60 values": whole[:-245] + b"\x3c" + whole[-244:],
        "61 values in 243": whole[:-1],
        "61 values in 245": whole + b"\0",
        "not finite": whole[:-4] + struct.pack(">f", float("inf")),
    }


@pytest.mark.parametrize(("message", "data"), broken().items())
def test_what_is_no_packet_is_named(message, data):
    with pytest.raises(ProtocolError, match=message):
        decode_livelink(data)


@given(st.binary(max_size=700), st.integers(0, 400))
def test_any_bytes_are_a_packet_or_a_clean_error(noise, cut):
    whole = encode_livelink(DEVICE, "anna", 1.0, np.zeros(61))
    for data in (noise, b"\6" + noise, whole[:cut] + noise, whole[:cut] + noise + whole[cut:]):
        try:
            packet = decode_livelink(data)
        except ProtocolError:
            continue
        assert packet.values is None or np.isfinite(packet.values).all()
