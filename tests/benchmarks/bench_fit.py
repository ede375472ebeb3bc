"""GE-Net against the regressor and the shipped estimator: time and loss on the same pictures.

    python tests/benchmarks/bench_fit.py PHOTO... --renderer G --parsing F_SEG --regressor R

For each photograph, aligned once, in one run on one thread of this machine, in processor time,
which other work on the machine hardly changes:

* ``fit``: the whole search of ``training.fit`` from the regressor's answer, seconds;
* ``R``: F_seg's features and the regressor, milliseconds, median of 20;
* ``shipped``: the packaged estimator under onnxruntime, milliseconds, median of 20;
* the loss that ``fit`` minimises at the regressor's answer, and at the end.

At the end: the least ratio of times over the photographs, and whether every loss fell. The exit
code is 1 if a fit was less than 100 times slower than R, or did not lower its loss.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from geface_bridge.align import AlignedFace
from geface_bridge.errors import GefaceError
from geface_bridge.estimate import Estimator
from training.fit import (
    FitConfig,
    Networks,
    Objective,
    fit_photograph,
    load_networks,
    photograph_of,
    read_face,
    regressor_start,
)

LEAST_RATIO = 100.0


@dataclass(frozen=True)
class Measured:
    """One photograph: seconds of the three, and losses."""

    fit_s: float
    regressor_s: float
    shipped_s: float
    before: float
    after: float
    content_before: float
    content_after: float

    @property
    def ratio(self) -> float:
        """How many times slower than the regressor the search is."""
        return self.fit_s / self.regressor_s


def median_s(work: Callable[[], object], repeats: int = 20) -> float:
    """Median processor time of one call, the first not counted."""
    work()
    took = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return statistics.median(took)


def measure(
    face: AlignedFace, networks: Networks, shipped: Estimator, config: FitConfig
) -> Measured:
    """Time all three on one face; ``networks`` hold a regressor."""
    photograph = photograph_of(face)

    def read() -> torch.Tensor:
        return regressor_start(networks.regressor, photograph)

    regressor_s = median_s(read)
    shipped_s = median_s(lambda: shipped.estimate([face]))
    start = time.process_time()
    objective = Objective(networks.renderer, networks.parsing, photograph, config)
    found = fit_photograph(objective, read(), config)
    fit_s = time.process_time() - start
    losses = (found.before, found.after, found.content_before, found.content_after)
    return Measured(fit_s, regressor_s, shipped_s, *losses)


def told(name: str, row: Measured) -> str:
    """One line."""
    return (
        f"{name:24} fit {row.fit_s:6.1f} s  R {1e3 * row.regressor_s:6.2f} ms  shipped "
        f"{1e3 * row.shipped_s:5.2f} ms  {row.ratio:6.0f} x R  {row.fit_s / row.shipped_s:6.0f} x "
        f"shipped  loss {row.before:.4f} → {row.after:.4f} (content {row.content_before:.4f} → "
        f"{row.content_after:.4f})"
    )


def main() -> int:
    """Measure; 0 if the search is slow and good enough to be what it says it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    for name in ("renderer", "parsing", "regressor"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=FitConfig.steps)
    parser.add_argument("--starts", type=int, default=FitConfig.starts)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        networks = load_networks(arguments.renderer, arguments.parsing, arguments.regressor)
        shipped = Estimator.load()
        config = FitConfig(steps=arguments.steps, starts=arguments.starts)
        rows = []
        for photo in arguments.photos:
            rows.append(measure(read_face(photo), networks, shipped, config))
            print(told(photo.name, rows[-1]), flush=True)
    except GefaceError as error:
        print(f"bench_fit: {error}", file=sys.stderr)
        return error.exit_code
    slow, lower = min(r.ratio for r in rows), sum(r.after < r.before for r in rows)
    print(f"least ratio {slow:.0f} (expected {LEAST_RATIO:.0f}), loss lower in {lower}/{len(rows)}")
    return 0 if slow >= LEAST_RATIO and lower == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
