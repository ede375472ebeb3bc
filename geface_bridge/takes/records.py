"""The container of a take file: records that stand on their own, so that damage stays local.

    file   = MAGIC, record*
    record = SYNC, length (uint32, little-endian), CRC-32 of the payload (uint32), payload

A payload is one msgpack map; what it says is ``takes.messages``'. A file is only ever appended
to, one ``write`` a record. Whatever is cut off or spoilt costs the records it touches: a reader
looks for the next SYNC whose checksum holds. ``docs/take_format.md`` is the specification.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from geface_bridge.errors import TakeError
from geface_bridge.protocol import MAX_MESSAGE_BYTES

MAGIC = b"\x89GEFACE\r\n\x1a\n1"
SYNC = b"\xf7GFR"
_HEAD = struct.Struct("<4sII")


@dataclass(frozen=True)
class Damage:
    """Bytes ``start`` to ``end`` of the file hold no whole record.

    Attributes:
        at_end: True where the file just stops: a crash, not a spoilt disk.
    """

    start: int
    end: int
    at_end: bool


def record_of(payload: bytes) -> bytes:
    """The bytes of one record.

    Raises:
        TakeError: the payload is larger than a message may be.
    """
    if len(payload) > MAX_MESSAGE_BYTES:
        raise TakeError(f"record has {len(payload)} bytes, expected at most {MAX_MESSAGE_BYTES}")
    return _HEAD.pack(SYNC, len(payload), zlib.crc32(payload)) + payload


def records_in(data: bytes) -> Iterator[bytes | Damage]:
    """Every payload whose checksum holds, in order, and what lies between them.

    Args:
        data: a whole file.

    Raises:
        TakeError: it does not begin as a take file does.
    """
    if not data.startswith(MAGIC):
        raise TakeError(
            f"file begins with {data[: len(MAGIC)]!r}, expected a take ({MAGIC!r}): "
            "record one with geface-bridge stream --record FILE"
        )
    place = lost_from = len(MAGIC)
    while place < len(data):
        payload = _payload_at(data, place)
        if payload is None:
            following = data.find(SYNC, place + 1)
            place = following if following >= 0 else len(data)
            continue
        if lost_from < place:
            yield Damage(lost_from, place, at_end=False)
        yield payload
        place = lost_from = place + _HEAD.size + len(payload)
    if lost_from < len(data):
        yield Damage(lost_from, len(data), at_end=True)


def _payload_at(data: bytes, place: int) -> bytes | None:
    """The payload of the record that begins at ``place``; None if none does."""
    if len(data) - place < _HEAD.size:
        return None
    sync, length, checksum = _HEAD.unpack_from(data, place)
    if sync != SYNC or length > MAX_MESSAGE_BYTES:
        return None
    payload = data[place + _HEAD.size : place + _HEAD.size + length]
    return payload if len(payload) == length and zlib.crc32(payload) == checksum else None
