# SPDX-License-Identifier: GPL-3.0-or-later
"""Bones of any armature: axes, sizes, rotation modes, and what is left alone."""

import numpy as np
import pytest

from rig.rotations import rotvec_to_matrix
from tests.rig.support import LAYOUT

MODES = ("AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
TOLERANCE = 1e-5
BONES = ("root", "head", "jaw", "eye.L", "eye.R", "ear.L")
BLENDER_FROM_CHARACTER = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def expected_points(rest, channels):
    """(12, 3) heads and tails by the profile's formula, twice the size it was measured on."""
    jaw, yaw = channels["AU26"], channels["gaze_yaw"]
    turn = head_turn(channels)
    out, pivot = rest.copy(), rest[2]  # of the head bone
    for bone, rotvec, shift in (
        ("jaw", np.multiply(jaw, (0.4, 0.1, -0.05)), 2 * jaw * np.array([0.001, -0.01, 0.002])),
        ("eye.L", (0, yaw, 0), np.zeros(3)),
        ("eye.R", (0, yaw, 0), np.zeros(3)),
    ):
        row = 2 * BONES.index(bone)
        turned = to_blender(rotvec_to_matrix(np.asarray(rotvec, float)))
        out[row + 1] = rest[row] + turned @ (rest[row + 1] - rest[row])
        out[row : row + 2] += BLENDER_FROM_CHARACTER @ shift
    out[3:] = pivot + (out[3:] - pivot) @ turn.T  # the head's tail and all that hangs on it
    return out


def to_blender(turn):
    return BLENDER_FROM_CHARACTER @ turn @ BLENDER_FROM_CHARACTER.T


def head_turn(channels):
    yaw, pitch, roll = (channels[f"head_{name}"] for name in ("yaw", "pitch", "roll"))
    axes = ((0, yaw, 0), (pitch, 0, 0), (0, 0, roll))
    y, x, z = (rotvec_to_matrix(np.array(axis, float)) for axis in axes)
    return to_blender(y @ x @ z)


@pytest.fixture
def named(job):
    """Channels by name, of each frame."""
    return [dict(zip(LAYOUT.channel_names, row, strict=True)) for row in job["channels"]]


def test_bones_stand_where_the_formula_puts_them(applied, named):
    expected = expected_points(applied["axes_usual_rest"], named[0])
    np.testing.assert_allclose(applied["axes_usual"], expected, atol=TOLERANCE)
    assert np.abs(expected - applied["axes_usual_rest"]).max() > 0.01


def test_a_y_up_armature_in_centimetres_moves_alike(applied):
    np.testing.assert_allclose(
        applied["axes_imported_rest"], applied["axes_usual_rest"], atol=TOLERANCE
    )
    np.testing.assert_allclose(applied["axes_imported"], applied["axes_usual"], atol=TOLERANCE)


def test_a_scaled_object_moves_as_much_more(applied):
    np.testing.assert_allclose(applied["axes_large"], 3 * applied["axes_usual"], atol=TOLERANCE)


def test_a_bone_without_local_location_moves_alike(applied):
    np.testing.assert_allclose(applied["axes_free"], applied["axes_usual"], atol=TOLERANCE)


@pytest.mark.parametrize("mode", MODES)
def test_every_rotation_mode_makes_the_same_pose(applied, mode):
    expected = applied["modes_QUATERNION"]
    np.testing.assert_allclose(applied[f"modes_{mode}"], expected, atol=TOLERANCE)


@pytest.mark.parametrize("mode", ["QUATERNION", *MODES])
def test_tracks_hold_what_applying_writes_without_jumps(applied, mode):
    np.testing.assert_allclose(
        applied[f"modes_{mode}_tracks"], applied[f"modes_{mode}"], atol=TOLERANCE
    )
    assert applied[f"modes_{mode}_jump"] < 0.5


def test_no_channel_is_rest(applied):
    np.testing.assert_allclose(
        applied["modes_QUATERNION_rest"], applied["axes_usual_rest"], atol=TOLERANCE
    )


def test_what_the_profile_does_not_move_stays(applied):
    np.testing.assert_allclose(applied["left_alone_scale"], [1.1, 1.2, 1.3], rtol=1e-6)
    np.testing.assert_allclose(applied["left_alone_ear"], [0.1, 0.2, 0.3], rtol=1e-6)
    np.testing.assert_allclose(applied["left_alone_eye"], [0.01, 0.02, 0.03], rtol=1e-6)
    np.testing.assert_allclose(applied["left_alone_head"], [0.1, 0.2, 0.3], rtol=1e-6)
    assert applied["left_alone_turned"][0] < 0.999


def test_the_users_drivers_and_constraints_stay(applied):
    assert applied["left_alone_drivers"] == 1
    assert applied["left_alone_constraints"].tolist() == ["LIMIT_ROTATION"]
    np.testing.assert_allclose(applied["left_alone_driven"], [0, 0.25, 0], atol=1e-6)
    assert 'pose.bones["jaw"].location' not in applied["left_alone_tracks"].tolist()
    assert 'pose.bones["jaw"].rotation_quaternion' in applied["left_alone_tracks"].tolist()


def test_a_renamed_or_rolled_bone_is_found_again(applied, named):
    assert applied["changed_rig_moved"] > 1e-3
    expected = expected_points(applied["axes_usual_rest"], named[1])
    np.testing.assert_allclose(applied["changed_rig_renamed"], expected, atol=TOLERANCE)
    np.testing.assert_allclose(applied["changed_rig_rolled"], expected, atol=TOLERANCE)
    assert "Edit Mode" in str(applied["changed_rig_busy"])
