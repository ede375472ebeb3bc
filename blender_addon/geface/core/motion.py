# SPDX-License-Identifier: GPL-3.0-or-later
"""From the wire's channels to those a character shows, the same live and while baking.

The order is: calibration, gains, strength, mirror, smoothing, presence. Nothing that comes out is
ever NaN or infinite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .calibration import Calibration
from .layout_generated import MIRROR
from .messages import Channel
from .presence import Presence, PresenceConfig
from .smoothing import Smoothing

FloatArray = NDArray[np.float64]

MAX_FACTOR = 10.0
"""Of a gain and of the strength."""
MAX_TIME_S = 1e12
"""Beyond, and where it is none at all, a time counts as unchanged."""
JITTER_S = 0.1
"""Time that falls by less stands still; by more it is another run of the source."""


@dataclass(frozen=True)
class MotionSettings:
    """How one character follows its face.

    Attributes:
        gains: channel name → factor, 0..10; 1 for those not named. Left and right are the
            performer's.
        strength: 0..10, of all intensities; angles and position are taken times the lesser of it
            and 1, because a stronger face shall not look past what it looks at. 0 is rest.
        smoothing: 0 (none) to 1.
        mirror: exchange left and right.
        head: False keeps the head's channels at 0.
        on_lost: "FADE" to go to rest while the face is lost, "HOLD" to stay.
        calibration: of the performer; None if there is none.

    Raises:
        ValueError: a setting is out of range.
    """

    gains: Mapping[str, float] = field(default_factory=dict)
    strength: float = 1.0
    smoothing: float = 0.0
    mirror: bool = False
    head: bool = True
    on_lost: str = "FADE"
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        for name, factor in (*self.gains.items(), ("strength", self.strength)):
            if not 0.0 <= factor <= MAX_FACTOR:
                raise ValueError(f"factor of {name} is {factor}, expected 0 to {MAX_FACTOR:g}")
        if not 0.0 <= self.smoothing <= 1.0:
            raise ValueError(f"smoothing is {self.smoothing}, expected 0 to 1")
        if self.on_lost not in ("FADE", "HOLD"):
            raise ValueError(f"on_lost is {self.on_lost!r}, expected FADE or HOLD")


class Motion:
    """Follows one face for one character; ``copy.deepcopy`` of it goes on exactly alike.

    Args:
        channels: (C,) of the frames.
        eased_start: True live: the first face comes from rest. False shows it as it is, as a
            recorded file wants it.
    """

    def __init__(self, channels: Sequence[Channel], eased_start: bool = True) -> None:
        self._channels = tuple(channels)
        self._limits = _limits(self._channels)
        self._is_head = np.array([c.name.startswith("head_") for c in self._channels], bool)
        self._twins, self._signs = _mirror(self._channels)
        self._good = np.zeros(len(self._channels))
        self._smoothing = Smoothing(self._channels)
        self._presence = Presence(len(self._channels), eased_start=eased_start)
        self._lost_s: float | None = None
        self._time_s: float | None = None
        self._settings: MotionSettings | None = None

    def __call__(
        self, channels: ArrayLike | None, time_s: float, settings: MotionSettings
    ) -> FloatArray:
        """(C,) channels to show.

        Args:
            channels: (C,) of a frame as it came; None while the face is lost. Numbers that are
                not finite count as unchanged.
            time_s: the source's time.
            settings: may change from call to call.

        Raises:
            ValueError: channels are not (C,).
        """
        if settings is not self._settings and settings != self._settings:
            self._follow(settings)
        time_s = self._advance(time_s)
        if channels is None:
            self._lost_s = time_s if self._lost_s is None else self._lost_s
            shown = self._presence(None, time_s)
        else:
            self._forget_if_long_lost(time_s)
            shown = self._presence(self._smoothing(self._wanted(channels), time_s), time_s)
        return np.where(self._is_head, 0.0, shown) if not settings.head else shown

    def _follow(self, settings: MotionSettings) -> None:
        self._settings = settings
        self._factor = _factors(self._channels, settings)
        calibration = settings.calibration
        self._calibrator = None if calibration is None else calibration.on(self._channels)
        self._smoothing.set_strength(settings.smoothing)
        self._presence.config = PresenceConfig(fades=settings.on_lost == "FADE")

    def _wanted(self, channels: ArrayLike) -> FloatArray:
        """What the face shows now, for this character."""
        assert self._settings is not None
        values = np.asarray(channels, np.float64)
        if values.shape != self._good.shape:
            raise ValueError(f"channels are {values.shape}, expected {self._good.shape}")
        self._good = np.clip(np.where(np.isfinite(values), values, self._good), *self._limits)
        relative = self._good if self._calibrator is None else self._calibrator(self._good)
        values = relative * self._factor
        return self._signs * values[self._twins] if self._settings.mirror else values

    def _advance(self, time_s: float) -> float:
        """The time to go by, which never falls unless the source began anew."""
        last_s = self._time_s
        if not abs(time_s) <= MAX_TIME_S or (
            last_s is not None and 0 < last_s - time_s <= JITTER_S
        ):
            time_s = last_s or 0.0
        elif last_s is not None and time_s < last_s:
            self._smoothing.reset()
            self._presence.restart(time_s)
            self._lost_s = None
        self._time_s = time_s
        return time_s

    def _forget_if_long_lost(self, time_s: float) -> None:
        if self._lost_s is not None and time_s - self._lost_s > self._presence.config.hold_s:
            self._smoothing.reset()
        self._lost_s = None


def _factors(channels: Sequence[Channel], settings: MotionSettings) -> FloatArray:
    """(C,) gain times strength."""
    calm = min(settings.strength, 1.0)
    strength = [settings.strength if c.unit == "intensity" else calm for c in channels]
    return np.array(strength) * [settings.gains.get(c.name, 1.0) for c in channels]


def _limits(channels: Sequence[Channel]) -> tuple[FloatArray, FloatArray]:
    """(C,) lowest and highest that is believed: a range's length beyond the range."""
    low, high = np.array([(c.low, c.high) for c in channels], np.float64).reshape(-1, 2).T
    return low - (high - low), high + (high - low)


def _mirror(channels: Sequence[Channel]) -> tuple[NDArray[np.int64], FloatArray]:
    """Positions and signs: mirrored = signs * values[positions]; strangers stay as they are."""
    index = {channel.name: i for i, channel in enumerate(channels)}
    twins = [MIRROR.get(channel.name, (channel.name, 1.0)) for channel in channels]
    own = [(index.get(twin, i), sign) for i, (twin, sign) in enumerate(twins)]
    return np.array([i for i, _ in own], np.int64), np.array([sign for _, sign in own])
