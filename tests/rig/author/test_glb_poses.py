"""The profile's poses as animations of a GLB."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rig.author.glb_poses import full_weight, joint_values, settled, with_poses
from rig.glb import Glb, parse_glb, read_glb
from rig.head import asset_path, parse_head
from rig.profile import Driver, Factor
from rig.rotations import matrix_to_quaternion, rotvec_to_matrix
from tests.rig.author.blender_process import HEIGHT_M, run_worker
from tests.rig.author.poses import largest_error_m, pose_job
from tests.rig.support import HEAD, SKELETON

PROFILE = SKELETON.profile
NODE = Path(__file__).parents[1] / "node"


def bare():
    """The packaged GLB as Blender exports it, without animations."""
    glb = read_glb(asset_path("head.glb"))
    return Glb({k: v for k, v in glb.json.items() if k != "animations"}, glb.binary)


@pytest.fixture(scope="module")
def written():
    return with_poses(bare(), HEAD, PROFILE)


@pytest.fixture(scope="module")
def animated(written):
    return parse_glb(written)


def test_there_is_one_animation_a_pose_in_the_profiles_order(animated):
    names = [animation["name"] for animation in animated.json["animations"]]
    assert names == [driver.pose for driver in PROFILE.drivers]


def test_the_head_in_it_is_the_same(animated):
    head = parse_head(animated)
    assert head.joint_names == HEAD.joint_names
    for name, part in HEAD.primitives.items():
        np.testing.assert_array_equal(head.primitives[name].positions, part.positions)
        np.testing.assert_array_equal(head.primitives[name].weights, part.weights)


def test_keys_run_from_rest_to_the_full_pose_in_one_second(animated):
    for driver, animation in zip(PROFILE.drivers, animated.json["animations"], strict=True):
        parts = PROFILE.poses[driver.pose].bones
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            assert sampler.get("interpolation", "LINEAR") == "LINEAR"
            np.testing.assert_array_equal(animated.accessor(sampler["input"]), [0, 1])
            node = animated.json["nodes"][channel["target"]["node"]]
            offset = full_weight(driver) * np.array(parts[node["name"]].offset)
            at_rest, moved = animated.accessor(sampler["output"])
            rest = HEAD.rest_translations[HEAD.joint_index(node["name"])]
            w, *xyz = matrix_to_quaternion(rotvec_to_matrix(offset[3:6]))
            goals = {
                "translation": (rest, rest + offset[:3]),
                "rotation": ([0, 0, 0, 1], [*xyz, w]),
                "scale": (np.ones(3), 1 + offset[6:]),
            }
            goal = goals[channel["target"]["path"]]
            np.testing.assert_allclose([at_rest, moved], goal, atol=1e-6)


def test_only_what_moves_has_keys():
    rest = np.array([0.1, 0.2, 0.3])
    assert joint_values(np.zeros(9), rest) == {}
    turned = joint_values(np.array([0, 0, 0, 0, np.pi / 2, 0, 0, 0, 0]), rest)
    assert list(turned) == ["rotation"]
    np.testing.assert_allclose(turned["rotation"][1], [0, np.sqrt(0.5), 0, np.sqrt(0.5)])


@pytest.mark.parametrize(
    ("factors", "weight"),
    [
        ((Factor("AU12_L", 1.0),), 1.0),
        ((Factor("gaze_pitch", -1.0),), 0.4363),
        ((Factor("gaze_pitch", 2.0), Factor("AU43_L", 0.5)), 0.4363),
    ],
)
def test_a_full_pose_has_its_channels_at_the_ends_of_their_ranges(factors, weight):
    assert full_weight(Driver("", factors)) == pytest.approx(weight)


def test_rounding_at_rest_is_no_rotation_and_a_real_one_stays():
    nodes = [{"name": "a", "rotation": [0, 0, 1e-8, 1], "scale": [1, 0.99999994, 1]}]
    turned = {"name": "b", "rotation": [0, 0, 0.1, 0.995], "translation": [0, 0, 1e-9]}
    found = settled(Glb({"nodes": [*nodes, turned]}, b"")).json["nodes"]
    assert found == [{"name": "a"}, turned]


def test_a_glb_that_has_animations_is_refused(animated):
    with pytest.raises(ValueError, match="animations already"):
        with_poses(animated, HEAD, PROFILE)


def test_the_file_is_the_same_every_time(written):
    assert with_poses(bare(), HEAD, PROFILE) == written


def test_the_khronos_validator_finds_no_error_in_it(written, tmp_path):
    if not (shutil.which("node") and (NODE / "node_modules" / "gltf-validator").exists()):
        pytest.skip("the Khronos validator is not installed; tests/rig/test_head.py installs it")
    (tmp_path / "posed.glb").write_bytes(written)
    command = ["node", "validate.mjs", str(tmp_path / "posed.glb")]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=True)
    assert '"numErrors":0' in done.stdout.replace(" ", ""), done.stdout[:2000]


def test_blender_plays_every_animation_to_where_numpy_has_it(written, tmp_path):
    (tmp_path / "posed.glb").write_bytes(written)
    found = run_worker(tmp_path, "pose_worker.py", tmp_path / "posed.glb", pose_job())
    assert found["found"].all()
    assert largest_error_m(found) < 1e-4 * HEIGHT_M
