# SPDX-License-Identifier: GPL-3.0-or-later
"""Pose to profile, by its buttons in real Blenders, on a character that no profile knows."""

import json
from pathlib import Path

import numpy as np
import pytest

from rig.layout import load_layout
from rig.profile import parse_profile

HERE = Path(__file__).parent
MIRROR = np.diag([-1.0, 1, 1, 1])


@pytest.fixture(scope="module")
def taught(blender, tmp_path_factory):
    """What came of it, and the exported profile's path."""
    folder = tmp_path_factory.mktemp("learn")
    arrays = blender.run(HERE / "learn_worker.py", folder / "result.npz")
    return json.loads(str(arrays["found"])), folder / "learned.json"


@pytest.fixture(scope="module")
def found(taught):
    return taught[0]


def same(first, second):
    np.testing.assert_allclose(np.array(first), np.array(second), atol=2e-6)


def test_a_strange_character_is_told_as_one(found):
    text, good = found["known"]
    assert not good
    assert "learn your own" in text


def test_posing_lets_go_of_the_face_and_the_body_stays_as_it_is(found):
    assert not found["follows"]
    assert "Start posing" in found["too early"]
    assert "nothing is posed" in found["nothing posed"]


def test_learning_goes_back_to_rest_and_drives_by_the_new_profile(found):
    pulled, trunk, keys, profile = found["after learn"]
    same(pulled, np.eye(4))
    same(trunk, found["before"][0])
    assert keys == found["before"][1]
    assert profile == "CUSTOM"


def test_the_preview_shows_what_was_posed_and_leaves_the_rest_alone(found):
    bones, keys = found["AU12 L"]
    same(bones["pull.L"], found["posed"])
    same(bones["trunk"], found["before"][0])
    same(bones["pull.R"], np.eye(4))
    assert keys == found["before"][1]


def test_half_is_half_the_way_and_half_the_angle(found):
    half, full = np.array(found["AU12 half"][0]["pull.L"]), np.array(found["posed"])
    same(half[:3, 3], full[:3, 3] / 2)
    same(half[:3, :3] @ half[:3, :3], full[:3, :3])


def test_the_other_side_is_the_mirror_image(found):
    """The two bones lie as mirror images, so that their own moves are mirrored in x too."""
    right, left = np.array(found["AU12 R"][0]["pull.R"]), np.array(found["posed"])
    same(right, MIRROR @ left @ MIRROR)


def test_both_sides_posed_at_once_are_learned_apart(found):
    left, both = found["AU06 L"][1], found["AU06 both"][1]
    assert left["puff.L"] == pytest.approx(0.8)
    assert left["puff.R"] == 0.0
    assert both["puff.L"] == pytest.approx(0.4)
    assert both["puff.R"] == pytest.approx(0.2)
    assert left["fat"] == both["fat"] == pytest.approx(0.6)
    assert "side to take it from" in found["no mirror of both"]


def test_what_has_no_sides_and_the_gaze_are_learned_too(found):
    jaw, skull = (np.array(found[k][0][b]) for k, b in (("AU26", "flap"), ("gaze", "skull")))
    for turn, angle in ((jaw, 0.5), (skull, 0.2)):
        assert np.arccos((np.trace(turn[:3, :3]) - 1) / 2) == pytest.approx(angle, abs=1e-4)
    rest = found["rest"][0]
    for name in ("pull.L", "pull.R", "flap", "skull"):
        same(rest[name], np.eye(4))


def test_the_file_is_a_profile_that_the_rig_s_own_evaluator_reads(taught):
    layout = load_layout()
    profile = parse_profile(json.loads(taught[1].read_text(encoding="utf-8")), layout)
    channels = np.zeros(len(layout.channels))
    channels[layout.channel_names.index("AU06_L")] = 1.0
    channels[layout.channel_names.index("AU12_L")] = 1.0
    posed = profile.evaluate(channels)
    curves = dict(zip(profile.curve_names, posed.curves, strict=True))
    offset = posed.bones[profile.bone_names.index("pull.L")]
    assert curves == pytest.approx({"puff.L": 0.8, "puff.R": 0.0})
    # Blender's (0.01, -0.004, 0.012) is x left, y up, z forward (0.01, 0.012, 0.004) here
    same(offset[:3], (0.01, 0.012, 0.004))
    same(offset[3:6], (0, 0.25, 0))


def test_done_follows_again_from_rest(found):
    follows, trunk, keys = found["done"]
    assert follows
    same(trunk, found["before"][0])
    assert keys == found["before"][1]


def test_files_that_are_no_profile_change_nothing(found):
    assert found["unchanged"] == ["AUTO", True]
    for refusal in (found["no profile"], found["no file"], found["no folder"]):
        assert refusal.startswith("Error: ")
        assert "Traceback" not in refusal


def test_an_exported_profile_drives_another_character(found):
    assert found["imported"] == ["CUSTOM", True]
    text, good = found["description"]
    assert good, text
