"""How far a long run is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

PLAIN_EVERY_S = 20.0


class Progress:
    """Counts to ``total``; use as a context manager.

    Args:
        total: how many there will be.
        unit: what is counted, in the plural.
        stream: where to; a terminal gets a bar.
        clock_s: monotonic seconds.
    """

    def __init__(
        self,
        total: int,
        unit: str,
        stream: TextIO = sys.stderr,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.unit, self.done = total, unit, 0
        self._stream, self._clock_s = stream, clock_s
        self._began_s = self._told_s = clock_s()
        self._bar = tqdm(total=total, unit=unit, file=stream) if stream.isatty() else None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self.done and kind is None:
            self._say()

    def reach(self, done: int) -> None:
        """Say that ``done`` of them are done; fewer than before changes nothing."""
        step, self.done = max(0, done - self.done), max(done, self.done)
        if self._bar is not None:
            self._bar.update(step)
        elif self._clock_s() - self._told_s >= PLAIN_EVERY_S:
            self._say()

    def _say(self) -> None:
        self._told_s = self._clock_s()
        line = progress_line(self.done, self.total, self.unit, self._told_s - self._began_s)
        print(line, file=self._stream, flush=True)


def progress_line(done: int, total: int, unit: str, elapsed_s: float) -> str:
    """ "512 of 2048 faces, 12.8 a second, 2:00 left"; without a rate before there is one."""
    head = f"{done} of {total} {unit}"
    if done <= 0 or elapsed_s <= 0:
        return head
    rate = done / elapsed_s
    minutes, seconds = divmod(round((total - done) / rate), 60)
    left = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else (
        f"{minutes}:{seconds:02d}"
    )  # fmt: skip
    return f"{head}, {rate:.1f} a second, {left} left"
