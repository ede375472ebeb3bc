# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's clock and the rate of its frames, from times handed in. No clock is read here."""

from __future__ import annotations

from collections import deque

from .messages import Pong

KEPT_PINGS = 8
WINDOW_S = 2.0
TICK_S = 0.02  # of the coarsest clock, Windows': it may show a short exchange as none


class ServerClock:
    """Offset of the server's clock to ours, by the quickest of the last eight pings.

    Of the last eight rather than of all, so that it follows clocks that drift apart (RFC 5905,
    section 10).
    """

    def __init__(self) -> None:
        self._exchanges: deque[tuple[float, float]] = deque(maxlen=KEPT_PINGS)

    def add(self, pong: Pong, now_s: float) -> None:
        """Take an answer that came at ``now_s`` of our clock."""
        held_s = pong.sent_at_s - pong.received_at_s
        there_s = pong.received_at_s - pong.client_time_s
        back_s = pong.sent_at_s - now_s
        round_trip_s = now_s - pong.client_time_s - held_s
        if held_s >= 0 and round_trip_s >= -TICK_S:  # else it answers no ping of ours
            self._exchanges.append((max(0.0, round_trip_s), (there_s + back_s) / 2))

    @property
    def offset_s(self) -> float | None:
        """Server's clock minus ours, off by half a round trip at most; None before a ping."""
        return min(self._exchanges)[1] if self._exchanges else None


class RateMeter:
    """Frames a second over the last ``WINDOW_S`` seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=2048)

    def add(self, time_s: float) -> None:
        """Count a frame that came at ``time_s``."""
        self._times.append(time_s)

    def rate_hz(self, now_s: float) -> float:
        """Mean rate; 0 where fewer than two frames came of late."""
        times = self._times
        while times and times[0] <= now_s - WINDOW_S:
            times.popleft()
        if len(times) < 2 or times[-1] <= times[0]:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])
