# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way an armature faces, and how large its face is, from its bones alone."""

import itertools

import numpy as np
import pytest

from blender_addon.geface.core.rotations import CHARACTER_FROM_BLENDER
from blender_addon.geface.host.rest import Rest

PLACES = {  # x left, y back, z up
    "hips": (0, 0, 1.0),
    "head": (0, 0, 1.6),
    "eye.L": (0.03, -0.08, 1.7),
    "eye.R": (-0.03, -0.08, 1.7),
    "hand.L": (0.8, 0, 1.4),
    "hand.R": (-0.8, 0, 1.4),
}
SWAPS = [
    np.array([sign * np.eye(3)[axis] for sign, axis in zip(signs, order, strict=True)])
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]
TURNS = [swap for swap in SWAPS if np.linalg.det(swap) > 0]


def rest(places, turn=None, scale=1.0, parents=None):
    turn = np.eye(3) if turn is None else turn
    matrices = np.tile(np.eye(4), (len(places), 1, 1))
    matrices[:, :3, 3] = scale * np.array(list(places.values())) @ turn.T
    count = len(places)
    return Rest(
        tuple(places), matrices, tuple(parents or [-1] + [0] * (count - 1)), (True,) * count
    )


@pytest.mark.parametrize("number", range(len(TURNS)))
def test_every_way_round_is_read_off_the_bones(number):
    turn = TURNS[number]
    found = rest(PLACES, turn, 100.0).character_from_armature("head")
    np.testing.assert_allclose(found, CHARACTER_FROM_BLENDER @ turn.T, atol=1e-12)


def test_bones_that_say_nothing_leave_blenders_custom():
    lone = rest({"head": (0, 0, 0), "jaw": (0, -0.1, 0)})
    np.testing.assert_array_equal(lone.character_from_armature("head"), CHARACTER_FROM_BLENDER)
    np.testing.assert_array_equal(lone.character_from_armature(None), CHARACTER_FROM_BLENDER)


def test_a_head_that_leans_is_still_up():
    leaning = PLACES | {"head": (0, -0.3, 1.6)}
    found = rest(leaning).character_from_armature("head")
    np.testing.assert_array_equal(found, CHARACTER_FROM_BLENDER)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("eye.L", "eye.R"),
        ("eyeball_L", "eyeball_R"),
        ("LeftEye", "RightEye"),
        ("leftEye", "rightEye"),
        ("mixamorig:LeftEye", "mixamorig:RightEye"),
        ("DEF-eye.L", "DEF-eye.R"),
        ("CC_Base_L_Eye", "CC_Base_R_Eye"),
        ("J_Adj_L_FaceEye", "J_Adj_R_FaceEye"),
        ("FACIAL_L_Eye", "FACIAL_R_Eye"),
        ("Eye_L", "Eye_R"),
        ("eye_l", "eye_r"),
    ],
)
def test_eyes_are_found_by_their_makers_names(left, right):
    places = {"head": (0, 0, 1), left: (0.03, 0, 1), right: (-0.03, 0, 1), "eyebrow.L": (9, 9, 9)}
    assert rest(places).eye_distance() == pytest.approx(0.06)


def test_rigifys_target_of_the_gaze_is_no_eyeball():
    places = {
        "eye.L": (0.3, -1, 1),
        "eye.R": (-0.3, -1, 1),
        "MCH-eye.L": (0.03, 0, 1),
        "MCH-eye.R": (-0.03, 0, 1),
    }
    assert rest(places).eye_distance() == pytest.approx(0.06)


def test_without_two_eyes_there_is_no_distance():
    assert rest({"head": (0, 0, 1), "eye.L": (0.03, 0, 1)}).eye_distance() is None
    assert rest({"eye.L": (0, 0, 1), "eye.R": (0, 0, 1)}).eye_distance() is None


def test_locations_go_by_the_bone_its_parent_or_the_armature():
    turn = TURNS[5]
    found = rest(PLACES, parents=[-1, 0, 1, 1, 0, 0])
    matrices = found.matrices.copy()
    matrices[1, :3, :3] = turn
    local = (False, True, False, True, True, True)
    mixed = Rest(found.names, matrices, found.parents, local)
    expected = [np.eye(3), turn, turn, np.eye(3), np.eye(3), np.eye(3)]
    np.testing.assert_allclose(mixed.armature_from_location, expected, atol=1e-12)
