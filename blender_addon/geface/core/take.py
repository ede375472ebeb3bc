# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded takes, ``.geface``: read without a server; ``docs/take_format.md`` is the specification.

A file is a row of records that stand on their own. What is cut off or spoilt costs the records it
touches; a note says so.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ProtocolError, TakeError
from .messages import MAX_TEXT, Frame, Hello, integer, items, number, parse, string
from .msgpack import MAX_BYTES, show, unpack
from .quickframe import quick_frame

MAGIC = b"\x89GEFACE\r\n\x1a\n1"
SYNC = b"\xf7GFR"
MAJOR = 1
MAX_FILE_BYTES = 512 << 20  # more than six hours at 60 Hz
_HEAD = struct.Struct("<4sII")
_WASTE = 16  # checksums that may fail, in bytes, for each byte of the file


@dataclass(frozen=True)
class Marker:
    """A named moment, in the source's time."""

    time_s: float
    label: str


@dataclass(frozen=True)
class Take:
    """Everything of a take file that could be read.

    Attributes:
        hello: channels and subjects of the frames.
        frames: of all subjects, in the order of recording; each fits ``hello``.
        markers: in the order of recording.
        performer: whose face it is, "" if nobody said.
        audio: file name of sound recorded beside, "" for none.
        audio_offset_s: source time at which the sound begins.
        notes: what could not be read, a sentence each; empty for a sound file.
    """

    hello: Hello
    frames: tuple[Frame, ...]
    markers: tuple[Marker, ...] = ()
    performer: str = ""
    audio: str = ""
    audio_offset_s: float = 0.0
    notes: tuple[str, ...] = ()


def read_take(path: str | Path) -> Take:
    """Read a take file.

    Raises:
        TakeError: there is no such file, it is no take, of another major version, too large, or
            so damaged that its channel list is gone.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if not path.is_file():  # a pipe would keep us waiting
            raise TakeError(f"take {path} cannot be read (it is no file)")
        if size > MAX_FILE_BYTES:
            raise TakeError(f"take {path} has more than {MAX_FILE_BYTES >> 20} MiB: {_SHORTER}")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TakeError(f"take {path} cannot be read ({reason})") from None
    except MemoryError:
        raise TakeError(f"take {path} does not fit into memory: {_SHORTER}") from None
    try:
        return parse_take(data)
    except TakeError as error:
        raise TakeError(f"{path.name}: {error}") from None


_SHORTER = "cut it with `geface-bridge take trim` and import the parts"


def parse_take(data: bytes) -> Take:
    """Read the bytes of a take file.

    Raises:
        TakeError: as ``read_take``.
    """
    reading = _Reading()
    for payload in records_in(data, reading.notes):
        reading.add(payload)
    return reading.take()


def records_in(data: bytes, notes: list[str]) -> Iterator[bytes]:
    """Every payload whose checksum holds, in order; what lies between them goes to ``notes``.

    Raises:
        TakeError: the file does not begin as a take does, or is hardly anything but damage.
    """
    if not data.startswith(MAGIC):
        found = show(data[: len(MAGIC)])
        raise TakeError(
            f"file begins with {found}, expected a take: "
            "record one with `geface-bridge stream --record FILE`"
        )
    place = lost_from = len(MAGIC)
    waste = _WASTE * len(data) + (1 << 20)
    while place < len(data):
        payload, cost = _payload_at(data, place)
        if payload is None:
            waste -= cost
            if waste < 0:
                raise TakeError("file is hardly anything but damage, expected a take")
            following = data.find(SYNC, place + 1)
            place = following if following >= 0 else len(data)
            continue
        if lost_from < place:
            notes.append(f"{place - lost_from} bytes at {lost_from} are unreadable")
        yield payload
        place = lost_from = place + _HEAD.size + len(payload)
    if lost_from < len(data):
        notes.append(f"the last {len(data) - lost_from} bytes are cut off")


def _payload_at(data: bytes, place: int) -> tuple[bytes | None, int]:
    """The payload of the record that begins at ``place``, None if none does; bytes summed."""
    if len(data) - place < _HEAD.size:
        return None, 0
    sync, length, checksum = _HEAD.unpack_from(data, place)
    begin = place + _HEAD.size
    if sync != SYNC or length > MAX_BYTES or len(data) - begin < length:
        return None, 0
    payload = data[begin : begin + length]
    return (payload if zlib.crc32(payload) == checksum else None), length


@dataclass
class _Reading:
    """What of a take has been read so far."""

    header: dict[str, Any] | None = None
    hello: Hello | None = None
    frames: list[Frame] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    strange: int = 0
    first_strange: str = ""

    def add(self, payload: bytes) -> None:
        """Take one record."""
        frame = quick_frame(payload)
        if frame is not None:
            self.frames.append(frame)
            return
        try:
            self._add(unpack(payload))
        except ProtocolError as error:
            self.strange += 1
            self.first_strange = self.first_strange or str(error)

    def take(self) -> Take:
        """All of it; frames that do not fit the channel list are left out."""
        if self.hello is None:
            why = f" ({self.first_strange})" if self.first_strange else ""
            raise TakeError(f"take has lost its channel list, nothing can be read without{why}")
        hello = self.hello
        frames = tuple(frame for frame in self.frames if _fits(frame, hello))
        header = self.header or {}
        return Take(hello, frames, tuple(self.markers), notes=self._all_notes(frames), **header)

    def _add(self, body: dict[str, Any]) -> None:
        kind = body.get("type")
        if kind == "take":
            self.header = self.header or _header(body)
        elif kind == "marker":
            self.markers.append(_marker(body))
        else:
            message = parse(body)
            if isinstance(message, Frame):
                self.frames.append(message)
            elif isinstance(message, Hello) and self.hello is None:
                self.hello = message

    def _all_notes(self, fitting: tuple[Frame, ...]) -> tuple[str, ...]:
        notes = list(self.notes)
        if self.header is None:
            notes.append("performer and sound are unknown: the first record is lost")
        if self.strange:
            notes.append(f"{self.strange} records make no sense, the first: {self.first_strange}")
        if odd := len(self.frames) - len(fitting):
            notes.append(f"{odd} frames do not fit the channel list and are left out")
        return tuple(notes)


def _fits(frame: Frame, hello: Hello) -> bool:
    count = len(frame.channels)
    is_whole = count == len(hello.channels) or (count == 0 and not frame.valid)
    return is_whole and frame.subject < len(hello.subjects)


def _marker(body: dict[str, Any]) -> Marker:
    time_s = number()(body.get("time_s"), "marker.time_s")
    return Marker(time_s, string(MAX_TEXT)(body.get("label"), "marker.label"))


_HEADER = {
    "performer": string(MAX_TEXT),
    "audio": string(MAX_TEXT),
    "audio_offset_s": number(),
}


def _header(body: dict[str, Any]) -> dict[str, Any]:
    part = integer(0, 65535)
    version = items(body.get("version"), "take.version", 2, 2)
    major, _ = (part(value, "take.version") for value in version)
    if major != MAJOR:
        older = "the add-on" if major > MAJOR else "geface-bridge, and record anew"
        raise TakeError(f"take has format version {major}, expected {MAJOR}: update {older}")
    return {key: read(body[key], f"take.{key}") for key, read in _HEADER.items() if key in body}
