"""Several places for frames to go at once, none of which can hurt the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from geface_bridge.errors import GefaceError
from geface_bridge.protocol import FaceFrame, Level


class Outlet(Protocol):
    """Where frames go; ``FaceServer`` and ``TakeRecorder`` are two."""

    def publish(self, frame: FaceFrame) -> None:
        """Take one subject's frame, at once."""
        ...


class FanOut:
    """Gives every frame to all outlets; one that raises is told of once and goes on.

    Args:
        outlets: served in this order.
        tell: is told of an outlet's error, when it differs from its last one.
    """

    def __init__(self, outlets: Sequence[Outlet], tell: Callable[[Level, str], None]) -> None:
        self._outlets = tuple(outlets)
        self._tell = tell
        self._errors = [""] * len(self._outlets)

    def publish(self, frame: FaceFrame) -> None:
        """Give a frame to all."""
        for place, outlet in enumerate(self._outlets):
            try:
                outlet.publish(frame)
            except GefaceError as error:
                if str(error) != self._errors[place]:
                    self._tell("error", str(error))
                self._errors[place] = str(error)
