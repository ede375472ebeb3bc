"""The FBX export, read again by Blender's importer."""

import subprocess

import pytest

from rig.author.glb_poses import full_weight
from tests.rig.author.blender_process import HEIGHT_M, author_python, run_worker
from tests.rig.author.poses import DRIVERS, largest_error_m, pose_job
from tests.rig.support import HEAD


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    python = author_python()
    if python is None:
        pytest.skip("Blender's module is not here: run make author-env or set GEFACE_AUTHOR_PYTHON")
    folder = tmp_path_factory.mktemp("fbx")
    command = [python, "-m", "rig.author.export_fbx", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (folder / "head.fbx").exists(), done.stdout + done.stderr
    return run_worker(folder, "pose_worker.py", folder / "head.fbx", pose_job())


def test_the_mesh_comes_back_where_it_was(imported):
    for name in HEAD.primitives:
        assert imported[f"distance_{name}"].max() < 1e-5


def test_every_pose_is_a_take_that_ends_where_numpy_has_it(imported):
    assert imported["found"].all()
    assert max(full_weight(driver) for driver in DRIVERS) == 1
    assert largest_error_m(imported) < 1e-4 * HEIGHT_M
