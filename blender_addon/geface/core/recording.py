# SPDX-License-Identifier: GPL-3.0-or-later
"""A live recording: every frame of every face, in memory and in a take file at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import TakeError
from .footage import Footage
from .messages import Frame, Hello
from .performance import FaceLog
from .sourceclock import SourceClock
from .takewriter import TakeWriter

MAX_FRAMES = 2 * 3600 * 60
"""Two hours of one face at 60 Hz, half an hour of four: about 90 MB."""


@dataclass(frozen=True)
class Began:
    """When a recording began.

    Attributes:
        unix_s: wall clock, seconds since 1970 UTC.
        now_s: the same moment on the clock of ``Recording.add``.
    """

    unix_s: float
    now_s: float


class Recording:
    """Takes frames until it is full. No clock, no Blender; raises nothing while frames come.

    Attributes:
        path: of the take file; None before the first frame and where none can be written.
        frames: recorded, of all faces.
        missed: frames that the network or a slow Blender lost.
        full: whether the bound is reached; later frames are not taken.
        notes: sentences for the user.

    Args:
        path: of the take file to be, its folder exists.
        began: now.
        software: name and version, for the file.
        max_frames: the bound.
    """

    def __init__(
        self, path: Path, began: Began, software: str, max_frames: int = MAX_FRAMES
    ) -> None:
        self._wanted_path, self._began, self._software = path, began, software
        self._max_frames = max_frames
        self._clock = SourceClock()
        self._hello: Hello | None = None
        self._logs: list[FaceLog] = []
        self._sequences: dict[int, tuple[str, int]] = {}
        self._writer: TakeWriter | None = None
        self._begin_s = self._end_s = 0.0
        self.path: Path | None = None
        self.frames = self.missed = 0
        self.full = False
        self.notes: list[str] = []

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return self._end_s - self._begin_s

    def add(self, hello: Hello, frames: Sequence[Frame], now_s: float) -> None:
        """Take new frames, oldest first; ``now_s`` does not fall."""
        if self._hello is None and frames:
            self._open(hello, frames[0], now_s)
        elif self._hello is not None and hello.channels != self._hello.channels:
            self._note("the server came back with other channels; its frames are left out")
            return
        for frame in frames:
            self._add(hello.session, frame, now_s)

    def close(self) -> None:
        """No more frames come; safe to call twice."""
        if self._writer is not None:
            self._writer.close()
            if self._writer.lost:
                self._note(f"the disk had no room for {self._writer.lost} frames of {self.path}")

    def discard(self) -> None:
        """Forget everything, and the file with it."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def footage(self) -> Footage:
        """What was recorded.

        Raises:
            TakeError: nothing was.
        """
        if self._hello is None:
            raise TakeError("nothing was recorded: no frame came from the server")
        pairs = zip(self._logs, self._hello.subjects, strict=True)
        faces = tuple(log.performance(name) for log, name in pairs)
        return Footage(self._wanted_path.stem, faces, self._begin_s, notes=self._all_notes())

    def _all_notes(self) -> tuple[str, ...]:
        missed = (f"{self.missed} frames were lost on the way",) if self.missed else ()
        return (*self.notes, *missed)

    def _open(self, hello: Hello, first: Frame, now_s: float) -> None:
        self._hello = hello
        self._logs = [FaceLog(len(hello.channels)) for _ in hello.subjects]
        self._begin_s = self._end_s = first.time_s
        unix_s = self._began.unix_s + now_s - self._began.now_s
        try:
            self._writer = TakeWriter(
                self._wanted_path, hello, unix_s, first.captured_at_s, self._software
            )
            self.path = self._writer.path
        except TakeError as error:
            self._note(f"kept in memory alone: {error}")

    def _add(self, session: str, frame: Frame, now_s: float) -> None:
        if self.full:
            return
        if frame.subject >= len(self._logs):
            self._note("a face that was not announced when recording began is left out")
            return
        time_s = self._clock(session, frame.subject, frame.time_s, now_s)
        self._count_missed(session, frame)
        if self._logs[frame.subject].add(time_s, frame.channels if frame.valid else None):
            self._end_s = max(self._end_s, time_s)
            self._write(frame, time_s)
            self.frames += 1
        if self.frames >= self._max_frames:
            self.full = True
            self._note(f"recording is full after {self.seconds / 60:.0f} minutes")

    def _write(self, frame: Frame, time_s: float) -> None:
        if self._writer is not None:
            sequence = self._logs[frame.subject].frames - 1
            self._writer.frame(replace(frame, sequence=sequence, time_s=time_s))

    def _count_missed(self, session: str, frame: Frame) -> None:
        before_session, before = self._sequences.get(frame.subject, (session, frame.sequence))
        if before_session == session:
            self.missed += max(0, frame.sequence - before - 1)
        self._sequences[frame.subject] = (session, frame.sequence)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
