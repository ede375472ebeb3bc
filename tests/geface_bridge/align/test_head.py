from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align.geometry import rotation_from_head_angles
from geface_bridge.align.head import estimate_head
from geface_bridge.align.template import NOSE_TIP, load_template

SIZE = (640, 480)
ANGLE = st.floats(-0.9, 0.9)


def projected(yaw: float, pitch: float, roll: float, at_m=(0.0, 0.0, -0.5)) -> np.ndarray:
    """MediaPipe-like landmarks of the template seen by a 60° camera, weak perspective."""
    focal_px = SIZE[0] / 2 / math.tan(math.radians(30))
    scale = focal_px / -at_m[2]
    points = load_template().positions_m @ rotation_from_head_angles(yaw, pitch, roll).T
    points = (points + np.array([at_m[0], at_m[1], 0.0])) * (scale, -scale, -scale)
    return points + np.array([SIZE[0] / 2, SIZE[1] / 2, 0.0])


@given(ANGLE, ANGLE, ANGLE, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(-3.0, -0.2))
def test_pose_of_a_projected_template_is_recovered(yaw, pitch, roll, x, y, z):
    head = estimate_head(projected(yaw, pitch, roll, (x, y, z)), SIZE)
    found = (head.yaw_rad, head.pitch_rad, head.roll_rad, head.x_m, head.y_m, head.z_m)
    np.testing.assert_allclose(found, (yaw, pitch, roll, x, y, z), atol=1e-6)


def test_a_turn_to_the_persons_left_moves_the_nose_to_the_images_right():
    nose_px = projected(0.3, 0.0, 0.0)[NOSE_TIP] - projected(0.0, 0.0, 0.0)[NOSE_TIP]
    assert nose_px[0] > 5.0
    assert estimate_head(projected(0.3, 0.0, 0.0), SIZE).yaw_rad == pytest.approx(0.3)


def test_mouth_and_jaw_do_not_move_the_head():
    landmarks = projected(0.1, 0.2, 0.3)
    still = estimate_head(landmarks, SIZE)
    open_jaw = landmarks.copy()
    open_jaw[load_template().positions_m[:, 1] < -0.04] += (0.0, 25.0, 5.0)
    assert estimate_head(open_jaw, SIZE) == still


def test_portrait_pictures_use_their_longer_side_for_the_field_of_view():
    landmarks = projected(0.0, 0.0, 0.0)
    turned = estimate_head(landmarks, (480, 640))
    assert turned.z_m == pytest.approx(estimate_head(landmarks, SIZE).z_m)
