"""Finds Blender, a module of another environment (``make author-env``), and runs workers in it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
HEIGHT_M = 0.23  # of the head, chin to crown


def author_python():
    """Python that has bpy: this one, $GEFACE_AUTHOR_PYTHON or .venv-author's."""
    if importlib.util.find_spec("bpy"):
        return sys.executable
    given = os.environ.get("GEFACE_AUTHOR_PYTHON")
    made = [ROOT / ".venv-author/bin/python", ROOT / ".venv-author/Scripts/python.exe"]
    found = [path for path in ([Path(given)] if given else made) if path.exists()]
    return str(found[0]) if found else None


def run_worker(folder, worker, asset, job, python=None):
    """What ``worker`` writes about ``asset`` and the arrays of ``job``; skips without Blender."""
    python = python or author_python()
    if python is None:
        pytest.skip("Blender's module is not here: run make author-env or set GEFACE_AUTHOR_PYTHON")
    paths = [folder / "job.npz", folder / "result.npz"]
    np.savez(paths[0], **job)
    paths[1].unlink(missing_ok=True)
    script = Path(__file__).with_name(worker)
    command = [str(python), str(script), str(asset), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert paths[1].exists(), f"Blender failed on {asset}:\n{done.stdout}\n{done.stderr}"
    assert "Dependency cycle" not in done.stdout + done.stderr, done.stdout
    with np.load(paths[1]) as found:
        return {name: found[name] for name in found.files}
