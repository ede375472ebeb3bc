"""How many messages a client may send: a token bucket. No clock; times are handed in."""

from __future__ import annotations


class MessageBudget:
    """RATE_HZ messages a second on average, BURST at once; honest clients send a few a second."""

    RATE_HZ = 60.0
    BURST = 120.0

    def __init__(self) -> None:
        self._tokens = self.BURST
        self._time_s: float | None = None

    def spend(self, time_s: float) -> bool:
        """Whether a message at ``time_s`` is within the budget; if so it is counted."""
        elapsed_s = 0.0 if self._time_s is None else max(0.0, time_s - self._time_s)
        self._time_s = time_s
        self._tokens = min(self.BURST, self._tokens + self.RATE_HZ * elapsed_s)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
