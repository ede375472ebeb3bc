"""Random faces: a function of (seed, index), inside their ranges, excluding what excludes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.sampling import (
    Emphasis,
    sample_expression,
    sample_face,
    sample_face_of_person,
    sample_plain_face,
)
from tests.rig.support import LAYOUT

INDICES = st.integers(0, 2**31 - 1)
FACES = [sample_face(5, index) for index in range(300)]
PARAMETERS = np.array([face.parameters for face in FACES])


def same(a, b):
    looks = all(getattr(a, name) == getattr(b, name) for name in ("look", "view", "photo"))
    return looks and np.array_equal(a.parameters, b.parameters)


@given(INDICES, INDICES)
@settings(max_examples=25)
def test_the_same_seed_and_index_give_the_same_face(seed, index):
    assert same(sample_face(seed, index), sample_face(seed, index))


@pytest.mark.parametrize("other", [(1, 1), (2, 0), (0, 1)])
def test_another_seed_or_index_gives_another_face(other):
    assert not same(sample_face(1, 0), sample_face(*other))


def test_no_two_of_many_faces_are_alike():
    assert len(np.unique(PARAMETERS, axis=0)) == len(PARAMETERS)
    assert len({face.look.seed for face in FACES}) == len(FACES)


def test_parameters_stay_in_their_ranges():
    low = np.zeros(len(LAYOUT.parameter_names))
    for au in LAYOUT.sided_aus:
        low[LAYOUT.parameter_index[f"{au.name}.asymmetry"]] = -1
    assert (low <= PARAMETERS).all()
    assert (PARAMETERS <= 1).all()


def test_there_is_always_exactly_one_brow_style_and_it_is_painted():
    styles = PARAMETERS[:, LAYOUT.blocks["brow_style"]]
    np.testing.assert_array_equal(np.sort(styles)[:, -2:], [[0, 1]] * len(styles))
    for face, row in zip(FACES, styles, strict=True):
        assert face.look.brow == LAYOUT.brow_styles[int(row.argmax())]


@pytest.mark.parametrize("pair", LAYOUT.exclusions, ids=" ".join)
def test_excluding_action_units_never_come_together(pair):
    rng = np.random.default_rng(0)
    for _ in range(500):
        assert not set(pair) <= set(sample_expression(rng, LAYOUT))


def test_every_action_unit_comes_up_weak_and_strong_and_stays_away():
    values = {au.name: PARAMETERS[:, LAYOUT.parameter_index[au.name]] for au in LAYOUT.aus}
    for name, column in values.items():
        assert (column == 0).any(), name
        assert column.max() > 0.5, name
        assert ((column > 0) & (column < 0.4)).any(), name


def test_identity_lies_about_the_base_face():
    identity = PARAMETERS[:, LAYOUT.blocks["identity"]]
    assert identity.mean() == pytest.approx(0.5, abs=0.03)
    assert 0.1 < identity.std() < 0.3


def test_colours_are_colours():
    for face in FACES:
        for field in ("brow_colour", "skin", "stubble_colour", "hair", "iris", "shirt"):
            colour = getattr(face.look, field)
            assert len(colour) == 3
            assert all(0 <= c <= 1 for c in colour)


def test_skins_run_from_very_dark_to_very_light():
    tones = [np.mean(face.look.skin) for face in FACES]
    assert min(tones) < 0.3
    assert max(tones) > 0.68


def test_the_face_stays_in_the_picture():
    for face in FACES:
        view = face.view
        assert view.span_m > 0.2
        assert view.distance_m > 0.3
        assert np.abs(view.centre_m).max() < 0.1
        assert abs(view.roll_rad) < 0.8


def test_lights_shine_from_a_direction():
    for face in FACES:
        assert 1 <= len(face.view.lights) <= 3
        for light in face.view.lights:
            assert np.linalg.norm(light.towards) == pytest.approx(1)
            assert light.intensity >= 0


def test_samples_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FACES[0].view.span_m = 1


def test_emphasis_leaves_the_usual_faces_alone():
    assert same(sample_face(5, 3), sample_face(5, 3, emphasis=Emphasis()))


def test_every_face_winks_when_asked_and_an_eye_that_closes_is_not_wide():
    index = LAYOUT.parameter_index
    for i in range(50):
        face = sample_face(5, i, emphasis=Emphasis(wink=1.0)).parameters
        assert face[index["AU43"]] >= 0.35
        assert abs(face[index["AU43.asymmetry"]]) >= 0.75
        assert face[index["AU05"]] == 0


def test_one_sided_faces_are_as_many_as_asked():
    columns = [LAYOUT.parameter_index[f"{au.name}.asymmetry"] for au in LAYOUT.sided_aus]
    faces = [sample_face(5, i, emphasis=Emphasis(one_sided=1.0)) for i in range(40)]
    assert (np.abs([f.parameters[columns] for f in faces]) >= 0.3).all()


PLAIN = [sample_plain_face(5, index) for index in range(300)]
PLAIN_PARAMETERS = np.array([face.parameters for face in PLAIN])


def test_plain_faces_differ_in_nothing_but_their_parameters_and_brows():
    first = PLAIN[0]
    for face in PLAIN[1:]:
        same_but_parameters = dataclasses.replace(
            face,
            parameters=first.parameters,
            look=dataclasses.replace(face.look, brow=first.look.brow),
        )
        assert same(same_but_parameters, first)
        style = int(face.parameters[LAYOUT.blocks["brow_style"]].argmax())
        assert face.look.brow == LAYOUT.brow_styles[style]


def test_plain_faces_are_a_function_of_seed_and_index_and_stay_in_range():
    assert same(PLAIN[7], sample_plain_face(5, 7))
    assert not same(PLAIN[7], sample_plain_face(6, 7))
    assert (np.abs(PLAIN_PARAMETERS) <= 1).all()
    asymmetry = [LAYOUT.parameter_index[f"{au.name}.asymmetry"] for au in LAYOUT.sided_aus]
    assert (np.delete(PLAIN_PARAMETERS, asymmetry, axis=1) >= 0).all()


def test_plain_faces_show_each_au_over_its_range_and_nothing_that_excludes():
    columns = PLAIN_PARAMETERS[:, [LAYOUT.parameter_index[au.name] for au in LAYOUT.aus]]
    assert (columns.max(0) > 0.8).all()
    assert ((columns == 0).mean(0) > 0.3).all()
    for first, second in LAYOUT.exclusions:
        a, b = (PLAIN_PARAMETERS[:, LAYOUT.parameter_index[name]] for name in (first, second))
        assert not ((a > 0) & (b > 0)).any()


def test_a_person_stays_who_they_are_while_all_else_changes():
    faces = [sample_face_of_person(3, index, each=4) for index in range(8)]
    identity = LAYOUT.blocks["identity"]
    for start in (0, 4):
        group = faces[start : start + 4]
        for face in group[1:]:
            np.testing.assert_array_equal(face.parameters[identity], group[0].parameters[identity])
            assert face.look == group[0].look
            assert face.styling == group[0].styling
            assert face.view != group[0].view
            assert not np.array_equal(face.parameters, group[0].parameters)
    assert faces[0].look != faces[4].look
