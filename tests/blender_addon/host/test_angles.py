# SPDX-License-Identifier: GPL-3.0-or-later
"""Quaternions as the numbers of every rotation mode, against rotations composed anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.rotations import matrix_from_quaternion, quaternion_from_rotvec
from blender_addon.geface.host.angles import rotation_curves, rotation_values
from rig.rotations import rotvec_to_matrix

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
MODES = ("QUATERNION", "AXIS_ANGLE", *ORDERS)
rotvecs = st.lists(st.floats(-1.7, 1.7), min_size=3, max_size=3).map(np.array)


def matrices(mode, values):
    """(N, 3, 3) of the numbers as Blender's manual defines them."""
    if mode == "QUATERNION":
        return matrix_from_quaternion(values)
    if mode == "AXIS_ANGLE":
        return rotvec_to_matrix(values[:, :1] * values[:, 1:])
    out = np.tile(np.eye(3), (len(values), 1, 1))
    for letter in mode:  # the first letter turns first
        axis = "XYZ".index(letter)
        out = rotvec_to_matrix(values[:, axis, None] * np.eye(3)[axis]) @ out
    return out


@pytest.mark.parametrize("mode", MODES)
@given(rotvecs, st.booleans())
def test_the_numbers_make_the_same_rotation(mode, rotvec, flips):
    quaternion = quaternion_from_rotvec(rotvec)[None] * (-1 if flips else 1)
    found = matrices(mode, rotation_values(mode, quaternion))
    np.testing.assert_allclose(found, rotvec_to_matrix(rotvec)[None], atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_a_locked_gimbal_still_makes_the_same_rotation(order):
    middle = np.eye(3)["XYZ".index(order[1])] * np.pi / 2
    first = np.eye(3)["XYZ".index(order[0])] * 0.4
    turn = rotvec_to_matrix(middle) @ rotvec_to_matrix(first)
    half = np.array([np.cos(np.pi / 4), *(np.sin(np.pi / 4) * middle / (np.pi / 2))])
    quarter = np.array([np.cos(0.2), *(np.sin(0.2) * first / 0.4)])
    quaternion = product(half, quarter)[None]
    np.testing.assert_allclose(
        matrices(order, rotation_values(order, quaternion)), turn[None], atol=1e-6
    )


def product(a, b):
    vector = a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
    return np.array([a[0] * b[0] - a[1:] @ b[1:], *vector])


def test_rest_is_what_blender_has_at_rest():
    still = np.array([[1.0, 0, 0, 0]])
    assert rotation_values("QUATERNION", still).tolist() == [[1, 0, 0, 0]]
    assert rotation_values("AXIS_ANGLE", still).tolist() == [[0, 0, 1, 0]]
    assert np.abs(rotation_values("XYZ", still)).max() == 0


@pytest.mark.parametrize("mode", MODES)
@given(rotvecs, rotvecs)
def test_curves_go_from_turn_to_turn_without_a_jump(mode, start, end):
    """However the signs of the quaternions come; the way is in steps of less than 2 degrees."""
    start, end = 0.7 * start / max(1, np.linalg.norm(start)), end / max(1, np.linalg.norm(end))
    way = start + np.linspace(0, 1, 60)[:, None] * (end - start)
    signs = np.where(np.arange(60) % 3 == 0, -1.0, 1.0)[:, None]
    curves = rotation_curves(mode, signs * quaternion_from_rotvec(way))
    np.testing.assert_allclose(matrices(mode, curves), rotvec_to_matrix(way), atol=1e-6)
    if mode != "AXIS_ANGLE":  # whose axis may turn as fast as it likes near no angle
        assert np.abs(np.diff(curves, axis=0)).max(initial=0) < 0.3
    assert np.abs(np.diff(curves[:, 0])).max() < 0.3
