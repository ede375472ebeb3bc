"""A recorded take to the wire, at its own pace or another."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable

from geface_bridge.live.outlets import Outlet
from geface_bridge.protocol import Command, Level, Playback
from geface_bridge.takes import Playhead

LONGEST_WAIT_S = 0.1  # so that the status line and Ctrl-C are never late


class TakePlayer:
    """Publishes what a playhead gives, and lets clients steer it.

    Attributes:
        published: frames so far.

    Args:
        head: at the take's beginning, made at the present ``time.monotonic``.
        outlet: where frames go.
        tell: is told of events.
        commands: clients' wishes, from any thread.
    """

    def __init__(
        self,
        head: Playhead,
        outlet: Outlet,
        tell: Callable[[Level, str], None],
        commands: queue.SimpleQueue[Command],
    ) -> None:
        self.published = 0
        self._head = head
        self._outlet = outlet
        self._tell = tell
        self._commands = commands

    def run(
        self, seconds: float | None = None, after_step: Callable[[], None] = lambda: None
    ) -> None:
        """Play until the take ends, or for so long."""
        deadline_s = math.inf if seconds is None else time.monotonic() + seconds
        while not self._head.ended and time.monotonic() < deadline_s:
            for frame in self._head.due(time.monotonic()):
                self._outlet.publish(frame)
                self.published += 1
            after_step()
            self._wait(deadline_s)

    def _wait(self, deadline_s: float) -> None:
        """Until the next frame is due, or a client wishes something."""
        now_s = time.monotonic()
        wait_s = min(self._head.wait_s(now_s), LONGEST_WAIT_S, deadline_s - now_s)
        try:
            wish = self._commands.get(timeout=max(0.0, wait_s)) if wait_s > 0 else None
        except queue.Empty:
            return
        if isinstance(wish, Playback):
            self._head.obey(wish, time.monotonic())
        elif wish is not None:
            kind = type(wish).__name__.lower()
            self._tell("error", f"this plays a recorded take, which cannot {kind}")
