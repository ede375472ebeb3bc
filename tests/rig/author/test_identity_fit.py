"""The bounded fit of identity: it finds what the rig itself made, within its bounds."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author.identity_fit import Fitter, Rigged, explained, extents_in_units
from tests.rig.support import HEAD, LAYOUT, SKELETON, posed

SKIN = HEAD.primitives["skin"]
COUNT = len(LAYOUT.identity_names)


@pytest.fixture(scope="module")
def fitter():
    rows = np.flatnonzero(SKIN.positions[:, 2] > 0)[::2]
    rig = Rigged(SKELETON, SKIN.positions[rows], SKIN.joints[rows], SKIN.weights[rows])
    return Fitter(rig, np.ones(len(rows)))


def test_a_shape_is_what_the_head_is_posed_to(fitter):
    numbers = np.random.default_rng(0).uniform(-1, 1, COUNT)
    whole = Rigged(SKELETON, SKIN.positions, SKIN.joints, SKIN.weights)
    np.testing.assert_allclose(
        whole.shape(numbers), posed(identity=(numbers + 1) / 2)["skin"], atol=1e-12
    )


def test_the_rest_shape_has_no_identity(fitter):
    np.testing.assert_allclose(fitter.fit(fitter.rig.positions), 0, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_face_of_the_rig_is_found_again(fitter, seed):
    made = fitter.rig.shape(np.random.default_rng(seed).uniform(-0.6, 0.6, COUNT))
    found = fitter.rig.shape(fitter.fit(made))
    assert explained(made, found, fitter.rig.positions) > 0.98


def test_numbers_stay_in_their_range_where_the_shape_lies_beyond(fitter):
    beyond = fitter.rig.shape(np.full(COUNT, 2.0))
    numbers = fitter.fit(beyond)
    assert np.abs(numbers).max() <= 1 + 1e-9
    assert (np.abs(numbers) > 0.999).any()


def test_offsets_are_counted_in_units():
    units = dict(zip(LAYOUT.identity_names, extents_in_units(LAYOUT), strict=True))
    component = next(c for c in LAYOUT.identity if c.name == "face")
    ranges = dict(zip(component.dofs, component.ranges, strict=True))
    assert units["face.ty"] == pytest.approx(ranges["ty"] / 0.010)
    assert units["face.rx"] == pytest.approx(ranges["rx"] / 0.25)
    assert units["face.sz"] == pytest.approx(ranges["sz"] / 0.35)


def test_explained_is_1_for_a_perfect_fit_and_0_for_the_centre():
    shapes = np.random.default_rng(0).normal(size=(4, 5, 3))
    mean = shapes.mean(0)
    assert explained(shapes, shapes, mean) == 1
    assert explained(shapes, np.broadcast_to(mean, shapes.shape), mean) == pytest.approx(0)
