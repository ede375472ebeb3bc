"""Rotations: laws at every scale, and the sign conventions that everything else relies on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.rotations import (
    compose_trs,
    cross_matrix,
    euler_yxz_to_matrix,
    matrix_to_euler_yxz,
    matrix_to_quaternion,
    matrix_to_rotvec,
    rotvec_to_matrix,
    translation_matrix,
)

QUARTER = np.pi / 2
UNIT = st.floats(-1, 1)
SCALES = st.sampled_from([1e-300, 1e-20, 1e-9, 1e-4, 1, 3, 100])
VECTORS = st.tuples(UNIT, UNIT, UNIT).map(np.array)
ANGLES = st.floats(-3.1, 3.1)


@given(VECTORS, SCALES)
def test_a_rotation_matrix_is_orthonormal_at_every_scale(vector, scale):
    matrix = rotvec_to_matrix(vector * scale)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-12)


def test_no_turn_is_exactly_the_identity():
    np.testing.assert_array_equal(rotvec_to_matrix(np.zeros(3)), np.eye(3))


@given(VECTORS, SCALES)
def test_the_opposite_turn_is_the_inverse(vector, scale):
    there, back = rotvec_to_matrix(vector * scale), rotvec_to_matrix(-vector * scale)
    np.testing.assert_allclose(there @ back, np.eye(3), atol=1e-12)


@given(VECTORS, st.sampled_from([1e-12, 1e-8, 1e-3, 1.0, 1.8]))
def test_rotation_vectors_come_back(vector, scale):
    there = vector * scale
    np.testing.assert_allclose(matrix_to_rotvec(rotvec_to_matrix(there)), there, atol=1e-8)


def test_small_turns_come_back_without_loss():
    tiny = np.array([3e-7, -2e-7, 1e-7])
    np.testing.assert_allclose(matrix_to_rotvec(rotvec_to_matrix(tiny)), tiny, rtol=1e-6)


@pytest.mark.parametrize(
    ("axis", "source", "target"),
    [
        ([1, 0, 0], [0, 1, 0], [0, 0, 1]),
        ([0, 1, 0], [0, 0, 1], [1, 0, 0]),
        ([0, 0, 1], [1, 0, 0], [0, 1, 0]),
        ([-1, 0, 0], [0, 1, 0], [0, 0, -1]),
    ],
)
def test_quarter_turns_are_right_handed(axis, source, target):
    turned = rotvec_to_matrix(np.array(axis) * QUARTER) @ source
    np.testing.assert_allclose(turned, target, atol=1e-15)


def test_half_turns_keep_their_axis_and_length():
    for axis in np.eye(3):
        back = matrix_to_rotvec(rotvec_to_matrix(np.pi * axis))
        np.testing.assert_allclose(np.abs(back), np.pi * axis, atol=1e-7)


@given(VECTORS, st.floats(0, 6))
def test_quaternions_have_unit_length_and_no_negative_w(vector, scale):
    quaternion = matrix_to_quaternion(rotvec_to_matrix(vector * scale))
    assert np.linalg.norm(quaternion) == pytest.approx(1)
    assert quaternion[0] >= 0


def test_quaternion_of_a_quarter_turn_about_y():
    half = np.sqrt(0.5)
    found = matrix_to_quaternion(rotvec_to_matrix(np.array([0, QUARTER, 0])))
    np.testing.assert_allclose(found, [half, 0, half, 0], atol=1e-12)


@given(VECTORS, VECTORS)
def test_the_cross_matrix_is_the_cross_product(a, b):
    np.testing.assert_allclose(cross_matrix(a) @ b, np.cross(a, b), atol=1e-15)


@given(ANGLES, st.floats(-1.55, 1.55), ANGLES)
def test_euler_angles_come_back(yaw, pitch, roll):
    found = matrix_to_euler_yxz(euler_yxz_to_matrix(yaw, pitch, roll))
    np.testing.assert_allclose(found, (yaw, pitch, roll), atol=1e-7)


@pytest.mark.parametrize(
    ("angles", "source", "target"),
    [
        ((QUARTER, 0, 0), [0, 0, 1], [1, 0, 0]),  # yaw: the nose to the person's left
        ((0, QUARTER, 0), [0, 0, 1], [0, -1, 0]),  # pitch: the nose down
        ((0, 0, QUARTER), [0, 1, 0], [-1, 0, 0]),  # roll: the crown to the person's right
        ((QUARTER, QUARTER, 0), [0, 0, 1], [0, -1, 0]),  # pitch is about the turned axis
    ],
)
def test_signs_of_head_rotation(angles, source, target):
    np.testing.assert_allclose(euler_yxz_to_matrix(*angles) @ source, target, atol=1e-15)


def test_many_at_once_are_the_same_as_one_by_one():
    vectors = np.random.default_rng(0).normal(size=(4, 5, 3))
    matrices = rotvec_to_matrix(vectors)
    assert matrices.shape == (4, 5, 3, 3)
    np.testing.assert_array_equal(matrices[2, 3], rotvec_to_matrix(vectors[2, 3]))
    np.testing.assert_allclose(
        matrix_to_rotvec(matrices)[1, 4], matrix_to_rotvec(matrices[1, 4]), atol=1e-12
    )


@pytest.mark.parametrize("shape", [(4,), (3, 2), (0,)])
def test_a_vector_that_is_not_of_three_is_refused_by_shape(shape):
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 3\)"):
        rotvec_to_matrix(np.zeros(shape))


def test_trs_scales_first_then_turns_then_shifts():
    turn = rotvec_to_matrix(np.array([0, 0, QUARTER]))
    matrix = compose_trs(np.array([10.0, 0, 0]), turn, np.array([2.0, 3, 4]))
    np.testing.assert_allclose(matrix @ [1, 0, 0, 1], [10, 2, 0, 1], atol=1e-12)
    np.testing.assert_allclose(matrix @ [0, 1, 0, 1], [7, 0, 0, 1], atol=1e-12)


def test_translations_add():
    a, b = np.array([1.0, 2, 3]), np.array([[0.5, 0, 0], [0, 0, -3]])
    found = translation_matrix(a) @ translation_matrix(b)
    np.testing.assert_array_equal(found, translation_matrix(a + b))
