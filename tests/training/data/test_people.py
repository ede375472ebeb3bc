"""People are split by person, and come as somebody might see them."""

import json

import numpy as np
import pytest

from geface_bridge.errors import SourceError
from tests.training.identity_toy import NUMBERS, make_people, stripes
from tests.training.parsing_toy import make_pairs
from training.data.pairs import PairSet
from training.data.people import NOBODY, PeopleSet, WithPlain, is_held_out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_people(tmp_path_factory.mktemp("people") / "set", people=21, each=3)


def test_no_person_is_in_both_parts_and_none_is_lost(folder):
    train, held_out = PeopleSet(folder), PeopleSet(folder, "held_out")
    assert not set(train.names) & set(held_out.names)
    assert sorted([*train.names, *held_out.names]) == list(range(21))
    assert list(held_out.names) == [9, 19]
    assert len(train) == 19 * 3
    assert len(held_out) == 2 * 3


def test_a_persons_moments_share_the_number(folder):
    held_out = PeopleSet(folder, "held_out")
    assert held_out.people.tolist() == [0, 0, 0, 1, 1, 1]
    numbers = [held_out.parameters(k)[NUMBERS][0] for k in range(6)]
    assert numbers == pytest.approx([0.09] * 3 + [0.19] * 3)


def test_who_is_held_out_does_not_depend_on_how_many_there_are():
    assert np.flatnonzero(is_held_out(np.arange(35))).tolist() == [9, 19, 29]


def test_a_picture_is_the_aligned_crop(folder):
    picture = PeopleSet(folder).picture(0)
    assert picture.shape == (128, 128, 3)
    inner = np.s_[16:112, 16:112]
    moved = np.abs(picture[inner].astype(int) - stripes(0)[inner])
    assert moved.mean() < 12  # the rig's points lie a little beside the tracker's


def test_a_sample_is_varied_and_repeats_by_its_generator(folder):
    people = PeopleSet(folder)
    first, again, other = (people.sample(4, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first[0].shape == (3, 64, 64)
    assert first[0].dtype == np.uint8
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    assert first[1].tolist() == [1]
    np.testing.assert_allclose(first[2], 0.01)


def test_plain_renders_are_nobodys_and_one_in_four(folder, tmp_path):
    people = PeopleSet(folder)
    plain = PairSet(make_pairs(tmp_path / "plain", 40))
    mixed = WithPlain(people, plain)
    assert len(mixed) == len(people) + len(people) // 3
    rng = np.random.default_rng(0)
    assert mixed.sample(0, rng)[1].tolist() == [0]
    assert mixed.sample(len(people), rng)[1].tolist() == [NOBODY]
    assert len({shape.shape for shape in mixed.sample(len(mixed) - 1, rng)[2:]}) == 1


def test_fewer_plain_renders_are_no_more_than_they_are(folder, tmp_path):
    people = PeopleSet(folder)
    assert len(WithPlain(people, PairSet(make_pairs(tmp_path / "plain", 3)))) == len(people) + 3


@pytest.mark.parametrize("described", [{"draw": "random"}, {"each": 1}, {"draw": None}])
def test_faces_that_come_once_are_refused(tmp_path, described):
    folder = make_people(tmp_path / "set", people=3, **described)
    with pytest.raises(SourceError, match="--draw people"):
        PeopleSet(folder)


def test_a_manifest_that_is_none_is_named(tmp_path):
    folder = make_people(tmp_path / "set", people=3)
    found = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**found, "each": "many"}))
    with pytest.raises(SourceError, match=r"manifest\.json"):
        PeopleSet(folder)


def test_too_few_people_to_hold_out_are_told(tmp_path):
    with pytest.raises(SourceError, match="no two people for the held_out part"):
        PeopleSet(make_people(tmp_path / "set", people=5), "held_out")
