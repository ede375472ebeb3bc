"""Checked readers for the fields of a message: a wire value in, a Python value out.

Every reader takes ``(value, where)`` and raises ``ProtocolError`` with what was found and
what was expected; ``where`` is "type.key" for the message.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import ProtocolError
from rig.layout import Channel

MAX_CHANNELS = 256
MAX_SUBJECTS = 16
MAX_TEXT = 1024
MAX_NAME = 64
MAX_SAFE_INTEGER = 2**53 - 1  # what a JavaScript number holds exactly

Read = Callable[[Any, str], Any]
REQUIRED: Any = object()


@dataclass(frozen=True)
class Field:
    """How one key is read from the wire and written to it.

    Attributes:
        key: on the wire, and the attribute's name in Python.
        read: wire value → Python value.
        write: Python value → wire value; None where both are the same.
        default: for an absent key; ``REQUIRED`` makes its absence an error.
        optional: the key is left out when it holds the default; for keys of a later minor.
    """

    key: str
    read: Read
    write: Callable[[Any], Any] | None = None
    default: Any = REQUIRED
    optional: bool = False

    def to_wire(self, value: Any, where: str) -> Any:
        """Checked wire form of ``value``."""
        if self.write is None:
            return self.read(value, where)
        raw = self.write(value)
        self.read(raw, where)
        return raw


def show(value: object) -> str:
    """``repr`` cut to 48 characters, so that no peer writes our error messages."""
    text = repr(value[:48] if isinstance(value, str | bytes) else value)
    return text if len(text) <= 48 else text[:45] + "..."


def wrong(where: str, value: object, expected: str) -> ProtocolError:
    """The error of a value that is not what the specification says."""
    return ProtocolError(f"{where} is {show(value)}, expected {expected}")


def boolean(value: Any, where: str) -> bool:
    """True or False, not 0 or 1."""
    if not isinstance(value, bool | np.bool_):
        raise wrong(where, value, "true or false")
    return bool(value)


def integer(low: int, high: int) -> Read:
    """Reader of an integer within the closed range."""

    def read(value: Any, where: str) -> int:
        is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_integer or not low <= value <= high:
            raise wrong(where, value, f"an integer in {low}..{high}")
        return int(value)

    return read


def number(low: float = -math.inf, high: float = math.inf) -> Read:
    """Reader of a finite number within the closed range; integers count as numbers."""
    text = "a finite number" if low == -math.inf else f"a number in {low:g}..{high:g}"

    def read(value: Any, where: str) -> float:
        is_number = isinstance(value, int | float | np.integer | np.floating)
        if not is_number or isinstance(value, bool):
            raise wrong(where, value, text)
        if not (math.isfinite(value) and low <= value <= high):
            raise wrong(where, value, text)
        return float(value)

    return read


def string(limit: int, *, empty: bool = True) -> Read:
    """Reader of a string of at most ``limit`` characters."""
    low = 0 if empty else 1

    def read(value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise wrong(where, value, f"a string of {low}..{limit} characters")
        if not low <= len(value) <= limit:
            message = f"{where} has {len(value)} characters, expected {low}..{limit}"
            raise ProtocolError(message)
        if not value.isprintable() and any(map(_is_surrogate, value)):
            raise wrong(where, value, "text that UTF-8 can hold")
        return value

    return read


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def one_of(*choices: str) -> Read:
    """Reader of one word out of a closed list."""

    def read(value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise wrong(where, value, " or ".join(repr(choice) for choice in choices))
        return value

    return read


def optional(read_value: Read) -> Read:
    """Reader that lets nil through as None."""

    def read(value: Any, where: str) -> Any:
        return None if value is None else read_value(value, where)

    return read


def sequence_of(value: Any, where: str, low: int, high: int) -> list[Any]:
    """``value`` as a list of ``low``..``high`` items."""
    if not isinstance(value, list | tuple):
        raise wrong(where, value, "an array")
    if not low <= len(value) <= high:
        expected = f"{low}" if low == high else f"{low}..{high}"
        raise ProtocolError(f"{where} has {len(value)} items, expected {expected}")
    return list(value)


def subjects(value: Any, where: str) -> tuple[str, ...]:
    """1..MAX_SUBJECTS names."""
    name = string(MAX_NAME)
    items = sequence_of(value, where, 1, MAX_SUBJECTS)
    return tuple(name(item, f"{where}[{i}]") for i, item in enumerate(items))


def names(value: Any, where: str) -> tuple[str, ...]:
    """Up to MAX_CHANNELS channel names."""
    name = string(MAX_NAME, empty=False)
    items = sequence_of(value, where, 0, MAX_CHANNELS)
    return tuple(name(item, f"{where}[{i}]") for i, item in enumerate(items))


def channels(value: Any, where: str) -> tuple[Channel, ...]:
    """1..MAX_CHANNELS of [name, unit, low, high] with distinct names and low < high."""
    items = sequence_of(value, where, 1, MAX_CHANNELS)
    result = tuple(_channel(item, f"{where}[{i}]") for i, item in enumerate(items))
    names = [channel.name for channel in result]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ProtocolError(f"{where} names {show(twice)} twice, expected distinct names")
    return result


def _channel(value: Any, where: str) -> Channel:
    name, unit, low, high = sequence_of(value, where, 4, 4)
    number_value = number()
    channel = Channel(
        string(MAX_NAME, empty=False)(name, f"{where}.name"),
        string(MAX_NAME)(unit, f"{where}.unit"),
        number_value(low, f"{where}.low"),
        number_value(high, f"{where}.high"),
    )
    if not channel.low < channel.high:
        raise ProtocolError(f"{where} has low {low:g} and high {high:g}, expected low < high")
    return channel


def channels_to_wire(value: tuple[Channel, ...]) -> list[list[Any]]:
    """Inverse of ``channels``."""
    return [[c.name, c.unit, float(c.low), float(c.high)] for c in value]


def floats(value: Any, where: str) -> NDArray[np.float32]:
    """(C,) float32 from a bin of little-endian float32, all finite."""
    if not isinstance(value, bytes):
        raise wrong(where, value, "a bin of little-endian float32")
    if len(value) % 4 or len(value) > 4 * MAX_CHANNELS:
        expected = f"a multiple of 4 up to {4 * MAX_CHANNELS}"
        raise ProtocolError(f"{where} has {len(value)} bytes, expected {expected}")
    array = np.frombuffer(value, dtype="<f4")
    finite = np.isfinite(array)
    if not finite.all():
        index = int(np.argmin(finite))
        raise ProtocolError(f"{where}[{index}] is {array[index]}, expected finite numbers")
    return array


def floats_to_wire(value: NDArray[np.float32]) -> bytes:
    """Inverse of ``floats``."""
    return value.astype("<f4").tobytes()
