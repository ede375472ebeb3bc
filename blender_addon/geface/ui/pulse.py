# SPDX-License-Identifier: GPL-3.0-or-later
"""A calm timer beside the session's: draws the panel anew and moves a calibration on.

It runs twice a second and looks whether there is anything to do; ten times while connected. Only
sidebars are redrawn, the viewport redraws itself where something moved.
"""

import time

import bpy
from bpy.app.handlers import persistent

from ..host import posing
from ..host.calibrate import calibrator
from ..host.session import session
from .preferences import preferences
from .properties import DEFAULT_URL

BUSY_S, IDLE_S = 0.1, 0.5

_state = {"was_busy": False, "asked_to_connect": False}


def pulse() -> float:
    """One beat; returns the seconds to the next."""
    calibrator.advance(time.monotonic())
    _start_up()
    busy = session.connected or calibrator.active
    if busy or _state["was_busy"]:
        redraw_sidebars()
    _state["was_busy"] = busy
    return BUSY_S if busy else IDLE_S


def redraw_sidebars() -> None:
    """Every open 3-D view's sidebar."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI" and region.width > 1:
                        region.tag_redraw()


def _start_up() -> None:
    """Do as the preferences say, once the first scene is there."""
    chosen, scene = preferences(), bpy.context.scene
    if chosen is None or scene is None:
        return
    if chosen.default_url != DEFAULT_URL and not scene.geface.is_property_set("url"):
        scene.geface.url = chosen.default_url
    if chosen.auto_connect and not _state["asked_to_connect"] and not session.connected:
        bpy.ops.geface.connect()
    _state["asked_to_connect"] = True


@persistent
def _forget_file(*_arguments: object) -> None:
    """Another file was opened: what was under way was about the old one."""
    calibrator.cancel()
    posing.forget()


def register() -> None:
    """Start beating; a new file does not stop it."""
    bpy.app.handlers.load_post.append(_forget_file)
    bpy.app.timers.register(pulse, first_interval=IDLE_S, persistent=True)


def unregister() -> None:
    """Stop, and give up what is under way."""
    _forget_file()
    if _forget_file in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_forget_file)
    _state.update(was_busy=False, asked_to_connect=False)
    if bpy.app.timers.is_registered(pulse):
        bpy.app.timers.unregister(pulse)
