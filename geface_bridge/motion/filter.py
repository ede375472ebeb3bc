"""Smooths estimates over time, each group of channels at its own pace."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from geface_bridge.estimate import Estimate
from geface_bridge.motion.groups import groups_of
from geface_bridge.motion.one_euro import OneEuro
from rig.layout import Layout, load_layout


@dataclass(frozen=True)
class Pace:
    """One Euro settings of a group.

    Attributes:
        min_cutoff_hz: cut-off at rest, > 0.
        beta: rise of the cut-off, hertz per (intensity, radian or metre) a second, >= 0.
    """

    min_cutoff_hz: float
    beta: float


@dataclass(frozen=True)
class MotionConfig:
    """A pace for each group of ``motion.groups``.

    A blink lasts 0.15 s and must pass whole; a brow or a cheek takes its time, and its noise
    shows on a still face.
    """

    lids: Pace = Pace(4.0, 4.0)
    brows: Pace = Pace(1.2, 1.5)
    cheeks: Pace = Pace(1.2, 1.5)
    mouth: Pace = Pace(2.0, 2.5)
    gaze: Pace = Pace(2.5, 6.0)
    head_rotation: Pace = Pace(1.2, 4.0)
    head_position: Pace = Pace(1.0, 12.0)


class MotionFilter:
    """Filters one subject's estimates; ``reset`` it when the face is lost.

    Args:
        config: paces; defaults to those of ``MotionConfig``.
        layout: defaults to the packaged layout.
    """

    def __init__(self, config: MotionConfig | None = None, layout: Layout | None = None) -> None:
        config = config or MotionConfig()
        paces = {field.name: getattr(config, field.name) for field in fields(config)}
        of_channel = [paces[group] for group in groups_of(layout or load_layout())]
        self._one_euro = OneEuro(
            np.array([pace.min_cutoff_hz for pace in of_channel]),
            np.array([pace.beta for pace in of_channel]),
        )

    def __call__(self, estimate: Estimate, time_s: float) -> Estimate:
        """The estimate with smoothed channels at a source time; confidence stays as it is."""
        channels = self._one_euro(estimate.channels, time_s).astype(np.float32)
        return Estimate(channels, estimate.confidence)

    def reset(self) -> None:
        """Forget the past."""
        self._one_euro.reset()
