# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel is about now: the active character, and what is said about it."""

import time

import bpy

from ..core.errors import GeFaceError
from ..host import targets
from ..host.session import session

FRESH_S = 1.0
"""A description is drawn ten times a second, and looked up once."""

_descriptions: dict[str, tuple[float, str, bool]] = {}


def is_under_way() -> bool:
    """Whether a connection stands or is tried for; one that was refused is not."""
    status = session.status
    return session.connected and (status is None or status.phase != "refused")


def active_character(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """The chosen one of ``scene.geface.characters``; None if there is none."""
    settings = context.scene.geface
    index = settings.active_character
    return settings.characters[index] if 0 <= index < len(settings.characters) else None


def description(character: bpy.types.PropertyGroup) -> tuple[str, bool]:
    """What drives a character and what it lacks, or why it cannot be driven; whether it can."""
    problem = session.problems.get(character.name)
    if problem:
        return problem, False
    if character.target is None:
        return "Choose an armature, or a mesh with shape keys", False
    key = "\0".join((character.name, character.target.name_full, character.profile))
    now_s = time.monotonic()
    known = _descriptions.get(key)
    if known is None or now_s - known[0] > FRESH_S:
        known = (now_s, *_looked_up(character))
        _descriptions.clear()
        _descriptions[key] = known
    return known[1:]


def _looked_up(character: bpy.types.PropertyGroup) -> tuple[str, bool]:
    try:
        return targets.resolve(character).summary, True
    except GeFaceError as error:
        return str(error), False
