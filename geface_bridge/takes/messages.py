"""What the records of a take say: its own header and markers beside messages of geface.v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

import geface_bridge
from geface_bridge.errors import ProtocolError, TakeError
from geface_bridge.protocol import FaceFrame, Hello, encode
from geface_bridge.protocol import fields as f
from geface_bridge.protocol.codec import parse, unpack

VERSION = (1, 0)


@dataclass(frozen=True)
class TakeHeader:
    """The first record.

    Attributes:
        created_unix_s: wall clock at the start, seconds since 1970 UTC; 0 if unknown.
        created_at_s: the same moment on the clock of ``FaceFrame.captured_at_s``.
        performer: whose face it is, "" if nobody said.
        audio: file name of sound that was recorded beside, "" for none.
        audio_offset_s: source time at which the sound begins.
        software: what recorded it.
        version: (major, minor) of the format.
    """

    created_unix_s: float = 0.0
    created_at_s: float = 0.0
    performer: str = ""
    audio: str = ""
    audio_offset_s: float = 0.0
    software: str = f"geface-bridge {geface_bridge.__version__}"
    version: tuple[int, int] = VERSION


@dataclass(frozen=True)
class Marker:
    """A named moment, in the source's time."""

    time_s: float
    label: str


TakeMessage = TakeHeader | Hello | FaceFrame | Marker


def payload_of(message: TakeMessage) -> bytes:
    """The msgpack map of one record; hello and frames are geface.v1's own bytes."""
    match message:
        case TakeHeader():
            keys = ("version", *_HEADER)
            body = {"type": "take", **{key: getattr(message, key) for key in keys}}
            packed: bytes = msgpack.packb(body)
            return packed
        case Marker(time_s, label):
            marker: bytes = msgpack.packb({"type": "marker", "time_s": time_s, "label": label})
            return marker
        case _:
            return encode(message)


def message_of(payload: bytes) -> TakeMessage | None:
    """What a payload says; None for types of a later minor version.

    Raises:
        TakeError: a take of another major version, or a map that is not what it says.
    """
    try:
        body = unpack(payload)
        match body.get("type"):
            case "take":
                return _header(body)
            case "marker":
                time_s = f.number()(body.get("time_s"), "marker.time_s")
                return Marker(time_s, f.string(f.MAX_TEXT)(body.get("label"), "marker.label"))
        message = parse(body)
    except ProtocolError as error:
        raise TakeError(f"take holds a record that is no take's: {error}") from error
    return message if isinstance(message, Hello | FaceFrame) else None


_TEXT, _NUMBER = f.string(f.MAX_TEXT), f.number()
_HEADER = {
    "created_unix_s": _NUMBER,
    "created_at_s": _NUMBER,
    "performer": _TEXT,
    "audio": _TEXT,
    "audio_offset_s": _NUMBER,
    "software": _TEXT,
}


def _header(body: dict[str, Any]) -> TakeHeader:
    part = f.integer(0, 65535)
    values = f.sequence_of(body.get("version"), "take.version", 2, 2)
    major, minor = (part(value, "take.version") for value in values)
    if major != VERSION[0]:
        raise TakeError(
            f"take has format version {major}, this program reads {VERSION[0]}: "
            "update it with `pip install --upgrade geface-bridge`"
        )
    known = {key: read(body[key], f"take.{key}") for key, read in _HEADER.items() if key in body}
    return TakeHeader(version=(major, minor), **known)
