"""Maps of the skin: rasterising, filling, and the texture coordinates they live in."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author.maps import (
    SIZE,
    distance_from,
    fill_gaps,
    lid_margins,
    mouth_line,
    rasterise,
)
from rig.author.parts import Part, eyeball, skin_uv, vertex_normals

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


def test_texture_coordinates_are_symmetric_and_rise_with_height():
    points = np.array([[0.0, 0, 0.1], [0.05, 0, 0.05], [-0.05, 0, 0.05], [0, 0.15, 0.1]])
    uv = skin_uv(points)
    assert uv[0, 0] == pytest.approx(0.5)
    assert uv[1, 0] + uv[2, 0] == pytest.approx(1)
    assert uv[3, 1] == 1
    heights = skin_uv(np.stack([np.zeros(40), np.linspace(-0.149, 0.149, 40), np.ones(40)], 1))[
        :, 1
    ]
    assert (np.diff(heights) > 0).all()


@pytest.mark.parametrize("place", [(0, 0.003, 0.113), (0.045, 0.037, 0.083), (0.022, -0.03, 0.088)])
def test_a_texel_is_about_half_a_millimetre_on_the_face(place):
    step = 0.0005
    for direction in ([1, 0, -0.3], [0, 1, 0]):
        there = np.array(place) + step * np.array(direction)
        texels = np.linalg.norm(np.diff(skin_uv(np.stack([place, there])), axis=0)) * SIZE
        assert 0.8 < texels < 1.9


def test_distances_from_points_are_the_nearest():
    places = np.array([[[0.0, 0, 0], [1, 0, 0]], [[0, 3, 0], [4, 0, 3]]])
    found = distance_from(places, np.array([[0.0, 0, 0], [4, 0, 0]]))
    np.testing.assert_allclose(found, [[0, 1], [3, 3]])


def test_lips_meet_the_mouth_where_their_parts_share_vertices():
    skin = _part("skin", [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    mouth = _part("mouth", [[0, 0, 0], [1, 0, 0], [1, 0, -1], [0, 0, -1]])
    line = mouth_line([skin, mouth])
    assert line[:, 0].min() == 0
    assert line[:, 0].max() == 1
    assert np.abs(line[:, 1:]).max() == 0


def test_a_lid_ends_at_the_roots_of_its_lashes():
    lashes = _part("lashes", [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    root = np.array([[0, 0.51], [1, 0.51], [1, 0.98], [0, 0.98]])
    points = lid_margins(replace(lashes, corner_uvs=[root]))
    assert np.ptp(points[:, 0]) == 1
    assert np.abs(points[:, 1:]).max() == 0


def _part(name, corners):
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    return Part(name, np.array(corners, dtype=float), [(0, 1, 2, 3)], [square], np.ones((4, 1)))


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
