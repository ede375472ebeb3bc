# SPDX-License-Identifier: GPL-3.0-or-later
"""Learns a performer's face: what it looks like at rest, and how far each movement goes.

The law is that of the server's own calibration (``geface_bridge/motion/calibration.py``), held to
it by a test; this one stays with the scene. Intensities are stretched so that rest n becomes 0
and the performer's full movement m becomes 1, ``(v - n) / (m - n)``; angles and position become
relative to rest, ``v - n``. Lids have no range: what shuts an eye must stay in step with the eye.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import GeFaceError
from .layout_generated import LAYOUT_ID
from .messages import Channel
from .smoothing import LID_AUS

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FORMAT, VERSION = "geface-calibration", 1
MAX_CHARACTERS = 1 << 16
MAX_RESTING_INTENSITY = 0.6
"""More than this at rest is not a resting face; rescaling would only amplify noise."""
MAX_RESTING_CLOSURE = 0.1
"""Of AU43: tired lids are lifted a little, but eyes shut during calibration stay shut."""
RANGE_PERCENTILE = 95.0
"""Of a channel's values while its range is taken: a spike of one frame is no range."""
MIN_RANGE, MAX_RANGE = 0.25, 1.25
"""Of what counts as a full movement: less would amplify noise, more is no intensity."""
MIN_MOVEMENT = 0.15
"""A channel that moved less beyond rest was not performed; its range stays as it is."""

MIN_SAMPLES = 5
MAX_LOST = 0.25
"""Share of the frames without a face at which a capture is not believed."""
MAX_SPREAD = 0.08
"""Of an intensity at rest: standard deviation, estimated so that single twitches do not count."""
MAX_WANDER_RAD = 0.06
"""Of the head at rest, estimated alike."""
MAX_WANDER_M = 0.05
MAX_VALUE = 100.0
MIN_SPAN = 0.1
"""Between rest and full movement in a text: dividing by less would amplify noise."""


class CalibrationError(GeFaceError):
    """A text is no calibration of this add-on; the message says why."""


@dataclass(frozen=True)
class Calibration:
    """What is known of one face, by channel name; what is not named is unknown.

    Attributes:
        neutral: channel at rest; 0 where nothing is known.
        maximum: intensity at the performer's full movement; 1 where nothing is known.
    """

    neutral: Mapping[str, float] = field(default_factory=dict)
    maximum: Mapping[str, float] = field(default_factory=dict)

    def on(self, channels: Sequence[Channel]) -> Calibrator:
        """Ready for (C,) channels in this order."""
        neutral = np.array([self.neutral.get(c.name, 0.0) for c in channels])
        maximum = np.array([self.maximum.get(c.name, 1.0) for c in channels])
        is_intensity = np.array([c.unit == "intensity" for c in channels], bool)
        low, high = np.array([(c.low, c.high) for c in channels], np.float64).reshape(-1, 2).T
        return Calibrator(neutral, np.where(is_intensity, maximum - neutral, 1.0), low, high)


@dataclass(frozen=True, eq=False)
class Calibrator:
    """A calibration as (C,) vectors."""

    neutral: FloatArray
    scale: FloatArray
    low: FloatArray
    high: FloatArray

    def __call__(self, values: ArrayLike) -> FloatArray:
        """(..., C) values of this performer, within the channels' ranges."""
        values = np.asarray(values, np.float64)
        return np.clip((values - self.neutral) / self.scale, self.low, self.high)


def learn_neutral(
    samples: ArrayLike, channels: Sequence[Channel], earlier: Calibration | None = None
) -> Calibration:
    """Rest from (N, C) raw channels of a resting face; ranges known earlier stay."""
    earlier = earlier or Calibration()
    neutral = np.minimum(np.median(np.asarray(samples, np.float64), axis=0), _caps(channels))
    known = {c.name: float(value) for c, value in zip(channels, neutral.tolist(), strict=True)}
    # A rest nearer to the full movement than MIN_RANGE pushes the latter up.
    maximum = {
        c.name: max(earlier.maximum.get(c.name, 1.0), known[c.name] + MIN_RANGE)
        for c in channels
        if c.unit == "intensity"
    }
    return Calibration(known, maximum)


def learn_range(
    samples: ArrayLike,
    channels: Sequence[Channel],
    earlier: Calibration | None = None,
    chosen: Collection[str] = (),
) -> Calibration:
    """Full movements from (N, C) raw channels of a performing face.

    Args:
        samples: of frames with a face.
        channels: (C,) what they are.
        earlier: whose rest is kept, and whose range where nothing was performed.
        chosen: channels to learn; () for all intensities. Lids are passed over.
    """
    earlier = earlier or Calibration()
    performed = _performed(np.asarray(samples, np.float64), channels, earlier, chosen)
    return Calibration(earlier.neutral, {**earlier.maximum, **performed})


def _performed(
    samples: FloatArray,
    channels: Sequence[Channel],
    earlier: Calibration,
    chosen: Collection[str],
) -> dict[str, float]:
    """Full movement of the channels that went clearly beyond rest."""
    reached = np.percentile(samples, RANGE_PERCENTILE, axis=0)
    found = {}
    for channel, value in zip(channels, reached.tolist(), strict=True):
        rest = earlier.neutral.get(channel.name, 0.0)
        if _has_range(channel, chosen) and value - rest >= MIN_MOVEMENT:
            found[channel.name] = min(max(value, rest + MIN_RANGE), MAX_RANGE)
    return found


def _caps(channels: Sequence[Channel]) -> FloatArray:
    caps = [MAX_RESTING_INTENSITY if c.unit == "intensity" else np.inf for c in channels]
    closes = [c.name.startswith("AU43") for c in channels]
    return np.where(closes, MAX_RESTING_CLOSURE, caps)


def _has_range(channel: Channel, chosen: Collection[str]) -> bool:
    wanted = not chosen or channel.name in chosen
    return wanted and channel.unit == "intensity" and not channel.name.startswith(LID_AUS)


# Capturing ---------------------------------------------------------------------------------------


class Capture:
    """Gathers raw frames for a while and makes a calibration of them, or says why not.

    Args:
        channels: (C,) of the frames.
        kind: "neutral" or "range".
        seconds: > 0; from the first frame on.
        earlier: what the new one is added to.
        chosen: of "range": which channels; () for all intensities.

    Attributes:
        result: the calibration, once it is there.
        refusal: why there is none, for people; "" while all is well.

    Raises:
        ValueError: another kind, or seconds is not > 0.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        kind: str,
        seconds: float,
        earlier: Calibration | None = None,
        chosen: Collection[str] = (),
    ) -> None:
        if kind not in ("neutral", "range") or not seconds > 0.0:
            raise ValueError(f"{kind!r} for {seconds} s, expected neutral or range for > 0")
        self.result: Calibration | None = None
        self.refusal = ""
        self._channels, self._kind, self._seconds = tuple(channels), kind, seconds
        self._earlier, self._chosen = earlier, tuple(chosen)
        self._samples: list[FloatArray] = []
        self._lost = 0
        self._began_s: float | None = None
        self._last_s = 0.0

    @property
    def done(self) -> bool:
        """Whether there is a result or a refusal; frames are ignored then."""
        return self.result is not None or bool(self.refusal)

    @property
    def progress(self) -> float:
        """Share of the time that has passed, 0..1."""
        if self.done or self._began_s is None:
            return float(self.done)
        return min(max((self._last_s - self._began_s) / self._seconds, 0.0), 1.0)

    def feed(self, values: ArrayLike | None, time_s: float) -> None:
        """Hand in a frame: (C,) raw channels, or None while the face is lost."""
        if self.done:
            return
        if self._began_s is None or time_s < self._last_s:  # another run of the source
            self._began_s, self._samples, self._lost = time_s, [], 0
        self._last_s = time_s
        if values is None or not np.isfinite(values).all():
            self._lost += 1
        else:
            self._samples.append(np.array(values, np.float64))
        if time_s - self._began_s >= self._seconds:
            self._finish()

    def _finish(self) -> None:
        samples = np.array(self._samples).reshape(-1, len(self._channels))
        self.refusal = self._doubt(samples)
        if not self.refusal:
            self.result = self._learn(samples)

    def _learn(self, samples: FloatArray) -> Calibration:
        if self._kind == "neutral":
            return learn_neutral(samples, self._channels, self._earlier)
        return learn_range(samples, self._channels, self._earlier, self._chosen)

    def _doubt(self, samples: FloatArray) -> str:
        total = len(samples) + self._lost
        if self._lost > MAX_LOST * total:
            return (
                f"The face was lost in {self._lost} of {total} frames. Sit in front of the camera "
                "in even light and try again."
            )
        if len(samples) < MIN_SAMPLES:
            return (
                f"Only {len(samples)} frames came in {self._seconds:g} s, at least {MIN_SAMPLES} "
                "are needed. See that the server sends, or take more time."
            )
        return self._unrest(samples) if self._kind == "neutral" else self._idleness(samples)

    def _unrest(self, samples: FloatArray) -> str:
        limits = np.array([_spread_limit(channel) for channel in self._channels])
        excess = _robust_spread(samples) / limits
        worst = int(excess.argmax())
        if excess[worst] <= 1.0:
            return ""
        return (
            f"The face did not rest: {self._channels[worst].name} moved {excess[worst]:.1f} times "
            "as much as a resting face does. Look at the camera, relax and try again."
        )

    def _idleness(self, samples: FloatArray) -> str:
        if _performed(samples, self._channels, self._earlier or Calibration(), self._chosen):
            return ""
        return (
            f"Nothing moved by more than {MIN_MOVEMENT:.0%} beyond rest. Perform the chosen "
            "movements as far as they go while this counts, and try again."
        )


def _spread_limit(channel: Channel) -> float:
    if channel.name.startswith(("AU43", "gaze")):  # everybody blinks and looks about
        return math.inf
    return {"intensity": MAX_SPREAD, "rad": MAX_WANDER_RAD}.get(channel.unit, MAX_WANDER_M)


def _robust_spread(samples: FloatArray) -> FloatArray:
    """(C,) standard deviation if it were normal: half of what the middle 68 % span."""
    low, high = np.percentile(samples, (15.87, 84.13), axis=0)
    return np.asarray((high - low) / 2.0)


# Text --------------------------------------------------------------------------------------------


def calibration_text(calibration: Calibration) -> str:
    """One line of JSON, to be kept with the scene; ``read_calibration`` gives the same back."""
    body = {
        "format": FORMAT,
        "format_version": VERSION,
        "layout_id": LAYOUT_ID,
        "neutral": dict(calibration.neutral),
        "maximum": dict(calibration.maximum),
    }
    return json.dumps(body, allow_nan=False)


def read_calibration(text: str) -> Calibration | None:
    """The calibration of a text; None of an empty one.

    Raises:
        CalibrationError: the text is something else, of another layout, or has numbers that no
            face can have.
    """
    if not text.strip():
        return None
    raw = _parsed(text)
    found = (raw.get("format"), raw.get("format_version"), raw.get("layout_id"))
    if found != (FORMAT, VERSION, LAYOUT_ID):
        raise CalibrationError(
            f"calibration is {str(found)[:120]}, expected {(FORMAT, VERSION, LAYOUT_ID)}; "
            "calibrate anew"
        )
    neutral, maximum = _numbers(raw, "neutral"), _numbers(raw, "maximum")
    for name, value in maximum.items():
        if value - neutral.get(name, 0.0) < MIN_SPAN:
            raise CalibrationError(f"calibration has no range left for {name}; calibrate anew")
    return Calibration(neutral, maximum)


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise CalibrationError(f"calibration has {len(text)} characters; calibrate anew")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CalibrationError(f"calibration is no JSON ({error}); calibrate anew") from error
    if not isinstance(raw, dict):
        raise CalibrationError("calibration is no JSON object; calibrate anew")
    return raw


def _numbers(raw: dict[str, Any], key: str) -> dict[str, float]:
    numbers = raw.get(key)
    if not isinstance(numbers, dict):
        raise CalibrationError(f"calibration has no {key!r}; calibrate anew")
    for name, value in numbers.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not -MAX_VALUE <= value <= MAX_VALUE:
            raise CalibrationError(f"calibration's {key} of {name[:40]} is no number of a face")
    return {name: float(value) for name, value in numbers.items()}
