"""The messages of geface.v1 as values. ``docs/protocol.md`` is the specification.

Times are seconds on the server's monotonic clock unless a field says otherwise; a client
relates them to its own clock with ``Ping`` and ``Pong``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import geface_bridge
from rig.layout import Channel, Layout

VERSION = (1, 2)
SUBPROTOCOL = f"geface.v{VERSION[0]}"

Level = Literal["info", "warning", "error"]
Mode = Literal["newest", "all"]
CalibrationKind = Literal["neutral", "range", "clear"]


@dataclass(frozen=True)
class Hello:
    """The server's first message: what the stream will hold.

    Attributes:
        layout_id: hash of the channel list; profiles and weights carry the same one.
        channels: name, unit and range of every float of a frame, in frame order.
        subjects: one name a face; ``FaceFrame.subject`` is an index into it.
        source: what is being watched, for people to read.
        rate_hz: frames per second of the source; 0 where it is unknown.
        server: name of the program that serves.
        server_version: its version.
        session: differs after every start of a server, so that clients drop what they hold;
            ``FaceServer`` fills it in.
        version: (major, minor) of the protocol.
    """

    layout_id: str
    channels: tuple[Channel, ...]
    subjects: tuple[str, ...] = ("face",)
    source: str = ""
    rate_hz: float = 0.0
    server: str = "geface-bridge"
    server_version: str = geface_bridge.__version__
    session: str = ""
    version: tuple[int, int] = VERSION

    @classmethod
    def from_layout(
        cls, layout: Layout, *, subjects: tuple[str, ...] = ("face",), source: str, rate_hz: float
    ) -> Hello:
        """Announce all channels of ``layout``."""
        return cls(layout.layout_id, layout.channels, subjects, source, rate_hz)


@dataclass(frozen=True, eq=False)
class FaceFrame:
    """One face at one instant.

    Attributes:
        sequence: counts up by one with every published frame of a subject; a gap is a drop.
        subject: index into ``Hello.subjects``.
        time_s: the source's own time: seconds since its first frame.
        captured_at_s: when the image was taken, on the server's monotonic clock.
        valid: False while the face is lost; the channels then mean nothing.
        confidence: 0..1.
        channels: (C,) float32 in the order of ``Hello.channels``; (0,) allowed if not valid.
            Kept as a read-only copy.
    """

    sequence: int
    subject: int
    time_s: float
    captured_at_s: float
    valid: bool
    confidence: float
    channels: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", _frozen_float32(self.channels))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FaceFrame):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        times = (self.time_s, self.captured_at_s)
        return (
            self.sequence,
            self.subject,
            times,
            self.valid,
            self.confidence,
            tuple(self.channels.tolist()),
        )

    @classmethod
    def lost(cls, sequence: int, subject: int, time_s: float, captured_at_s: float) -> FaceFrame:
        """The frame that says there is no face now."""
        nothing = np.zeros(0, np.float32)
        return cls(sequence, subject, time_s, captured_at_s, False, 0.0, nothing)


@dataclass(frozen=True)
class Status:
    """An event for people to read: a camera gone, a file restarted, a refused request."""

    level: Level
    text: str


@dataclass(frozen=True)
class Dropped:
    """In mode "all": ``count`` frames from ``first_sequence`` on will not come."""

    subject: int
    first_sequence: int
    count: int


@dataclass(frozen=True)
class Calibrate:
    """Client's wish: learn the performer's face from the next ``duration_s`` (0..60) seconds.

    Attributes:
        duration_s: for how long.
        subject: whose; None means every subject.
        kind: "neutral" takes the face as rest, "range" its strongest expressions as 1,
            "clear" forgets both at once.
        channels: of "range": the channels meant, () for all.
    """

    duration_s: float = 2.0
    subject: int | None = None
    kind: CalibrationKind = "neutral"
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gain:
    """Client's wish: multiply ``channel`` by ``factor`` (0..10) for every client from now on."""

    channel: str
    factor: float


@dataclass(frozen=True)
class Ping:
    """Asks for the server's clock; ``client_time_s`` is the sender's and comes back unchanged."""

    client_time_s: float


@dataclass(frozen=True)
class Pong:
    """Answer to ``Ping``: when the server received it and when it sent this."""

    client_time_s: float
    received_at_s: float
    sent_at_s: float


@dataclass(frozen=True)
class Subscribe:
    """Chooses "newest" (the default: stale frames are replaced) or "all" (a bounded queue)."""

    mode: Mode


@dataclass(frozen=True)
class Mark:
    """Client's wish: a named moment in the take that is being recorded."""

    label: str


@dataclass(frozen=True)
class Playback:
    """Client's wish, to a server that plays a take; None leaves a thing as it is.

    Attributes:
        position_s: the take's time to go to.
        speed: 0.01..100 times the recorded.
        paused: whether to stand still.
        skip_s: seconds of the take to go on, or back if negative, from ``position_s``, or else
            from where it stands.
    """

    position_s: float | None = None
    speed: float | None = None
    paused: bool | None = None
    skip_s: float | None = None


ServerMessage = Hello | FaceFrame | Status | Dropped | Pong
Command = Calibrate | Gain | Mark | Playback
ClientMessage = Command | Ping | Subscribe
Message = ServerMessage | ClientMessage


def _frozen_float32(values: ArrayLike) -> NDArray[np.float32]:
    array = np.array(values, dtype=np.float32).reshape(-1)
    array.setflags(write=False)
    return array
