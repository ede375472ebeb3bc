"""What an artist finds on opening head.blend."""

import json

import numpy as np
import pytest

from rig.author.controls import channel_sliders, identity_sliders
from rig.head import asset_path
from tests.rig.author.blender_process import run_worker
from tests.rig.support import HEAD, LAYOUT, SKELETON


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    folder, job = tmp_path_factory.mktemp("facts"), {"apply": np.array("happiness")}
    found = run_worker(folder, "facts_worker.py", asset_path("head.blend"), job)
    return {name: json.loads(str(text)) for name, text in found.items()}


@pytest.mark.parametrize(
    ("place", "expected"),
    [("sliders", channel_sliders(LAYOUT)), ("identity", identity_sliders(LAYOUT))],
)
def test_sliders_stand_in_the_layouts_order_with_range_default_and_what_they_do(
    facts, place, expected
):
    assert list(facts[place]) == [slider.name for slider in expected]
    for slider in expected:
        shown = facts[place][slider.name]
        found = [shown[key] for key in ("min", "max", "default")]
        np.testing.assert_allclose(found, [slider.low, slider.high, slider.neutral], rtol=1e-6)
        assert shown["description"] == slider.description


def test_the_file_opens_at_rest_in_pose_mode_on_the_bone_with_the_sliders(facts):
    assert facts["active"] == ["POSE", "geface_rig", "head"]
    assert facts["neutral"]
    assert facts["actions_in_use"] == []


def test_every_bone_is_in_a_collection_that_says_what_moves_it(facts):
    assert set(facts["bones"]) == set(HEAD.joint_names)
    identity = {bone for component in LAYOUT.identity for bone in component.bones}
    for bone, collections in facts["bones"].items():
        kinds = set(collections) - {"Deform"}
        assert kinds, bone
        if bone in identity:
            assert "Identity" in kinds, bone
        if bone in SKELETON.profile.bone_names:
            assert "Expression" in kinds, bone


def test_only_the_rings_with_sliders_are_shown_at_first(facts):
    assert facts["shown"] == ["Control"]
    assert {b for b, c in facts["bones"].items() if "Control" in c} == {"head", "neck"}


def test_deforming_bones_are_those_that_vertices_follow(facts):
    parts = HEAD.primitives.values()
    used = np.concatenate([p.joints[p.weights > 0] for p in parts])
    deform = {bone for bone, collections in facts["bones"].items() if "Deform" in collections}
    assert {HEAD.joint_names[i] for i in used} <= deform


def test_every_intensity_has_a_pose_in_the_asset_browser(facts):
    assert set(LAYOUT.au_channel_names) <= set(facts["assets"])
    assert {"gaze_left", "gaze_up", "happiness", "neutral"} <= set(facts["assets"])


def test_applying_a_pose_moves_the_sliders(facts):
    applied = facts["applied"]
    assert applied["AU12_L"] == applied["AU12_R"] == pytest.approx(0.9)
    assert applied["AU06_L"] == pytest.approx(0.8)
    assert applied["AU15_L"] == 0


def test_pictures_are_in_the_file(facts):
    assert facts["pictures"] == []
