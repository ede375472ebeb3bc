"""Blender deforms head.blend, and head.glb as it imports it, as numpy's skinning does.

Blender is a module of another environment (``make author-env``); it runs in a process of its own.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rig.head import asset_path
from rig.rotations import euler_yxz_to_matrix, matrix_to_quaternion, rotvec_to_matrix
from tests.rig.support import HEAD, LAYOUT, SKELETON, posed, random_channels

WORKER = Path(__file__).with_name("blender_worker.py")
ROOT = Path(__file__).parents[3]
POSES = 8
HEIGHT_M = 0.23  # of the head, chin to crown


def author_python():
    """Python that has bpy: this one, $GEFACE_AUTHOR_PYTHON or .venv-author's."""
    if importlib.util.find_spec("bpy"):
        return sys.executable
    given = os.environ.get("GEFACE_AUTHOR_PYTHON")
    made = [ROOT / ".venv-author/bin/python", ROOT / ".venv-author/Scripts/python.exe"]
    found = [path for path in ([Path(given)] if given else made) if path.exists()]
    return str(found[0]) if found else None


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
    python = author_python()
    if python is None:
        pytest.skip("Blender's module is not here: run make author-env or set GEFACE_AUTHOR_PYTHON")
    folder = tmp_path_factory.mktemp("blender")
    translations, quaternions, scales = (
        np.array(v) for v in zip(*(local_transforms(*f) for f in random_faces()), strict=True)
    )
    points = {f"points_{name}": part.positions for name, part in HEAD.primitives.items()}
    np.savez(
        folder / "job.npz",
        names=np.array(HEAD.joint_names),
        translations=translations,
        quaternions=quaternions,
        scales=scales,
        **points,
    )

    def run(asset):
        result = folder / f"{asset}.npz"
        command = [
            python,
            str(WORKER),
            str(asset_path(asset)),
            str(folder / "job.npz"),
            str(result),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        assert result.exists(), f"Blender failed on {asset}:\n{done.stdout}\n{done.stderr}"
        return np.load(result)

    return run


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
