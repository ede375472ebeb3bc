# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of "Pose to profile"."""

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..core.errors import GeFaceError
from ..core.profile import profile_text, read_profile
from ..host import posing
from .current import active_character


class _Posing:
    """An operator on the active character that may be refused."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a target."""
        character = active_character(context)
        if character is None or character.target is None:
            cls.poll_message_set("Add a character and choose its target first")
            return False
        return True

    def attempt(
        self, context: bpy.types.Context, what: "Callable[[bpy.types.PropertyGroup], str | None]"
    ) -> set[str]:
        """Do it and say what came of it."""
        try:
            said = what(active_character(context))
        except GeFaceError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except OSError as error:
            self.report({"ERROR"}, f"{error.filename}: {error.strerror}; choose another file")
            return {"CANCELLED"}
        if said:
            self.report({"INFO"}, said)
        return {"FINISHED"}


class GEFACE_OT_pose_start(_Posing, bpy.types.Operator):
    """Let go of the face and take the present pose as rest; what you move from now on counts"""

    bl_idname = "geface.pose_start"
    bl_label = "Start posing"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remember how it stands."""
        return self.attempt(context, posing.start)


class GEFACE_OT_pose_end(_Posing, bpy.types.Operator):
    """Back to rest, and follow the face again"""

    bl_idname = "geface.pose_end"
    bl_label = "Done"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End it."""
        context.window_manager.geface.preview = 0.0
        return self.attempt(context, posing.end)


class GEFACE_OT_pose_reset(_Posing, bpy.types.Operator):
    """Put bones and shape keys back as they were when posing began"""

    bl_idname = "geface.pose_reset"
    bl_label = "Back to rest"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put everything back."""
        return self.attempt(context, posing.back_to_rest)


class GEFACE_OT_learn(_Posing, bpy.types.Operator):
    """Make what is posed now this action unit's full expression; the pose goes back to rest"""

    bl_idname = "geface.learn"
    bl_label = "Learn"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only while posing."""
        if not super().poll(context):
            return False
        if not posing.is_posing(active_character(context)):
            cls.poll_message_set("Press Start posing, move bones or shape keys, then Learn")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the entry, and be ready for the next."""
        chosen = context.window_manager.geface
        chosen.preview = 0.0 if chosen.preview else chosen.preview

        def learn(character: bpy.types.PropertyGroup) -> str:
            learned = posing.learn(character, chosen.learn_pose, chosen.learn_side)
            posing.back_to_rest(character)
            return f"Learned {learned}"

        return self.attempt(context, learn)


class GEFACE_OT_learn_mirror(_Posing, bpy.types.Operator):
    """Give the other side the mirror image of what this side has"""

    bl_idname = "geface.learn_mirror"
    bl_label = "Mirror to the other side"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only of what has sides."""
        if not super().poll(context):
            return False
        chosen = context.window_manager.geface
        if not posing.has_sides(chosen.learn_pose) or chosen.learn_side == "BOTH":
            cls.poll_message_set("Choose an action unit with sides, and the side to take it from")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the other side's entry."""
        chosen = context.window_manager.geface
        return self.attempt(
            context, lambda who: posing.mirror(who, chosen.learn_pose, chosen.learn_side)
        )


class GEFACE_OT_profile_export(_Posing, bpy.types.Operator, ExportHelper):
    """Write the active character's profile into a file, for other scenes and programs"""

    bl_idname = "geface.profile_export"
    bl_label = "Export profile"
    bl_options = {"REGISTER"}

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it."""

        def write(character: bpy.types.PropertyGroup) -> str:
            text = profile_text(posing.profile_of(character))
            Path(self.filepath).write_text(text, encoding="utf-8")
            return f"Wrote {self.filepath}"

        return self.attempt(context, write)


class GEFACE_OT_profile_import(_Posing, bpy.types.Operator, ImportHelper):
    """Read a profile from a file into this .blend and let it drive the active character"""

    bl_idname = "geface.profile_import"
    bl_label = "Import profile"

    filename_ext = ".json"
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it; a file that is no profile changes nothing."""

        def read(character: bpy.types.PropertyGroup) -> str:
            text = Path(self.filepath).read_text(encoding="utf-8", errors="replace")
            profile = read_profile(text)
            posing.give(character, profile)
            return f"{character.name} is driven by {profile.target}"

        return self.attempt(context, read)


CLASSES = (
    GEFACE_OT_pose_start,
    GEFACE_OT_pose_end,
    GEFACE_OT_pose_reset,
    GEFACE_OT_learn,
    GEFACE_OT_learn_mirror,
    GEFACE_OT_profile_export,
    GEFACE_OT_profile_import,
)
