"""iFacialMocap's text, from our encoder, in both versions, and what is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.arkit import SHAPES, arkit_channels
from geface_bridge.errors import ProtocolError
from geface_bridge.inputs import decode_ifacialmocap
from geface_bridge.outputs.ifacialmocap import encode_ifacialmocap
from tests.geface_bridge.outputs.listening import channels

SMILE = SHAPES.index("MouthSmileLeft")


def test_what_we_send_comes_back_within_a_hundredth():
    values = {"AU12_L": 0.5, "head_yaw": 0.3, "head_pitch": -0.2, "head_roll": 0.1, "head_x": 0.05}
    packet = decode_ifacialmocap(encode_ifacialmocap(channels(**values)), "10.0.0.7")
    assert (packet.device, packet.name, packet.time_s) == ("10.0.0.7", "10.0.0.7", None)
    np.testing.assert_allclose(packet.place_m, [0.05, 0, 0], atol=1e-5)
    found = arkit_channels(packet.values)
    expected = channels(**values | {"head_x": 0.0})
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.parametrize(
    "text",
    ["mouthSmile_L-40|", "mouthSmile_L&40|newShape&9|", "mouthSmile_L&40.0|trackingStatus-1|"],
)
def test_both_versions_and_names_of_newer_ones(text):
    packet = decode_ifacialmocap(f"{text}=head#0,0,0,0,0,0|rightEye#0,0,0|".encode())
    assert packet.values[SMILE] == pytest.approx(0.4)
    assert np.count_nonzero(packet.values) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "expected iFacialMocap's text"),
        (b"mouthSmile_L&40|", "with one '='"),
        (b"mouthSmile_L&x|=head#0,0,0,0,0,0|", "a value is 'x'"),
        (b"mouthSmile_L&nan|=head#0,0,0,0,0,0|", "a value is 'nan'"),
        (b"=head#0,0,0|", "expected head# and six numbers"),
        (b"=" + b"|" * 300, "with one '='"),
    ],
)
def test_what_is_none_is_named(data, message):
    with pytest.raises(ProtocolError, match=message):
        decode_ifacialmocap(data)


@given(st.binary(max_size=400) | st.text("-&|=#,0129nahed_LRS. ", max_size=200).map(str.encode))
def test_any_bytes_are_a_packet_or_a_clean_error(data):
    try:
        packet = decode_ifacialmocap(data)
    except ProtocolError:
        return
    assert np.isfinite(packet.values).all()
