# SPDX-License-Identifier: GPL-3.0-or-later
"""From a character's properties to what core understands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..core.calibration import Calibration, read_calibration
from ..core.motion import MotionSettings


def motion_settings(character: Any) -> MotionSettings:
    """How the character's face is to follow; equal properties give equal settings.

    Raises:
        CalibrationError: the stored calibration cannot be read.
    """
    return MotionSettings(
        gains={gain.channel: gain.factor for gain in character.gains if gain.channel},
        strength=character.strength,
        smoothing=character.smoothing,
        mirror=character.mirror,
        head=character.use_head,
        on_lost=character.on_lost,
        calibration=_calibration(character.calibration),
    )


@lru_cache(maxsize=16)
def _calibration(text: str) -> Calibration | None:
    return read_calibration(text)
