# SPDX-License-Identifier: GPL-3.0-or-later
"""Quaternions mean what the rig's matrices mean."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core import rotations
from rig.rotations import euler_yxz_to_matrix, rotvec_to_matrix

rotvecs = arrays(float, 3, elements=st.floats(-3, 3))
angles = st.floats(-3, 3)


def matrix(rotvec):
    return rotations.matrix_from_quaternion(rotations.quaternion_from_rotvec(rotvec))


@given(rotvecs)
def test_rotation_vectors_mean_what_they_mean_in_the_rig(rotvec):
    np.testing.assert_allclose(matrix(rotvec), rotvec_to_matrix(rotvec), atol=1e-12)


@given(rotvecs, rotvecs)
def test_products_are_those_of_matrices(left, right):
    one, other = (rotations.quaternion_from_rotvec(vector) for vector in (left, right))
    found = rotations.matrix_from_quaternion(rotations.quaternion_product(one, other))
    np.testing.assert_allclose(found, matrix(left) @ matrix(right), atol=1e-12)


@given(rotvecs, st.sampled_from([1.0, -1.0]))
def test_back_to_the_same_rotation_by_half_a_turn_at_most(rotvec, sign):
    back = rotations.rotvec_from_quaternion(sign * rotations.quaternion_from_rotvec(rotvec))
    assert np.linalg.norm(back) <= np.pi + 1e-12
    np.testing.assert_allclose(matrix(back), matrix(rotvec), atol=1e-9)


@given(angles, angles, angles)
def test_the_heads_turn_is_yaw_then_pitch_then_roll(yaw, pitch, roll):
    found = rotations.matrix_from_quaternion(rotations.head_quaternion(yaw, pitch, roll))
    np.testing.assert_allclose(found, euler_yxz_to_matrix(yaw, pitch, roll), atol=1e-12)


def test_a_quarter_turn_to_the_left_takes_forward_to_left():
    np.testing.assert_allclose(matrix([0, np.pi / 2, 0]) @ [0, 0, 1], [1, 0, 0], atol=1e-12)


def test_leading_axes_are_kept():
    rotvecs = np.linspace(-1, 1, 24).reshape(2, 4, 3)
    quaternions = rotations.quaternion_from_rotvec(rotvecs)
    assert quaternions.shape == (2, 4, 4)
    product = rotations.quaternion_product(quaternions[:, :1], quaternions)
    expected = rotations.quaternion_product(quaternions[1, 0], quaternions[1, 2])
    np.testing.assert_array_equal(product[1, 2], expected)
    np.testing.assert_allclose(rotations.rotvec_from_quaternion(quaternions), rotvecs, atol=1e-12)


def test_blenders_up_is_up_and_its_back_is_behind():
    assert (rotations.CHARACTER_FROM_BLENDER @ [0, 0, 1]).tolist() == [0, 1, 0]
    assert (rotations.CHARACTER_FROM_BLENDER @ [0, 1, 0]).tolist() == [0, 0, -1]
