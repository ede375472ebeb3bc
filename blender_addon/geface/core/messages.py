# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of geface.v1, from bytes and to bytes; ``docs/protocol.md`` is the specification.

``decode`` refuses whatever the specification does not allow and names the key that is to blame.
``encode`` writes the client's messages in the canonical form that golden bytes hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ProtocolError, VersionError
from .msgpack import pack, show, unpack

SUBPROTOCOL = "geface.v1"
MAJOR = 1
MAX_CHANNELS = 256
MAX_SUBJECTS = 16
MAX_TEXT = 1024
MAX_NAME = 64
MAX_SAFE_INTEGER = 2**53 - 1

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """One number of a face: its name, unit ("intensity", "rad", "m") and usual closed range."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class Hello:
    """What a server announces first.

    Attributes:
        version: (major, minor) of the protocol.
        session: new at every start of the server.
        layout_id: hash of the channels.
        channels: meaning and order of ``Frame.channels``.
        subjects: one name a face, which may be empty.
        source: what is watched, for people.
        rate_hz: frames a second, 0 if unknown.
        server, server_version: program and its version.
    """

    version: tuple[int, int]
    session: str
    layout_id: str
    channels: tuple[Channel, ...]
    subjects: tuple[str, ...]
    source: str
    rate_hz: float
    server: str
    server_version: str


@dataclass(frozen=True, eq=False)
class Frame:
    """One face at one moment.

    Attributes:
        sequence: rises by one a frame and subject; a gap is a drop.
        subject: index into ``Hello.subjects``.
        time_s: the source's own time, from its first frame.
        captured_at_s: the server's clock when the image was taken.
        valid: False while the face is lost; then the channels must not be used.
        confidence: 0..1.
        channels: (C,) float64, read-only, the wire's float32 exactly; may be (0,) if not valid.
    """

    sequence: int
    subject: int
    time_s: float
    captured_at_s: float
    valid: bool
    confidence: float
    channels: FloatArray


@dataclass(frozen=True)
class Status:
    """Something for people to read; ``level`` is "info", "warning" or "error"."""

    level: str
    text: str


@dataclass(frozen=True)
class Dropped:
    """``count`` frames of a subject from ``first_sequence`` on will not come."""

    subject: int
    first_sequence: int
    count: int


@dataclass(frozen=True)
class Pong:
    """Answer to a ping; the last two times are the server's clock."""

    client_time_s: float
    received_at_s: float
    sent_at_s: float


@dataclass(frozen=True)
class Command:
    """A client's message: its type and fields, defaults filled in."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)


Message = Hello | Frame | Status | Dropped | Pong | Command
_Read = Callable[[Any, str], Any]
_REQUIRED: Any = object()


@dataclass(frozen=True)
class _Field:
    """One key: how it is read, what it is if absent, whether a default goes unwritten."""

    key: str
    read: _Read
    default: Any = _REQUIRED
    optional: bool = False


def decode(data: bytes) -> Message | None:
    """The message in ``data``; None if its type is unknown, which a newer minor may send.

    Raises:
        VersionError: a hello of another major version.
        ProtocolError: anything else that is not geface.v1. No other exception leaves.
    """
    return parse(unpack(data))


def parse(body: dict[str, Any]) -> Message | None:
    """The message an unpacked map stands for; None if its type is unknown.

    Raises:
        ProtocolError: a key is missing or holds what it may not.
    """
    kind = body.get("type")
    if not isinstance(kind, str):
        raise _wrong("message.type", kind, "a string")
    fields = _FIELDS.get(kind)
    if fields is None:
        return None
    values = {item.key: _read_field(body, item, kind) for item in fields}
    make = _CLASSES.get(kind)
    return make(**values) if make else Command(kind, values)


def encode(kind: str, /, **fields: Any) -> bytes:
    """The canonical bytes of one of the client's messages.

    Args:
        kind: "subscribe", "calibrate", "gain", "mark", "playback" or "ping".
        fields: as in the specification; those with defaults may be left out.

    Raises:
        ProtocolError: no message of a client, an unknown field, or a value that is not allowed.
    """
    if kind not in _FIELDS or kind in _CLASSES:
        raise _wrong("message.type", kind, "one of " + ", ".join(COMMANDS))
    if unknown := sorted(fields.keys() - {item.key for item in _FIELDS[kind]}):
        raise ProtocolError(f"{kind}.{unknown[0]} is no field of geface.v1")
    body: dict[str, Any] = {"type": kind}
    for item in _FIELDS[kind]:
        value = _read_field(fields, item, kind)
        if not (item.optional and value == item.default):
            body[item.key] = value
    return pack(body)


def floats(value: Any, where: str) -> FloatArray:
    """(C,) float64, read-only, from a bin of little-endian float32, all finite."""
    if not isinstance(value, bytes):
        raise _wrong(where, value, "a bin of little-endian float32")
    if len(value) % 4 or len(value) > 4 * MAX_CHANNELS:
        expected = f"a multiple of 4 up to {4 * MAX_CHANNELS}"
        raise ProtocolError(f"{where} has {len(value)} bytes, expected {expected}")
    array = np.frombuffer(value, dtype="<f4").astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        index = int(np.argmin(finite))
        raise ProtocolError(f"{where}[{index}] is {array[index]}, expected finite numbers")
    array.flags.writeable = False
    return array


def boolean(value: Any, where: str) -> bool:
    """True or False, not 0 or 1."""
    if not isinstance(value, bool):
        raise _wrong(where, value, "true or false")
    return value


def integer(low: int, high: int) -> _Read:
    """Reader of an integer within the closed range."""

    def read(value: Any, where: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _wrong(where, value, f"an integer in {low}..{high}")
        return value

    return read


def number(low: float = -math.inf, high: float = math.inf) -> _Read:
    """Reader of a finite number within the closed range; integers count as numbers."""
    text = "a finite number" if low == -math.inf else f"a number in {low:g}..{high:g}"

    def read(value: Any, where: str) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _wrong(where, value, text)
        if not (math.isfinite(value) and low <= value <= high):
            raise _wrong(where, value, text)
        return float(value)

    return read


def string(limit: int, *, empty: bool = True) -> _Read:
    """Reader of a string of at most ``limit`` characters that UTF-8 can hold."""
    low = 0 if empty else 1

    def read(value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise _wrong(where, value, f"a string of {low}..{limit} characters")
        if not low <= len(value) <= limit:
            raise ProtocolError(f"{where} has {len(value)} characters, expected {low}..{limit}")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _wrong(where, value, "text that UTF-8 can hold")
        return value

    return read


def items(value: Any, where: str, low: int, high: int) -> list[Any]:
    """``value`` as a list of ``low``..``high`` items."""
    if not isinstance(value, list | tuple):
        raise _wrong(where, value, "an array")
    if not low <= len(value) <= high:
        expected = f"{low}" if low == high else f"{low}..{high}"
        raise ProtocolError(f"{where} has {len(value)} items, expected {expected}")
    return list(value)


def _wrong(where: str, value: object, expected: str) -> ProtocolError:
    return ProtocolError(f"{where} is {show(value)}, expected {expected}")


def _read_field(body: dict[str, Any], item: _Field, kind: str) -> Any:
    if item.key in body:
        return item.read(body[item.key], f"{kind}.{item.key}")
    if item.default is _REQUIRED:
        found = ", ".join(show(key) for key in list(body)[:8]) or "nothing"
        raise ProtocolError(f"{kind}.{item.key} is missing, found only {found}")
    return item.default


def _one_of(*choices: str) -> _Read:
    def read(value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _wrong(where, value, " or ".join(repr(choice) for choice in choices))
        return value

    return read


def _or_none(read_value: _Read) -> _Read:
    return lambda value, where: None if value is None else read_value(value, where)


def _names(low: int, high: int, *, empty: bool) -> _Read:
    name = string(MAX_NAME, empty=empty)

    def read(value: Any, where: str) -> tuple[str, ...]:
        found = enumerate(items(value, where, low, high))
        return tuple(name(item, f"{where}[{i}]") for i, item in found)

    return read


def _version(value: Any, where: str) -> tuple[int, int]:
    part = integer(0, 65535)
    major, minor = (part(item, where) for item in items(value, where, 2, 2))
    if major != MAJOR:
        older = "this add-on" if major > MAJOR else "geface-bridge"
        raise VersionError(
            f"the server speaks geface.v{major}, this add-on {SUBPROTOCOL}: update {older}"
        )
    return major, minor


def _channels(value: Any, where: str) -> tuple[Channel, ...]:
    found = enumerate(items(value, where, 1, MAX_CHANNELS))
    result = tuple(_channel(item, f"{where}[{i}]") for i, item in found)
    names: set[str] = set()
    for channel in result:
        if channel.name in names:
            twice = show(channel.name)
            raise ProtocolError(f"{where} names {twice} twice, expected distinct names")
        names.add(channel.name)
    return result


def _channel(value: Any, where: str) -> Channel:
    name, unit, low, high = items(value, where, 4, 4)
    channel = Channel(
        string(MAX_NAME, empty=False)(name, f"{where}.name"),
        string(MAX_NAME)(unit, f"{where}.unit"),
        number()(low, f"{where}.low"),
        number()(high, f"{where}.high"),
    )
    if not channel.low < channel.high:
        raise ProtocolError(
            f"{where} has low {channel.low:g} and high {channel.high:g}, expected low < high"
        )
    return channel


_SUBJECT = integer(0, MAX_SUBJECTS - 1)
_SEQUENCE = integer(0, MAX_SAFE_INTEGER)
_NAME, _TIME = string(MAX_NAME), number()

_CLASSES: dict[str, Callable[..., Message]] = {
    "hello": Hello,
    "frame": Frame,
    "status": Status,
    "dropped": Dropped,
    "pong": Pong,
}
_FIELDS: dict[str, tuple[_Field, ...]] = {
    "hello": (
        _Field("version", _version),  # first, so that another major is read no further
        _Field("session", _NAME),
        _Field("layout_id", string(MAX_NAME, empty=False)),
        _Field("channels", _channels),
        _Field("subjects", _names(1, MAX_SUBJECTS, empty=True)),
        _Field("source", string(MAX_TEXT)),
        _Field("rate_hz", number(0, 1000)),
        _Field("server", _NAME),
        _Field("server_version", _NAME),
    ),
    "frame": (
        _Field("sequence", _SEQUENCE),
        _Field("subject", _SUBJECT),
        _Field("time_s", _TIME),
        _Field("captured_at_s", _TIME),
        _Field("valid", boolean),
        _Field("confidence", number(0, 1)),
        _Field("channels", floats),
    ),
    "status": (
        _Field("level", _one_of("info", "warning", "error")),
        _Field("text", string(MAX_TEXT)),
    ),
    "dropped": (
        _Field("subject", _SUBJECT),
        _Field("first_sequence", _SEQUENCE),
        _Field("count", integer(1, MAX_SAFE_INTEGER)),
    ),
    "pong": (
        _Field("client_time_s", _TIME),
        _Field("received_at_s", _TIME),
        _Field("sent_at_s", _TIME),
    ),
    "subscribe": (_Field("mode", _one_of("newest", "all")),),
    "calibrate": (
        _Field("duration_s", number(0, 60), 2.0),
        _Field("subject", _or_none(_SUBJECT), None),
        _Field("kind", _one_of("neutral", "range", "clear"), "neutral", optional=True),
        _Field("channels", _names(0, MAX_CHANNELS, empty=False), (), optional=True),
    ),
    "gain": (
        _Field("channel", string(MAX_NAME, empty=False)),
        _Field("factor", number(0, 10)),
    ),
    "mark": (_Field("label", string(MAX_TEXT)),),
    "playback": (
        _Field("position_s", _or_none(_TIME), None),
        _Field("speed", _or_none(number(0.01, 100)), None),
        _Field("paused", _or_none(boolean), None),
        _Field("skip_s", _or_none(_TIME), None, optional=True),
    ),
    "ping": (_Field("client_time_s", _TIME),),
}
COMMANDS = tuple(kind for kind in _FIELDS if kind not in _CLASSES)
