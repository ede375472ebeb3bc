"""ARKit's values and the way back from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.arkit import ROTATIONS, SHAPES, arkit_channels, arkit_values
from rig.layout import load_layout
from rig.profile import load_profile
from tests.geface_bridge.outputs.listening import channels

LAYOUT = load_layout()
POSES = load_profile("arkit52").poses
AT_MOST = {  # intensity at which an AU's strongest shape reaches 1, beyond which ARKit has no more
    name: min(1.0, 1 / max(POSES[name].curves.values())) for name in LAYOUT.au_channel_names
}


@pytest.mark.parametrize("name", [n for n in LAYOUT.au_channel_names if not n.startswith("AU01")])
def test_each_action_unit_comes_back_as_far_as_arkit_goes(name):
    for value in (0.1, 0.45, 0.999 * AT_MOST[name]):
        given_ = channels(**{name: value}).astype(float)
        np.testing.assert_allclose(arkit_channels(arkit_values(given_)), given_, atol=1e-4)


def test_how_far_arkit_goes():
    """The figures that the README names."""
    short = {name[:4]: round(most, 2) for name, most in AT_MOST.items() if most < 0.7}
    assert short == {
        "AU06": 0.59,
        "AU09": 0.45,
        "AU16": 0.67,
        "AU28": 0.69,
        "AU30": 0.67,
        "AU29": 0.67,
    }


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-0.4, 0.4))
def test_head_and_gaze_come_back(yaw, pitch, roll, gaze):
    turned = {"head_yaw": yaw, "head_pitch": pitch, "head_roll": roll}
    looking = {"gaze_yaw": gaze, "gaze_pitch": -gaze / 2}
    given_ = channels(**turned, **looking).astype(float)
    np.testing.assert_allclose(arkit_channels(arkit_values(given_)), given_, atol=1e-4)


def test_shapes_out_of_range_are_clipped_and_eye_rotations_not_asked():
    values = np.zeros(61)
    values[SHAPES.index("MouthSmileLeft")] = 7.0
    values[SHAPES.index("EyeWideLeft")] = -3.0
    values[52 + ROTATIONS.index("LeftEyeYaw")] = 0.5
    found = dict(zip(LAYOUT.channel_names, arkit_channels(values), strict=True))
    assert found["AU12_L"] == pytest.approx(1.0)
    assert found["gaze_yaw"] == found["AU05_L"] == 0.0
