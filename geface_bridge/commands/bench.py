"""``geface-bridge bench``: measure this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from geface_bridge.live.bench import FloatArray, LatencyRun


@click.group("bench")
def bench() -> None:
    """Measure what this machine does."""


@bench.command("latency")
@click.option("--video", type=click.Path(path_type=Path), help="Default: the bundled clip.")
@click.option(
    "--rate",
    "rates_hz",
    type=click.FloatRange(1, 240),
    multiple=True,
    default=(30.0, 60.0),
    show_default=True,
    help="Pictures a second. Repeatable.",
)
@click.option("--seconds", type=click.FloatRange(2), default=10.0, show_default=True)
def latency(video: Path | None, rates_hz: tuple[float, ...], seconds: float) -> None:
    """Time from a camera's picture to the client's hands, stage by stage.

    A clip plays as a camera would, through the capture thread, the chain, the server and the wire
    to a client in a process of its own. Decoding is not counted: cameras differ.
    """
    from geface_bridge.live.bench import measure_latency

    for rate_hz in rates_hz:
        for line in _table(measure_latency(video, rate_hz, seconds)):
            click.echo(line)


def _table(run: LatencyRun) -> list[str]:
    lines = [
        f"{run.rate_hz:g} Hz, {len(run.added)} frames        p50     p95     p99     max  ms",
        *(_line(name, values) for name, values in run.stages.items()),
        _line("all: added latency", run.added),
        _line("between two frames", run.arrival),
    ]
    skipped = f"{run.skipped} pictures came too fast, {run.dropped} frames dropped for the client"
    jitter_ms = float(run.arrival.std())
    return [*lines, f"  jitter {jitter_ms:.2f} ms (standard deviation); {skipped}", ""]


def _line(name: str, values: FloatArray) -> str:
    import numpy as np

    cells = "".join(f"{value:8.2f}" for value in np.percentile(values, [50, 95, 99, 100]))
    return f"  {name:<20}{cells}"
