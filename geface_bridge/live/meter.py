"""How long the stages of a stream take, and how often a frame comes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

WINDOW = 60  # frames; two seconds of a usual camera


class StageMeter:
    """Mean milliseconds of each stage over the newest WINDOW passes, and the rate of ``tick``."""

    def __init__(self) -> None:
        self._spent_s: dict[str, deque[float]] = {}
        self._ticks_s: deque[float] = deque(maxlen=WINDOW)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block as one pass of a stage; a block that raises counts too."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self.note(name, time.perf_counter() - began_s)

    def note(self, name: str, spent_s: float) -> None:
        """Count a pass of a stage that was measured elsewhere."""
        self._spent_s.setdefault(name, deque(maxlen=WINDOW)).append(spent_s)

    def tick(self) -> None:
        """Count one frame."""
        self._ticks_s.append(time.perf_counter())

    @property
    def milliseconds(self) -> dict[str, float]:
        """Stage → mean milliseconds, in the order the stages were first met."""
        return {name: 1000 * sum(spent) / len(spent) for name, spent in self._spent_s.items()}

    @property
    def latest_s(self) -> dict[str, float]:
        """Stage → seconds of its newest pass."""
        return {name: spent[-1] for name, spent in self._spent_s.items()}

    @property
    def rate_hz(self) -> float:
        """Frames a second; 0 before the second frame."""
        if len(self._ticks_s) < 2:
            return 0.0
        return (len(self._ticks_s) - 1) / (self._ticks_s[-1] - self._ticks_s[0])
