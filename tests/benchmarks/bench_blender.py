"""head.blend in one or more versions of Blender: opening, sliders against numpy, time a frame.

    python tests/benchmarks/bench_blender.py PYTHON …

Each PYTHON is one that has ``bpy`` (``pip install bpy==4.2.*`` and so on into environments of
Python 3.11, from 5.1 on 3.13). A line each: the version; the file's time to open; processor time
of a frame in which every slider is keyed, evaluation of all bones and vertices, without drawing;
the largest distance of any vertex from numpy's, over 9 faces in which all sliders but the first
face's move, in parts of the head's height; drivers that do not work or would need Python.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rig.head import asset_path
from tests.rig.author.blender_process import HEIGHT_M, run_worker
from tests.rig.author.test_controls import largest_error_m, slider_job


def main(pythons: list[str]) -> None:
    """Print the table."""
    size = asset_path("head.blend").stat().st_size
    print(f"head.blend: {size / 1e6:.2f} MB")
    print("version       open ms  frame ms  error/height  bad drivers")
    with tempfile.TemporaryDirectory() as folder:
        for python in pythons:
            found = run_worker(
                Path(folder), "slider_worker.py", asset_path("head.blend"), slider_job(), python
            )
            error = largest_error_m(found) / HEIGHT_M
            bad = len(found["invalid"]) + len(found["complicated"])
            times = f"{float(found['open_ms']):7.0f}  {float(found['frame_ms']):8.1f}"
            print(f"{found['version']!s:<12}  {times}  {error:12.1e}  {bad:11}")


if __name__ == "__main__":
    main(sys.argv[1:])
