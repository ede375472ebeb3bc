# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VRM model says of itself where the VRM add-on for Blender imported it.

Its properties are read if they are there; without them names decide, as with any character.
"""

from __future__ import annotations

import re
from typing import Any

LOOKS = ("lookUp", "lookDown", "lookLeft", "lookRight")
EYES = ("leftEye", "rightEye")


def extension(rig: Any) -> Any:
    """The VRM 1.0 properties of an armature object, or None."""
    found = getattr(rig.data, "vrm_addon_extension", None) if rig is not None else None
    return getattr(found, "vrm1", None)


def human_bones(vrm: Any, names: tuple[str, ...]) -> dict[str, str]:
    """VRM's bone name, as "leftEye" → the armature's, for those names that are assigned."""
    bones = vrm.humanoid.human_bones
    found = {name: getattr(bones, _snake(name), None) for name in names}
    return {n: bone.node.bone_name for n, bone in found.items() if bone and bone.node.bone_name}


def expression_keys(vrm: Any, curves: tuple[str, ...]) -> dict[str, dict[str, dict[str, float]]]:
    """Mesh object → shape key → expression → how much the expression moves the key."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    for curve in curves:
        preset = getattr(vrm.expressions.preset, _snake(curve), None)
        for bind in preset.morph_target_binds if preset else ():
            keys = out.setdefault(bind.node.mesh_object_name, {})
            keys.setdefault(bind.index, {})[curve] = float(bind.weight)
    return out


def without_double_look(
    names: tuple[str, ...], curves: tuple[str, ...], eye_bones: bool, vrm: Any
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Bones and curves of a profile without those that would turn the eyes a second time.

    VRM's eyes are bones or expressions, by the model's ``lookAt.type``; where the model does not
    say, bones if it has them.
    """
    if not (set(EYES) <= set(names) and set(LOOKS) & set(curves)):
        return names, curves
    by_bone = vrm.look_at.type == "bone" if vrm is not None else eye_bones
    if by_bone:
        return names, tuple(curve for curve in curves if curve not in LOOKS)
    return tuple(name for name in names if name not in EYES), curves


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
