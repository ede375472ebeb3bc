"""What every estimate goes through before the wire: outliers, smoothing, calibration, gains."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from geface_bridge.estimate import Estimate
from geface_bridge.live.meter import StageMeter
from geface_bridge.motion import (
    Calibration,
    CalibrationState,
    MotionConfig,
    MotionFilter,
    Pace,
    Performer,
    Plausible,
    Stillness,
)
from geface_bridge.protocol import Calibrate
from rig.layout import Layout, load_layout

SHORTEST_CALIBRATION_S = 0.1


def paces(smoothing: float) -> MotionConfig:
    """The tuned paces, ``smoothing`` times as smooth and as late.

    Args:
        smoothing: > 0; both of One Euro's cut-offs are divided by it.
    """
    tuned = MotionConfig()
    slower = {
        field.name: Pace(pace.min_cutoff_hz / smoothing, pace.beta / smoothing)
        for field in fields(tuned)
        for pace in [getattr(tuned, field.name)]
    }
    return MotionConfig(**slower)


class Motions:
    """The motion of each subject, from raw estimates to what characters show.

    Attributes:
        meter: times of the stages.

    Args:
        subjects: how many, >= 1.
        smoothing: 0 for none, outliers and all; else as ``paces``.
        layout: defaults to the packaged layout.
        rest_s: take the neutral of a face that rests so long, once; 0 for never.
    """

    def __init__(
        self,
        subjects: int = 1,
        smoothing: float = 1.0,
        layout: Layout | None = None,
        rest_s: float = 0.0,
    ) -> None:
        self.meter = StageMeter()
        self._layout = layout or load_layout()
        config = paces(smoothing) if smoothing > 0 else None
        count = range(subjects)
        self._filters = [MotionFilter(config, self._layout) for _ in count] if config else []
        self._plausible = [Plausible(layout=self._layout) for _ in self._filters]
        self._calibrations = [Calibration(self._layout) for _ in count]
        self._stillness = [Stillness(rest_s, self._layout) for _ in count if rest_s > 0]
        self._gains = np.ones(len(self._layout.channels))
        self._low = np.array([channel.low for channel in self._layout.channels])
        self._high = np.array([channel.high for channel in self._layout.channels])

    def settle(self, subject: int, estimate: Estimate | None, time_s: float) -> Estimate | None:
        """What a subject shows; None, which forgets its motion, where it is not to be seen.

        Args:
            subject: which.
            estimate: as measured.
            time_s: source time, never falling between two losses.
        """
        if estimate is None:
            self._forget(subject)
            return None
        smooth = self._smooth(subject, estimate, time_s)
        calibration = self._calibrations[subject]
        if self._stillness and self._stillness[subject](smooth, time_s):
            calibration.start(SHORTEST_CALIBRATION_S)
        calibration.feed(smooth, time_s)
        amplified = calibration.apply(smooth) * self._gains
        channels = np.clip(amplified, self._low, self._high).astype(np.float32)
        return Estimate(channels, estimate.confidence)

    def calibrate(self, wish: Calibrate) -> None:
        """Learn a subject's face, or every one's, from the next seconds; or forget it."""
        chosen = self._calibrations
        if wish.subject is not None:
            chosen = [self._calibrations[wish.subject]]
        for calibration in chosen:
            if wish.kind == "clear":
                calibration.clear()
            else:
                seconds = max(wish.duration_s, SHORTEST_CALIBRATION_S)
                calibration.start(seconds, wish.kind, wish.channels)

    @property
    def performers(self) -> tuple[Performer, ...]:
        """What is known of each subject's face."""
        return tuple(calibration.performer for calibration in self._calibrations)

    def set_performer(self, subject: int, performer: Performer) -> None:
        """Put a saved calibration in force."""
        self._calibrations[subject].performer = performer

    @property
    def calibrating(self) -> tuple[bool, ...]:
        """For each subject, whether its neutral is being taken."""
        states = (calibration.state for calibration in self._calibrations)
        return tuple(state is CalibrationState.COLLECTING for state in states)

    def set_gain(self, channel: str, factor: float) -> None:
        """Multiply a channel from now on; KeyError if there is no such channel."""
        self._gains[self._layout.channel_index[channel]] = factor

    def reset(self) -> None:
        """Forget the motion so far; what is known of the faces stays."""
        for subject in range(len(self._calibrations)):
            self._forget(subject)

    def _smooth(self, subject: int, estimate: Estimate, time_s: float) -> NDArray[np.float32]:
        if not self._filters:
            return estimate.channels
        believed = self._plausible[subject](estimate.channels, estimate.confidence, time_s)
        return self._filters[subject](Estimate(believed, estimate.confidence), time_s).channels

    def _forget(self, subject: int) -> None:
        """What moved before a loss says nothing of what moves after it."""
        if self._filters:
            self._filters[subject].reset()
            self._plausible[subject].reset()
        if self._stillness:
            self._stillness[subject].lost()
