"""Learns what a face looks like at rest and takes that as zero."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from rig.layout import Layout, load_layout

Channels = NDArray[np.float32]

MAX_RESTING_INTENSITY = 0.6
"""More than this at rest is not a resting face; rescaling would only amplify noise."""
MAX_RESTING_CLOSURE = 0.1
"""Of AU43: tired lids are lifted a little, but eyes shut during calibration stay shut."""
MIN_SAMPLES = 5


class CalibrationState(Enum):
    """Where a calibration stands."""

    IDLE = "idle"
    COLLECTING = "collecting"
    READY = "ready"


class NeutralCalibration:
    """Neutral of one subject: per channel the median over a window of a resting face.

    Intensities are stretched so that rest becomes 0 and 1 stays 1, ``(v - n) / (1 - n)``;
    angles and position become relative to rest, ``v - n``. Before the first calibration is
    complete, channels pass unchanged; during a later one the earlier neutral stays in force.
    """

    def __init__(self, layout: Layout | None = None) -> None:
        layout = layout or load_layout()
        self.state = CalibrationState.IDLE
        self._is_intensity = np.array([c.unit == "intensity" for c in layout.channels])
        self._low = np.array([c.low for c in layout.channels])
        self._high = np.array([c.high for c in layout.channels])
        self._cap = np.where(self._is_intensity, MAX_RESTING_INTENSITY, np.inf)
        closures = [i for i, c in enumerate(layout.channels) if c.name.startswith("AU43")]
        self._cap[closures] = MAX_RESTING_CLOSURE
        self.neutral = np.zeros(len(layout.channels))
        self._samples: list[Channels] = []
        self._seconds = 0.0
        self._began_s: float | None = None

    def start(self, seconds: float) -> None:
        """Collect for so long from the next ``feed`` on; restarts a calibration under way.

        Raises:
            ValueError: seconds is not > 0.
        """
        if not seconds > 0.0:
            raise ValueError(f"seconds is {seconds}, expected > 0")
        self._samples, self._began_s, self._seconds = [], None, seconds
        self.state = CalibrationState.COLLECTING

    def feed(self, channels: Channels, time_s: float) -> None:
        """Hand in the uncalibrated channels (C,) of a found face; ignored unless collecting."""
        if self.state is not CalibrationState.COLLECTING:
            return
        self._began_s = time_s if self._began_s is None else self._began_s
        self._samples.append(np.array(channels, np.float32))
        if time_s - self._began_s >= self._seconds and len(self._samples) >= MIN_SAMPLES:
            self.neutral = np.minimum(np.median(self._samples, axis=0), self._cap)
            self._samples = []
            self.state = CalibrationState.READY

    def apply(self, channels: Channels) -> Channels:
        """Channels (C,) relative to the resting face, within the layout's ranges."""
        scale = np.where(self._is_intensity, 1.0 - self.neutral, 1.0)
        relative = (np.asarray(channels, np.float64) - self.neutral) / scale
        return np.asarray(np.clip(relative, self._low, self._high), np.float32)

    def clear(self) -> None:
        """Back to no calibration at all."""
        self.neutral = np.zeros_like(self.neutral)
        self._samples, self.state = [], CalibrationState.IDLE
