# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab "GeFace" in the 3-D view's sidebar."""

import textwrap

import bpy

from ..core.action_units import ACTION_UNITS
from ..core.layout_generated import CHANNELS
from ..core.messages import Frame
from ..host import posing
from ..host.calibrate import calibrator, known
from ..host.compat import may_connect
from ..host.record import recorder
from ..host.session import session
from .current import active_character, description, is_under_way
from .levels import HAS_PROGRESS, draw_bar

INDEX = {name: index for index, (name, *_) in enumerate(CHANNELS)}
PHASES = {
    "connecting": "Looking for the server",
    "online": "Connected",
    "waiting": "Waiting for the server",
    "refused": "Refused",
    "stopped": "Stopped",
}
PIXELS_A_LETTER = 6.3
NARROW = 230
"""Below this width of the sidebar, in Blender's units, action units go by number alone."""


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE"
) -> None:
    """A sentence, broken to the sidebar's width, with an icon before its first line."""
    letters = max(20, int((_width(context) - 70) / PIXELS_A_LETTER))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=icon if number == 0 or icon == "NONE" else "BLANK1")


class _Panel:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "GeFace"


class GEFACE_PT_connection(_Panel, bpy.types.Panel):
    """Address, state, several faces."""

    bl_label = "Connection"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Where to connect to, and how it is."""
        layout, settings = self.layout, context.scene.geface
        column = layout.column(align=True)
        column.enabled = not is_under_way()
        column.prop(settings, "url", text="")
        column.prop(context.window_manager.geface, "token")
        if settings.url.startswith("wss:"):
            column.prop(settings, "certificate")
        layout.operator("geface.disconnect" if is_under_way() else "geface.connect")
        if session.connected:
            self._draw_state(context)
        elif may_connect(settings.url):
            draw_text(layout, context, "Not connected. Start geface-bridge stream, then Connect.")
        else:
            text = "Another machine: allow it in Preferences > System > Network > Online Access."
            draw_text(layout, context, text, "ERROR")

    def _draw_state(self, context: bpy.types.Context) -> None:
        status = session.status
        if status is None:
            return
        icon = {"online": "CHECKMARK", "refused": "ERROR"}.get(status.phase, "TIME")
        text = status.text or PHASES.get(status.phase, status.phase)
        draw_text(self.layout, context, text, icon)
        if status.phase == "online":
            _draw_figures(self.layout, status.rate_hz, status.latency_s, status.dropped)
            _draw_faces(self.layout, status.hello.subjects if status.hello else ())
        for notice in status.notices[-2:]:
            level, _, words = notice.partition(": ")
            draw_text(self.layout, context, words, "INFO" if level == "info" else "ERROR")


def _draw_figures(
    layout: bpy.types.UILayout, rate_hz: float, latency_s: "float | None", dropped: int
) -> None:
    row = layout.row(align=True)
    row.label(text=f"{rate_hz:.0f} fps")
    row.label(text="… ms" if latency_s is None else f"{1000 * latency_s:.0f} ms")
    row.label(text=f"{dropped} dropped", icon="ERROR" if dropped else "NONE")


def _draw_faces(layout: bpy.types.UILayout, subjects: "tuple[str, ...]") -> None:
    """A line for each of several faces: whether it is seen."""
    for name in subjects if len(subjects) > 1 else ():
        frame = session.latest_frame(name)
        seen = frame is not None and frame.valid
        layout.label(text=name, icon="HIDE_OFF" if seen else "HIDE_ON")


class GEFACE_UL_characters(bpy.types.UIList):
    """The characters of the scene."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: bpy.types.AnyType,
        item: bpy.types.PropertyGroup,
        _icon_number: int,
        _active_data: bpy.types.AnyType,
        _active_property: str,
    ) -> None:
        """Follow or not, name, and a sign if it cannot be driven."""
        row = layout.row(align=True)
        row.prop(item, "enabled", text="")
        row.prop(item, "name", text="", emboss=False, icon=_icon(item))
        if item.name in session.problems:
            row.label(text="", icon="ERROR")


def _icon(character: bpy.types.PropertyGroup) -> str:
    if character.target is None:
        return "QUESTION"
    return "ARMATURE_DATA" if character.target.type == "ARMATURE" else "MESH_DATA"


class GEFACE_PT_characters(_Panel, bpy.types.Panel):
    """Who follows which face, and how."""

    bl_label = "Characters"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """The list, and the active one's settings."""
        settings = context.scene.geface
        row = self.layout.row()
        row.template_list(
            "GEFACE_UL_characters", "", settings, "characters", settings, "active_character", rows=2
        )
        column = row.column(align=True)
        column.operator("geface.character_add", text="", icon="ADD")
        column.operator("geface.character_remove", text="", icon="REMOVE")
        character = active_character(context)
        if character is None:
            text = "Select your character's armature, or its mesh with shape keys, and press +"
            draw_text(self.layout, context, text, "INFO")
        else:
            self._draw_character(context, character)

    def _draw_character(
        self, context: bpy.types.Context, character: bpy.types.PropertyGroup
    ) -> None:
        layout = self.layout.column()
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(character, "target")
        layout.prop(character, "profile")
        if character.profile == "CUSTOM":
            layout.prop(character, "profile_text")
        text, good = description(character)
        draw_text(layout, context, text, "CHECKMARK" if good else "ERROR")
        layout.prop(character, "subject")
        column = layout.column(align=True)
        column.prop(character, "strength", slider=True)
        column.prop(character, "smoothing", slider=True)
        layout.prop(character, "mirror")
        layout.prop(character, "on_lost")
        layout.prop(character, "use_head")
        _draw_head_bone(layout, character)


def _draw_head_bone(layout: bpy.types.UILayout, character: bpy.types.PropertyGroup) -> None:
    if character.use_head and character.target and character.target.type == "ARMATURE":
        layout.prop_search(character, "head_bone", character.target.data, "bones")


class GEFACE_PT_action_units(_Panel, bpy.types.Panel):
    """Bars of what the face does, and gains."""

    bl_label = "Action Units"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Levels or gains, a row for each action unit."""
        shown = context.window_manager.geface
        self.layout.row().prop(shown, "show", expand=True)
        if shown.show == "LEVELS":
            self._draw_levels(context)
        else:
            self._draw_gains(context)

    def _draw_levels(self, context: bpy.types.Context) -> None:
        column = self.layout.column(align=True)
        _draw_titles(column, context)
        for unit in ACTION_UNITS:
            cells = _cells(column, context, unit.name, unit.label)
            for channel in unit.channels:
                draw_bar(cells, context, channel)
        character = active_character(context)
        frame = session.latest_frame(character.subject if character else "")
        if frame is not None and frame.valid:
            _draw_angles(self.layout, frame)

    def _draw_gains(self, context: bpy.types.Context) -> None:
        character = active_character(context)
        if character is None:
            draw_text(self.layout, context, "Gains are a character's: add one above", "INFO")
            return
        gains = {gain.channel: gain for gain in character.gains}
        column = self.layout.column(align=True)
        _draw_titles(column, context)
        for unit in ACTION_UNITS:
            cells = _cells(column, context, unit.name, unit.label)
            for channel in unit.channels:
                if channel in gains:
                    cells.prop(gains[channel], "factor", text="", slider=True)
        self.layout.operator("geface.gains_reset")


def _width(context: bpy.types.Context) -> float:
    return context.region.width / context.preferences.system.ui_scale


def _cells(
    column: bpy.types.UILayout, context: bpy.types.Context, name: str, label: str
) -> bpy.types.UILayout:
    """Write what a row is about; returns where its one or two values go."""
    narrow = _width(context) < NARROW
    split = column.split(factor=0.28 if narrow else 0.5, align=True)
    split.label(text=name if narrow else f"{name[2:]} {label}")
    return split.row(align=True)


def _draw_titles(column: bpy.types.UILayout, context: bpy.types.Context) -> None:
    row = _cells(column, context, "", "")
    row.label(text="Left")
    row.label(text="Right")


def _draw_angles(layout: bpy.types.UILayout, frame: Frame) -> None:
    """Head and gaze, in degrees."""
    degrees = {
        name: 57.29578 * frame.channels[INDEX[name]] for name, unit, *_ in CHANNELS if unit == "rad"
    }
    layout.label(
        text="Head {head_yaw:+.0f}° {head_pitch:+.0f}° {head_roll:+.0f}°   "
        "gaze {gaze_yaw:+.0f}° {gaze_pitch:+.0f}°".format(**degrees)
    )


class GEFACE_PT_calibrate(_Panel, bpy.types.Panel):
    """Rest and range of the performer."""

    bl_label = "Calibrate"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """What to do, or how it goes."""
        layout, chosen = self.layout, context.window_manager.geface
        if calibrator.active:
            self._draw_running(context)
            return
        layout.row().prop(chosen, "calibrate_at", expand=True)
        layout.prop(chosen, "countdown")
        row = layout.row(align=True)
        row.operator("geface.calibrate", text="Neutral", icon="USER").kind = "neutral"
        row.prop(chosen, "neutral_seconds", text="")
        row = layout.row(align=True)
        row.operator("geface.calibrate", text="Range", icon="FULLSCREEN_ENTER").kind = "range"
        row.prop(chosen, "range_seconds", text="")
        layout.grid_flow(columns=4, align=True, row_major=True).prop(chosen, "range_units")
        layout.operator("geface.calibrate_clear", icon="X")
        self._draw_known(context)

    def _draw_running(self, context: bpy.types.Context) -> None:
        box = self.layout.box()
        draw_text(box, context, calibrator.text, "TIME")
        if HAS_PROGRESS:
            box.progress(factor=calibrator.progress, text=f"{calibrator.progress:.0%}")
        else:
            box.label(text=f"{calibrator.progress:.0%}")
        box.operator("geface.calibrate_cancel")

    def _draw_known(self, context: bpy.types.Context) -> None:
        character = active_character(context)
        if calibrator.text:
            icon = "ERROR" if calibrator.failed else "CHECKMARK"
            draw_text(self.layout, context, calibrator.text, icon)
        elif character is not None and character.calibration:
            draw_text(self.layout, context, _summary(context, character), "CHECKMARK")


def _summary(context: bpy.types.Context, character: bpy.types.PropertyGroup) -> str:
    calibration = known(context.scene.name, character.subject)
    if calibration is None:
        return "The stored calibration cannot be read; calibrate again"
    ranges = sum(value != 1.0 for value in calibration.maximum.values())
    return f"Rest known, range of {ranges} channels" if calibration.neutral else f"{ranges} ranges"


class GEFACE_PT_learn(_Panel, bpy.types.Panel):
    """Any character: pose an action unit, and it is learned."""

    bl_label = "Pose to Profile"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Choose, pose, learn, look."""
        layout, chosen = self.layout, context.window_manager.geface
        character = active_character(context)
        if character is None or not posing.is_posing(character):
            layout.operator("geface.pose_start", icon="POSE_HLT")
        else:
            self._draw_posing(context)
        column = layout.column(align=True)
        column.prop(chosen, "learn_pose", text="")
        row = column.row(align=True)
        row.enabled = posing.has_sides(chosen.learn_pose)
        row.prop(chosen, "learn_side", expand=True)
        column.operator("geface.learn", icon="IMPORT")
        column.operator("geface.learn_mirror", icon="MOD_MIRROR")
        layout.prop(chosen, "preview", slider=True)
        row = layout.row(align=True)
        row.operator("geface.profile_import", text="Import", icon="FILEBROWSER")
        row.operator("geface.profile_export", text="Export", icon="EXPORT")

    def _draw_posing(self, context: bpy.types.Context) -> None:
        box = self.layout.box()
        text = "The face lets go. Choose an action unit, pose it in full, and press Learn."
        draw_text(box, context, text, "INFO")
        row = box.row(align=True)
        row.operator("geface.pose_reset", icon="LOOP_BACK")
        row.operator("geface.pose_end", icon="CHECKMARK")


class GEFACE_PT_record(_Panel, bpy.types.Panel):
    """Takes and keys."""

    bl_label = "Record"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        """Start or stop, how keys are made, import."""
        layout = self.layout
        if recorder.state == "IDLE":
            layout.operator("geface.record_start", icon="REC")
        else:
            row = layout.row(align=True)
            row.operator("geface.record_stop", icon="SNAP_FACE")
            row.operator("geface.record_cancel", text="", icon="X")
        if recorder.text:
            draw_text(layout, context, recorder.text, "INFO")
        self._draw_settings(context)
        layout.operator("geface.import_take", icon="IMPORT")
        layout.operator("geface.open_takes", icon="FILE_FOLDER")

    def _draw_settings(self, context: bpy.types.Context) -> None:
        settings = context.scene.geface
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "resample")
        column.prop(settings, "start")
        column.prop(settings, "old_action")
        column.prop(settings, "simplify")
        if settings.simplify:
            column.prop(settings, "simplify_error")
        column.prop(settings, "sync_playback")


CLASSES = (
    GEFACE_UL_characters,
    GEFACE_PT_connection,
    GEFACE_PT_characters,
    GEFACE_PT_action_units,
    GEFACE_PT_calibrate,
    GEFACE_PT_learn,
    GEFACE_PT_record,
)
