# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrored names are Blender's; names that mean the same find each other, one to one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.names import match_names, mirrored_name, side_of
from rig.layout import mirror_name
from tests.blender_addon.core.faces import PROFILES, profile

# What bpy.utils.flip_name of Blender 4.5 answers.
BLENDERS = {
    "eye.L": "eye.R",
    "eye.L.001": "eye.R.001",
    "brow.T.L.001": "brow.T.R.001",
    "DEF-lip.T.R.001": "DEF-lip.T.L.001",
    "Left_eye": "Right_eye",
    "leftEye": "rightEye",
    "eyeLeft": "eyeRight",
    "eyeBlinkLeft": "eyeBlinkRight",
    "browDownLeft.001": "browDownRight.001",
    "EYE_RIGHT": "EYE_LEFT",
    "LEFTeye": "RIGHTeye",
    "BrowLEFT": "BrowRIGHT",
    "lip-r": "lip-l",
    "x-R": "x-L",
    "L.lip": "R.lip",
    "r_brow": "l_brow",
    "vrc.blink_left": "vrc.blink_right",
    "Leftover": "Rightover",
    "rightLeft": "leftLeft",
    "leftright": "leftleft",
    "l": "l",
    "L_": "L_",
    "_L": "_L",
    ".R": ".R",
    "jaw": "jaw",
    "nose.001": "nose.001",
    "cleft": "cleft",
}
MORE = {
    "brow_L_01": "brow_R_01",
    "mouthSmileL": "mouthSmileR",
    "Bip01.LeftHand.x": "Bip01.RightHand.x",
    "eye.l.01a": "eye.r.01a",
    "lid left upper": "lid right upper",
    "noseLeft2": "noseRight2",
}


@pytest.mark.parametrize(("name", "twin"), [*BLENDERS.items(), *MORE.items()])
def test_the_other_side_is_called(name, twin):
    assert mirrored_name(name) == twin


SIDED = {name for name, twin in (*BLENDERS.items(), *MORE.items()) if name != twin}
SIDED -= {"rightLeft", "leftright"}  # Blender's way with these leads nowhere


@pytest.mark.parametrize("name", sorted(SIDED))
def test_twice_mirrored_is_the_name_itself(name):
    twin = mirrored_name(name)
    assert mirrored_name(twin) == name
    assert {side_of(name), side_of(twin)} == {"L", "R"}


@given(st.text(max_size=12))
def test_any_text_has_a_mirror_image(name):
    assert isinstance(mirrored_name(name), str)
    assert (mirrored_name(name) == name) == (side_of(name) == "")


@pytest.mark.parametrize("name", PROFILES)
def test_the_names_of_every_profile_are_mirrored_as_the_rig_mirrors_them(name):
    names = {*profile(name).bone_names, *profile(name).curve_names}
    for one in names:
        twin = mirrored_name(one, names)
        assert twin in names
        assert mirrored_name(twin, names) == one
        if name == "geface":
            assert twin == mirror_name(one)


def test_the_twin_is_one_that_is_there():
    assert mirrored_name("eye.L.001", {"eye.L.001", "eye.R.001", "eye.R"}) == "eye.R.001"
    assert mirrored_name("eye.L.001", {"eye.L.001", "eye.R"}) == "eye.R"
    assert mirrored_name("eye.L", {"eye.L"}) is None
    assert mirrored_name("jaw", {"chin"}) == "jaw"


# The same under another name ---------------------------------------------------------------------

ARKIT = profile("arkit52").curve_names


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name)


def sided(name):
    return name.replace("Left", "_L").replace("Right", "_R")


HABITS = {
    "as Apple writes them": str,
    "MPFB's face units": "!ex-{}".format,
    "capitals first": lambda name: name[0].upper() + name[1:],
    "Jaw_Open": lambda name: snake(name).title(),
    "jaw_open": lambda name: snake(name).lower(),
    "jaw open": lambda name: snake(name).replace("_", " "),
    "jawopen": str.lower,
    "JAWOPEN": str.upper,
    "sides as letters": sided,
    "a node before": "blendShape1.{}".format,
    "MetaHuman's": "CTRL_expressions_{}".format,
    "copies": "{}.001".format,
}


@pytest.mark.parametrize("habit", HABITS)
def test_arkits_shapes_are_found_however_they_are_written(habit):
    present = ["Basis", *(HABITS[habit](name) for name in reversed(ARKIT)), "Fcl_MTH_A"]
    found = match_names(ARKIT, present)
    assert found == {name: HABITS[habit](name) for name in ARKIT}


VROID = {
    "happy": "Fcl_ALL_Joy", "angry": "Fcl_ALL_Angry", "sad": "Fcl_ALL_Sorrow",
    "relaxed": "Fcl_ALL_Fun", "surprised": "Fcl_ALL_Surprised", "aa": "Fcl_MTH_A",
    "ih": "Fcl_MTH_I", "ou": "Fcl_MTH_U", "ee": "Fcl_MTH_E", "oh": "Fcl_MTH_O",
    "blink": "Fcl_EYE_Close", "blinkLeft": "Fcl_EYE_Close_L", "blinkRight": "Fcl_EYE_Close_R",
    "neutral": "Fcl_ALL_Neutral",
}  # fmt: skip
VRCHAT = {
    "aa": "vrc.v_aa", "ih": "vrc.v_ih", "ou": "vrc.v_ou", "ee": "vrc.v_e", "oh": "vrc.v_oh",
    "blink": "vrc.blink", "blinkLeft": "vrc.blink_left", "blinkRight": "vrc.blink_right",
}  # fmt: skip
VRM0 = {
    "happy": "Joy", "angry": "Angry", "sad": "Sorrow", "relaxed": "Fun", "aa": "A", "ih": "I",
    "ou": "U", "ee": "E", "oh": "O", "blink": "Blink", "blinkLeft": "Blink_L",
    "blinkRight": "Blink_R", "lookUp": "LookUp", "lookLeft": "LookLeft", "neutral": "Neutral",
}  # fmt: skip
OTHERS = ["Fcl_BRW_Angry", "Fcl_EYE_Angry", "Fcl_MTH_Angry", "Fcl_EYE_Joy_L", "vrc.v_ch", "Basis"]


@pytest.mark.parametrize("names", [VROID, VRCHAT, VRM0])
def test_vrms_expressions_are_found_among_those_of_part_of_a_face(names):
    assert match_names(profile("vrm").curve_names, [*OTHERS, *names.values()]) == names


def test_an_exact_name_is_taken_before_any_other():
    present = ["DEF-jaw", "Jaw", "jaw", "mixamorig:Head"]
    assert match_names(["jaw", "head"], present) == {"jaw": "jaw", "head": "mixamorig:Head"}


def test_bones_are_found_by_what_the_name_ends_in():
    present = ["ORG-eye.L", "MCH-eye.L", "DEF-jaw", "HeadTop_End", "J_Adj_R_FaceEye", "forehead"]
    found = match_names(["eye.L", "jaw", "head", "rightEye"], present)
    assert found == {"jaw": "DEF-jaw", "rightEye": "J_Adj_R_FaceEye"}


def test_a_letter_behind_something_is_no_vowel():
    assert match_names(["aa", "oh"], ["brow_a", "Key.A", "o"]) == {"oh": "o"}


def test_of_names_with_something_before_the_least_is_taken():
    assert match_names(["jaw"], ["rig_old_jaw", "rig_jaw", "a_b_jaw"]) == {"jaw": "rig_jaw"}


def test_numbers_tell_bones_apart():
    assert match_names(["nose", "nose.001"], ["nose.001", "nose.002"]) == {"nose.001": "nose.001"}


@given(st.lists(st.sampled_from([*ARKIT[:9], *VROID, *VROID.values(), "a.L", "A_l", "x.a.L"])))
def test_no_name_is_given_twice(present):
    found = match_names(["aa", "a.L", *ARKIT], present)
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= set(present)


@given(st.lists(st.text(max_size=9)), st.lists(st.text(max_size=9)))
def test_exact_names_are_always_found(wanted, present):
    found = match_names(wanted, present)
    assert {name for name in wanted if found.get(name) == name} == {*wanted} & {*present}
