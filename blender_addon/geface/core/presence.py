# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character shows while a face comes and goes: hold, fade to rest, come back.

The wire says only that a face is lost; this is what every receiver does with it
(``tests/contract/golden/presence_v1.json``). No clock; times are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PresenceConfig:
    """What a loss looks like; durations >= 0.

    Attributes:
        hold_s: a loss shorter than this is not to be seen.
        fade_s: how long the way to rest takes.
        return_s: how long the way back to the live face takes.
        fades: False to hold what was shown for ever instead of going to rest.
    """

    hold_s: float = 0.3
    fade_s: float = 0.7
    return_s: float = 0.25
    fades: bool = True


class Presence:
    """Channels to show for one subject. Times are of one clock and do not fall.

    Args:
        count: C.
        config: may be replaced between calls (``config``).
        eased_start: whether the first face comes from rest, or is shown as it is.
    """

    def __init__(
        self, count: int, config: PresenceConfig | None = None, eased_start: bool = True
    ) -> None:
        self.config = config or PresenceConfig()
        self._live = np.zeros(count)
        self._from = np.zeros(count)  # where the way back began
        self._shown = np.zeros(count)
        self._lost_s: float | None = 0.0 if eased_start else None
        self._back_s = -np.inf
        self._begun = not eased_start  # a face has been shown, or is to be taken as if

    def __call__(self, channels: ArrayLike | None, time_s: float) -> FloatArray:
        """(C,) channels to show at a time; ``channels`` is None while the face is lost."""
        if channels is not None:
            self._shown = self._returning(np.asarray(channels, np.float64), time_s)
        else:
            self._shown = self._leaving(time_s)
        return self._shown.copy()

    def restart(self, time_s: float) -> None:
        """Another clock from now on: the next face is eased in from what is shown."""
        self._from, self._back_s, self._live = self._shown, time_s, self._shown
        if self._lost_s is not None:
            self._lost_s = time_s

    def _returning(self, channels: FloatArray, time_s: float) -> FloatArray:
        if self._lost_s is not None:
            away_s = time_s - self._lost_s
            if away_s > self.config.hold_s or not self._begun:
                self._from, self._back_s = self._shown, time_s
            else:
                self._back_s += away_s  # a way back that was interrupted goes on where it was
            self._lost_s, self._begun = None, True
        self._live = channels
        share = eased((time_s - self._back_s) / max(self.config.return_s, 1e-9))
        return np.asarray(self._from + share * (channels - self._from))

    def _leaving(self, time_s: float) -> FloatArray:
        if self._lost_s is None:
            self._lost_s = time_s
            self._live = self._shown  # whatever is shown is what fades
        if not self.config.fades:
            return self._shown
        gone_s = time_s - self._lost_s - self.config.hold_s
        return np.asarray(self._live * (1.0 - eased(gone_s / max(self.config.fade_s, 1e-9))))


def eased(share: float) -> float:
    """Hermite step of a share of the way, 0..1."""
    t = min(max(share, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
