# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons: recording, and importing what was recorded."""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from ..core.errors import GeFaceError
from ..host.bake import Outcome, bake, settings_of
from ..host.record import Result, recorder, takes_folder
from ..host.session import session
from ..host.takes import import_take


def _enabled(scene: Any) -> list[Any]:
    return [character for character in scene.geface.characters if character.enabled]


def _tell(operator: bpy.types.Operator, outcome: Outcome, path: Path | None) -> set[str]:
    """Report what was baked; CANCELLED, so that there is nothing to undo, if nothing was."""
    if not outcome.last_frame:
        reason = ". ".join(outcome.problems) or "No character follows: add one, or tick Follow"
        kept = f". The take is kept: {path}" if path else ""
        operator.report({"ERROR"}, reason + kept)
        return {"CANCELLED"}
    if outcome.problems:
        operator.report({"WARNING"}, ". ".join(outcome.problems))
    end = _scene_end(bpy.context.scene, outcome)
    done = ". ".join([f"Baked to frame {outcome.last_frame:.0f}{end}", *outcome.done])
    operator.report({"INFO"}, done)
    return {"FINISHED"}


def _scene_end(scene: Any, outcome: Outcome) -> str:
    """Says so if playback ends before the keys do."""
    return f" (the scene ends at {scene.frame_end})" if outcome.last_frame > scene.frame_end else ""


class GEFACE_OT_record_start(bpy.types.Operator):
    """Record every frame of every face, until Stop makes keyframes of it"""

    bl_idname = "geface.record_start"
    bl_label = "Record"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only what is connected, one at a time, for somebody."""
        reasons = {
            "Connect first": not session.connected,
            "A recording is under way": recorder.state != "IDLE",
            "Add a character, or tick Follow": not _enabled(context.scene),
        }
        reason = next((text for text, holds in reasons.items() if holds), "")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Begin."""
        try:
            recorder.start(context.scene)
        except GeFaceError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class _WhileRecording:
    """An operator on the recording that is under way."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only while there is one."""
        if recorder.state == "IDLE":
            cls.poll_message_set("Nothing is being recorded")
        return recorder.state != "IDLE"


class GEFACE_OT_record_stop(_WhileRecording, bpy.types.Operator):
    """End the recording and make keyframes of it; one undo takes them back"""

    bl_idname = "geface.record_stop"
    bl_label = "Stop"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Stop and bake on every character that follows."""
        try:
            result = recorder.stop()
        except GeFaceError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        outcome = _bake(bpy.data.scenes.get(result.scene) or context.scene, result)
        recorder.say(f"Take: {recorder.path}" if recorder.path else "")
        return _tell(self, outcome, recorder.path)


def _bake(scene: Any, result: Result) -> Outcome:
    settings = settings_of(scene, result.start_frame, result.footage.begin_s)
    outcome = bake(result.footage, _enabled(scene), settings, result.motions)
    outcome.done += result.footage.notes
    return outcome


class GEFACE_OT_record_cancel(_WhileRecording, bpy.types.Operator):
    """End the recording and throw it away, its take file too"""

    bl_idname = "geface.record_cancel"
    bl_label = "Cancel"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first: nothing brings it back."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Throw it away."""
        recorder.cancel()
        return {"FINISHED"}


class GEFACE_OT_import_take(bpy.types.Operator):
    """Make keyframes of a recorded take (.geface) or of a table of geface-bridge (.csv, .jsonl)"""

    bl_idname = "geface.import_take"
    bl_label = "Import take"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.geface;*.csv;*.jsonl", options={"HIDDEN"})
    to: EnumProperty(
        name="To",
        description="Who gets the keyframes",
        items=(
            ("ALL", "All that follow", "Every character gets the face that it follows"),
            ("ACTIVE", "Active character", "The one that is chosen in the list"),
        ),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a character."""
        there = len(context.scene.geface.characters) > 0
        if not there:
            cls.poll_message_set("Add a character first")
        return there

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the file, first where recordings lie."""
        self.filepath = self.filepath or f"{takes_folder()}/"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read and bake."""
        scene, path = context.scene, Path(bpy.path.abspath(self.filepath))
        start = scene.frame_start if scene.geface.start == "SCENE" else scene.frame_current
        try:
            outcome = import_take(path, scene, self._characters(scene), start)
        except GeFaceError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return _tell(self, outcome, None)

    def _characters(self, scene: Any) -> list[Any]:
        if self.to == "ALL":
            return _enabled(scene)
        settings = scene.geface
        return list(settings.characters)[settings.active_character :][:1]


class GEFACE_OT_open_takes(bpy.types.Operator):
    """Open the folder in which recordings are kept"""

    bl_idname = "geface.open_takes"
    bl_label = "Recordings"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open it."""
        return bpy.ops.wm.path_open(filepath=str(takes_folder()))


CLASSES = (
    GEFACE_OT_record_start,
    GEFACE_OT_record_stop,
    GEFACE_OT_record_cancel,
    GEFACE_OT_import_take,
    GEFACE_OT_open_takes,
)
