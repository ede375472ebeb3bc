"""Blender deforms head.blend, and head.glb as it imports it, as numpy's skinning does.

Blender is a module of another environment (``make author-env``); it runs in a process of its own.
"""

import numpy as np
import pytest

from rig.head import asset_path
from rig.rotations import euler_yxz_to_matrix, matrix_to_quaternion, rotvec_to_matrix
from tests.rig.author.blender_process import HEIGHT_M, run_worker
from tests.rig.support import HEAD, LAYOUT, SKELETON, posed, random_channels

POSES = 8


def random_faces():
    """Channels and identity of the poses compared; in all but the first the head turns."""
    rng = np.random.default_rng(7)
    faces = [
        (random_channels(rng, most=0.9, turn=0.5), rng.uniform(0, 1, 208)) for _ in range(POSES)
    ]
    faces[0][0][[LAYOUT.channel_index[n] for n in ("head_yaw", "head_pitch", "head_roll")]] = 0
    return faces


def local_transforms(values, identity):
    """Translation from rest, quaternion and scale of every joint, the head's turn included."""
    local = SKELETON.local_parameters(values, identity)
    rotation = rotvec_to_matrix(local[:, 3:6])
    head = HEAD.joint_index(SKELETON.profile.head_bone)
    angles = [values[LAYOUT.channel_index[n]] for n in ("head_yaw", "head_pitch", "head_roll")]
    rotation[head] = euler_yxz_to_matrix(*angles) @ rotation[head]
    return local[:, :3], matrix_to_quaternion(rotation), 1 + local[:, 6:]


@pytest.fixture(scope="module")
def blender(tmp_path_factory):
    """Asset name → (N poses, what Blender makes of it); both assets in one job file."""
    translations, quaternions, scales = (
        np.array(v) for v in zip(*(local_transforms(*f) for f in random_faces()), strict=True)
    )
    job = {f"points_{name}": part.positions for name, part in HEAD.primitives.items()} | {
        "names": np.array(HEAD.joint_names),
        "translations": translations,
        "quaternions": quaternions,
        "scales": scales,
    }
    folder = tmp_path_factory.mktemp("blender")
    return lambda asset: run_worker(folder, "blender_worker.py", asset_path(asset), job)


@pytest.mark.parametrize("asset", ["head.blend", "head.glb"])
def test_blender_and_numpy_agree_to_a_ten_thousandth_of_the_heads_height(blender, asset):
    found = blender(asset)
    expected = [posed(values, identity) for values, identity in random_faces()]
    for name in HEAD.primitives:
        assert found[f"distance_{name}"].max() < 1e-5, f"{name} has vertices that {asset} has not"
        ours = np.array([face[name] for face in expected])
        moved = np.abs(ours - HEAD.primitives[name].positions).max()
        assert moved > 0.01, f"{name} hardly moves; the comparison would hold nothing"
        error = np.abs(found[f"posed_{name}"] - ours).max()
        assert error < 1e-4 * HEIGHT_M, f"{name} of {asset} is {error * 1e3:.4f} mm off"
