"""A recorded take as arrays, read from a file that may have been cut off or spoilt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geface_bridge.errors import TakeError
from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes.atomic import atomic_bytes
from geface_bridge.takes.messages import Marker, TakeHeader, TakeMessage, message_of, payload_of
from geface_bridge.takes.records import MAGIC, Damage, record_of, records_in


@dataclass(frozen=True)
class Take:
    """Everything a take file holds.

    Attributes:
        header, hello: its first records.
        frames: of all subjects, in the order of recording.
        markers: in the order of recording.
        damage: parts of the file that could not be read.
    """

    header: TakeHeader
    hello: Hello
    frames: tuple[FaceFrame, ...]
    markers: tuple[Marker, ...] = ()
    damage: tuple[Damage, ...] = ()

    @property
    def begin_s(self) -> float:
        """Source time of the first frame; 0 for a take without frames."""
        return self.frames[0].time_s if self.frames else 0.0

    @property
    def end_s(self) -> float:
        """Source time of the last frame; 0 for a take without frames."""
        return max((frame.time_s for frame in self.frames), default=0.0)

    @property
    def rate_hz(self) -> float:
        """Frames a second by the median interval of the first subject; 0 for fewer than two."""
        times = np.array([frame.time_s for frame in self.frames if frame.subject == 0])
        steps = np.diff(times)
        return float(1 / np.median(steps[steps > 0])) if (steps > 0).any() else 0.0

    def of_subject(self, subject: int) -> tuple[FaceFrame, ...]:
        """The frames of one subject.

        Raises:
            TakeError: there is no such subject.
        """
        if not 0 <= subject < len(self.hello.subjects):
            count = len(self.hello.subjects)
            raise TakeError(f"subject is {subject}, expected less than {count}")
        return tuple(frame for frame in self.frames if frame.subject == subject)

    def between(self, begin_s: float, end_s: float) -> Take:
        """The part with begin_s <= time < end_s; times stay as they are.

        Raises:
            TakeError: nothing lies between.
        """
        frames = tuple(frame for frame in self.frames if begin_s <= frame.time_s < end_s)
        if not frames:
            raise TakeError(
                f"no frame lies from {begin_s:g} s to {end_s:g} s, "
                f"expected times within {self.begin_s:.2f} to {self.end_s:.2f} s"
            )
        markers = tuple(marker for marker in self.markers if begin_s <= marker.time_s < end_s)
        return replace(self, frames=frames, markers=markers, damage=())


def parse_take(data: bytes) -> Take:
    """Read the bytes of a take; damage costs the records it touches.

    Raises:
        TakeError: no take, another version, or so damaged that header or hello are gone.
    """
    messages: list[TakeMessage] = []
    damage: list[Damage] = []
    for item in records_in(data):
        if isinstance(item, Damage):
            damage.append(item)
        elif (message := message_of(item)) is not None:
            messages.append(message)
    header = next((m for m in messages if isinstance(m, TakeHeader)), None)
    hello = next((m for m in messages if isinstance(m, Hello)), None)
    if header is None or hello is None:
        missing = "header" if header is None else "channel list"
        raise TakeError(f"take has lost its {missing}, nothing in it can be read without")
    count = len(hello.channels)
    frames = [m for m in messages if isinstance(m, FaceFrame) and _fits(m, hello, count)]
    markers = [m for m in messages if isinstance(m, Marker)]
    return Take(header, hello, tuple(frames), tuple(markers), tuple(damage))


def _fits(frame: FaceFrame, hello: Hello, count: int) -> bool:
    return frame.subject < len(hello.subjects) and len(frame.channels) in (0, count)


def read_take(path: Path) -> Take:
    """Read a take file.

    Raises:
        TakeError: there is no such file, or it is none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TakeError(f"take {path} cannot be read ({error.strerror})") from None
    try:
        return parse_take(data)
    except TakeError as error:
        raise TakeError(f"{path}: {error}") from None


def take_bytes(take: Take) -> bytes:
    """A whole file; ``parse_take`` gives the take back, without its damage."""
    timed: list[FaceFrame | Marker] = [*take.frames, *take.markers]
    rest = sorted(timed, key=lambda message: message.time_s)
    messages: list[TakeMessage] = [take.header, take.hello, *rest]
    return MAGIC + b"".join(record_of(payload_of(message)) for message in messages)


def write_take(path: Path, take: Take) -> None:
    """Write a take file, whole or not at all.

    Raises:
        ConfigError: its folder does not exist or cannot be written to.
    """
    with atomic_bytes(path) as stream:
        stream.write(take_bytes(take))
