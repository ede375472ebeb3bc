"""head.blend in one or more versions of Blender: opening, sliders against numpy, time a frame.

    python tests/benchmarks/bench_blender.py PYTHON …

Each PYTHON is one that has ``bpy`` (``pip install bpy==4.2.*`` and so on into environments of
Python 3.11, from 5.1 on 3.13). A line each: the version; the file's time to open; processor time
of a frame in which every slider is keyed, evaluation of all bones and vertices, without drawing;
the largest distance of any vertex from numpy's, over 9 faces in which all sliders but the first
face's move, in parts of the head's height; drivers that do not work or would need Python. Then, in
the first PYTHON, the same distance for the animations of head.glb and the takes of head.fbx, each
pose by itself.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rig.head import asset_path
from tests.rig.author import poses
from tests.rig.author.blender_process import HEIGHT_M, run_worker
from tests.rig.author.test_controls import largest_error_m, slider_job


def print_sliders(folder: Path, python: str) -> None:
    """One line of the table."""
    blend = asset_path("head.blend")
    found = run_worker(folder, "slider_worker.py", blend, slider_job(), python)
    error = largest_error_m(found) / HEIGHT_M
    bad = len(found["invalid"]) + len(found["complicated"])
    times = f"{float(found['open_ms']):7.0f}  {float(found['frame_ms']):8.1f}"
    print(f"{found['version']!s:<12}  {times}  {error:12.1e}  {bad:11}")


def print_poses(folder: Path, python: str, path: Path) -> None:
    """How far the animations of a file are from numpy's poses."""
    found = run_worker(folder, "pose_worker.py", path, poses.pose_job(), python)
    error = poses.largest_error_m(found) / HEIGHT_M
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {size:.2f} MB, {found['found'].sum()} poses, error/height {error:.1e}")


def main(pythons: list[str]) -> None:
    """Print everything."""
    size = asset_path("head.blend").stat().st_size
    print(f"head.blend: {size / 1e6:.2f} MB")
    print("version       open ms  frame ms  error/height  bad drivers")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for python in pythons:
            print_sliders(folder, python)
        print_poses(folder, pythons[0], asset_path("head.glb"))
        command = [pythons[0], "-m", "rig.author.export_fbx", "--out", name]
        subprocess.run(command, capture_output=True, check=True)
        print_poses(folder, pythons[0], folder / "head.fbx")


if __name__ == "__main__":
    main(sys.argv[1:])
