# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a take file while it happens, so that whatever ends Blender costs one frame at most.

The format is docs/take_format.md of geface-bridge: records with a checksum each, appended with
one ``write``, never rewritten. ``core.take`` reads it.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from .errors import TakeError
from .messages import Frame, Hello
from .msgpack import pack

MAGIC = b"\x89GEFACE\r\n\x1a\n1"
SUFFIX = ".geface"
VERSION = (1, 0)
_HEAD = struct.Struct("<4sII")
_SYNC = b"\xf7GFR"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)


class TakeWriter:
    """A new take file.

    A disk that is full costs the frames it has no room for and raises nothing.

    Attributes:
        path: the file.
        written, lost: frames in the file, and frames it had no room for.

    Args:
        path: of a file that does not exist yet; " 2" and so on is put to its name if it does.
        hello: what the frames hold.
        created_unix_s: wall clock, seconds since 1970 UTC.
        created_at_s: the same moment on the clock of ``Frame.captured_at_s``.
        software: what records.

    Raises:
        TakeError: the file cannot be written.
    """

    def __init__(
        self, path: Path, hello: Hello, created_unix_s: float, created_at_s: float, software: str
    ) -> None:
        self.written = self.lost = 0
        self._size = 0
        header = {
            "type": "take",
            "version": VERSION,
            "created_unix_s": created_unix_s,
            "created_at_s": created_at_s,
            "performer": "",
            "audio": "",
            "audio_offset_s": 0.0,
            "software": software,
        }
        try:
            self.path, self._handle = _create(path)
            self._append(MAGIC + _record(header) + _record(_hello(hello)))
        except OSError as error:
            raise TakeError(
                f"take {path} cannot be written ({error.strerror}): free the disk or its folder"
            ) from None

    def frame(self, frame: Frame) -> None:
        """Append a frame."""
        try:
            self._append(_record(_frame(frame)))
        except OSError:
            self.lost += 1
        else:
            self.written += 1

    def close(self) -> None:
        """Nothing more comes; safe to call twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _append(self, data: bytes) -> None:
        count = os.write(self._handle, data)
        if count < len(data):  # what is cut must not stand before the next record
            os.truncate(self._handle, self._size)
            raise OSError(28, "No space left on device")
        self._size += count


def _create(path: Path) -> tuple[Path, int]:
    for number in range(1, 1000):
        free = path if number == 1 else path.with_name(f"{path.stem} {number}{path.suffix}")
        try:
            return free, os.open(free, _FLAGS, 0o666)
        except FileExistsError:
            continue
    raise OSError(17, "a thousand takes have this name")


def _record(body: dict[str, Any]) -> bytes:
    payload = pack(body)
    return _HEAD.pack(_SYNC, len(payload), zlib.crc32(payload)) + payload


def _hello(hello: Hello) -> dict[str, Any]:
    return {
        "type": "hello",
        "version": hello.version,
        "session": hello.session,
        "layout_id": hello.layout_id,
        "channels": [[c.name, c.unit, float(c.low), float(c.high)] for c in hello.channels],
        "subjects": hello.subjects,
        "source": hello.source,
        "rate_hz": float(hello.rate_hz),
        "server": hello.server,
        "server_version": hello.server_version,
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "type": "frame",
        "sequence": frame.sequence,
        "subject": frame.subject,
        "time_s": float(frame.time_s),
        "captured_at_s": float(frame.captured_at_s),
        "valid": bool(frame.valid),
        "confidence": float(frame.confidence),
        "channels": np.asarray(frame.channels, "<f4").tobytes(),
    }
