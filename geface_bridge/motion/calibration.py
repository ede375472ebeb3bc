"""Learns a performer's face: what it looks like at rest, and how far each movement goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geface_bridge.motion.groups import LID_AUS
from rig.layout import Layout, load_layout

Channels = NDArray[np.float32]
FloatArray = NDArray[np.float64]
Kind = Literal["neutral", "range"]

MAX_RESTING_INTENSITY = 0.6
"""More than this at rest is not a resting face; rescaling would only amplify noise."""
MAX_RESTING_CLOSURE = 0.1
"""Of AU43: tired lids are lifted a little, but eyes shut during calibration stay shut."""
MIN_SAMPLES = 5
RANGE_PERCENTILE = 95.0
"""Of a channel's values while its range is taken: a spike of one frame is no range."""
MIN_RANGE, MAX_RANGE = 0.25, 1.25
"""Of what counts as a full movement: less would amplify noise, more is no intensity."""
MIN_MOVEMENT = 0.15
"""A channel that moved less beyond rest was not performed; its range stays as it is."""


class CalibrationState(Enum):
    """Where a calibration stands."""

    IDLE = "idle"
    COLLECTING = "collecting"
    READY = "ready"


@dataclass(frozen=True, eq=False)
class Performer:
    """What is known of one face.

    Attributes:
        neutral: (C,) channels at rest.
        maximum: (C,) channels at the performer's full movement; 1 where nothing is known. Of
            lids it is always 1: what opens and closes an eye must stay in step with the eye.
    """

    neutral: FloatArray
    maximum: FloatArray

    @classmethod
    def unknown(cls, layout: Layout | None = None) -> Performer:
        """A face of which nothing is known: channels pass unchanged."""
        count = len((layout or load_layout()).channels)
        return cls(np.zeros(count), np.ones(count))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Performer):
            return NotImplemented
        same = np.array_equal(self.neutral, other.neutral)
        return same and np.array_equal(self.maximum, other.maximum)


class Calibration:
    """Calibration of one subject.

    Intensities are stretched so that rest n becomes 0 and the performer's full movement m
    becomes 1, ``(v - n) / (m - n)``; angles and position become relative to rest, ``v - n``.
    The neutral of a channel is its median over a window of a resting face, its full movement a
    high percentile over a window of performing. Before the first calibration is complete,
    channels pass unchanged; during a later one the earlier stays in force.

    Attributes:
        state: where it stands.
        performer: what is in force; may be set, to one that was saved.
    """

    def __init__(self, layout: Layout | None = None) -> None:
        layout = layout or load_layout()
        self.state = CalibrationState.IDLE
        self.performer = Performer.unknown(layout)
        self._names = layout.channel_names
        self._is_intensity = np.array([c.unit == "intensity" for c in layout.channels])
        self._is_lid = np.array([name.startswith(LID_AUS) for name in self._names])
        self._low = np.array([c.low for c in layout.channels])
        self._high = np.array([c.high for c in layout.channels])
        self._cap = np.where(self._is_intensity, MAX_RESTING_INTENSITY, np.inf)
        self._cap[[name.startswith("AU43") for name in self._names]] = MAX_RESTING_CLOSURE
        self._kind: Kind = "neutral"
        self._chosen = self._is_intensity
        self._samples: list[Channels] = []
        self._seconds = 0.0
        self._began_s: float | None = None

    def start(self, seconds: float, kind: Kind = "neutral", channels: Collection[str] = ()) -> None:
        """Collect for so long from the next ``feed`` on; restarts a calibration under way.

        Args:
            seconds: > 0.
            kind: what is learned.
            channels: of "range": which; () for all intensities.

        Raises:
            ValueError: seconds is not > 0.
        """
        if not seconds > 0.0:
            raise ValueError(f"seconds is {seconds}, expected > 0")
        self._samples, self._began_s, self._seconds = [], None, seconds
        wanted = np.array([not channels or name in channels for name in self._names])
        self._kind, self._chosen = kind, wanted & self._is_intensity & ~self._is_lid
        self.state = CalibrationState.COLLECTING

    def feed(self, channels: Channels, time_s: float) -> None:
        """Hand in the uncalibrated channels (C,) of a found face; ignored unless collecting."""
        if self.state is not CalibrationState.COLLECTING:
            return
        self._began_s = time_s if self._began_s is None else self._began_s
        self._samples.append(np.array(channels, np.float32))
        if time_s - self._began_s >= self._seconds and len(self._samples) >= MIN_SAMPLES:
            self.performer = self._learn(np.asarray(self._samples, np.float64))
            self._samples = []
            self.state = CalibrationState.READY

    def apply(self, channels: Channels) -> Channels:
        """Channels (C,) of this performer, within the layout's ranges."""
        neutral, maximum = self.performer.neutral, self.performer.maximum
        scale = np.where(self._is_intensity, maximum - neutral, 1.0)
        relative = (np.asarray(channels, np.float64) - neutral) / scale
        return np.asarray(np.clip(relative, self._low, self._high), np.float32)

    def clear(self) -> None:
        """Back to no calibration at all."""
        self.performer = Performer(np.zeros_like(self._low), np.ones_like(self._low))
        self._samples, self.state = [], CalibrationState.IDLE

    def _learn(self, samples: FloatArray) -> Performer:
        if self._kind == "neutral":
            neutral = np.minimum(np.median(samples, axis=0), self._cap)
            # A rest nearer to the full movement than MIN_RANGE pushes the latter up.
            maximum = np.maximum(self.performer.maximum, neutral + MIN_RANGE)
            return Performer(neutral, np.where(self._is_intensity, maximum, 1.0))
        neutral = self.performer.neutral
        reached = np.percentile(samples, RANGE_PERCENTILE, axis=0)
        performed = self._chosen & (reached - neutral >= MIN_MOVEMENT)
        full = np.clip(reached, neutral + MIN_RANGE, MAX_RANGE)
        return replace(self.performer, maximum=np.where(performed, full, self.performer.maximum))
