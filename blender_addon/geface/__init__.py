# SPDX-License-Identifier: GPL-3.0-or-later
"""GeFace: a face from geface-bridge on any character, live and as keyframes.

One package for both ways in: an extension (Blender 4.2 on, ``blender_manifest.toml``) and a legacy
add-on (3.4 on, ``bl_info``). ``core`` knows no bpy, ``host`` moves characters, ``ui`` is the panel.
Nothing here imports bpy before Blender calls: ``core`` is used and tested without.
"""

bl_info = {
    "name": "GeFace",
    "description": "A face from a webcam on any character, live and as keyframes",
    "author": "geface-bridge",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D Viewport > Sidebar > GeFace",
    "category": "Animation",
}


def register() -> None:
    """Called by Blender when the add-on is switched on."""
    from . import ui
    from .host import record, session

    ui.register()
    session.register()
    record.register()


def unregister() -> None:
    """Called by Blender when the add-on is switched off; leaves no thread, socket or timer."""
    from . import ui
    from .host import record, session

    record.unregister()
    session.unregister()
    ui.unregister()
