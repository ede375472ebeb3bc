"""Random people: facts in range, identity that goes with them and covers its range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.identities import (
    Person,
    load_statistics,
    person_features,
    sample_identity,
    sample_person,
)
from tests.rig.support import HEAD, LAYOUT, posed

COUNT = len(LAYOUT.identity_names)
BLENDS = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
TEETH_STAND_IN = ("jaw", "jaw_angle", "chin", "mouth")
SHARES = st.floats(0, 1)


def identities(person, count=400):
    return np.array([sample_identity(np.random.default_rng(i), person) for i in range(count)])


@given(st.integers(0, 2**31))
def test_a_person_is_an_adult_of_some_ancestry(seed):
    person = sample_person(np.random.default_rng(seed))
    assert 18 <= person.age_years <= 80
    assert 0 <= person.masculinity <= 1
    assert sum(person.ancestry) == pytest.approx(1)
    assert min(person.ancestry) >= 0


def test_ages_are_linear_between_18_and_80():
    years = [Person(age, 0.0, BLENDS[0]).age_years for age in (0.0, 0.5, 1.0)]
    assert years == [18, 49, 80]


def test_people_are_of_both_sexes_all_ages_and_ancestries_and_some_mixed():
    people = [sample_person(np.random.default_rng([1, i])) for i in range(600)]
    ages = np.array([person.age for person in people])
    sexes = np.array([person.masculinity for person in people])
    ancestries = np.array([person.ancestry for person in people])
    assert np.histogram(ages, 4, (0, 1))[0].min() > 40
    assert min((sexes < 0.2).mean(), (sexes > 0.8).mean()) > 0.3
    assert np.bincount(ancestries.argmax(1)).min() > 140
    assert 0.1 < (ancestries.max(1) < 0.7).mean() < 0.4


@given(SHARES, SHARES, st.integers(0, 1000))
@settings(max_examples=30)
def test_identity_is_208_numbers_in_range_that_the_generator_determines(age, sex, seed):
    person = Person(age, sex, BLENDS[seed % 3])
    first, again = (sample_identity(np.random.default_rng(seed), person) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (COUNT,)
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Person(0.05, 0.5, BLENDS[2]), Person(0.95, 0.5, BLENDS[2])),
        (Person(0.3, 0.0, BLENDS[2]), Person(0.3, 1.0, BLENDS[2])),
        (Person(0.3, 0.5, BLENDS[0]), Person(0.3, 0.5, BLENDS[1])),
        (Person(0.3, 0.5, BLENDS[1]), Person(0.3, 0.5, BLENDS[2])),
    ],
    ids=["age", "sex", "African and Asian", "Asian and European"],
)
def test_age_sex_and_ancestry_show_in_the_mean_face(first, second):
    apart = identities(first).mean(0) - identities(second).mean(0)
    alike = identities(first)[:200].mean(0) - identities(first)[200:].mean(0)
    assert np.linalg.norm(apart) > 4 * np.linalg.norm(alike)


def test_faces_of_one_kind_of_person_differ_and_some_reach_the_ends():
    found = identities(Person(0.3, 0.5, (0.3, 0.3, 0.4)), 1500)
    assert (found.std(0) > 0.03).all()
    held = np.array([name.split(".")[0] in TEETH_STAND_IN for name in LAYOUT.identity_names])
    assert (found.max(0) > np.where(held, 0.58, 0.8)).all()
    assert (found.min(0) < np.where(held, 0.42, 0.2)).all()


def teeth_behind_skin_m(numbers):
    """How far the lower teeth stand behind the skin in front of them, where that is least."""
    found = posed(identity=numbers)
    rest = {name: HEAD.primitives[name].positions for name in ("skin", "teeth")}
    chin = (rest["skin"][:, 2] > 0.05) & (rest["skin"][:, 1] < -0.01)
    lower = rest["teeth"][:, 1] < np.median(rest["teeth"][:, 1])
    skin, teeth = found["skin"][chin], found["teeth"][lower][::6]
    away = np.hypot(*(teeth[:, None, :2] - skin[:, :2]).transpose(2, 0, 1))
    front = np.where((away < 0.004) & (skin[:, 2] > 0.04), skin[:, 2], -np.inf).max(1)
    return np.min((front - teeth[:, 2])[np.isfinite(front)])


def test_teeth_stay_behind_the_chin_of_faces_that_no_statistics_give(monkeypatch):
    monkeypatch.setattr("rig.identities.WIDE_CHANCE", 1.0)
    for index in range(60):
        rng = np.random.default_rng([3, index])
        assert teeth_behind_skin_m(sample_identity(rng, sample_person(rng))) > 0


def test_numbers_go_together_as_the_statistics_say():
    known = load_statistics()
    found = 2 * identities(Person(0.3, 0.5, (0.3, 0.3, 0.4)), 1500) - 1
    covariance = known.factors.T @ known.factors
    scale = np.sqrt(np.diag(covariance) + known.spread**2)
    strong = np.abs(covariance / np.outer(scale, scale)) > 0.6
    strong &= ~np.eye(COUNT, dtype=bool)
    assert strong.any()
    same = np.sign(np.corrcoef(found.T)[strong]) == np.sign(covariance[strong])
    assert same.mean() > 0.98


def test_features_tell_people_apart():
    rows = [Person(age, sex, blend) for age in (0.2, 0.9) for sex in (0.0, 1.0) for blend in BLENDS]
    features = np.array([person_features(person) for person in rows])
    assert len(np.unique(features.round(6), axis=0)) == len(rows)
    assert (features[:, 0] == 1).all()
    assert features.shape[1] == len(load_statistics().regression)
