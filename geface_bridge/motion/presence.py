"""What a character shows while a face comes and goes: hold, fade to rest, come back.

The wire says only that a face is lost (``valid: false``); this is what its receivers do with it,
the same in every language (``tests/contract/golden/presence_v1.json``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PresenceConfig:
    """Durations, >= 0.

    Attributes:
        hold_s: a loss shorter than this is not to be seen; infinite to hold for ever.
        fade_s: how long the way to rest takes.
        return_s: how long the way back to the live face takes.
    """

    hold_s: float = 0.3
    fade_s: float = 0.7
    return_s: float = 0.25


class Presence:
    """Channels to show for one subject. No clock; times are handed in and do not fall."""

    def __init__(self, count: int, config: PresenceConfig | None = None) -> None:
        self._config = config or PresenceConfig()
        self._live = np.zeros(count)
        self._from = np.zeros(count)  # where the way back began
        self._shown = np.zeros(count)
        self._lost_s: float | None = 0.0
        self._back_s = -np.inf

    def __call__(self, channels: FloatArray | None, time_s: float) -> FloatArray:
        """Channels (C,) to show at a time.

        Args:
            channels: (C,) of a valid frame; None while the face is lost.
            time_s: of the same clock at every call.
        """
        if channels is not None:
            self._shown = self._returning(np.asarray(channels, np.float64), time_s)
        else:
            self._shown = self._leaving(time_s)
        return self._shown.copy()

    def _returning(self, channels: FloatArray, time_s: float) -> FloatArray:
        if self._lost_s is not None:
            away_s = time_s - self._lost_s
            if away_s > self._config.hold_s or self._back_s == -np.inf:
                self._from, self._back_s = self._shown, time_s
            else:
                self._back_s += away_s  # a way back that was interrupted goes on where it was
            self._lost_s = None
        self._live = channels
        share = eased((time_s - self._back_s) / max(self._config.return_s, 1e-9))
        return np.asarray(self._from + share * (channels - self._from))

    def _leaving(self, time_s: float) -> FloatArray:
        if self._lost_s is None:
            self._lost_s = time_s
            self._live = self._shown  # whatever is shown is what fades
        gone_s = time_s - self._lost_s - self._config.hold_s
        return np.asarray(self._live * (1.0 - eased(gone_s / max(self._config.fade_s, 1e-9))))


def eased(share: float) -> float:
    """Hermite step of a share of the way, 0..1."""
    t = min(max(share, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
