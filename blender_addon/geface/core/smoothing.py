# SPDX-License-Identifier: GPL-3.0-or-later
"""Smooths channels over time: still when the face rests, quick when it moves.

Source: Casiez, Roussel, Vogel 2012, "1€ Filter", CHI 2012, equations 1 to 7. The server filters
already; this is what an animator adds to taste, so one number from 0 (nothing) to 1 sets it all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .messages import Channel

FloatArray = NDArray[np.float64]

LID_AUS = ("AU05", "AU07", "AU43")
SPEED_CUTOFF_HZ = 1.0
OPEN_HZ, CALM_HZ = 30.0, 0.5
"""Cut-off at rest at next to no smoothing, and at 1."""
CALM_BETA = 1.5
"""Hertz a (unit a second) at smoothing 1: a smile of 0.3 s is 3 units a second."""
SHORTEST_S, LONGEST_S = 1e-5, 60.0
"""Between frames; beyond, speeds would leave the numbers there are."""
QUICK = {"lids": 4.0, "gaze": 3.0, "other": 1.0}
"""Factor of both: a blink of 0.15 s and a saccade of 0.04 s must pass nearly whole."""


def paces(channels: Sequence[Channel], strength: float) -> tuple[FloatArray, FloatArray]:
    """Cut-off at rest in hertz and its rise beta of each channel, (C,) each.

    Args:
        channels: whose.
        strength: above 0, up to 1; cut-offs fall geometrically from ``OPEN_HZ`` to ``CALM_HZ``.
    """
    quick = np.array([QUICK[_group(channel)] for channel in channels])
    cutoff_hz = OPEN_HZ * (CALM_HZ / OPEN_HZ) ** strength
    return quick * cutoff_hz, quick * CALM_BETA / max(strength, 0.05)


def _group(channel: Channel) -> str:
    if channel.name.startswith(LID_AUS):
        return "lids"
    return "gaze" if channel.name.startswith("gaze") else "other"


class Smoothing:
    """One Euro filter of all channels of one subject; ``strength`` may change between calls."""

    def __init__(self, channels: Sequence[Channel], strength: float = 0.0) -> None:
        self._channels = tuple(channels)
        self._strength = -1.0
        self._time_s: float | None = None
        self._filtered = self._speed = np.zeros(len(self._channels))
        self.set_strength(strength)

    def set_strength(self, strength: float) -> None:
        """From the next call on; what has been filtered stays as it is.

        Raises:
            ValueError: strength is not in 0..1.
        """
        if not 0.0 <= strength <= 1.0:
            raise ValueError(f"smoothing is {strength}, expected 0 to 1")
        if strength != self._strength:
            self._strength = strength
            self._paces = paces(self._channels, strength) if strength > 0.0 else None

    def __call__(self, values: ArrayLike, time_s: float) -> FloatArray:
        """(C,) filtered values at a time; the first pass as they are.

        While the time does not advance the last result comes again, unless nothing is smoothed.
        """
        values = np.asarray(values, np.float64)
        if self._paces is None or self._time_s is None:
            self._filtered, self._speed = values.copy(), np.zeros_like(values)
        elif time_s > self._time_s:
            elapsed_s = min(max(time_s - self._time_s, SHORTEST_S), LONGEST_S)
            self._advance(values, elapsed_s, *self._paces)
        self._time_s = time_s
        return self._filtered.copy()

    def reset(self) -> None:
        """Forget the past, for instance when a face was lost."""
        self._time_s = None

    def _advance(
        self, values: FloatArray, elapsed_s: float, cutoff_hz: FloatArray, beta: FloatArray
    ) -> None:
        speed = (values - self._filtered) / elapsed_s
        weight = _weight(SPEED_CUTOFF_HZ, elapsed_s)
        self._speed = self._speed + weight * (speed - self._speed)
        weight = _weight(cutoff_hz + beta * np.abs(self._speed), elapsed_s)
        self._filtered = self._filtered + weight * (values - self._filtered)


def _weight(cutoff_hz: ArrayLike, elapsed_s: float) -> FloatArray:
    """Weight 0..1 of the new sample in a first-order low-pass: 1 / (1 + tau / elapsed)."""
    turn = 2.0 * np.pi * np.asarray(cutoff_hz, np.float64) * elapsed_s
    return np.asarray(turn / (turn + 1.0))
