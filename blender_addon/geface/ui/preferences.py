# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: address for new scenes, connecting by itself, where takes lie."""

import bpy
from bpy.props import BoolProperty, StringProperty

from .properties import DEFAULT_URL

PACKAGE = __package__.rpartition(".")[0]


class GEFACE_preferences(bpy.types.AddonPreferences):
    """Edit > Preferences > Add-ons > GeFace."""

    bl_idname = PACKAGE

    default_url: StringProperty(
        name="Address",
        description="What scenes connect to that name no other address",
        default=DEFAULT_URL,
    )
    auto_connect: BoolProperty(
        name="Connect when Blender starts",
        description="Look for the server by itself; it is tried again until it is there",
        default=False,
    )
    takes_folder: StringProperty(
        name="Recordings",
        description="Folder for recorded takes; empty is the add-on's own folder",
        subtype="DIR_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Three rows."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "default_url")
        layout.prop(self, "auto_connect")
        layout.prop(self, "takes_folder")
        layout.label(text="The panel is in the 3D viewport's sidebar (N), tab GeFace", icon="INFO")


def preferences() -> "GEFACE_preferences | None":
    """The user's choices; None where the add-on was registered without being switched on."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


CLASSES = (GEFACE_preferences,)
