"""Poses for Blender's asset browser: one a slider and a few expressions, as actions of sliders.

They key the sliders, not bones, so applying one in pose mode moves the sliders and everything
that hangs on them; a blend between poses is a blend of intensities. No action is assigned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import bpy

from rig.author.controls import SLIDER_BONE, slider_path
from rig.layout import Layout, load_layout


class Expression(NamedTuple):
    """Intensities by number of the action unit, both sides; all others are 0."""

    name: str
    intensities: dict[str, float]


# Prototypes of the FACS Investigator's Guide (Ekman, Friesen and Hager 2002), table 10-1, at
# intensities that this face shows without strain.
EXPRESSIONS = (
    Expression("neutral", {}),
    Expression("happiness", {"6": 0.8, "12": 0.9, "25": 0.3}),
    Expression("surprise", {"1": 0.9, "2": 0.9, "5": 0.6, "26": 0.7, "25": 0.4}),
    Expression("sadness", {"1": 0.8, "4": 0.5, "15": 0.7, "17": 0.3}),
    Expression("anger", {"4": 0.9, "5": 0.5, "7": 0.6, "23": 0.6}),
    Expression("fear", {"1": 0.8, "2": 0.5, "4": 0.5, "5": 0.8, "20": 0.7, "25": 0.4}),
    Expression("disgust", {"9": 0.8, "10": 0.5, "16": 0.3, "17": 0.3}),
)


def pose_values(layout: Layout) -> dict[str, dict[str, float]]:
    """Name of a pose → slider → value.

    A single action unit's pose sets its own slider alone, an expression's sets all intensities.
    """
    poses = {name: {name: 1.0} for name in layout.au_channel_names}
    for extra in (c for c in layout.channels if c.name.startswith("gaze")):
        axis = {"gaze_yaw": ("right", "left"), "gaze_pitch": ("up", "down")}[extra.name]
        limits = zip(axis, (extra.low, extra.high), strict=True)
        poses |= {f"gaze_{way}": {extra.name: limit} for way, limit in limits}
    for expression in EXPRESSIONS:
        values = dict.fromkeys(layout.au_channel_names, 0.0)
        for au in layout.all_aus:
            for channel in au.channels:
                values[channel] = expression.intensities.get(au.number, 0.0)
        poses[expression.name] = values
    return poses


def add(rig: Any) -> None:
    """Put the poses into the open file, marked as assets; sliders are left as they were."""
    layout = load_layout()
    labels = {channel: au.label for au in layout.all_aus for channel in au.channels}
    bone = rig.pose.bones[SLIDER_BONE]
    kept = rig.animation_data.action
    for name, values in pose_values(layout).items():
        action = bpy.data.actions.new(name)
        rig.animation_data.action = action
        for slider, value in values.items():
            before, bone[slider] = bone[slider], value
            rig.keyframe_insert(slider_path(slider), frame=1, group=SLIDER_BONE)
            bone[slider] = before
        _mark(action, labels.get(name, "expression" if len(values) > 1 else "gaze"))
    rig.animation_data.action = kept


def _mark(action: Any, description: str) -> None:
    action.asset_mark()
    action.asset_data.description = description
    action.asset_data.license = "CC0-1.0"
    action.asset_data.tags.new("face")
