# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of the calibration."""

import time

import bpy
from bpy.props import EnumProperty

from ..core.action_units import ACTION_UNITS
from ..host.calibrate import Request, calibrator, forget
from ..host.session import session
from .current import active_character


def _is_online() -> bool:
    return session.connected and session.status is not None and session.status.phase == "online"


class GEFACE_OT_calibrate(bpy.types.Operator):
    """Learn the performer's face, after the countdown"""

    bl_idname = "geface.calibrate"
    bl_label = "Calibrate"

    kind: EnumProperty(
        items=(
            ("neutral", "Neutral", "What the resting face shows becomes zero"),
            ("range", "Range", "How far this performer goes becomes one"),
        ),
        options={"HIDDEN"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.PropertyGroup) -> str:
        """The tooltip of each of the two buttons."""
        if properties.kind == "neutral":
            return "Relax your face and look at the camera: what it shows then becomes zero"
        return "Go as far as you can: what the face reaches becomes a full movement"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A face has to come in, and a character to keep what is learned."""
        if not _is_online():
            cls.poll_message_set("Connect first: the face is learned from the server's frames")
            return False
        in_scene = context.window_manager.geface.calibrate_at == "SCENE"
        if in_scene and active_character(context) is None:
            cls.poll_message_set("Add a character first: it keeps what is learned")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start; the panel shows how it goes."""
        calibrator.start(_request(context, self.kind), time.monotonic())
        return {"FINISHED"}


def _request(context: bpy.types.Context, kind: str) -> Request:
    chosen, character = context.window_manager.geface, active_character(context)
    performed = chosen.range_units if kind == "range" else set()
    units = tuple(unit for unit in ACTION_UNITS if unit.name in performed)
    return Request(
        kind=kind,
        at_server=chosen.calibrate_at == "SERVER",
        scene=context.scene.name,
        subject=character.subject if character else "",
        seconds=chosen.neutral_seconds if kind == "neutral" else chosen.range_seconds,
        countdown_s=chosen.countdown,
        units=tuple(unit.name for unit in units),
        chosen=tuple(channel for unit in units for channel in unit.channels),
    )


class GEFACE_OT_calibrate_cancel(bpy.types.Operator):
    """Give up; what was known before stays"""

    bl_idname = "geface.calibrate_cancel"
    bl_label = "Cancel"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """End it."""
        calibrator.cancel()
        return {"FINISHED"}


class GEFACE_OT_calibrate_clear(bpy.types.Operator):
    """Forget rest and range of the active character's face, where the switch above says"""

    bl_idname = "geface.calibrate_clear"
    bl_label = "Forget"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There has to be something."""
        if context.window_manager.geface.calibrate_at == "SERVER":
            if not _is_online():
                cls.poll_message_set("Connect first")
            return _is_online()
        character = active_character(context)
        if character is None or not character.calibration:
            cls.poll_message_set("Nothing is known of this face in this scene")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Forget, here or there."""
        character = active_character(context)
        at_server = context.window_manager.geface.calibrate_at == "SERVER"
        refusal = forget(context.scene.name, character.subject if character else "", at_server)
        if refusal:
            self.report({"ERROR"}, refusal)
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (GEFACE_OT_calibrate, GEFACE_OT_calibrate_cancel, GEFACE_OT_calibrate_clear)
