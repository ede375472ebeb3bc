# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between Blender 3.4 and 5.x, asked by feature and not by version."""

from __future__ import annotations

from typing import Any

import bpy

from ..core.websocket import stays_here

_BUSY_JOBS = ("RENDER", "OBJECT_BAKE")


def may_connect(url: str) -> bool:
    """Whether Blender lets us: beyond this machine its users must allow it, from 4.2 on."""
    return bool(getattr(bpy.app, "online_access", True)) or stays_here(url)


def is_rendering() -> bool:
    """Whether a render reads the scene in a thread of its own, so that nobody may write to it."""
    asked = getattr(bpy.app, "is_job_running", None)
    return asked is not None and any(asked(job) for job in _BUSY_JOBS)


def is_playing() -> bool:
    """Whether a window plays the timeline."""
    return any(screen.is_animation_playing for screen in bpy.data.screens)


def key_of(thing: Any) -> tuple[str, str]:
    """Name and library of a data-block: what finds it again after undo."""
    library = thing.library
    return thing.name, library.filepath if library else ""


def find(collection: Any, key: tuple[str, str]) -> Any:
    """The data-block of a key in one of ``bpy.data``'s collections, or None."""
    name, library = key
    return collection.get((name, library or None))
