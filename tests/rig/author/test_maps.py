"""Maps of the skin: rasterising, filling, and the texture coordinates they live in."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author.maps import fill_gaps, rasterise
from rig.author.parts import eyeball, skin_uv, vertex_normals

HALF = np.array([[[0.0, 0], [1, 0], [0, 1]]])  # the triangle below the diagonal, v up


def values(*corners):
    return np.array([corners], dtype=float)


def test_a_triangle_is_interpolated_between_its_corners():
    image = rasterise(HALF, values([0, 1], [8, 1], [0, 1]), 8)
    np.testing.assert_allclose(image[7, :7, 0], np.arange(7) + 0.5, atol=1e-9)
    assert np.isnan(image[0, 7]).all()


def test_the_outer_of_two_triangles_wins_whichever_comes_first():
    near, far = values([1, 5], [1, 5], [1, 5]), values([2, 9], [2, 9], [2, 9])
    for order in ((near, far), (far, near)):
        image = rasterise(np.concatenate([HALF] * 2), np.concatenate(order), 8)
        assert image[6, 1, 0] == 2


def test_a_triangle_past_the_seam_wraps_round():
    image = rasterise(HALF + np.array([0.5, 0]), values([1, 1], [1, 1], [1, 1]), 8)
    assert image[7, 0, 0] == 1


def test_a_triangle_without_area_draws_nothing():
    line = np.array([[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]])
    assert np.isnan(rasterise(line, values([1, 1], [1, 1], [1, 1]), 8)).all()


def test_gaps_take_their_nearest_neighbour():
    image = np.full((1, 5, 1), np.nan)
    image[0, 0], image[0, 4] = 1, 2
    assert fill_gaps(image)[0, :, 0].tolist() in ([1, 1, 1, 2, 2], [1, 1, 2, 2, 2])


def test_texture_coordinates_are_symmetric_and_wide_in_front():
    points = np.array([[0.0, 0, 0.1], [0.05, 0, 0.05], [-0.05, 0, 0.05], [0, 0.15, 0.1]])
    uv = skin_uv(points)
    np.testing.assert_allclose(uv[0], [0.5, 0.5])
    assert uv[1, 0] + uv[2, 0] == pytest.approx(1)
    assert uv[3, 1] == 1


def test_an_eyeball_is_closed_and_looks_forward():
    ball = eyeball(0.0145)
    edges = {}
    for face in ball.faces:
        for a, b in zip(face, (*face[1:], face[0]), strict=True):
            edges[frozenset((a, b))] = edges.get(frozenset((a, b)), 0) + 1
    assert set(edges.values()) == {2}
    radius = np.linalg.norm(ball.positions, axis=1)
    assert radius.argmax() == ball.positions[:, 2].argmax()  # the cornea
    np.testing.assert_allclose(radius[ball.positions[:, 2] < 0], 0.0145)


def test_normals_of_an_eyeball_point_outwards():
    ball = eyeball(1.0)
    quads = np.array([f for f in ball.faces if len(f) == 4])
    used = np.unique(quads)
    normals = vertex_normals(ball.positions, quads)[used]
    inward = (normals * ball.positions[used]).sum(1)
    assert (inward > 0.8).all()
