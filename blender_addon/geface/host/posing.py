# SPDX-License-Identifier: GPL-3.0-or-later
"""Pose to profile: what the user poses for an action unit becomes its entry in the profile.

A profile that is learned lives in a text of the file, as the same JSON as ``profiles/``. What
counts is what changed since "Start posing", so that a body in its pose and shapes that make up a
person stay out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.action_units import ACTION_UNITS, GAZES
from ..core.errors import GeFaceError, ProfileError, TargetError
from ..core.layout_generated import CHANNELS
from ..core.learn import empty_profile, fit, learned, learned_pair, match_names, mirrored, renamed
from ..core.profile import Profile, profile_text
from . import targets
from .bodies import Body, find_body
from .bones import read_deltas, read_rest, size_of
from .keys import key_names
from .profiles import profile_in

FloatArray = NDArray[np.float64]
LEAST_CHANGE = 1e-4
_AUS = {unit.name: unit for unit in ACTION_UNITS}
_GAZES = {gaze.name: gaze for gaze in GAZES}
_BONE_PROPERTIES = (
    "location",
    "rotation_quaternion",
    "rotation_euler",
    "rotation_axis_angle",
    "scale",
)


def movements_of(pose: str, side: str) -> tuple[str, ...]:
    """The movements that a choice in the panel means: one, or left and right."""
    if pose in _GAZES:
        return (pose,)
    channels = _AUS[pose].channels
    return channels if side == "BOTH" else channels[-1:] if side == "RIGHT" else channels[:1]


def has_sides(pose: str) -> bool:
    """Whether left and right are learned apart."""
    return pose in _AUS and _AUS[pose].sided


@dataclass(frozen=True)
class _Rest:
    """How a character stood when posing began: what was read of it, and how to put it back."""

    bones: dict[str, FloatArray] = field(default_factory=dict)
    curves: dict[str, float] = field(default_factory=dict)
    numbers: tuple[tuple[str, tuple[tuple[float, ...], ...]], ...] = ()
    keys: tuple[tuple[str, str, float], ...] = ()


_rests: dict[str, _Rest] = {}


def is_posing(character: Any) -> bool:
    """Whether posing has begun; who lets the character follow again ends it."""
    return character.name in _rests and not character.enabled


def start(character: Any) -> None:
    """Let go of the face, which goes to rest, and remember how the character stands then.

    Raises:
        TargetError: there is nothing to pose.
        ProfileError: the character's text is no profile, or it is the own head.
    """
    body = _body(character)
    with suppress(TargetError):  # nothing fits yet: then nothing has moved it either
        targets.resolve(character).rest()
    reading = _reading(character, body)
    character.enabled = False
    _rests[character.name] = _Rest(
        reading.bones, reading.curves, _bone_numbers(body), _key_values(body)
    )


def end(character: Any) -> None:
    """Back to rest, and follow the face again.

    Raises:
        TargetError: the character is gone.
    """
    back_to_rest(character)
    _rests.pop(character.name, None)
    character.enabled = True


def forget() -> None:
    """Another file was opened: nobody is posing."""
    _rests.clear()


def back_to_rest(character: Any) -> None:
    """Everything as it was when posing began.

    Raises:
        TargetError: the character is gone.
    """
    rest, body = _rests.get(character.name, _Rest()), _body(character)
    for name, values in rest.numbers if body.rig else ():
        bone = body.rig.pose.bones.get(name)
        if bone is not None:
            for attribute, value in zip(_BONE_PROPERTIES, values, strict=True):
                setattr(bone, attribute, value)
    blocks = {mesh.name: mesh.data.shape_keys.key_blocks for mesh in body.meshes}
    for mesh_name, name, value in rest.keys:
        block = blocks[mesh_name].get(name) if mesh_name in blocks else None
        if block is not None:
            block.value = value


def learn(character: Any, pose: str, side: str) -> str:
    """Take what changed since rest as the entry; returns what was learned, for people.

    Raises:
        TargetError: nothing was posed.
        ProfileError: the character's text is no profile.
    """
    bones, curves = _changes(character)
    if not bones and not curves:
        raise TargetError("nothing is posed: move bones or shape keys, then Learn")
    gaze, movements = _GAZES.get(pose), movements_of(pose, side)
    weight = abs(gaze.at_full) if gaze else 1.0
    learn_it = learned_pair if len(movements) > 1 else learned
    _change(character, lambda profile: learn_it(profile, movements[0], bones, curves, weight))
    return f"{' and '.join(movements)}: {len(bones)} bones, {len(curves)} shape keys"


def mirror(character: Any, pose: str, side: str) -> str:
    """Give the other side the mirrored entry; returns what it was, for people.

    Raises:
        ProfileError: there is none, or it has no other side.
    """
    (movement,) = movements_of(pose, side)
    names = _names(_body(character))
    _change(character, lambda profile: mirrored(profile, movement, *names))
    return f"{movement} mirrored to the other side"


def preview(scene: Any, pose: str, side: str, weight: float) -> None:
    """Show the active character with one entry at ``weight`` and all else at rest.

    Called while a slider is dragged: a character that cannot be driven stays as it is, the panel
    says why.
    """
    settings = scene.geface
    if not 0 <= settings.active_character < len(settings.characters):
        return
    channels = np.zeros(len(CHANNELS))
    index = {name: number for number, (name, *_) in enumerate(CHANNELS)}
    gaze = _GAZES.get(pose)
    if gaze:
        channels[index[gaze.channel]] = weight * gaze.at_full
    else:
        for movement in movements_of(pose, side):
            channels[index[movement]] = weight
    try:
        targets.resolve(settings.characters[settings.active_character]).apply(channels)
    except GeFaceError:
        return


def profile_of(character: Any) -> Profile:
    """The profile that drives a character now, in the character's names; empty where none fits.

    Raises:
        TargetError: the target is gone, or neither armature nor keyed mesh.
        ProfileError: the character's text is no profile, or it is the own head.
    """
    if character.profile == "CUSTOM" and character.profile_text is not None:
        return profile_in(character.profile_text)
    try:
        profile = targets.resolve(character).profile
    except TargetError:
        return empty_profile(character.name)
    if profile is None:
        raise ProfileError("this head is moved by its own sliders; there is nothing to learn")
    found = fit("", profile, *_names(_body(character)))
    return renamed(profile, found.bones, found.curves)


def give(character: Any, profile: Profile) -> None:
    """Store a profile in the character's text and let it be driven by that."""
    text = character.profile_text
    if text is None or character.profile != "CUSTOM":
        text = bpy.data.texts.new(f"{character.name}.json")
    text.from_string(profile_text(profile))
    character.profile_text = text
    character.profile = "CUSTOM"


def _change(character: Any, change: Callable[[Profile], Profile]) -> None:
    give(character, change(profile_of(character)))


def _changes(character: Any) -> tuple[dict[str, FloatArray], dict[str, float]]:
    """Bones and shape keys that are not as they were at rest, by how much."""
    reading = _reading(character, _body(character))
    rest = _rests.get(character.name, _Rest())
    bones = {
        name: reading.bones.get(name, np.zeros(9)) - rest.bones.get(name, np.zeros(9))
        for name in {*reading.bones, *rest.bones}
    }
    curves = {name: value - rest.curves.get(name, 0.0) for name, value in reading.curves.items()}
    return (
        {name: delta for name, delta in bones.items() if np.abs(delta).max() > LEAST_CHANGE},
        {name: value for name, value in curves.items() if abs(value) > LEAST_CHANGE},
    )


def _body(character: Any) -> Body:
    if character.target is None:
        raise TargetError("no target is chosen; choose the character's armature or mesh")
    return find_body(character.target)


def _names(body: Body) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of its bones and of its shape keys."""
    bones = tuple(body.rig.data.bones.keys()) if body.rig else ()
    return bones, tuple(name for mesh in body.meshes for name in key_names(mesh))


def _reading(character: Any, body: Body) -> targets.PoseReading:
    """The pose of any body, whether or not a profile fits it."""
    bones = {}
    if body.rig is not None:
        profile, rest = profile_of(character), read_rest(body.rig)
        wanted = profile.head_bone or "head"
        head = character.head_bone or match_names((wanted,), rest.names).get(wanted)
        bones = read_deltas(body.rig, rest, head, size_of(rest, profile))
    curves = {}
    for mesh in body.meshes:
        blocks = mesh.data.shape_keys.key_blocks
        curves |= {name: blocks[name].value for name in key_names(mesh) if blocks[name].value}
    return targets.PoseReading(bones, curves)


def _bone_numbers(body: Body) -> tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]:
    return tuple(
        (bone.name, tuple(tuple(getattr(bone, name)) for name in _BONE_PROPERTIES))
        for bone in (body.rig.pose.bones if body.rig else ())
    )


def _key_values(body: Body) -> tuple[tuple[str, str, float], ...]:
    return tuple(
        (mesh.name, name, mesh.data.shape_keys.key_blocks[name].value)
        for mesh in body.meshes
        for name in key_names(mesh)
    )
