"""Linear blend skinning and vertex normals on a handful of points."""

import numpy as np
import pytest

from rig.rotations import compose_trs, rotvec_to_matrix
from rig.skinning import SmoothNormals, skin, turn_normals, vertex_normals

POINTS = np.array([[0.0, 0, 0], [1, 0, 0], [1, 2, 3]])
TWO = np.array([[0, 1]] * 3)


def moved(offset):
    return compose_trs(np.array(offset, float), np.eye(3), np.ones(3))


def test_points_follow_one_joint_rigidly():
    turn = rotvec_to_matrix(np.array([0, 0, np.pi / 2]))
    matrices = compose_trs(np.array([[10.0, 0, 0]]), turn[None], np.ones((1, 3)))
    found = skin(POINTS, np.zeros((3, 1), int), np.ones((3, 1)), matrices)
    np.testing.assert_allclose(found, [[10, 0, 0], [10, 1, 0], [8, 1, 3]], atol=1e-12)


def test_the_mean_of_two_joints_is_weighted():
    weights = np.array([[1, 0], [0.5, 0.5], [0.25, 0.75]])
    matrices = np.stack([moved([0, 0, 0]), moved([4, 0, 8])])
    found = skin(POINTS, TWO, weights, matrices) - POINTS
    np.testing.assert_allclose(found, [[0, 0, 0], [2, 0, 4], [3, 0, 6]])


def test_rest_matrices_leave_everything_in_place():
    weights = np.random.default_rng(0).dirichlet([1, 1], 3)
    np.testing.assert_allclose(skin(POINTS, TWO, weights, np.stack([np.eye(4)] * 2)), POINTS)


def test_skinning_commutes_with_a_motion_of_the_whole():
    rng = np.random.default_rng(1)
    turns = rotvec_to_matrix(rng.normal(size=(2, 3)))
    joints = compose_trs(rng.normal(size=(2, 3)), turns, np.ones((2, 3)))
    whole = compose_trs(np.array([1.0, 2, 3]), rotvec_to_matrix(np.array([0.3, 1, 2])), np.ones(3))
    weights = rng.dirichlet([1, 1], 3)
    together = skin(POINTS, TWO, weights, whole @ joints)
    after = skin(POINTS, TWO, weights, joints) @ whole[:3, :3].T + whole[:3, 3]
    np.testing.assert_allclose(together, after, atol=1e-12)


def test_normals_of_a_square_in_the_xy_plane_point_along_z():
    corners = np.array([[0.0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]])
    normals = vertex_normals(corners, np.array([[0, 1, 2], [0, 2, 3]]))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 4)


def test_a_larger_triangle_counts_for_more():
    corners = np.array([[0.0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 1]])
    normals = vertex_normals(corners, np.array([[0, 1, 2], [0, 3, 1]]))
    assert normals[0] == pytest.approx(np.array([0, 3, 9]) / np.hypot(3, 9))


def test_a_vertex_without_area_has_no_normal_and_no_nan():
    normals = vertex_normals(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(normals, np.zeros((3, 3)))


def test_smooth_normals_are_those_of_one_mesh_where_it_has_no_seams():
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(5, 3))
    triangles = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2]])
    moved = rest + rng.normal(0, 0.1, rest.shape)
    expected = vertex_normals(moved, triangles)
    np.testing.assert_allclose(SmoothNormals(rest, triangles)(moved), expected, atol=1e-5)


def test_smooth_normals_agree_on_both_sides_of_a_seam():
    """Two triangles folded along an edge whose vertices each of them has for itself."""
    rest = np.array([[0.0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0], [-1, 0, 0]])
    triangles = np.array([[0, 2, 1], [3, 4, 5]])
    moved = rest.copy()
    moved[[2, 5], 2] = -1
    normals = SmoothNormals(rest, triangles)(moved)
    np.testing.assert_allclose(normals[[0, 1]], normals[[3, 4]], atol=1e-6)
    np.testing.assert_allclose(normals[0], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(normals[2], np.array([1, 0, 1]) / 2**0.5, atol=1e-6)


def test_normals_turn_with_their_joints():
    turn = rotvec_to_matrix(np.array([[0.0, np.pi / 2, 0.0], [0.0, 0.0, 0.0]]))
    joints = compose_trs(np.ones((2, 3)), turn, np.ones((2, 3)))
    normals = np.array([[0.0, 0, 1]] * 3)
    weights = np.array([[1.0, 0], [0, 1], [0.5, 0.5]])
    found = turn_normals(normals, TWO, weights, joints)
    expected = [[1, 0, 0], [0, 0, 1], np.array([1, 0, 1]) / 2**0.5]
    np.testing.assert_allclose(found, expected, atol=1e-6)
