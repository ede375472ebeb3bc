from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align.geometry import (
    camera_from_sight,
    fit_similarity,
    openface_angles_from_head_angles,
    transform_points,
)
from rig.rotations import euler_yxz_to_matrix, matrix_to_euler_yxz

ANGLE = st.floats(-1.4, 1.4)


@given(ANGLE, ANGLE, ANGLE, st.floats(0.01, 100.0), st.integers(0, 1000))
def test_fit_recovers_a_similarity(yaw, pitch, roll, scale, seed):
    rng = np.random.default_rng(seed)
    source, shift = rng.normal(size=(12, 3)), rng.normal(size=3)
    rotation = euler_yxz_to_matrix(yaw, pitch, roll)
    fit = fit_similarity(source, scale * source @ rotation.T + shift)
    np.testing.assert_allclose(fit.scale, scale, rtol=1e-9)
    np.testing.assert_allclose(fit.rotation, rotation, atol=1e-9)
    np.testing.assert_allclose(fit.translation, shift, atol=1e-8 * max(1.0, scale))


@pytest.mark.parametrize("size", [2, 3])
def test_fit_of_a_mirror_image_is_still_a_rotation(size):
    source = np.random.default_rng(0).normal(size=(9, size))
    fit = fit_similarity(source, source * [-1.0, 1.0, 1.0][:size])
    np.testing.assert_allclose(np.linalg.det(fit.rotation), 1.0, atol=1e-12)


@given(st.integers(0, 1000))
def test_fit_in_the_plane_is_the_least_squares_solution(seed):
    source, target = np.random.default_rng(seed).normal(size=(2, 5, 2))
    x, y, one, none = source[:, 0], source[:, 1], np.ones(5), np.zeros(5)
    system = np.vstack([np.stack([x, -y, one, none], 1), np.stack([y, x, none, one], 1)])
    a, b, right, down = np.linalg.lstsq(system, target.T.ravel(), rcond=None)[0]
    found = fit_similarity(source, target).matrix
    np.testing.assert_allclose(found, [[a, -b, right], [b, a, down]], atol=1e-9)


def test_quarter_turn_doubled_and_shifted():
    source = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    target = np.array([[5.0, 7.0], [5.0, 9.0], [3.0, 7.0]])
    fit = fit_similarity(source, target)
    np.testing.assert_allclose(fit.matrix, [[0, -2, 5], [2, 0, 7]], atol=1e-12)
    np.testing.assert_allclose(transform_points(fit.matrix, source), target, atol=1e-12)


def test_fit_refuses_points_without_extent():
    with pytest.raises(ValueError, match="all 3 source points coincide"):
        fit_similarity(np.ones((3, 2)), np.eye(3)[:, :2])
    with pytest.raises(ValueError, match=r"source is \(3, 2\), target \(4, 2\)"):
        fit_similarity(np.ones((3, 2)), np.ones((4, 2)))


@given(st.floats(-3.1, 3.1), ANGLE, st.floats(-3.1, 3.1))
def test_head_angles_round_trip(yaw, pitch, roll):
    rotation = euler_yxz_to_matrix(yaw, pitch, roll)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(matrix_to_euler_yxz(rotation), (yaw, pitch, roll), atol=1e-9)


def test_each_head_angle_turns_the_way_the_layout_says():
    out, up = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    quarter = math.pi / 2
    left, down, right = [1, 0, 0], [0, -1, 0], [-1, 0, 0]
    np.testing.assert_allclose(euler_yxz_to_matrix(quarter, 0, 0) @ out, left, atol=1e-12)
    np.testing.assert_allclose(euler_yxz_to_matrix(0, quarter, 0) @ out, down, atol=1e-12)
    np.testing.assert_allclose(euler_yxz_to_matrix(0, 0, quarter) @ up, right, atol=1e-12)


@pytest.mark.parametrize(
    ("position", "towards_camera"),
    [((0, 0, -1), (0, 0, 1)), ((1, 0, -1), (-1, 0, 1)), ((0, 2, -2), (0, -1, 1))],
)
def test_line_of_sight_points_from_the_head_to_the_camera(position, towards_camera):
    found = camera_from_sight(*position) @ [0.0, 0.0, 1.0]
    np.testing.assert_allclose(found, towards_camera / np.linalg.norm(towards_camera), atol=1e-12)


@given(ANGLE, ANGLE)
def test_line_of_sight_is_yaw_then_pitch(yaw, pitch):
    x, y, z = (-3.0 * euler_yxz_to_matrix(yaw, pitch, 0.0)[:, 2]).tolist()
    found = camera_from_sight(x, y, z)
    np.testing.assert_allclose(found, euler_yxz_to_matrix(yaw, pitch, 0.0), atol=1e-12)


def test_single_angles_in_openface_convention():
    np.testing.assert_allclose(openface_angles_from_head_angles(0.3, 0, 0), (0, -0.3, 0))
    np.testing.assert_allclose(openface_angles_from_head_angles(0, 0.2, 0), (0.2, 0, 0))
    np.testing.assert_allclose(openface_angles_from_head_angles(0, 0, 0.1), (0, 0, -0.1))


@given(ANGLE, ANGLE, ANGLE)
def test_openface_angles_describe_the_same_rotation(yaw, pitch, roll):
    about_x, about_y, about_z = openface_angles_from_head_angles(yaw, pitch, roll)
    single = (
        euler_yxz_to_matrix(0, about_x, 0),
        euler_yxz_to_matrix(about_y, 0, 0),
        euler_yxz_to_matrix(0, 0, about_z),
    )
    flip = np.diag([1.0, -1.0, -1.0])
    expected = flip @ euler_yxz_to_matrix(yaw, pitch, roll) @ flip
    np.testing.assert_allclose(single[0] @ single[1] @ single[2], expected, atol=1e-9)
