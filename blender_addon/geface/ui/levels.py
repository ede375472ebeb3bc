# SPDX-License-Identifier: GPL-3.0-or-later
"""Bars that show how strong each action unit is now.

``UILayout.progress`` from Blender 4.0 on; before, sliders of properties that only read.
"""

from collections.abc import Callable

import bpy
from bpy.props import IntProperty, PointerProperty

from ..core.action_units import ACTION_UNITS
from ..core.layout_generated import CHANNELS
from ..host.session import session
from .current import active_character

INDEX = {name: index for index, (name, *_) in enumerate(CHANNELS)}


def level(channel: str, context: bpy.types.Context) -> float:
    """What the active character shows of a channel now, after calibration and gains.

    Without a character it is what the first face does; 0 without a face.
    """
    character = active_character(context)
    channels = session.shown(character.name) if character else session.latest_channels()
    return 0.0 if channels is None else float(channels[INDEX[channel]])


def draw_bar(layout: bpy.types.UILayout, context: bpy.types.Context, channel: str) -> None:
    """One bar, in percent."""
    if not HAS_PROGRESS:
        layout.prop(context.window_manager.geface_levels, channel, text="", slider=True)
        return
    value = level(channel, context)
    layout.progress(factor=min(max(value, 0.0), 1.0), text=f"{value:.0%}")


def _reader(channel: str) -> Callable[[bpy.types.PropertyGroup], int]:
    return lambda _group: round(100.0 * level(channel, bpy.context))


def _ignore(_group: bpy.types.PropertyGroup, _value: int) -> None:
    """A bar that is dragged stays where the face is."""


class Levels(bpy.types.PropertyGroup):
    """A property for each intensity, named as its channel."""

    __annotations__ = {
        channel: IntProperty(
            name=f"{unit.name} {unit.label}",
            description="How strong it is now",
            min=0,
            max=100,
            subtype="PERCENTAGE",
            get=_reader(channel),
            set=_ignore,
        )
        for unit in ACTION_UNITS
        for channel in unit.channels
    }


HAS_PROGRESS = "progress" in bpy.types.UILayout.bl_rna.functions


def register() -> None:
    """Make ``window_manager.geface_levels`` where it is needed."""
    if not HAS_PROGRESS:
        bpy.utils.register_class(Levels)
        bpy.types.WindowManager.geface_levels = PointerProperty(type=Levels)


def unregister() -> None:
    """Undo ``register``."""
    if not HAS_PROGRESS:
        del bpy.types.WindowManager.geface_levels
        bpy.utils.unregister_class(Levels)
