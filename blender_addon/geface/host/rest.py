# SPDX-License-Identifier: GPL-3.0-or-later
"""An armature at rest: where its bones are, which way it faces, how large its face is.

No bpy: ``bones.read_rest`` fills it in Blender. Armatures from other programs may be y-up or in
centimetres, so axes and size are read off the bones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.names import LEFT, RIGHT, mirrored_name, side_of
from ..core.rotations import CHARACTER_FROM_BLENDER

FloatArray = NDArray[np.float64]

# Makers' words around an eyeball's name, and what is left of it then.
_PREFIX = re.compile(r"^(.*[:|])|^(def|org|mch|bip\d*|j|cc_base|facial|adj|bn|bone)[-_. ]+", re.I)
_SIDE = re.compile(r"^(left|right|l|r)(?=eye|face)|(?<=eye|all)(left|right|l|r)$")
_EYES = {"eye", "eyeball", "faceeye"}
_DEEPER = ("MCH-", "DEF-", "ORG-")  # Rigify's own


@dataclass(frozen=True)
class Rest:
    """Bones of an armature at rest.

    Attributes:
        names: (B,) of the bones.
        matrices: (B, 4, 4) armature_from_bone.
        parents: (B,) rows of the parents, -1 for none.
        local: (B,) "Local Location" of the bones.
    """

    names: tuple[str, ...]
    matrices: FloatArray
    parents: tuple[int, ...]
    local: tuple[bool, ...]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Name → row."""
        return {name: row for row, name in enumerate(self.names)}

    @cached_property
    def armature_from_bone(self) -> FloatArray:
        """(B, 3, 3) rest rotations, without the rounding of single precision."""
        left, _, right = np.linalg.svd(self.matrices[:, :3, :3])
        return np.asarray(left @ right)

    @cached_property
    def armature_from_location(self) -> FloatArray:
        """(B, 3, 3) axes in which bones take their locations.

        Their own; with "Local Location" off their parent's, and the armature's without a parent.
        """
        out = self.armature_from_bone.copy()
        for row, (local, parent) in enumerate(zip(self.local, self.parents, strict=True)):
            if not local:
                out[row] = self.armature_from_bone[parent] if parent >= 0 else np.eye(3)
        return out

    def character_from_armature(self, head_bone: str | None) -> FloatArray:
        """(3, 3) from the armature's axes to x left, y up, z forward, a swap of axes.

        Left is where the bones named left are; up is from the root to the head. Where the bones do
        not say, it is Blender's custom: z up, facing -y.
        """
        left = _nearest_axis(self._leftward())
        up = _nearest_axis(self._upward(head_bone))
        custom = CHARACTER_FROM_BLENDER
        left = custom[0] if left is None else left
        up = custom[1] if up is None else up
        if abs(left @ up) > 0.5:
            return custom.copy()
        return np.stack([left, up, np.cross(left, up)])

    def eye_distance(self) -> float | None:
        """Between the heads of the bones of both eyeballs, in the armature's units; or None."""
        left, right = self._eye(LEFT), self._eye(RIGHT)
        if left is None or right is None:
            return None
        return float(np.linalg.norm(left - right)) or None

    def _leftward(self) -> FloatArray:
        ways = [
            self.matrices[row, :3, 3] - self.matrices[self.rows[twin], :3, 3]
            for row, name in enumerate(self.names)
            if side_of(name) == LEFT and (twin := mirrored_name(name, self.rows)) is not None
        ]
        return np.sum(ways, axis=0) if ways else np.zeros(3)

    def _upward(self, head_bone: str | None) -> FloatArray:
        row = self.rows.get(head_bone or "", -1)
        root = row
        while root >= 0 and self.parents[root] >= 0:
            root = self.parents[root]
        if root == row:
            return np.zeros(3)
        return np.asarray(self.matrices[row, :3, 3] - self.matrices[root, :3, 3])

    def _eye(self, side: str) -> FloatArray | None:
        names = [name for name in self.names if side_of(name) == side and _is_eye(name)]
        # Rigify's eye.L is what the eye looks at; the eyeball's own bones are beneath.
        names.sort(key=lambda name: (not name.startswith(_DEEPER), len(name), name))
        return np.asarray(self.matrices[self.rows[names[0]], :3, 3]) if names else None


def _is_eye(name: str) -> bool:
    bare, before = name, ""
    while bare != before:
        before, bare = bare, _PREFIX.sub("", bare)
    return _SIDE.sub("", re.sub(r"[^a-z]", "", bare.lower())) in _EYES


def _nearest_axis(way: FloatArray) -> FloatArray | None:
    """The unit axis (3,) that is nearest to a direction; None if it has none or is between two."""
    axis = int(np.argmax(np.abs(way)))
    if np.abs(way[axis]) < 1e-6 or np.abs(way[axis]) < 0.8 * np.linalg.norm(way):
        return None
    return np.asarray(np.sign(way[axis]) * np.eye(3)[axis])
