"""Frames that wait for a client: bounded, and honest about what it threw away."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from geface_bridge.protocol.messages import Dropped, Mode

ALL_LIMIT = 512  # frames of mode "all" a client may fall behind; 17 s at 30 Hz


@dataclass(frozen=True)
class Packet:
    """An encoded frame with what is needed to drop it knowingly."""

    subject: int
    sequence: int
    data: bytes


class Outbox:
    """Queue of encoded frames for one client.

    In mode "newest" a frame replaces the waiting one of its subject. In mode "all" up to
    ``limit`` frames wait; beyond that the oldest goes, and ``take`` tells of it before it
    yields the subject's next frame.

    Attributes:
        dropped: frames thrown away since the start, in either mode.
    """

    def __init__(self, limit: int = ALL_LIMIT) -> None:
        self.mode: Mode = "newest"
        self.dropped = 0
        self._limit = limit
        self._waiting: deque[Packet] = deque()
        self._gaps: dict[int, Dropped] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def set_mode(self, mode: Mode) -> None:
        """Change the mode; what waits is kept, as far as the new mode keeps it."""
        self.mode = mode
        waiting, self._waiting = self._waiting, deque()
        for packet in waiting:
            self.put(packet)
        if mode == "newest":
            self._gaps.clear()

    def put(self, packet: Packet) -> None:
        """Add the newest frame of its subject."""
        if self.mode == "newest":
            self._replace(packet)
        elif len(self._waiting) >= self._limit:
            self._drop_oldest()
        self._waiting.append(packet)

    def take(self) -> Dropped | Packet | None:
        """What to send next, None if nothing waits."""
        if not self._waiting:
            return None
        gap = self._gaps.pop(self._waiting[0].subject, None)
        return gap or self._waiting.popleft()

    def clear(self) -> None:
        """Forget all that waits, uncounted: the client is going."""
        self._waiting.clear()
        self._gaps.clear()

    def _replace(self, packet: Packet) -> None:
        kept = [waiting for waiting in self._waiting if waiting.subject != packet.subject]
        self.dropped += len(self._waiting) - len(kept)
        self._waiting = deque(kept)

    def _drop_oldest(self) -> None:
        oldest = self._waiting.popleft()
        self.dropped += 1
        gap = self._gaps.get(oldest.subject)
        first, count = (gap.first_sequence, gap.count) if gap else (oldest.sequence, 0)
        self._gaps[oldest.subject] = Dropped(oldest.subject, first, count + 1)
