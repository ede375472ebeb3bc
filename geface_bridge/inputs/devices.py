"""Which device is which subject, and what time it is there. No clock; times are handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geface_bridge.inputs.packet import FacePacket, FloatArray
from geface_bridge.protocol import Level
from geface_bridge.protocol.fields import show

SILENT_S = 0.5  # without a packet: the face is lost
FORGOTTEN_S = 5.0  # without a packet: another device may have the subject
JUMP_S = 1.0  # a timecode that moves further, or back by less, is no step of time
PULL_S = 30.0  # in which source time follows the time of arrival, past its jitter
MAX_REFUSALS = 16  # that are told of, each once


@dataclass(frozen=True, eq=False)
class PhoneFrame:
    """What one device measured.

    Attributes:
        subject: index of the device.
        time_s: source time: seconds since the source was opened, never falling.
        captured_at_s: ``time.monotonic()`` when it came.
        values: (61,) as ``arkit_values``; None without a face.
        place_m: (3,) of the head, or None.
    """

    subject: int
    time_s: float
    captured_at_s: float
    values: FloatArray | None
    place_m: FloatArray | None = None


def is_late(timecode_s: float | None, newest_s: float | None) -> bool:
    """Whether a packet was overtaken on its way by the newest, and no clock was set back."""
    if timecode_s is None or newest_s is None:
        return False
    return newest_s - JUMP_S < timecode_s < newest_s


class SourceClock:
    """Source time of one device: even as its timecode, and never far from the time of arrival.

    Arrival jitters by the network, a timecode drifts from our clock and differs between devices.
    So time moves by the timecode's steps and is pulled to the arrival within PULL_S: 200 ppm of
    drift leave it 6 ms behind. A timecode that stands or jumps is left aside.

    Args:
        origin_s: time of arrival at which source time is 0.
    """

    def __init__(self, origin_s: float) -> None:
        self.time_s = 0.0
        self._origin_s = origin_s
        self._heard_s: float | None = None
        self._timecode_s: float | None = None

    def advance(self, timecode_s: float | None, now_s: float) -> float | None:
        """Source time of a packet that came now; None where it is older than the last one."""
        before_s = self._timecode_s
        step_s = since_s = 0.0 if self._heard_s is None else now_s - self._heard_s
        if timecode_s is not None and before_s is not None:
            by_timecode_s = timecode_s - before_s
            if is_late(timecode_s, before_s) and since_s < JUMP_S:
                return None
            if 0.0 < by_timecode_s <= JUMP_S:
                step_s = by_timecode_s
        self.time_s = self._pulled(self.time_s + step_s, step_s, now_s - self._origin_s)
        self._heard_s, self._timecode_s = now_s, timecode_s
        return self.time_s

    def _pulled(self, time_s: float, step_s: float, arrived_s: float) -> float:
        if self._heard_s is None or abs(arrived_s - time_s) > JUMP_S:
            return max(self.time_s, arrived_s)
        return max(self.time_s, time_s + (arrived_s - time_s) * min(1.0, step_s / PULL_S))


class _Device:
    def __init__(self, key: str, name: str, origin_s: float) -> None:
        self.key, self.name = key, name
        self.clock = SourceClock(origin_s)
        self.heard_s = 0.0
        self.is_silent = False
        self._values: FloatArray | None = None
        self._changed_s = 0.0

    def values(self, packet: FacePacket, now_s: float) -> FloatArray | None:
        """Of a packet; None too where a device that cannot tell a loss repeats itself."""
        before, self._values = self._values, packet.values
        if before is None or packet.values is None or (before != packet.values).any():
            self._changed_s = now_s
        repeats = not packet.tells_loss and now_s - self._changed_s >= SILENT_S
        return None if repeats else packet.values


class Devices:
    """Gives every device a subject, in the order in which they come.

    A device keeps its subject over silences, unless another one comes after FORGOTTEN_S and no
    other subject is free.

    Args:
        subjects: how many devices are taken, >= 1.
        tell: is told who comes, falls silent, is one too many.
        now_s: the present; source time 0.
    """

    def __init__(self, subjects: int, tell: Callable[[Level, str], None], now_s: float) -> None:
        self._slots: list[_Device | None] = [None] * subjects
        self._tell = tell
        self._origin_s = now_s
        self._refused: set[str] = set()

    def take(self, packet: FacePacket, now_s: float) -> PhoneFrame | None:
        """The frame of a packet; None where it is late, or from one device too many."""
        key = f"{packet.device}/{packet.name}"
        subject = self._subject(key, packet.name, now_s)
        device = None if subject is None else self._slots[subject]
        if subject is None or device is None:
            return None
        time_s = device.clock.advance(packet.time_s, now_s)
        if time_s is None:
            return None
        device.heard_s = now_s
        if device.is_silent:
            device.is_silent = False
            self._tell("info", f"{show(device.name)} is back")
        values = device.values(packet, now_s)
        return PhoneFrame(subject, time_s, now_s, values, packet.place_m)

    def silent(self, now_s: float) -> list[PhoneFrame]:
        """A frame without a face for every subject that nothing comes for."""
        return [
            PhoneFrame(subject, self._idle_s(device, now_s), now_s, None)
            for subject, device in enumerate(self._slots)
            if device is None or now_s - device.heard_s >= SILENT_S
        ]

    def _idle_s(self, device: _Device | None, now_s: float) -> float:
        """Source time of a subject that is silent."""
        if device is None:
            return now_s - self._origin_s
        if not device.is_silent:
            device.is_silent = True
            self._tell("warning", f"{show(device.name)} sends nothing; waiting for it")
        device.clock.advance(None, now_s)
        return device.clock.time_s

    def _subject(self, key: str, name: str, now_s: float) -> int | None:
        for subject, device in enumerate(self._slots):
            if device is not None and device.key == key:
                return subject
        free = self._free(now_s)
        if free is None:
            self._refuse(key, name)
            return None
        device = _Device(key, name, self._origin_s)
        if (before := self._slots[free]) is not None:
            device.clock.time_s = before.clock.time_s
        self._slots[free] = device
        self._tell("info", f"{show(name)} is subject {free + 1} of {len(self._slots)}")
        return free

    def _free(self, now_s: float) -> int | None:
        """A subject that nobody has had, else the one silent longest."""
        if None in self._slots:
            return self._slots.index(None)
        heard = [device.heard_s for device in self._slots if device is not None]
        oldest = min(range(len(heard)), key=heard.__getitem__)
        return oldest if now_s - heard[oldest] >= FORGOTTEN_S else None

    def _refuse(self, key: str, name: str) -> None:
        if key in self._refused or len(self._refused) >= MAX_REFUSALS:
            return
        self._refused.add(key)
        count = len(self._slots)
        self._tell(
            "warning",
            f"{show(name)} sends too, but the subjects are taken: start with --faces {count + 1}",
        )
