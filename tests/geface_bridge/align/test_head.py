from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align.faces import HeadPose
from geface_bridge.align.geometry import (
    camera_from_sight,
)
from geface_bridge.align.head import estimate_head, head_angles_with
from geface_bridge.align.template import NOSE_TIP, load_template
from rig.rotations import euler_yxz_to_matrix, matrix_to_euler_yxz

SIZE = (640, 480)
ANGLE = st.floats(-0.9, 0.9)


def projected(yaw: float, pitch: float, roll: float, at_m=(0.0, 0.0, -0.5)) -> np.ndarray:
    """MediaPipe-like landmarks of the template seen by a 60° camera, weak perspective."""
    focal_px = SIZE[0] / 2 / math.tan(math.radians(30))
    scale = focal_px / -at_m[2]
    seen = camera_from_sight(*at_m).T @ euler_yxz_to_matrix(yaw, pitch, roll)
    points = load_template().positions_m @ seen.T
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


def test_a_head_at_the_edge_that_looks_at_the_camera_is_turned_to_the_middle():
    at_m = (0.3, 0.0, -0.5)
    facing = projected(-math.atan2(0.3, 0.5), 0.0, 0.0, at_m)
    template = projected(0.0, 0.0, 0.0)
    np.testing.assert_allclose(
        facing - facing.mean(axis=0), template - template.mean(axis=0), atol=1e-9
    )
    assert estimate_head(facing, SIZE).yaw_rad == pytest.approx(-math.atan2(0.3, 0.5))


@given(ANGLE, ANGLE, ANGLE, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_what_a_crop_shows_and_where_it_lay_give_the_whole_rotation(yaw, pitch, tilt, x, y):
    # tilt, then yaw and pitch: the order in which a crop sees them
    tilted = euler_yxz_to_matrix(0, 0, tilt) @ euler_yxz_to_matrix(yaw, pitch, 0)
    rotation = camera_from_sight(x, y, -0.6) @ tilted
    angles = matrix_to_euler_yxz(rotation)
    head = HeadPose(*angles, x, y, -0.6)
    np.testing.assert_allclose(head_angles_with(head, yaw, pitch), angles, atol=1e-9)


def test_an_upright_head_in_the_middle_takes_the_crops_angles():
    head = HeadPose(0.3, -0.2, 0.0, 0.0, 0.0, -0.6)
    np.testing.assert_allclose(head_angles_with(head, 0.1, 0.2), (0.1, 0.2, 0.0), atol=0.07)
    facing = HeadPose(0.0, 0.0, 0.0, 0.0, 0.0, -0.6)
    np.testing.assert_allclose(head_angles_with(facing, 0.1, 0.2), (0.1, 0.2, 0.0), atol=1e-12)


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
