# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Blender add-on's maths costs: ``python -m tests.benchmarks.bench_addon_core``.

One tick of a character is one motion and one evaluation of its profile; a bake is one evaluation
of all frames and one simplification of all curves. Medians over ``--rounds``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from importlib import resources

import numpy as np

from blender_addon.geface.core.calibration import Calibration
from blender_addon.geface.core.layout_generated import CHANNELS
from blender_addon.geface.core.messages import Channel
from blender_addon.geface.core.motion import Motion, MotionSettings
from blender_addon.geface.core.profile import Evaluator, read_profile
from blender_addon.geface.core.tracks import simplified
from rig.profile import profile_names

NAMES = [name for name, *_ in CHANNELS]
RATE_HZ = 60


def median_ms(run: Callable[[], object], rounds: int) -> float:
    """Median of so many runs, milliseconds."""
    spent = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        run()
        spent.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(spent)


def performance(seconds: float, curves: int) -> np.ndarray:
    """(N, curves) that move every third of a second or so, with a little noise."""
    rng = np.random.default_rng(0)
    count, step = int(seconds * RATE_HZ), RATE_HZ // 3
    ends = np.clip(0.3 * rng.normal(size=(count // step + 2, curves)), 0, 1)
    share = (np.arange(count) % step / step)[:, None]
    share = share * share * (3 - 2 * share)
    at = np.arange(count) // step
    lines = ends[at] * (1 - share) + ends[at + 1] * share
    return lines + rng.normal(0, 3e-4, lines.shape)


def ticks(rounds: int) -> None:
    """One frame at a time."""
    values = np.random.default_rng(0).uniform(0, 1, len(NAMES))
    for name in profile_names():
        file = resources.files("rig").joinpath(f"profiles/{name}.json")
        evaluator = Evaluator(read_profile(file.read_text(encoding="utf-8")), NAMES)
        spent_ms = median_ms(lambda e=evaluator: e.evaluate(values), rounds)
        print(f"evaluate {name:<12} {spent_ms:8.3f} ms")
    motion = Motion(tuple(Channel(*row) for row in CHANNELS))
    how = MotionSettings({"AU12_L": 1.5}, 1.2, 0.5, True, calibration=Calibration({"AU26": 0.1}))
    times_s = iter(np.arange(rounds) / RATE_HZ)
    spent_ms = median_ms(lambda: motion(values, next(times_s), how), rounds)
    print(f"motion, all of it     {spent_ms:8.3f} ms")


def bake(seconds: float, curves: int, tolerance: float) -> None:
    """A whole take."""
    values = performance(seconds, curves)
    began_s = time.perf_counter()
    kept = simplified(np.arange(len(values)), values, tolerance)
    spent_s = time.perf_counter() - began_s
    print(
        f"simplified {values.shape} at {tolerance}: {spent_s:.2f} s, {kept.mean():.1%} of the keys"
    )
    evaluator = Evaluator(
        read_profile(resources.files("rig").joinpath("profiles/geface.json").read_text("utf-8")),
        NAMES,
    )
    spent_s = median_ms(lambda: evaluator.evaluate(values[:, : len(NAMES)]), 1) / 1000
    print(f"evaluate geface, {len(values)} frames at once: {spent_s:.2f} s")


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--curves", type=int, default=500)
    parser.add_argument("--tolerance", type=float, default=0.002)
    options = parser.parse_args()
    ticks(options.rounds)
    bake(options.seconds, options.curves, options.tolerance)


if __name__ == "__main__":
    main()
