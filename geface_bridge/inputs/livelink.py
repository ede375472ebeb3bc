"""Live Link Face packets, version 6, the only one that Epic's application has ever sent.

The layout is that of ``geface_bridge.outputs.livelink``. Versions 1 to 5 came from programs that
people built with Unreal before the application; they lack the frame time, and are refused by name.
"""

from __future__ import annotations

import math
import struct

import numpy as np

from geface_bridge.errors import ProtocolError
from geface_bridge.inputs.packet import FacePacket, FloatArray
from geface_bridge.outputs.livelink import COUNT, VERSION
from geface_bridge.protocol.fields import show

MAX_TEXT_BYTES = 256
_LENGTH = struct.Struct(">i")
_FRAME_TIME = struct.Struct(">ifii")


def decode_livelink(data: bytes, sender: str = "") -> FacePacket:
    """The packet in a datagram.

    Args:
        data: the datagram.
        sender: not needed: the packet names its device.

    Raises:
        ProtocolError: it is none.
    """
    if not data or data[0] != VERSION:
        found = data[0] if data else "missing"
        advice = ": update the application" if data and 1 <= data[0] < VERSION else ""
        raise ProtocolError(f"packet version is {found}, expected {VERSION}{advice}")
    device, place = _text(data, 1, "device id")
    name, place = _text(data, place, "subject name")
    if len(data) < place + _FRAME_TIME.size:
        raise ProtocolError(f"packet ends after {len(data)} bytes, within its frame time")
    time_s = _seconds(*_FRAME_TIME.unpack_from(data, place))
    return FacePacket(device, name, time_s, _values(data[place + _FRAME_TIME.size :]))


def _text(data: bytes, place: int, what: str) -> tuple[str, int]:
    """A text and the place behind it."""
    begin = place + _LENGTH.size
    if len(data) < begin:
        raise ProtocolError(f"packet ends after {len(data)} bytes, within its {what}")
    (length,) = _LENGTH.unpack_from(data, place)
    if not 1 <= length <= min(MAX_TEXT_BYTES, len(data) - begin):
        raise ProtocolError(
            f"{what} has {length} bytes of {len(data)} in all, expected 1 to {MAX_TEXT_BYTES}"
        )
    raw = data[begin : begin + length]
    try:
        return raw.decode(), begin + length
    except UnicodeDecodeError:
        raise ProtocolError(f"{what} is {show(raw)}, expected UTF-8") from None


def _seconds(frame: int, part: float, numerator: int, denominator: int) -> float | None:
    """Of a frame time; None where the rate is none, as some senders' is below 60 Hz."""
    if numerator <= 0 or denominator <= 0 or not math.isfinite(part) or abs(part) > 1.0:
        return None
    return (frame + part) * denominator / numerator


def _values(rest: bytes) -> FloatArray | None:
    """What follows the header: nothing, or a count and as many floats."""
    if not rest:
        return None
    if rest[0] != COUNT or len(rest) != 1 + 4 * COUNT:
        raise ProtocolError(
            f"packet holds {rest[0]} values in {len(rest) - 1} bytes, expected {COUNT} in 244"
        )
    values = np.frombuffer(rest, ">f4", COUNT, 1).astype(np.float64)
    if not np.isfinite(values).all():
        raise ProtocolError("packet holds a value that is not finite")
    return values
