"""Writes a take while it happens, so that whatever ends the program loses one frame at most."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from geface_bridge.errors import TakeError
from geface_bridge.protocol import FaceFrame, Hello, Level
from geface_bridge.takes.messages import Marker, TakeHeader, TakeMessage, payload_of
from geface_bridge.takes.records import MAGIC, record_of

SUFFIX = ".geface"
SYNC_PERIOD_S = 1.0  # what a power cut may cost; a crash of the program costs nothing written


@dataclass(frozen=True)
class TakeFacts:
    """What a recording knows beforehand; attributes as in ``TakeHeader``."""

    performer: str = ""
    audio: str = ""
    audio_offset_s: float = 0.0


class TakeRecorder:
    """An outlet of the live loop that appends every frame to a file.

    Every record is one ``write`` to the system, so a killed program leaves whole records; once
    a second the file is synchronised, on a thread of its own, so that slow disks delay nobody.
    A disk that is full costs the frames it has no room for: the user is told, and recording
    goes on as soon as there is room again.

    Attributes:
        path: the file.
        written, lost: frames in the file, and frames it had no room for.

    Args:
        path: a new file, or a folder in which a new file is named after the time.
        hello: of the stream.
        facts: performer, sound.
        tell: is told when the disk fills and when it has room again.

    Raises:
        TakeError: the file exists, or its folder cannot be written to.
    """

    def __init__(
        self,
        path: Path,
        hello: Hello,
        facts: TakeFacts | None = None,
        tell: Callable[[Level, str], None] = lambda level, text: None,
    ) -> None:
        self.path = path / _name_of_now() if path.is_dir() else path
        self.written = self.lost = 0
        self._tell = tell
        self._full = False
        self._handle = _create(self.path)
        facts = facts or TakeFacts()
        header = TakeHeader(
            time.time(), time.monotonic(), facts.performer, facts.audio, facts.audio_offset_s
        )
        self._size = 0
        try:
            self._append(MAGIC + _record(header) + _record(hello))
        except OSError as error:
            os.close(self._handle)
            raise TakeError(f"take {self.path} cannot be written ({error.strerror})") from None
        self._closing = threading.Event()
        self._syncer = threading.Thread(target=self._sync, name="take-sync", daemon=True)
        self._syncer.start()

    def __enter__(self) -> TakeRecorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def publish(self, frame: FaceFrame) -> None:
        """Append a frame."""
        self.lost += not self._write(_record(frame))
        self.written += not self._full

    def mark(self, time_s: float, label: str) -> None:
        """Append a marker at a source time."""
        self._write(_record(Marker(time_s, label)))

    def close(self) -> None:
        """Bring everything to the disk; safe to call twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._syncer.join()
        os.close(self._handle)

    def _write(self, record: bytes) -> bool:
        """Whether the record is in the file."""
        try:
            self._append(record)
        except OSError as error:
            if not self._full:
                self._tell("error", f"take {self.path.name} loses frames: {error.strerror}")
            self._full = True
            return False
        if self._full:
            self._tell("info", f"take {self.path.name} goes on; {self.lost} frames are lost")
        self._full = False
        return True

    def _append(self, data: bytes) -> None:
        count = os.write(self._handle, data)
        if count < len(data):  # the disk took a part: what is cut must not stand before the next
            os.ftruncate(self._handle, self._size)
            raise OSError(28, "No space left on device")
        self._size += count

    def _sync(self) -> None:
        while not self._closing.wait(SYNC_PERIOD_S):
            _synchronise(self._handle)
        _synchronise(self._handle)


def _record(message: TakeMessage) -> bytes:
    return record_of(payload_of(message))


def _synchronise(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError:  # pipes and some network disks cannot; writing is what tells of trouble
        return


def _name_of_now() -> str:
    return time.strftime("take-%Y-%m-%dT%H-%M-%S") + SUFFIX


def _create(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o666)
    except FileExistsError:
        raise TakeError(
            f"take {path} exists and a take is never overwritten: give another name, "
            "or a folder, and the take is named after the time"
        ) from None
    except OSError as error:
        raise TakeError(
            f"take {path} cannot be written ({error.strerror}): "
            "create its folder or choose another --record"
        ) from None
