# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons: connecting, the list of characters, their gains."""

import bpy

from ..core.action_units import ACTION_UNITS
from ..core.errors import GeFaceError
from ..host.compat import may_connect
from ..host.session import session
from .current import active_character, is_under_way

DRIVABLE = {"ARMATURE", "MESH"}


class GEFACE_OT_connect(bpy.types.Operator):
    """Receive faces from the address above; a server that is not there yet is waited for"""

    bl_idname = "geface.connect"
    bl_label = "Connect"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Not twice, and beyond this machine only where Blender allows it."""
        if is_under_way():
            cls.poll_message_set("Connected already")
            return False
        if not may_connect(context.scene.geface.url):
            cls.poll_message_set(
                "Another machine's address needs Preferences > System > Network > "
                "Allow Online Access"
            )
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the session."""
        try:
            session.connect(context.scene)
        except GeFaceError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class GEFACE_OT_disconnect(bpy.types.Operator):
    """Stop receiving; characters stay as they are"""

    bl_idname = "geface.disconnect"
    bl_label = "Disconnect"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only what is connected."""
        if not session.connected:
            cls.poll_message_set("Not connected")
        return session.connected

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End the session."""
        session.disconnect()
        return {"FINISHED"}


def fill_gains(character: bpy.types.PropertyGroup) -> None:
    """A gain of 1 for every intensity."""
    character.gains.clear()
    for unit in ACTION_UNITS:
        for channel in unit.channels:
            character.gains.add().channel = channel


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


class GEFACE_OT_character_add(bpy.types.Operator):
    """Add a character to the list; the active armature or mesh becomes its target"""

    bl_idname = "geface.character_add"
    bl_label = "Add character"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it and make it active."""
        settings, thing = context.scene.geface, context.object
        if thing is not None and thing.type not in DRIVABLE:
            thing = None
        taken = {character.name for character in settings.characters}
        character = settings.characters.add()
        character.name = _free_name(thing.name if thing else "Character", taken)
        character.target = thing
        fill_gains(character)
        settings.active_character = len(settings.characters) - 1
        return {"FINISHED"}


class _OfCharacter:
    """An operator on the active character."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with one."""
        if active_character(context) is None:
            cls.poll_message_set("Add a character first")
            return False
        return True


class GEFACE_OT_character_remove(_OfCharacter, bpy.types.Operator):
    """Take the character from the list; its objects stay as they are"""

    bl_idname = "geface.character_remove"
    bl_label = "Remove character"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        settings = context.scene.geface
        settings.characters.remove(settings.active_character)
        settings.active_character = max(0, settings.active_character - 1)
        return {"FINISHED"}


class GEFACE_OT_gains_reset(_OfCharacter, bpy.types.Operator):
    """Set the gain of every action unit of this character to 1"""

    bl_idname = "geface.gains_reset"
    bl_label = "Reset gains"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill them anew."""
        fill_gains(active_character(context))
        return {"FINISHED"}


CLASSES = (
    GEFACE_OT_connect,
    GEFACE_OT_disconnect,
    GEFACE_OT_character_add,
    GEFACE_OT_character_remove,
    GEFACE_OT_gains_reset,
)
