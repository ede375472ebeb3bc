# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout's action units as a person reads them: one row each, left and right side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from .layout_generated import CHANNELS, LABELS, MIRROR

LIDS = ("AU05", "AU07", "AU43")
"""Their range is never learned: what opens and closes an eye must stay in step with the eye."""
LABEL_OF_PAIR = {"jaw to the": "jaw to the side"}


@dataclass(frozen=True)
class ActionUnit:
    """One action unit.

    Attributes:
        name: "AU12".
        label: "lip corner puller".
        channels: (left, right), or the only one where it has no sides.
    """

    name: str
    label: str
    channels: tuple[str, ...]

    @property
    def sided(self) -> bool:
        """Whether left and right are channels of their own."""
        return len(self.channels) == 2


@dataclass(frozen=True)
class Gaze:
    """A direction to look in.

    Attributes:
        name: "gaze_left", as profiles name its pose.
        label: for people.
        guide: how to pose it.
        channel: what drives it.
        at_full: the channel's value, in radians, when the eyes are as far as they go.
    """

    name: str
    label: str
    guide: str
    channel: str
    at_full: float


def _gazes() -> tuple[Gaze, ...]:
    """Positive yaw is to the character's left, positive pitch down."""
    ends = {name: (low, high) for name, _, low, high in CHANNELS}
    made = []
    for direction, channel, end in (
        ("left", "gaze_yaw", 1),
        ("right", "gaze_yaw", 0),
        ("up", "gaze_pitch", 0),
        ("down", "gaze_pitch", 1),
    ):
        angle = ends[channel][end]
        guide = f"Both eyes by {abs(math.degrees(angle)):.0f}° to the character's own {direction}"
        if channel == "gaze_pitch":
            guide = f"Both eyes {direction} by {abs(math.degrees(angle)):.0f}°"
        made.append(Gaze(f"gaze_{direction}", f"Gaze {direction}", guide, channel, angle))
    return tuple(made)


def _common_start(texts: Sequence[str]) -> str:
    letters = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in letters)


def _action_unit(channels: tuple[str, ...]) -> ActionUnit:
    name = _common_start(channels).rstrip("_")
    words = [LABELS[channel].partition(" ")[2] for channel in channels]
    label = _common_start(words).strip(" ,")
    return ActionUnit(name, LABEL_OF_PAIR.get(label, label), channels)


def _all() -> tuple[ActionUnit, ...]:
    pairs = {
        tuple(dict.fromkeys(sorted((name, MIRROR[name][0]))))  # left sorts before right
        for name, unit, _, _ in CHANNELS
        if unit == "intensity"
    }
    return tuple(sorted((_action_unit(pair) for pair in pairs), key=lambda unit: unit.name))


ACTION_UNITS = _all()
"""All of them, by number."""

GAZES = _gazes()
"""Left, right, up, down."""
