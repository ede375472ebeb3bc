# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the head of ``rig/assets/head.blend`` by its sliders.

The sliders are custom properties of one bone, one a channel, and the file's own drivers make the
pose of them; the bones are not touched. Which bone it is is read off, so copies, linked and
overridden heads and renamed objects work alike.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.layout_generated import CHANNELS
from .tracks import Track, driven_numbers

FloatArray = NDArray[np.float64]

SLIDERS = tuple(name for name, unit, _, _ in CHANNELS if unit != "m")
"""The head's place before the camera has no slider."""
_USUAL_BONE = "head"
_TELLTALE = SLIDERS[0]


def slider_bone(rig: Any) -> str | None:
    """Name of the bone that bears the sliders, or None if the armature is not this head."""
    bones = rig.pose.bones
    usual = bones.get(_USUAL_BONE)
    if usual is not None and _TELLTALE in usual:
        return _USUAL_BONE
    return next((bone.name for bone in bones if _TELLTALE in bone), None)


def plan_sliders(rig: Any, bone: str, turns_head: bool) -> tuple[str, ...]:
    """Names of the sliders to write: those that are there and have no driver of the user's."""
    driven = {path for path, _ in driven_numbers(rig)}
    return tuple(
        name
        for name in SLIDERS
        if name in rig.pose.bones[bone]
        and slider_path(bone, name) not in driven
        and (turns_head or not name.startswith("head_"))
    )


def slider_path(bone: str, name: str) -> str:
    """Data path of a slider, from the armature object."""
    escaped = bpy.utils.escape_identifier
    return f'pose.bones["{escaped(bone)}"]["{escaped(name)}"]'


class SliderMover:
    """Sliders of an armature object; for use at once, because it holds Blender's references.

    Args:
        rig: the armature object.
        bone: that bears the sliders.
        names: of the sliders to write.
        channel_names: (C,) of the channels that will come.
    """

    def __init__(
        self, rig: Any, bone: str, names: tuple[str, ...], channel_names: tuple[str, ...]
    ) -> None:
        self._rig, self._bone, self._names = rig, rig.pose.bones[bone], names
        index = {name: column for column, name in enumerate(channel_names)}
        self._columns = [index[name] for name in names]

    def apply(self, channels: FloatArray) -> None:
        """Set the sliders to (C,) channels, and tag the rig once if any has changed."""
        bone, changed = self._bone, False
        for name, value in zip(self._names, channels[self._columns].tolist(), strict=True):
            if bone.get(name) != value:
                bone[name] = value
                changed = True
        if changed:
            # Custom properties do not tell the drivers, unlike Blender's own.
            self._rig.update_tag(refresh={"OBJECT"})

    def tracks(self, channels: FloatArray) -> list[Track]:
        """One track a slider, for (N, C) channels."""
        values = np.ascontiguousarray(channels[:, self._columns].T)
        return [
            Track(self._rig, "OBJECT", slider_path(self._bone.name, name), 0, row, self._bone.name)
            for name, row in zip(self._names, values, strict=True)
        ]
