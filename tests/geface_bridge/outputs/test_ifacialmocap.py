"""iFacialMocap's text, read back as its documentation says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.outputs import IFacialMocapOutput
from geface_bridge.outputs.ifacialmocap import NAMES, encode_ifacialmocap, shape_name
from tests.geface_bridge.outputs.listening import channels, listening, lost, settled


def read(data):
    """Shapes as integers, rotations and places as floats."""
    shapes, _, bones = data.decode().partition("=")
    assert bones
    values = dict(part.split("&") for part in shapes.split("|") if part)
    turned = dict(part.split("#") for part in bones.split("|") if part)
    floats = {name: [float(v) for v in text.split(",")] for name, text in turned.items()}
    return {name: int(value) for name, value in values.items()}, floats


@pytest.mark.parametrize(
    ("arkit", "theirs"),
    [
        ("MouthSmileLeft", "mouthSmile_L"),
        ("EyeLookInRight", "eyeLookIn_R"),
        ("JawLeft", "jawLeft"),
        ("MouthRight", "mouthRight"),
        ("BrowInnerUp", "browInnerUp"),
    ],
)
def test_names(arkit, theirs):
    assert shape_name(arkit) == theirs
    assert len(set(NAMES)) == 52


def test_a_frame_in_degrees_and_hundredths():
    shapes, turned = read(encode_ifacialmocap(channels(AU12_L=1.0, head_yaw=0.5, head_x=0.1)))
    assert set(shapes) == set(NAMES)
    assert shapes["mouthSmile_L"] > 50
    assert shapes["mouthSmile_R"] == 0
    assert turned["head"] == pytest.approx([0, np.degrees(0.5), 0, 0.1, 0, 0], abs=1e-4)
    assert list(turned) == ["head", "rightEye", "leftEye"]


@given(st.floats(0, 1), st.floats(-1, 1))
def test_the_text_is_always_one_that_receivers_split(smile, yaw):
    text = encode_ifacialmocap(channels(AU12_R=smile, head_yaw=yaw)).decode()
    assert text.count("=") == 1
    assert text.endswith("|")
    assert re.fullmatch(r"(\w+&\d+\|){52}=(\w+#(-?\d+\.\d+,?)+\|){3}", text)


def test_after_a_loss_it_falls_silent():
    with listening() as phone:
        output = IFacialMocapOutput(phone.address)
        settled(output, AU12_L=1.0)
        output.publish(lost(2.0))
        output.publish(lost(9.0))
        phone.waiting()
        output.publish(lost(9.1))
        assert phone.waiting() == []
        output.close()
