# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on in real Blenders: ``python -m tests.benchmarks.bench_addon_blender COMMAND``.

apply   ``--ticks`` (600) in which a frame of a 60 Hz stream came, for the own head, ARKit keys and,
        where MakeHuman's data is, MPFB's skeleton and a Rigify face. Printed are median and 99th
        percentile of the tick, and with the evaluation of the scene that Blender does after it.
long    ``--frames`` (36,000, ten minutes of 60 Hz) followed ten times as fast; printed are what
        Python and the process hold, over time.
record  ``--minutes`` (10) at 60 Hz recorded with the own head and baked in four ways; printed are
        memory, the take file, the cost of a frame, and time and keys of each bake.

Blenders are found as by the tests (``tests/blender_addon/blender.py``).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from blender_addon.build import build
from rig.head import asset_path
from tests.blender_addon.blender import Blender, install, pythons
from tests.blender_addon.host.streaming import streaming

HERE = Path(__file__).parent
HOST = HERE.parent / "blender_addon/host"


def blenders(folder: Path) -> Iterator[Blender]:
    """Every Blender that is here, with the add-on installed."""
    archive = build(folder)
    for number, python in enumerate(pythons()):
        home = folder / f"blender {number}"
        home.mkdir()
        yield install(python, archive, home)


def characters(folder: Path) -> str:
    """Folder with characters of MakeHuman's data, "-" where no Blender can make them."""
    for python in pythons():
        command = [python, str(HOST / "characters_worker.py"), str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return str(folder)
    return "-"


def quantiles(seconds: np.ndarray) -> str:
    """Median and 99th percentile in milliseconds."""
    return "{:6.2f} {:6.2f}".format(*(1e3 * np.quantile(seconds, (0.5, 0.99))))


def apply(arguments: argparse.Namespace, folder: Path) -> None:
    """What moving a character costs."""
    others = characters(folder)
    print("Blender     character   tick p50, p99 ms   processor time     with evaluation")
    for blender in blenders(folder):
        with streaming(60) as url:
            found = blender.run(
                HERE / "addon_apply_worker.py",
                folder / "result.npz",
                url,
                asset_path("head.blend"),
                others,
                arguments.ticks,
            )
        for name in (key.removeprefix("tick_") for key in found if key.startswith("tick_")):
            columns = [quantiles(found[f"{kind}_{name}"]) for kind in ("tick", "cpu", "both")]
            print(f"{blender.version:<10}  {name:<10}", *(f"{c:<18}" for c in columns))


def long(arguments: argparse.Namespace, folder: Path) -> None:
    """What remains after many frames."""
    worker = HOST / "session_worker.py"
    for blender in blenders(folder):
        with streaming(600) as url:
            head = asset_path("head.blend")
            found = blender.run(
                worker, folder / "long.npz", "long", head, url, arguments.frames, timeout_s=900
            )
        print(f"Blender {blender.version}: {found['long_frames']} frames", end=", ")
        print(f"{found['long_dropped']} dropped")
        print("Python's objects", *found["long_objects"])
        print("memory, MiB     ", *np.round(found["long_memory_mb"], 1))


def record(arguments: argparse.Namespace, folder: Path) -> None:
    """What recording and baking cost."""
    worker = HERE / "addon_record_worker.py"
    for blender in blenders(folder):
        given = (asset_path("head.blend"), arguments.minutes, 60)
        found = blender.run(worker, folder / "record.npz", *given, timeout_s=900)
        print(f"Blender {blender.version}: {arguments.minutes} minutes at 60 Hz")
        print(*found["lines"], sep="\n")


def main() -> None:
    """Run one of them."""
    if not pythons():
        sys.exit("no Blender is here: run make blender-envs or set GEFACE_BLENDER_PYTHONS")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    options = ((apply, "--ticks", 600), (long, "--frames", 36_000), (record, "--minutes", 10))
    for command, option, default in options:
        one = commands.add_parser(command.__name__, help=command.__doc__)
        one.set_defaults(run=command)
        one.add_argument(option, type=int, default=default)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments.run(arguments, Path(folder))


if __name__ == "__main__":
    main()
