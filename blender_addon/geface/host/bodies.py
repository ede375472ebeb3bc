# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a character: from the one object that the user chose to rig and meshes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..core.errors import TargetError
from .bones import rest_numbers
from .compat import find, key_of
from .keys import key_names

BUSY_MODES = {"EDIT", "SCULPT"}


@dataclass(frozen=True)
class Body:
    """Objects of one character; for use at once, because these are Blender's references.

    Attributes:
        rig: armature object, or None.
        meshes: mesh objects with shape keys; each set of keys once.
    """

    rig: Any
    meshes: tuple[Any, ...]

    @property
    def busy(self) -> str:
        """Why the character must be left alone now; "" if it need not."""
        for thing in (self.rig, *self.meshes):
            if thing is not None and thing.mode in BUSY_MODES:
                return f"{thing.name} waits: it is in {thing.mode.capitalize()} Mode"
        return ""

    def keys(self) -> tuple[tuple[str, str], ...]:
        """Keys of all objects, the rig's first, by which ``found_again`` finds them."""
        return tuple(key_of(thing) for thing in (self.rig, *self.meshes) if thing is not None)

    def state(self) -> tuple[object, ...]:
        """Equal as long as nothing has changed on which a plan for this body rests."""
        rest = rest_numbers(self.rig).tobytes() if self.rig is not None else b""
        data = [self.rig, *(mesh.data.shape_keys for mesh in self.meshes)]
        drivers = [len(d.animation_data.drivers) if d and d.animation_data else 0 for d in data]
        counts = [len(mesh.data.shape_keys.key_blocks) for mesh in self.meshes]
        return rest, drivers, counts, len(bpy.data.objects)


def find_body(thing: Any) -> Body:
    """The character that an armature or a mesh belongs to.

    A mesh with shape keys stands for itself and its rig; an armature, or a mesh without keys, for
    all meshes that the rig holds.

    Raises:
        TargetError: there is neither rig nor shape key.
    """
    rig = thing if thing.type == "ARMATURE" else _rig_of(thing)
    if key_names(thing):
        return Body(rig, (thing,))
    if rig is None:
        raise TargetError(
            f"{thing.name} has neither shape keys nor an armature; choose the character's "
            "armature, or its mesh with shape keys"
        )
    return Body(rig, tuple(_meshes_of(rig)))


def found_again(keys: tuple[tuple[str, str], ...], has_rig: bool) -> Body | None:
    """The body of these keys; None if one of its objects, or its shape keys, is gone."""
    things = [find(bpy.data.objects, key) for key in keys]
    rig, meshes = (things[0], things[1:]) if has_rig else (None, things)
    if None in things or not all(key_names(mesh) for mesh in meshes):
        return None
    return Body(rig, tuple(meshes))


def _rig_of(mesh: Any) -> Any:
    found = mesh.find_armature()
    parent = mesh.parent
    while found is None and parent is not None:
        found = parent if parent.type == "ARMATURE" else None
        parent = parent.parent
    return found


def _meshes_of(rig: Any) -> Iterator[Any]:
    seen = set()
    for thing in bpy.data.objects:
        if key_names(thing) and _rig_of(thing) == rig:
            keys = key_of(thing.data.shape_keys)
            if keys not in seen:
                seen.add(keys)
                yield thing
