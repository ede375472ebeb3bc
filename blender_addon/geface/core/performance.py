# SPDX-License-Identifier: GPL-3.0-or-later
"""One face over time, from a live recording or from a file, and what a character shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .messages import Frame

FloatArray = NDArray[np.float64]
Step = Callable[["FloatArray | None", float], FloatArray]
"""Takes (C,) channels, None while the face is lost, and a time; gives (C,) to show."""

MAX_GAP_S = 0.25
"""Frames farther apart than this are a source that fell silent, not a slow one."""
GAP_STEP_S = 1 / 60
GAP_END_S = 3.0
"""After so much silence nothing of holding and fading is left to be seen."""
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Performance:
    """One face over time.

    Attributes:
        subject: whose, as the source calls it.
        times_s: (N,) strictly rising, on the recording's clock.
        channels: (N, C) float32 in the layout's order; 0 where not valid.
        valid: (N,) bool, False while the face was lost.
    """

    subject: str
    times_s: FloatArray
    channels: NDArray[np.float32]
    valid: NDArray[np.bool_]

    @property
    def seen(self) -> bool:
        """Whether there is a frame with a face."""
        return bool(self.valid.any())


class FaceLog:
    """Appends frames of one subject in constant time and 4·C + 9 bytes each."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._blocks: list[tuple[FloatArray, NDArray[np.float32], NDArray[np.bool_]]] = []
        self.frames = 0
        self.last_s = -np.inf

    def add(self, time_s: float, channels: FloatArray | None) -> bool:
        """Append a frame, channels (C,) or None for a lost face; False if time stands still."""
        if not time_s > self.last_s:
            return False
        row = self.frames % BLOCK
        if row == 0:
            rows = np.zeros((BLOCK, self._count), np.float32)
            self._blocks.append((np.zeros(BLOCK), rows, np.zeros(BLOCK, bool)))
        times_s, values, valid = self._blocks[-1]
        times_s[row] = self.last_s = time_s
        if channels is not None:
            values[row], valid[row] = channels, True
        self.frames += 1
        return True

    def performance(self, subject: str) -> Performance:
        """Everything so far, as arrays of its own."""
        if not self._blocks:
            return Performance(
                subject, np.zeros(0), np.zeros((0, self._count), np.float32), np.zeros(0, bool)
            )
        times_s, values, valid = (
            np.concatenate(part)[: self.frames] for part in zip(*self._blocks, strict=True)
        )
        return Performance(subject, times_s, values, valid)


def performances(
    subjects: Sequence[str], count: int, frames: Iterable[Frame]
) -> tuple[Performance, ...]:
    """Sort frames of ``count`` channels by subject; one entry a subject, in their order.

    Frames of unknown subjects, and such whose time does not go on, are passed over.
    """
    logs = [FaceLog(count) for _ in subjects]
    for frame in frames:
        if frame.subject < len(logs):
            logs[frame.subject].add(frame.time_s, frame.channels if frame.valid else None)
    return tuple(log.performance(name) for log, name in zip(logs, subjects, strict=True))


def steps(performance: Performance) -> Iterator[tuple[float, FloatArray | None]]:
    """(time, channels or None) of every frame, silence filled with frames of a lost face.

    A source that fell silent leaves a character to hold and fade like one that says it lost the
    face; between two frames far apart there is otherwise nothing that could show it.
    """
    before_s = None
    for time_s, row, valid in zip(
        performance.times_s.tolist(), performance.channels, performance.valid, strict=True
    ):
        if before_s is not None and time_s - before_s > MAX_GAP_S:
            yield from ((lost_s, None) for lost_s in _silence(before_s, time_s))
        yield time_s, row.astype(np.float64) if valid else None
        before_s = time_s


def _silence(from_s: float, to_s: float) -> list[float]:
    """Times after ``from_s``: every 1/60 s while there is something to see, and one at the end."""
    last_s = to_s - GAP_STEP_S
    steps = min(int((last_s - from_s) / GAP_STEP_S), int(GAP_END_S / GAP_STEP_S))
    times_s = [from_s + GAP_STEP_S * step for step in range(1, steps + 1)]
    return [*times_s, last_s] if last_s - times_s[-1] > GAP_STEP_S / 2 else times_s


def shown(performance: Performance, step: Step) -> tuple[FloatArray, FloatArray]:
    """What a character shows of a performance.

    Args:
        performance: of N frames, N > 0.
        step: smoothing, calibration, hold and fade; called once a frame in order of time.

    Returns:
        (M,) times and (M, C) channels, M >= N.
    """
    times_s, rows = [], []
    for time_s, channels in steps(performance):
        times_s.append(time_s)
        rows.append(step(channels, time_s))
    return np.array(times_s), np.array(rows)
