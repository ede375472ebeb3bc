"""What the terminal shows while a stream runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

REDRAW_S = 0.2
PLAIN_LINE_S = 5.0


@dataclass(frozen=True)
class Snapshot:
    """A stream at one moment.

    Attributes:
        rate_hz: frames a second.
        stage_ms: stage → mean milliseconds.
        clients: connected now.
        skipped: frames of the source that came too fast for us.
        dropped: frames that clients were too slow for.
        faces: how many are in view.
    """

    rate_hz: float
    stage_ms: dict[str, float] = field(default_factory=dict)
    clients: int = 0
    skipped: int = 0
    dropped: int = 0
    faces: int = 0


def describe(now: Snapshot) -> str:
    """The status as one line, what a narrow terminal may cut off last."""
    stages = " ".join(f"{name} {spent:.1f}" for name, spent in now.stage_ms.items())
    parts = [
        f"{now.rate_hz:.0f} fps",
        f"{stages} ms" if stages else "",
        "1 client" if now.clients == 1 else f"{now.clients} clients",
        f"dropped {now.skipped}+{now.dropped}",
        {0: "no face", 1: "face"}.get(now.faces, f"{now.faces} faces"),
    ]
    return "  ".join(part for part in parts if part)


class StatusLine:
    """One line, rewritten in place; where the output is no terminal, a line every 5 s.

    Args:
        output: where to write.
        clock: seconds; only for tests to turn.
    """

    def __init__(self, output: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._is_tty = output.isatty()
        self._due_s = clock() + (0.0 if self._is_tty else PLAIN_LINE_S)
        self._shown = ""

    @property
    def due(self) -> bool:
        """Whether ``show`` would write now."""
        return self._clock() >= self._due_s

    def show(self, now: Snapshot) -> None:
        """Write the status, if its turn has come."""
        self.show_text(lambda: describe(now))

    def show_text(self, text: Callable[[], str]) -> None:
        """Write what ``text`` gives, if its turn has come; else it is not asked."""
        if not self.due:
            return
        self._due_s = self._clock() + (REDRAW_S if self._is_tty else PLAIN_LINE_S)
        if self._is_tty:
            self._rewrite(text()[: shutil.get_terminal_size().columns - 1])
        else:
            self._write(text() + "\n")

    def say(self, text: str) -> None:
        """Write a line that stays, above the status."""
        status = self._shown
        self._rewrite("")
        self._write(text + "\n")
        self._rewrite(status)

    def end(self) -> None:
        """Leave the last status standing on a line of its own."""
        if self._shown:
            self._shown = ""
            self._write("\n")

    def _rewrite(self, text: str) -> None:
        if text or self._shown:
            self._write("\r" + text.ljust(len(self._shown)) + ("" if text else "\r"))
        self._shown = text

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
