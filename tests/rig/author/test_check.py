"""The comparison of a fresh build with what is packaged."""

import shutil

import numpy as np
import pytest

from rig.author.check import array_difference, differences, main, pose_difference
from rig.head import asset_path

PACKAGED = asset_path("head.glb").parents[1]


@pytest.fixture
def copy(tmp_path):
    for name in ("assets/head.glb", "assets/skin_maps.npz", "profiles/geface.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def test_the_packaged_assets_do_not_differ_from_themselves(copy, capsys):
    assert {size for size, _ in differences(copy).values()} == {0.0}
    assert main([str(copy)]) == 0
    assert "head.glb" in capsys.readouterr().out


def test_another_pose_is_found(copy):
    path = copy / "profiles/geface.json"
    text = path.read_text(encoding="utf-8").replace('"rotvec":[0.', '"rotvec":[0.9', 1)
    path.write_text(text, encoding="utf-8")
    assert main([str(copy)]) == 1


def test_arrays_of_other_shapes_are_as_far_apart_as_can_be():
    assert array_difference(np.zeros(2), np.zeros(3)) == np.inf
    assert array_difference(np.array([1, 250], np.uint8), np.array([3, 0], np.uint8)) == 250


def test_a_bone_that_only_one_profile_moves_counts():
    moved = {"jaw": {"translation": [0, 0.5, 0], "rotvec": [0, 0, 0], "scale": [1, 1, 1]}}
    poses = [{"A": {"bones": bones, "curves": {}}} for bones in (moved, {})]
    profiles = [{"drivers": [], "layout_id": "", "poses": pose} for pose in poses]
    assert pose_difference(*profiles) == pose_difference(*profiles[::-1]) == 0.5
