"""One picture in, one estimate a subject out: align, estimate, smooth, calibrate, amplify."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import Subjects
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

if TYPE_CHECKING:
    from geface_bridge.align import AlignedFace, FaceAligner
    from geface_bridge.estimate import Estimator

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


class FaceChain:
    """Everything between a picture and the wire, for up to ``faces`` subjects.

    Attributes:
        meter: times of the stages align, estimate and motion.

    Args:
        aligner: of at least ``faces`` faces, tracking; the chain does not close it.
        estimator: the network; the chain does not close it.
        faces: number of subjects, >= 1.
        smoothing: 0 for none, outliers and all; else as ``paces``.
        rest_s: take the neutral of a face that rests so long, once; 0 for never.
        layout: defaults to the packaged layout.
    """

    def __init__(
        self,
        aligner: FaceAligner,
        estimator: Estimator,
        faces: int = 1,
        smoothing: float = 1.0,
        layout: Layout | None = None,
        rest_s: float = 0.0,
    ) -> None:
        self.meter = StageMeter()
        self._layout = layout or load_layout()
        self._aligner = aligner
        self._estimator = estimator
        self._subjects = Subjects(faces)
        config = paces(smoothing) if smoothing > 0 else None
        self._filters = [MotionFilter(config, self._layout) for _ in range(faces)] if config else []
        self._plausible = [Plausible(layout=self._layout) for _ in self._filters]
        self._calibrations = [Calibration(self._layout) for _ in range(faces)]
        self._stillness = [Stillness(rest_s, self._layout) for _ in range(faces) if rest_s > 0]
        self._rest_s = rest_s
        self._gains = np.ones(len(self._layout.channels))
        self._low = np.array([channel.low for channel in self._layout.channels])
        self._high = np.array([channel.high for channel in self._layout.channels])

    def __call__(self, image_rgb: NDArray[np.uint8], time_s: float) -> list[Estimate | None]:
        """The estimate of each subject, None where its face is not to be seen.

        Args:
            image_rgb: (H, W, 3).
            time_s: source time, never falling between two ``reset``.

        Raises:
            ImageError: the picture cannot be worked on.
        """
        with self.meter.stage("align"):
            slots = self._subjects.assign(self._aligner.align(image_rgb))
        with self.meter.stage("estimate"):
            estimates = self._estimate(slots)
        with self.meter.stage("motion"):
            return [self._settle(i, each, time_s) for i, each in enumerate(estimates)]

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

    def _estimate(self, slots: list[AlignedFace | None]) -> list[Estimate | None]:
        found = iter(self._estimator.estimate([face for face in slots if face is not None]))
        return [None if face is None else next(found) for face in slots]

    def _settle(self, subject: int, estimate: Estimate | None, time_s: float) -> Estimate | None:
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
