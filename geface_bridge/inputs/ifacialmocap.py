"""iFacialMocap's text, version 1 (``name-value``) or 2 (``name&value``), and how to ask for it.

The layout is that of ``geface_bridge.outputs.ifacialmocap``. The signs of its angles are those that
we send ourselves; no phone has been held against them.
"""

from __future__ import annotations

import math

import numpy as np

from geface_bridge.arkit import ROTATIONS, SHAPES
from geface_bridge.errors import ProtocolError
from geface_bridge.inputs.packet import FacePacket, FloatArray
from geface_bridge.outputs.ifacialmocap import NAMES
from geface_bridge.protocol.fields import show

REQUEST = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719|sendDataVersion=v2"
"""Sent to a phone's own port, it makes the phone send to whom it came from."""
_PLACE = {name: place for place, name in enumerate(NAMES)}
_MAX_PARTS = 256


def decode_ifacialmocap(data: bytes, sender: str = "") -> FacePacket:
    """The packet in a datagram; names that we do not know are passed over, as newer phones send.

    Args:
        data: the datagram.
        sender: host it came from: the text does not name its device.

    Raises:
        ProtocolError: it is none.
    """
    try:
        shapes, equals, bones = data.decode().partition("=")
    except UnicodeDecodeError:
        raise ProtocolError(f"datagram is {show(data)}, expected iFacialMocap's text") from None
    if not equals or data.count(b"|") > _MAX_PARTS:
        raise ProtocolError(f"datagram is {show(data)}, expected iFacialMocap's text with one '='")
    values = np.zeros(len(SHAPES) + len(ROTATIONS))
    for part in shapes.split("|"):
        name, value = _pair(part)
        if name in _PLACE:
            values[_PLACE[name]] = _number(value) / 100
    head = _head(bones)
    values[len(SHAPES) : len(SHAPES) + 3] = np.radians([head[1], -head[0], head[2]])
    return FacePacket(sender, sender, None, values, head[3:], tells_loss=False)


def _pair(part: str) -> tuple[str, str]:
    """Name and value of ``name&value`` or ``name-value``."""
    separator = "&" if "&" in part else "-"
    name, _, value = part.partition(separator)
    return name, value


def _head(bones: str) -> FloatArray:
    """(6,) degrees and metres of the head."""
    for part in bones.split("|"):
        name, _, text = part.partition("#")
        if name == "head":
            numbers = [_number(number) for number in text.split(",", 6)[:6]]
            if len(numbers) == 6:
                return np.array(numbers)
    raise ProtocolError(f"text after '=' is {show(bones)}, expected head# and six numbers")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e6:
        raise ProtocolError(f"a value is {show(text)}, expected a number")
    return value
