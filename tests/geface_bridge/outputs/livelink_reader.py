"""A reader of Live Link Face, version 6, that shares nothing with ours but the documented layout.

It is as strict as Unreal's listener is: what that would drop, or divide by, is an error here. The
names are written out as Epic's enumeration of face blend shapes has them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

CURVES = [
    "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft", "EyeLookOutLeft", "EyeLookUpLeft",
    "EyeSquintLeft", "EyeWideLeft", "EyeBlinkRight", "EyeLookDownRight", "EyeLookInRight",
    "EyeLookOutRight", "EyeLookUpRight", "EyeSquintRight", "EyeWideRight", "JawForward",
    "JawLeft", "JawRight", "JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthLeft",
    "MouthRight", "MouthSmileLeft", "MouthSmileRight", "MouthFrownLeft", "MouthFrownRight",
    "MouthDimpleLeft", "MouthDimpleRight", "MouthStretchLeft", "MouthStretchRight",
    "MouthRollLower", "MouthRollUpper", "MouthShrugLower", "MouthShrugUpper", "MouthPressLeft",
    "MouthPressRight", "MouthLowerDownLeft", "MouthLowerDownRight", "MouthUpperUpLeft",
    "MouthUpperUpRight", "BrowDownLeft", "BrowDownRight", "BrowInnerUp", "BrowOuterUpLeft",
    "BrowOuterUpRight", "CheekPuff", "CheekSquintLeft", "CheekSquintRight", "NoseSneerLeft",
    "NoseSneerRight", "TongueOut", "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw",
    "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
]  # fmt: skip
SMALLEST, LARGEST = 264, 774  # bytes of a packet with a face


class NotAPacketError(Exception):
    """What Unreal would not take."""


@dataclass(frozen=True)
class Packet:
    """One packet; ``curves`` is None while there is no face."""

    device: str
    subject: str
    frame: int
    subframe: float
    rate: tuple[int, int]
    curves: dict[str, float] | None

    @property
    def time_s(self) -> float:
        """Of the frame time."""
        return (self.frame + self.subframe) * self.rate[1] / self.rate[0]


class _Cursor:
    """Reads big-endian fields one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, code: str) -> tuple:
        layout = struct.Struct(">" + code)
        if self.place + layout.size > len(self.data):
            raise NotAPacketError(f"ends at {len(self.data)}, wanted {code} at {self.place}")
        values = layout.unpack_from(self.data, self.place)
        self.place += layout.size
        return values

    def text(self) -> str:
        (length,) = self.take("i")
        if not 0 < length <= 256:
            raise NotAPacketError(f"a text of {length} bytes")
        (raw,) = self.take(f"{length}s")
        return raw.decode("utf-8", "strict")


def read(data: bytes) -> Packet:
    """The packet, or ``NotAPacketError``."""
    cursor = _Cursor(data)
    if cursor.take("B") != (6,):
        raise NotAPacketError(f"version {data[:1]!r}")
    device, subject = cursor.text(), cursor.text()
    frame, subframe, numerator, denominator = cursor.take("ifii")
    if frame < 0 or not 0.0 <= subframe < 1.0 or numerator <= 0 or denominator <= 0:
        raise NotAPacketError(f"frame time {frame} {subframe} {numerator}/{denominator}")
    head = (device, subject, frame, subframe, (numerator, denominator))
    if cursor.place == len(data):
        return Packet(*head, None)
    (count,) = cursor.take("B")
    if count != len(CURVES):
        raise NotAPacketError(f"{count} curves")
    values = cursor.take(f"{count}f")
    if cursor.place != len(data) or not SMALLEST <= len(data) <= LARGEST:
        raise NotAPacketError(f"{len(data)} bytes")
    return Packet(*head, dict(zip(CURVES, values, strict=True)))
