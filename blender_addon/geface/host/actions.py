# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions in every Blender: plain F-curves up to 4.3, slots from 4.4, layers alone from 5.0.

What a Blender has is asked of its objects, not of its version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.errors import TargetError

FloatArray = NDArray[np.float64]
Number = tuple[str, int]
"""Data path and index of an animated number."""

MAX_NAME_BYTES = 63


def new_action(name: str) -> Any:
    """An action that stays in the file even when nothing uses it."""
    action = bpy.data.actions.new(name.encode()[:MAX_NAME_BYTES].decode(errors="ignore"))
    action.use_fake_user = True
    return action


class Curves:
    """Where the F-curves of one data-block in one action are made.

    Args:
        action: a new one; one action holds several data-blocks where Blender has slots.
        thing: data-block to animate.
        id_type: "OBJECT" or "KEY".
    """

    def __init__(self, action: Any, thing: Any, id_type: str) -> None:
        self.action, self._thing = action, thing
        self._slot = None
        self._home = action
        if has_slots(action):
            self._slot = action.slots.new(id_type=id_type, name=thing.name)
            self._home = _strip(action).channelbag(self._slot, ensure=True)

    def add(self, number: Number, group: str, frames: FloatArray, values: FloatArray) -> None:
        """One curve of straight lines.

        Args:
            number: what it animates.
            group: name of its group, "" for none.
            frames, values: (N,) each, frames rising.
        """
        curve = self._home.fcurves.new(number[0], index=number[1])
        if group:
            groups = self._home.groups
            curve.group = groups.get(group) or groups.new(group)
        set_keys(curve, frames, values)

    def play(self) -> None:
        """Make the action the one that the data-block plays."""
        animation = self._thing.animation_data
        animation.action = self.action
        if self._slot is not None:
            animation.action_slot = self._slot


def has_slots(action: Any) -> bool:
    """Whether this Blender's actions have slots (4.4 on)."""
    return hasattr(action, "slots")


def _strip(action: Any) -> Any:
    layer = action.layers[0] if len(action.layers) else action.layers.new("Layer")
    return layer.strips[0] if len(layer.strips) else layer.strips.new(type="KEYFRAME")


def set_keys(curve: Any, frames: FloatArray, values: FloatArray) -> None:
    """Fill an empty F-curve in bulk; handles are such that turning to Bézier does not overshoot."""
    count = len(frames)
    points = curve.keyframe_points
    points.add(count)
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(count, _value("interpolation", "LINEAR")))
    for side in ("handle_left_type", "handle_right_type"):
        points.foreach_set(side, np.full(count, _value(side, "AUTO_CLAMPED")))
    curve.update()


def _value(name: str, item: str) -> int:
    """Number of an enum's item of ``bpy.types.Keyframe``."""
    return int(bpy.types.Keyframe.bl_rna.properties[name].enum_items[item].value)


def played_numbers(thing: Any) -> set[Number]:
    """What a data-block's action animates of it; empty without one."""
    animation = thing.animation_data
    if animation is None or animation.action is None:
        return set()
    return {(curve.data_path, curve.array_index) for curve in _played_curves(animation)}


def _played_curves(animation: Any) -> Iterable[Any]:
    action = animation.action
    if not has_slots(action):
        return action.fcurves
    slot = animation.action_slot
    if slot is None:
        return ()
    bags = [s.channelbag(slot) for layer in action.layers for s in layer.strips]
    return [curve for bag in bags if bag for curve in bag.fcurves]


def refuse_linked(thing: Any) -> None:
    """Keyframes of another file's data-block would not be saved.

    Raises:
        TargetError: it is one.
    """
    if thing.library is not None:
        raise TargetError(
            f"{thing.name} is linked from {thing.library.name}, where keyframes cannot be put: "
            "make a library override of it (Object > Library Override > Make)"
        )


def make_room(thing: Any, numbers: set[Number], policy: str) -> str:
    """Free a data-block for a new action; its old one is never lost.

    Args:
        thing: data-block about to be animated.
        numbers: what the new action will animate.
        policy: "ASIDE" keeps the old action in the file with a fake user; "NLA" pushes it down
            into a track that goes on playing below the new one; "AUTO" pushes it down if it
            animates anything else, a body for instance.

    Returns:
        What became of the old action, for the user; "" if there was none.
    """
    animation = thing.animation_data or thing.animation_data_create()
    if animation.use_tweak_mode:  # while a strip is tweaked no action can be assigned
        animation.use_tweak_mode = False
    old = animation.action
    if old is None:
        return ""
    old.use_fake_user = True
    if policy == "NLA" or (policy == "AUTO" and played_numbers(thing) - numbers):
        _push_down(animation, old)
        return f"{old.name} goes on in the NLA"
    return f"{old.name} is kept in the file"


def _push_down(animation: Any, old: Any) -> None:
    """As the NLA editor's button does: a strip over the action's own frames, at its own place."""
    first, last = old.frame_range
    slot = getattr(animation, "action_slot", None)
    animation.action = None
    track = animation.nla_tracks.new()
    track.name = old.name
    strip = track.strips.new(old.name, int(np.floor(first)), old)
    strip.action_frame_start, strip.action_frame_end = first, last
    strip.frame_start = first
    strip.frame_end = last
    if slot is not None:
        strip.action_slot = slot
