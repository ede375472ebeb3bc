"""Notices that a face rests, so that its neutral can be taken without being asked for."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from rig.layout import Layout, load_layout

MAX_SPREAD = 0.04  # of an intensity, standard deviation over the window
MAX_TURN_RAD = 0.35  # from the camera
MAX_WANDER_RAD = 0.03  # of the head, standard deviation over the window
MAX_SMILE = 0.5  # of any intensity but the lids': a held grimace is no rest


class Stillness:
    """Tells when a subject has rested for ``seconds``; after that never again until ``reset``.

    Args:
        seconds: > 0; how long.
        layout: defaults to the packaged layout.
    """

    def __init__(self, seconds: float, layout: Layout | None = None) -> None:
        layout = layout or load_layout()
        names = layout.channel_names
        self._seconds = seconds
        self._au = [
            i
            for i, c in enumerate(layout.channels)
            if c.unit == "intensity" and not c.name.startswith("AU43")
        ]
        self._head = [names.index(f"head_{axis}") for axis in ("yaw", "pitch", "roll")]
        self._window: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._done = False

    def __call__(self, channels: NDArray[np.float32], time_s: float) -> bool:
        """Hand in the channels (C,) of a found face; True once, when the rest is long enough."""
        if self._done:
            return False
        self._window.append((time_s, channels))
        while time_s - self._window[0][0] > self._seconds:
            self._window.popleft()
        if time_s - self._window[0][0] < 0.95 * self._seconds or len(self._window) < 5:
            return False
        self._done = self._rests(np.array([values for _, values in self._window]))
        return self._done

    def reset(self) -> None:
        """Begin anew: another face, or another performer."""
        self._window.clear()
        self._done = False

    def lost(self) -> None:
        """The face is gone: what was seen before does not count."""
        self._window.clear()

    def _rests(self, values: NDArray[np.float32]) -> bool:
        aus, head = values[:, self._au], values[:, self._head]
        return bool(
            aus.std(axis=0).max() < MAX_SPREAD
            and np.median(aus, axis=0).max() < MAX_SMILE
            and head.std(axis=0).max() < MAX_WANDER_RAD
            and np.abs(np.median(head, axis=0)).max() < MAX_TURN_RAD
        )
