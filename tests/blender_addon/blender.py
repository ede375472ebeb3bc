# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blenders for the add-on's tests: finds them, installs the built zip, runs workers in them.

Blenders are Pythons with ``bpy``: those of ``$GEFACE_BLENDER_PYTHONS`` (separated as in PATH) or
those that ``make blender-envs`` made. Every one gets a user folder of its own, in which the zip is
installed once, the way a user does it; workers run in processes of their own (see ``boot``).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACES = (".venv-author", ".venv-blender-4.2", ".venv-blender-5.0")
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
CLIP = ROOT / "geface_bridge/capture/performance.mp4"


def pythons() -> list[str]:
    """Paths of the Pythons that have Blender in them, maybe none."""
    given = os.environ.get("GEFACE_BLENDER_PYTHONS")
    if given is not None:
        return [path for path in given.split(os.pathsep) if path]
    programs = ("bin/python", "Scripts/python.exe")
    paths = [ROOT / place / program for place in PLACES for program in programs]
    return [str(path) for path in paths if path.exists()]


@dataclass(frozen=True)
class Blender:
    """A Blender with the add-on installed.

    Attributes:
        python: that has ``bpy``.
        folder: where Blender finds what the user installed.
        module: the add-on's name in this Blender.
        version: as Blender prints it.
    """

    python: str
    folder: Path
    module: str
    version: str

    def run(
        self, worker: Path, result: Path, *arguments: object, timeout_s: float = 240
    ) -> dict[str, np.ndarray]:
        """What a worker saves at ``result``.

        Blender as a module crashes now and then (4.2 once in some 400 runs, without a word); so
        one that did is told of in a warning and started once more.

        Raises:
            AssertionError: it saved nothing or failed; with all that it printed.
        """
        command = [HERE / "boot.py", self.module, worker, result, *arguments]
        done = _blender(self.python, self.folder, command, timeout_s)
        if -done.returncode in CRASHES:
            ended = f"Blender {self.version}, {worker.name} {_ending(done.returncode)}"
            warnings.warn(f"{ended}, is run again:\n{done.stderr}", stacklevel=2)
            done = _blender(self.python, self.folder, command, timeout_s)
        ended = _ending(done.returncode)
        text = f"Blender {self.version}, {worker.name} {ended}:\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, text
        assert result.exists(), text
        with np.load(result) as found:
            return {name: found[name] for name in found.files}


def install(python: str, archive: Path, folder: Path, way: str = "extension") -> Blender:
    """Install the zip into a fresh user folder, as an ``extension`` or a ``legacy`` add-on."""
    done = _blender(python, folder, [HERE / "install_worker.py", archive, way], 240)
    found = re.search(r"^installed (\S+) in (.+)$", done.stdout, re.MULTILINE)
    assert found, f"{python} did not install {archive}:\n{done.stdout}\n{done.stderr}"
    return Blender(python, folder, *found.groups())


def _ending(status: int) -> str:
    """A process's end in words: one that was killed has nothing to say for itself."""
    if status >= 0:
        return f"ended with {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _blender(
    python: str, folder: Path, command: list[object], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    own = {"BLENDER_USER_RESOURCES": str(folder), "HOME": str(folder), "PYTHONPATH": str(HERE)}
    process = subprocess.Popen(
        [python, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **own},
    )
    try:
        said = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()
        raise AssertionError(f"still running after {timeout_s} s:\n{said[0]}\n{said[1]}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, *said)


@contextmanager
def bridge(*options: object) -> Iterator[str]:
    """Address of a real ``geface-bridge`` server, ended at the end; ``stream`` of the clip."""
    command = [sys.executable, "-m", "geface_bridge", *map(str, options or stream_options())]
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = []
    try:
        assert process.stdout
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"wss?://\S+", line):
                yield found.group(0)
                break
        else:
            raise AssertionError(f"no server from {command}:\n{''.join(said)}")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def stream_options(*more: object) -> tuple[object, ...]:
    """``stream`` of the bundled clip, without end."""
    return ("stream", "--video", CLIP, "--loop", *more)
