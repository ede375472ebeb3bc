# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of msgpack that geface.v1 allows, with the protocol's limits.

Written from the msgpack specification (msgpack.org): nil, booleans, integers, floats, strings,
binaries, arrays and maps with string keys; no extension types. Every length is held against
what is really there before anything is allocated for it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .errors import ProtocolError

MAX_BYTES = 65536
MAX_DEPTH = 8
MAX_ITEMS = 256
MAX_KEYS = 64

Value = Any
_Read = Callable[["_Reader", int], Value]


def unpack(data: bytes) -> dict[str, Value]:
    """The map in ``data``: string keys, none twice, at most ``MAX_DEPTH`` levels.

    Raises:
        ProtocolError: too large, not msgpack, more than one value, not a map.
    """
    if len(data) > MAX_BYTES:
        raise ProtocolError(f"message has {len(data)} bytes, expected at most {MAX_BYTES}")
    reader = _Reader(data)
    value = reader.value(1)
    if reader.place != len(data):
        raise ProtocolError(f"message goes on after {reader.place} bytes, expected its end")
    if not isinstance(value, dict):
        raise ProtocolError(f"message is {show(value)}, expected a msgpack map")
    return value


def pack(value: Value) -> bytes:
    """The shortest msgpack of a value; floats as float64, dicts in their own order.

    Raises:
        TypeError: a value msgpack has no form for here; OverflowError: an integer beyond 64 bits.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def show(value: object) -> str:
    """``repr`` cut to 48 characters, so that no peer writes our error messages."""
    text = repr(value[:48] if isinstance(value, str | bytes) else value)
    return text if len(text) <= 48 else text[:45] + "..."


class _Reader:
    """Takes values from ``data``, from ``place`` on."""

    def __init__(self, data: bytes) -> None:
        self.place = 0
        self._data = data

    def value(self, level: int) -> Value:
        """The next value, which stands on ``level``; the outermost on 1."""
        tag = self.take(1)[0]
        if tag < 0x80:
            return tag
        if tag >= 0xE0:
            return tag - 0x100
        if tag < 0x90:
            return self.map(tag & 0x0F, level)
        if tag < 0xA0:
            return self.array(tag & 0x0F, level)
        if tag < 0xC0:
            return self.string(tag & 0x1F)
        read = _BY_TAG.get(tag)
        if read is None:
            what = "an extension type" if tag in _EXTENSIONS else "no msgpack"
            raise ProtocolError(f"message holds {what} (0x{tag:02x} at byte {self.place - 1})")
        return read(self, level)

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        end = self.place + count
        if end > len(self._data):
            missing = end - len(self._data)
            raise ProtocolError(f"message is cut off: {missing} more bytes expected")
        piece = self._data[self.place : end]
        self.place = end
        return piece

    def number(self, form: struct.Struct) -> Any:
        """The next number, written as ``form`` says."""
        return form.unpack(self.take(form.size))[0]

    def string(self, count: int) -> str:
        """The next ``count`` bytes as text."""
        raw = self.take(count)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise ProtocolError(f"message holds {show(raw)}, expected UTF-8") from None

    def array(self, count: int, level: int) -> list[Value]:
        """The next ``count`` values."""
        self._bound(count, MAX_ITEMS, "an array", level)
        return [self.value(level + 1) for _ in range(count)]

    def map(self, count: int, level: int) -> dict[str, Value]:
        """The next ``count`` keys with their values."""
        self._bound(count, MAX_KEYS, "a map", level)
        result: dict[str, Value] = {}
        for _ in range(count):
            key = self.value(MAX_DEPTH + 1)  # a key holds nothing: it has no level to spend
            if not isinstance(key, str):
                raise ProtocolError(f"a key is {show(key)}, expected a string")
            if key in result:
                raise ProtocolError(f"key {show(key)} stands twice in a map, expected once")
            result[key] = self.value(level + 1)
        return result

    def _bound(self, count: int, limit: int, what: str, level: int) -> None:
        if level > MAX_DEPTH:
            raise ProtocolError(f"message nests deeper than {MAX_DEPTH} levels")
        if count > limit:
            raise ProtocolError(f"message holds {what} of {count}, expected at most {limit}")


def _number(form: str) -> _Read:
    packed = struct.Struct(form)
    return lambda reader, level: reader.number(packed)


def _sized(form: str, read: Callable[[_Reader, int, int], Value]) -> _Read:
    packed = struct.Struct(form)
    return lambda reader, level: read(reader, reader.number(packed), level)


def _sizes(first: int, forms: str, read: Callable[[_Reader, int, int], Value]) -> dict[int, _Read]:
    return {first + i: _sized(f">{form}", read) for i, form in enumerate(forms)}


_EXTENSIONS = (0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8)
_BY_TAG: dict[int, _Read] = {
    0xC0: lambda reader, level: None,
    0xC2: lambda reader, level: False,
    0xC3: lambda reader, level: True,
    **_sizes(0xC4, "BHI", lambda reader, count, level: reader.take(count)),
    **{0xCA + i: _number(f">{form}") for i, form in enumerate("fdBHIQ")},
    **{0xD0 + i: _number(f">{form}") for i, form in enumerate("bhiq")},
    **_sizes(0xD9, "BHI", lambda reader, count, level: reader.string(count)),
    **_sizes(0xDC, "HI", lambda reader, count, level: reader.array(count, level)),
    **_sizes(0xDE, "HI", lambda reader, count, level: reader.map(count, level)),
}

_DOUBLE = struct.Struct(">Bd")


def _write(out: bytearray, value: Value) -> None:
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        out += _integer(value)
    elif isinstance(value, float):
        out += _DOUBLE.pack(0xCB, value)
    elif isinstance(value, str):
        raw = value.encode()
        out += bytes((0xA0 | len(raw),)) if len(raw) < 32 else _head(0xD9, "BHI", len(raw))
        out += raw
    elif isinstance(value, bytes):
        out += _head(0xC4, "BHI", len(value)) + value
    else:
        _write_many(out, value)


def _write_many(out: bytearray, value: Value) -> None:
    if isinstance(value, list | tuple):
        out += bytes((0x90 | len(value),)) if len(value) < 16 else _head(0xDC, "HI", len(value))
        for item in value:
            _write(out, item)
    elif isinstance(value, dict):
        out += bytes((0x80 | len(value),)) if len(value) < 16 else _head(0xDE, "HI", len(value))
        for key, item in value.items():
            _write(out, key)
            _write(out, item)
    else:
        raise TypeError(f"{type(value).__name__} has no form in msgpack")


def _integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack(">B", value & 0xFF)
    if value >= 0:
        return _head(0xCC, "BHIQ", value)
    width = next(i for i, bits in enumerate((7, 15, 31, 64)) if -value <= 1 << bits)
    try:
        return struct.pack(">B" + "bhiq"[width], 0xD0 + width, value)
    except struct.error:
        raise OverflowError(f"{value} is beyond 64 bits") from None


def _head(first: int, forms: str, value: int) -> bytes:
    """Tag and number, the number in the first of ``forms`` that holds it."""
    for i, form in enumerate(forms):
        if value < 1 << (8 * struct.calcsize(form)):
            return struct.pack(f">B{form}", first + i, value)
    raise OverflowError(f"{value} is too large for msgpack")
