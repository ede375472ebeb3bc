"""Refuses what no face does: a head that jumps, a measurement nobody trusts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.layout import Layout, load_layout

Channels = NDArray[np.float32]


@dataclass(frozen=True)
class PlausibleConfig:
    """What is believed.

    Attributes:
        max_turn_rad_s: of the head; a quick shake reaches about 10 rad/s.
        max_move_m_s: of the head.
        patience_s: what stays beyond this long is true: another place, another person.
        trusted: confidence from which a measurement counts in full: that of a portrait in a
            quarter of its light and more.
        distrusted: confidence at which it counts not at all, and the past is held: that of one
            in a fiftieth, whose noise is no longer small beside it.
    """

    max_turn_rad_s: float = 18.0
    max_move_m_s: float = 4.0
    patience_s: float = 0.12
    trusted: float = 0.4
    distrusted: float = 0.12


class Plausible:
    """Lets believable channels of one subject through and holds the last ones otherwise.

    A frame in which the head jumps is an outlier of the tracker and its expression is of no
    more worth than its pose: all of it is held, for ``patience_s`` at most. Short of that,
    channels move towards a measurement as far as its confidence goes.
    """

    def __init__(self, config: PlausibleConfig | None = None, layout: Layout | None = None) -> None:
        self._config = config or PlausibleConfig()
        names = (layout or load_layout()).channel_names
        self._turn = [names.index(f"head_{axis}") for axis in ("yaw", "pitch", "roll")]
        self._move = [names.index(f"head_{axis}") for axis in "xyz"]
        self._held: Channels | None = None
        self._time_s = 0.0

    def __call__(self, channels: Channels, confidence: float, time_s: float) -> Channels:
        """Believable channels (C,) at a source time."""
        if self._held is None:
            self._held, self._time_s = channels, time_s
            return channels
        elapsed_s = max(time_s - self._time_s, 1e-3)
        if elapsed_s < self._config.patience_s and self._jumps(channels, elapsed_s):
            return self._held
        step = self._trust(confidence) if elapsed_s < self._config.patience_s else 1.0
        if step > 0.0:
            self._time_s = time_s
        if step < 1.0:
            channels = np.asarray(self._held + step * (channels - self._held), np.float32)
        self._held = channels
        return channels

    def reset(self) -> None:
        """Forget the past."""
        self._held = None

    def _jumps(self, channels: Channels, elapsed_s: float) -> bool:
        assert self._held is not None
        change = np.abs(channels - self._held) / elapsed_s
        turned = change[self._turn].max() > self._config.max_turn_rad_s
        return bool(turned or change[self._move].max() > self._config.max_move_m_s)

    def _trust(self, confidence: float) -> float:
        low, high = self._config.distrusted, self._config.trusted
        return float(np.clip((confidence - low) / (high - low), 0.0, 1.0))
