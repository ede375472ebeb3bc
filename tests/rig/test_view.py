"""Camera geometry with worked numbers; random rooms and lights keep their promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.view import (
    Light,
    View,
    clip_from_rig,
    direction,
    field_of_view_rad,
    harmonics,
    kelvin_colour,
    project,
    rig_from_camera,
    sample_room,
    sample_view,
)

LIGHT = Light((0.3, 0.4, 0.87), (1.0, 1.0, 1.0), 3.0)
VIEW = View(1.0, 0.28, (0.0, 0.015), 0.0, (0.5, 0.5, 0.5), (LIGHT,))


def test_the_middle_of_the_face_plane_is_the_middle_of_the_picture():
    found = project(np.array([[0.0, 0.015, 0.09]]), VIEW, 200)
    np.testing.assert_allclose(found, [[100, 100, 1]], atol=1e-9)


def test_the_span_fills_the_picture_at_the_face():
    x, y = 0.14, 0.015
    points = np.array([[x, y, 0.09], [-x, y, 0.09], [0, y + 0.14, 0.09], [0, y - 0.14, 0.09]])
    found = project(points, VIEW, 200)
    np.testing.assert_allclose(
        found, [[200, 100, 1], [0, 100, 1], [100, 0, 1], [100, 200, 1]], atol=1e-9
    )


def test_a_rolled_camera_turns_the_picture_the_other_way():
    rolled = replace(VIEW, roll_rad=np.pi / 2)
    above = project(np.array([[0.0, 0.115, 0.09]]), rolled, 200)[0]
    assert above[0] > 150
    assert above[1] == pytest.approx(100)


def test_field_of_view_of_a_known_triangle():
    assert field_of_view_rad(replace(VIEW, distance_m=0.14)) == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(rig_from_camera(VIEW)[:3, 3], [0, 0.015, 1.09])


def test_a_shifted_axis_leaves_the_face_plane_where_it_was_and_shows_the_face_from_the_side():
    aside = replace(VIEW, axis_m=(0.3, -0.1))
    plane = np.array([[0.05, 0.0, 0.09], [-0.02, 0.07, 0.09]])
    np.testing.assert_allclose(project(plane, aside, 200), project(plane, VIEW, 200), atol=1e-9)
    nearer = np.array([[0.0, 0.015, 0.19]])
    moved = project(nearer, aside, 200)[0]
    assert moved[0] < 99
    assert moved[1] < 99


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-3, 3))
def test_projection_is_what_opengl_does_with_the_clip_matrix(x, y, z, roll):
    view = replace(VIEW, roll_rad=roll, axis_m=(0.1, 0.05))
    clip = clip_from_rig(view) @ np.array([x, y, z, 1.0])
    expected = 100 * (1 + clip[0] / clip[3]), 100 * (1 - clip[1] / clip[3]), clip[3]
    np.testing.assert_allclose(project(np.array([[x, y, z]]), view, 200)[0], expected, atol=1e-9)


def test_clip_depth_runs_from_near_to_far():
    z = rig_from_camera(VIEW)[2, 3]
    for metres, expected in ((0.05, -1.0), (10.0, 1.0)):
        clip = clip_from_rig(VIEW) @ np.array([0, 0.015, z - metres, 1])
        assert clip[2] / clip[3] == pytest.approx(expected)


# Light -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("azimuth", "elevation", "expected"),
    [(0, 0, (0, 0, 1)), (np.pi / 2, 0, (1, 0, 0)), (0, np.pi / 2, (0, 1, 0))],
)
def test_directions_from_angles(azimuth, elevation, expected):
    np.testing.assert_allclose(direction(azimuth, elevation), expected, atol=1e-12)


def test_warm_light_is_red_and_cool_light_blue():
    rng = np.random.default_rng(0)
    warm, even, cool = (kelvin_colour(k, rng) for k in (2500, 5200, 10000))
    assert warm[0] > 1.15 > 0.9 > warm[2]
    assert cool[2] > 1.1 > 0.95 > cool[0]
    np.testing.assert_allclose(even, 1, atol=0.08)


def sphere(count=4000):
    """(count, 3) unit vectors spread evenly (a Fibonacci spiral)."""
    y = 1 - 2 * (np.arange(count) + 0.5) / count
    turn = np.pi * (1 + 5**0.5) * np.arange(count)
    flat = np.sqrt(1 - y * y)
    return np.stack([flat * np.cos(turn), y, flat * np.sin(turn)], axis=1)


def test_harmonics_are_orthogonal_and_have_no_mean():
    values = np.array([harmonics(*point) for point in sphere()])
    gram = values.T @ values / len(values)
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=2e-3)
    np.testing.assert_allclose(values.mean(0), 0, atol=1e-3)


def test_rooms_shine_everywhere_and_mostly_from_above():
    points = sphere(300)
    basis = np.array([harmonics(*point) for point in points])
    ups = []
    for seed in range(50):
        light = 1 + basis @ np.array(sample_room(np.random.default_rng(seed)))
        assert (light < 0).mean() < 0.06
        ups.append(light[points[:, 1] > 0.5].mean() - light[points[:, 1] < -0.5].mean())
    assert np.mean(np.array(ups) > 0) > 0.85


def test_views_follow_their_generator_and_stay_within_reach():
    views = [sample_view(np.random.default_rng(seed)) for seed in range(200)]
    assert views[7] == sample_view(np.random.default_rng(7))
    for view in views:
        assert 0.3 < view.distance_m < 1.8
        assert 0.2 < view.span_m < 0.4
        assert 1 <= len(view.lights) <= 3
        for light in view.lights:
            assert np.linalg.norm(light.towards) == pytest.approx(1)
            assert 0 <= light.breadth <= 1
    close = [field_of_view_rad(view) for view in views if view.distance_m < 0.45]
    assert max(close) > np.deg2rad(35)
