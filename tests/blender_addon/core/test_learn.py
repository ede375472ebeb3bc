# SPDX-License-Identifier: GPL-3.0-or-later
"""What is posed is what comes back, on either side; names tell which profile fits."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core import learn
from blender_addon.geface.core.errors import ProfileError
from blender_addon.geface.core.layout_generated import MIRROR
from blender_addon.geface.core.learn import (
    GAZE,
    bone_offsets,
    empty_profile,
    entry,
    guess_profile,
    guesses,
    learned,
    learned_pair,
    mirrored,
    movements,
    with_entry,
)
from blender_addon.geface.core.profile import (
    Evaluator,
    Pose,
    basis_parts,
    profile_text,
    read_profile,
)
from blender_addon.geface.core.rotations import matrix_from_quaternion, quaternion_from_rotvec
from rig.profile import parse_profile
from tests.blender_addon.core.faces import NAMES, PROFILES, face, profile, profiles

numbers = arrays(float, 9, elements=st.floats(-0.5, 0.5).filter(lambda v: v == 0 or abs(v) > 1e-3))
any_movement = st.sampled_from(movements())
EMPTY = empty_profile("test", "head")


def shown(found, movement, weight=1.0):
    """Bones and curves by name when one movement is performed."""
    channel, sign = GAZE.get(movement, (movement, 1.0))
    evaluator = Evaluator(found, NAMES)
    bones, curves = evaluator.evaluate(face(**{channel: sign * weight}))
    return (
        dict(zip(evaluator.bone_names, bones, strict=True)),
        dict(zip(evaluator.curve_names, curves, strict=True)),
    )


# Poses -------------------------------------------------------------------------------------------


@given(numbers, arrays(float, 3, elements=st.floats(-3, 3)))
def test_a_posed_bone_gives_the_numbers_that_pose_it(offset, rest):
    character_from_bone = matrix_from_quaternion(quaternion_from_rotvec(rest))
    parts = basis_parts(offset, character_from_bone)
    np.testing.assert_allclose(bone_offsets(*parts, character_from_bone), offset, atol=1e-9)


@given(any_movement, numbers, st.floats(0.01, 1), st.floats(0.1, 1))
def test_what_is_learned_is_shown_at_the_weight_it_was_posed_at(movement, offset, value, weight):
    found = learned(EMPTY, movement, {"jaw": offset}, {"open": value * weight}, weight)
    bones, curves = shown(found, movement, weight)
    np.testing.assert_allclose(bones.get("jaw", np.zeros(9)), offset, atol=1e-12)
    assert curves["open"] == pytest.approx(value * weight)


@given(any_movement, any_movement, numbers)
def test_what_is_learned_can_be_read_by_the_rig(one, other, offset):
    found = learned(EMPTY, one, {"jaw": offset}, {"key": 0.5})
    found = learned(found, other, {"lip.L": offset}, {"key": -0.25})
    text = profile_text(found)
    assert read_profile(text) == found
    packaged = parse_profile(json.loads(text))
    values = np.random.default_rng(0).uniform(-0.3, 1, len(NAMES))
    ours = Evaluator(found, NAMES).evaluate(values)
    np.testing.assert_allclose(ours[0], packaged.evaluate(values).bones, atol=1e-12)


def test_learning_replaces_the_old_entry_and_nothing_else():
    before = profile("makehuman")
    after = learned(before, "AU12_L", {"oris03.L": [0, 0.01, 0, 0, 0, 0, 0, 0, 0]}, {})
    assert list(entry(after, "AU12_L").bones) == ["oris03.L"]
    for movement in set(movements()) - {"AU12_L"}:
        assert entry(after, movement) == entry(before, movement)


@pytest.mark.parametrize("name", PROFILES)
def test_an_entry_learned_from_what_it_shows_changes_nothing(name):
    """Correctives and shared poses stay, so that every face is shown as before."""
    before = profile(name)
    bones, curves = {}, {}
    for movement in ("AU12_L", "AU43_R", "AU26", "gaze_down"):
        pose = entry(before, movement)
        bones = {bone: part.offset for bone, part in pose.bones.items()}
        curves = dict(pose.curves)
        after = learned(before, movement, bones, curves)
        values = np.random.default_rng(3).uniform(0, 0.6, len(NAMES))
        one, other = (Evaluator(p, NAMES) for p in (before, after))
        found = dict(zip(other.bone_names, other.evaluate(values)[0], strict=True))
        for bone, offset in zip(one.bone_names, one.evaluate(values)[0], strict=True):
            # bones that an entry hardly moves are left out of what is learned
            np.testing.assert_allclose(found.get(bone, np.zeros(9)), offset, atol=2.5e-4)
        found = dict(zip(other.curve_names, other.evaluate(values)[1], strict=True))
        for curve, value in zip(one.curve_names, one.evaluate(values)[1], strict=True):
            assert found.get(curve, 0.0) == pytest.approx(value, abs=2e-4)


def test_bones_that_hardly_move_and_keys_at_rest_are_left_out():
    still = [1e-5, 0, 0, 0, 1e-4, 0, 0, 0, 1e-4]
    moved = [0, 0, 0, 0, 1e-3, 0, 0, 0, 0]
    found = learned(EMPTY, "AU26", {"a": still, "b": moved}, {"x": 0.0, "y": 0.3})
    pose = entry(found, "AU26")
    assert (list(pose.bones), list(pose.curves)) == (["b"], ["y"])


def test_what_is_learned_is_no_longer_unused_and_what_is_taken_away_is():
    found = learned(EMPTY, "AU26", {}, {"open": 1.0})
    assert {*EMPTY.unused} - {*found.unused} == {"AU26"}
    assert with_entry(found, "AU26", Pose()) == EMPTY


# The other side ----------------------------------------------------------------------------------


@given(any_movement.filter(lambda m: learn.mirrored_movement(m) != m), numbers, numbers)
def test_the_mirrored_entry_is_the_mirror_image(movement, side, centre):
    bones = {"lip.L": side, "jaw": centre}
    found = learned(EMPTY, movement, bones, {"smile_L": 0.7, "open": 0.2})
    found = mirrored(found, movement)
    twin = learn.mirrored_movement(movement)
    bones, curves = shown(found, twin)
    flip = [-1, 1, 1, 1, -1, -1, 1, 1, 1]
    np.testing.assert_allclose(bones.get("lip.R", np.zeros(9)), side * flip, atol=1e-12)
    np.testing.assert_allclose(bones.get("jaw", np.zeros(9)), centre * flip, atol=1e-12)
    assert (curves["smile_R"], curves["open"]) == pytest.approx((0.7, 0.2))
    again = mirrored(found, twin)
    assert entry(again, movement) == entry(found, movement)


@pytest.mark.parametrize("name", PROFILES)
def test_the_rigs_profiles_are_their_own_mirror_images(name):
    before = profile(name)
    for movement in [m for m in movements() if learn.mirrored_movement(m) != m]:
        if entry(before, movement) is None:
            continue
        twin = learn.mirrored_movement(movement)
        after = entry(mirrored(before, movement, before.bone_names, before.curve_names), twin)
        wanted = entry(before, twin)
        assert {*after.bones} == {*wanted.bones}
        for bone, part in after.bones.items():
            np.testing.assert_allclose(part.offset, wanted.bones[bone].offset, atol=2e-6)
        assert after.curves == pytest.approx(wanted.curves, abs=2e-6)


def test_what_has_no_twin_on_the_character_is_left_out():
    offset = [0, 0.01, 0, 0, 0, 0, 0, 0, 0]
    found = learned(EMPTY, "AU12_L", {"lip.L": offset, "cheek.L": offset}, {})
    pose = entry(mirrored(found, "AU12_L", {"lip.R", "lip.L", "cheek.L"}), "AU12_R")
    assert list(pose.bones) == ["lip.R"]


@given(numbers, numbers, numbers)
def test_both_sides_posed_at_once_give_the_pose_when_both_are_performed(left, right, centre):
    bones = {"lip.L": left + 0.6, "lip.R": right + 0.6, "jaw": centre}
    found = learned_pair(
        EMPTY, "AU12_R", bones, {"smile": 0.5, "smileLeft": 0.3, "smileRight": 0.2}
    )
    evaluator = Evaluator(found, NAMES)
    together = evaluator.evaluate(face(AU12_L=1, AU12_R=1))
    for name, offset in zip(evaluator.bone_names, together[0], strict=True):
        np.testing.assert_allclose(offset, bones[name], atol=1e-12)
    assert dict(zip(evaluator.curve_names, together[1], strict=True)) == pytest.approx(
        {"smile": 0.5, "smileLeft": 0.3, "smileRight": 0.2}
    )
    assert "lip.R" not in entry(found, "AU12_L").bones
    assert "lip.L" not in entry(found, "AU12_R").bones


def test_of_gaze_and_jaw_one_direction_at_a_time_is_meant():
    turn = {"eye.L": [0, 0, 0, 0, 0.4, 0, 0, 0, 0]}
    found = learned_pair(EMPTY, "gaze_left", turn, {}, 0.4)
    assert found == learned(EMPTY, "gaze_left", turn, {}, 0.4)
    assert entry(found, "gaze_left").bones["eye.L"].rotvec == (0, 1, 0)


def test_movements_mirror_as_the_layouts_channels_do():
    for movement in movements():
        twin = learn.mirrored_movement(movement)
        assert learn.mirrored_movement(twin) == movement
        if movement not in GAZE:
            assert twin == MIRROR[movement][0]
            continue
        channel, sign = GAZE[movement]
        assert GAZE[twin] == (MIRROR[channel][0], sign * MIRROR[channel][1])


def test_under_the_characters_names_everything_moves_as_before_and_is_found():
    """Learning beside a profile whose names are not the character's would hide the others."""
    before = profile("makehuman")
    present = [f"DEF-{bone}" for bone in (*before.bone_names, "head")]
    after = learn.renamed(before, learn.fit("", before, present, ()).bones, {})
    assert (after.head_bone, set(after.bone_names)) == ("DEF-head", {*present} - {"DEF-head"})
    values = np.random.default_rng(1).uniform(0, 1, len(NAMES))
    one, other = (Evaluator(p, NAMES).evaluate(values)[0] for p in (before, after))
    np.testing.assert_array_equal(one, other)
    found = learned(after, "AU26", {"DEF-jaw": [0, 0, 0, 0.2, 0, 0, 0, 0, 0]}, {})
    assert learn.fit("", found, present, ()).missing == ()


def test_curves_are_renamed_too_and_strangers_keep_their_names():
    found = learn.renamed(profile("vrm"), {}, {"aa": "Fcl_MTH_A"})
    assert {*found.curve_names} == {*profile("vrm").curve_names} - {"aa"} | {"Fcl_MTH_A"}
    assert found.bone_names == profile("vrm").bone_names


# What is refused ---------------------------------------------------------------------------------

NOD = {"jaw": [0, 0, 0, 0.2, 0, 0, 0, 0, 0]}


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda: learned(EMPTY, "AU99", NOD, {}), "'AU99' is no movement; expected one of AU01_L"),
        (lambda: learned(EMPTY, "AU26", {}, {"x": 0.0}), "nothing is posed for AU26: move bones"),
        (lambda: learned(EMPTY, "AU26", NOD, {}, 0.01), "posed at 0.01, expected 0.05 or more"),
        (lambda: learned(EMPTY, "AU26", NOD, {}, float("nan")), "posed at nan"),
        (lambda: learned(EMPTY, "AU26", {"jaw": [np.nan] * 9}, {}), "number that is none"),
        (lambda: learned(EMPTY, "AU26", {}, {"x": np.inf}), "number that is none"),
        (lambda: learned_pair(EMPTY, "AU12_L", {"lip.R": NOD["jaw"]}, {}), "posed for AU12_L"),
        (lambda: mirrored(EMPTY, "AU12_L"), "AU12_L has no entry; learn it first"),
        (lambda: mirrored(EMPTY, "AU26"), "AU26 has no other side"),
        (
            lambda: mirrored(learned(EMPTY, "AU12_L", {"a.L": [1] * 9}, {}), "AU12_L", {"a.L"}),
            "nothing that shows AU12_L has a twin",
        ),
        (
            lambda: learn.renamed(profile("rigify"), {"jaw": "chin"}, {}),
            "chin would stand for two names of the profile",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused_saying_why(refused, message):
    with pytest.raises(ProfileError, match=message):
        refused()


# Guessing ----------------------------------------------------------------------------------------


def names_of(name):
    """Bones and shape keys of a character that a profile was made for."""
    found = profile(name)
    return (*found.bone_names, *filter(None, [found.head_bone])), found.curve_names


VROID = [f"Fcl_ALL_{m}" for m in ("Joy", "Angry", "Sorrow", "Fun")]
VROID += [f"Fcl_MTH_{m}" for m in "AIUEO"] + ["Fcl_EYE_Close_L", "Fcl_EYE_Close_R"]
RIGIFY = names_of("rigify")[0]
CHARACTERS = {
    "MPFB's face units": ((), ["!ex-" + k for k in names_of("arkit52")[1]], "arkit52"),
    "without a tongue": ((), names_of("arkit52")[1][:-1], "arkit52"),
    "perfect sync": (
        names_of("vrm")[0],
        sorted({*names_of("arkit52")[1], *names_of("vrm")[1]} - {"tongueOut", "cheekPuff"}),
        "arkit52",
    ),
    "VRoid": (["J_Bip_C_Head", "J_Adj_L_FaceEye", "J_Adj_R_FaceEye"], VROID, "vrm"),
    "VRChat": (["Head"], [f"vrc.v_{m}" for m in ("aa", "e", "ih", "oh", "ou")], "vrm"),
    "Rigify with all its layers": (
        [prefix + bone for prefix in ("ORG-", "DEF-", "MCH-", "") for bone in RIGIFY],
        (),
        "rigify",
    ),
    "bones and shape keys": (names_of("rigify")[0], names_of("arkit52")[1], "arkit52"),
    "half a body with head and eyes": (["mixamorig:Head", "LeftEye", "RightEye"], (), None),
    "a cube with a key": ((), ["Basis", "Key 1"], None),
    "nothing": ((), (), None),
}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profiles_own_character_is_recognised(name):
    best = guesses(*names_of(name), profiles())[0]
    assert (best.name, best.score, best.missing) == (name, 1.0, ())
    assert {**best.bones, **best.curves} == {n: n for part in names_of(name) for n in part}
    assert guess_profile(*names_of(name), profiles()) == name


@pytest.mark.parametrize("who", CHARACTERS)
def test_characters_under_other_names_are_recognised(who):
    bones, curves, expected = CHARACTERS[who]
    assert guess_profile(bones, curves, profiles()) == expected
    turned = dict(reversed(profiles().items()))
    assert guess_profile(bones, curves, turned) == expected


def test_eyes_that_are_bones_or_keys_alone_show_the_gaze():
    """A model has one or the other; VRM's profile has both."""
    for bones, curves in ((["leftEye", "rightEye"], ()), ((), ["lookUp", "lookLeft"])):
        found = learn.fit("vrm", profile("vrm"), bones, curves)
        assert found.shown == max(len(bones) * 2, len(curves))


def test_a_guess_says_what_is_missing():
    best = guesses((), names_of("arkit52")[1][:-1], profiles())[0]
    assert (best.name, best.missing) == ("arkit52", ("tongueOut",))
    assert best.score > 0.95
