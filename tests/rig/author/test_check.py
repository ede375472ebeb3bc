"""The comparison of a fresh build with what is packaged."""

import shutil

import numpy as np
import pytest

from rig.author.check import (
    PACKAGED,
    animation_difference,
    array_difference,
    arrays_difference,
    differences,
    main,
    pose_difference,
    statistics_difference,
)
from rig.glb import Glb


@pytest.fixture
def copy(tmp_path):
    for name in (
        "assets/head.glb",
        "assets/skin_maps.npz",
        "assets/props.npz",
        "profiles/geface.json",
        "assets/identity_statistics.npz",
    ):
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


def animated(moved):
    """A GLB of one joint with an animation that ends at each value of ``moved`` (path → number)."""
    keys = np.array([[[0, 0, 0], [0, 0, value]] for value in moved.values()], dtype="<f4")
    accessors = [
        {"bufferView": 0, "byteOffset": 24 * i, "componentType": 5126, "count": 2, "type": "VEC3"}
        for i in range(len(moved))
    ]
    animation = {
        "name": "AU12_L",
        "samplers": [{"input": 0, "output": i} for i in range(len(moved))],
        "channels": [
            {"sampler": i, "target": {"node": 0, "path": path}} for i, path in enumerate(moved)
        ],
    }
    content = {"nodes": [{"name": "jaw"}], "accessors": accessors, "animations": [animation]}
    return Glb({**content, "bufferViews": [{"buffer": 0}]}, keys.tobytes())


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"translation": 0.25}, {"translation": 0.25}, 0),
        ({"translation": 0.25}, {"translation": 0.75}, 0.5),
        ({"translation": 0.25, "scale": 0.5}, {"translation": 0.25}, 0.5),
    ],
)
def test_animations_differ_by_their_last_keys(a, b, expected):
    assert animation_difference(animated(a), animated(b)) == expected
    assert animation_difference(animated(b), animated(a)) == expected


def test_an_animation_that_only_one_has_is_found():
    assert animation_difference(animated({}), Glb({"nodes": []}, b"")) == np.inf


def test_arrays_of_files_differ_by_numbers_and_texts(tmp_path):
    paths = [tmp_path / name for name in ("a.npz", "b.npz", "c.npz", "d.npz")]
    np.savez(paths[0], x=[1, 2], name=["hat"])
    np.savez(paths[1], x=[1, 5], name=["hat"])
    np.savez(paths[2], x=[1, 2], name=["cap"])
    np.savez(paths[3], x=[1, 2])
    found = [arrays_difference(paths[0], path) for path in paths]
    assert found == [0, 3, np.inf, np.inf]
    assert arrays_difference(paths[0], paths[2], names="x".__eq__) == 0


def test_statistics_that_differ_by_a_factors_sign_alone_say_the_same(tmp_path):
    rng = np.random.default_rng(0)
    tables = {"regression": rng.normal(size=(2, 5)), "spread": np.ones(5)}
    factors = rng.normal(size=(3, 5))
    paths = [tmp_path / name for name in ("a.npz", "b.npz", "c.npz")]
    np.savez(paths[0], factors=factors, **tables)
    np.savez(paths[1], factors=factors * [[1], [-1], [1]], **tables)
    np.savez(paths[2], factors=factors, **{**tables, "spread": np.full(5, 1.25)})
    assert statistics_difference(paths[0], paths[1]) == pytest.approx(0)
    assert statistics_difference(paths[0], paths[2]) == 0.25
