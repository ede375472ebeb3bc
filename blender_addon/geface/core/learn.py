# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles made by posing: a character's pose becomes what one movement does to it.

Movements are the intensity channels ("AU12_L") and the four directions of the gaze ("gaze_left"
and so on), which have channels two by two. The *entry* of a movement is all that its channel does
alone; products with other channels (correctives) are kept as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ProfileError
from .layout_generated import CHANNELS, MIRROR
from .names import CENTRE, match_names, mirrored_name, side_of
from .profile import BonePart, Driver, Factor, Pose, Profile
from .rotations import rotvec_from_quaternion

FloatArray = NDArray[np.float64]
_T = TypeVar("_T")

GAZE: dict[str, tuple[str, float]] = {
    "gaze_left": ("gaze_yaw", 1.0),
    "gaze_right": ("gaze_yaw", -1.0),
    "gaze_up": ("gaze_pitch", -1.0),
    "gaze_down": ("gaze_pitch", 1.0),
}
"""Movement → its channel and the sign that the channel has then."""
_GAZE_MIRROR = {"gaze_left": "gaze_right", "gaze_right": "gaze_left"}

SMALLEST = (2e-5, 2e-4, 2e-4)
"""Metres, radians and scale below which a bone does not count as moved."""
SMALLEST_CURVE = 1e-4
MIN_WEIGHT = 0.05
MIRROR_SIGNS: FloatArray = np.array([-1.0, 1, 1, 1, -1, -1, 1, 1, 1])
"""Of a bone's nine numbers across the character's middle: a shift to the left becomes one to the
right, a turn about x stays, those about y and z go the other way round."""


def movements() -> tuple[str, ...]:
    """What can be learned: intensity channels in the layout's order, then the gaze's directions."""
    return (*(name for name, unit, _, _ in CHANNELS if unit == "intensity"), *GAZE)


def mirrored_movement(movement: str) -> str:
    """The same movement of the other side; itself if it has none.

    Raises:
        ProfileError: there is no such movement.
    """
    _channel_of(movement)
    return _GAZE_MIRROR.get(movement, movement) if movement in GAZE else MIRROR[movement][0]


def _channel_of(movement: str) -> tuple[str, float]:
    if movement in GAZE:
        return GAZE[movement]
    if movement not in movements():
        raise ProfileError(f"{movement!r} is no movement; expected one of {', '.join(movements())}")
    return movement, 1.0


# Reading a posed character -----------------------------------------------------------------------


def bone_offsets(
    location: ArrayLike, quaternion: ArrayLike, scale: ArrayLike, character_from_bone: ArrayLike
) -> FloatArray:
    """What a posed bone does, in the character's axes; the inverse of ``profile.basis_parts``.

    Args:
        location: (..., 3) of ``matrix_basis``.
        quaternion: (..., 4) of it, a unit quaternion.
        scale: (..., 3) of it.
        character_from_bone: (..., 3, 3) rest rotation B of the bone.

    Returns:
        (..., 9) translation, rotation vector, scale − 1.
    """
    axes = np.asarray(character_from_bone, np.float64)
    moved = [np.asarray(location, np.float64), rotvec_from_quaternion(quaternion)]
    turned = [np.einsum("...ij,...j->...i", axes, vector) for vector in moved]
    return np.concatenate([*turned, np.asarray(scale, np.float64) - 1.0], axis=-1)


# Entries -----------------------------------------------------------------------------------------


def empty_profile(target: str, head_bone: str | None = None) -> Profile:
    """A profile that does nothing yet but turn the head; intensities count as unused."""
    unused = tuple(name for name, unit, _, _ in CHANNELS if unit == "intensity")
    return Profile(target, head_bone, unused=unused)


def entry(profile: Profile, movement: str) -> Pose | None:
    """What the movement does alone at 1 (of the gaze: a radian); None if it does nothing."""
    channel, sign = _channel_of(movement)
    own = [driver for driver in profile.drivers if _is_plain(driver, channel, sign)]
    if not own:
        return None
    weighed = [(profile.poses[d.pose], abs(d.factors[0].gain)) for d in own]
    bones: dict[str, FloatArray] = {}
    curves: dict[str, float] = {}
    for pose, weight in weighed:
        for name, part in pose.bones.items():
            bones[name] = bones.get(name, np.zeros(9)) + weight * np.array(part.offset)
        for name, value in pose.curves.items():
            curves[name] = curves.get(name, 0.0) + weight * value
    return Pose({name: _part(offset) for name, offset in bones.items()}, curves)


def learned(
    profile: Profile,
    movement: str,
    bones: Mapping[str, ArrayLike],
    curves: Mapping[str, float],
    weight: float = 1.0,
) -> Profile:
    """The profile with a posed character as the entry of one movement, in place of the old.

    Args:
        profile: that is changed.
        movement: one of ``movements()``; the character must show nothing else.
        bones: name → (9,) translation (m), rotation vector (rad), scale − 1; bones that hardly
            move are left out.
        curves: shape key → value; those at 0 are left out.
        weight: how much of it is posed: an intensity, or of the gaze the angle in radians.

    Raises:
        ProfileError: no such movement; weight below 0.05; nothing is posed; a number is none.
    """
    _channel_of(movement)
    if not weight >= MIN_WEIGHT:
        raise ProfileError(
            f"{movement} is posed at {weight:g}, expected {MIN_WEIGHT:g} or more: from less, a "
            "full movement would be a guess"
        )
    offsets = {name: np.asarray(values, np.float64) for name, values in bones.items()}
    if not all(
        np.isfinite([*offset, 0.0]).all() for offset in (*offsets.values(), curves.values())
    ):
        raise ProfileError(f"the pose for {movement} holds a number that is none; reset the bone")
    moved = {name: offset / weight for name, offset in offsets.items() if _is_moved(offset)}
    shown = {k: float(v) / weight for k, v in curves.items() if abs(v) > SMALLEST_CURVE}
    if not moved and not shown:
        raise ProfileError(
            f"nothing is posed for {movement}: move bones or shape keys to show it, then learn"
        )
    return with_entry(profile, movement, Pose({k: _part(v) for k, v in moved.items()}, shown))


def learned_pair(
    profile: Profile,
    movement: str,
    bones: Mapping[str, ArrayLike],
    curves: Mapping[str, float],
    weight: float = 1.0,
) -> Profile:
    """As ``learned``, of a pose that shows both sides at once: each gets its own.

    Bones and shape keys of a side go to that side's entry; those of the middle are halved, so
    that both together give the pose.

    Raises:
        ProfileError: as ``learned``; a side has nothing to show.
    """
    twin = mirrored_movement(movement)
    if not movement.endswith(("_L", "_R")):  # of gaze and jaw one side at a time is meant
        return learned(profile, movement, bones, curves, weight)
    for one in (movement, twin):
        side = one[-1]
        part = {name: np.asarray(v, np.float64) * _share(name, side) for name, v in bones.items()}
        keys = {name: value * _share(name, side) for name, value in curves.items()}
        profile = learned(profile, one, part, keys, weight)
    return profile


def _share(name: str, side: str) -> float:
    own = side_of(name)
    return 0.5 if own == CENTRE else float(own == side)


def mirrored(
    profile: Profile,
    movement: str,
    bone_names: Collection[str] = (),
    curve_names: Collection[str] = (),
) -> Profile:
    """The profile with the movement's entry as that of the other side too, as a mirror image.

    Args:
        profile: that is changed.
        movement: whose entry is mirrored.
        bone_names: the character's; () to take the twins' names as the rules give them. Bones
            and keys whose twin is not there are left out.
        curve_names: of shape keys, likewise.

    Raises:
        ProfileError: the movement has no entry, or no other side.
    """
    twin, pose = mirrored_movement(movement), entry(profile, movement)
    if twin == movement or pose is None:
        lack = "other side" if twin == movement else "entry; learn it first"
        raise ProfileError(f"{movement} has no {lack}")
    bones = {
        name: _part(np.array(part.offset) * MIRROR_SIGNS)
        for name, part in _renamed(pose.bones, bone_names)
    }
    curves = dict(_renamed(pose.curves, curve_names))
    if not bones and not curves:
        raise ProfileError(f"nothing that shows {movement} has a twin on the other side")
    return with_entry(profile, twin, Pose(bones, curves))


def with_entry(profile: Profile, movement: str, pose: Pose) -> Profile:
    """The profile with ``pose`` as the movement's entry; an empty pose takes the entry away."""
    channel, sign = _channel_of(movement)
    others = [driver for driver in profile.drivers if not _is_plain(driver, channel, sign)]
    used = {driver.pose for driver in others}
    poses = {name: old for name, old in profile.poses.items() if name in used}
    if pose.bones or pose.curves:
        name = _free_name(movement, poses)
        poses[name] = pose
        others.append(Driver(name, (Factor(channel, sign),)))
    driven = {factor.channel for driver in others for factor in driver.factors}
    unused = [name for name in movements() if name not in GAZE and name not in driven]
    return replace(profile, drivers=tuple(others), poses=poses, unused=tuple(unused))


def renamed(profile: Profile, bones: Mapping[str, str], curves: Mapping[str, str]) -> Profile:
    """The profile in a character's own names, as an entry learned from it will be.

    Args:
        profile: that is changed.
        bones: bone of the profile, or its head bone → bone of the character (``Guess.bones``).
        curves: curve → shape key. What is not named keeps its name.

    Raises:
        ProfileError: two bones or two curves would have one name.
    """
    for old, new in ((profile.bone_names, bones), (profile.curve_names, curves)):
        names = [new.get(name, name) for name in old]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ProfileError(f"{', '.join(twice)} would stand for two names of the profile")
    poses = {
        name: Pose(
            {bones.get(bone, bone): part for bone, part in pose.bones.items()},
            {curves.get(curve, curve): value for curve, value in pose.curves.items()},
        )
        for name, pose in profile.poses.items()
    }
    head_bone = profile.head_bone and bones.get(profile.head_bone, profile.head_bone)
    return replace(profile, poses=poses, head_bone=head_bone)


def _is_plain(driver: Driver, channel: str, sign: float) -> bool:
    """Whether it is the movement's alone, no product with other channels."""
    first, *others = driver.factors
    return not others and first.channel == channel and first.gain * sign >= 0


def _free_name(movement: str, poses: Collection[str]) -> str:
    """A pose's name; a shared pose of the same name (VRM's presets) keeps it."""
    names = (movement, *(f"{movement}_{number}" for number in range(2, len(poses) + 3)))
    return next(name for name in names if name not in poses)


def _is_moved(offset: FloatArray) -> bool:
    limits = np.repeat(SMALLEST, 3)
    return bool((np.abs(offset) > limits).any())


def _part(offset: FloatArray) -> BonePart:
    x, y, z, rx, ry, rz, sx, sy, sz = (float(value) for value in offset)
    return BonePart((x, y, z), (rx, ry, rz), (1 + sx, 1 + sy, 1 + sz))


def _renamed(parts: Mapping[str, _T], present: Collection[str]) -> Iterable[tuple[str, _T]]:
    for name, part in parts.items():
        twin = mirrored_name(name, present)
        if twin is not None:
            yield twin, part


# Guessing ----------------------------------------------------------------------------------------

MIN_SCORE = 0.25
MIN_SHOWN = 3


@dataclass(frozen=True)
class Guess:
    """How well a profile fits a character.

    Attributes:
        name: of the profile.
        score: share of the profile's movements that the character can show, 0..1.
        shown: how many these are.
        bones: bone of the profile → bone of the character.
        curves: curve of the profile → shape key.
        missing: bones and curves of the profile that the character has not.
    """

    name: str
    score: float
    shown: int
    bones: Mapping[str, str]
    curves: Mapping[str, str]
    missing: tuple[str, ...]


def fit(
    name: str, profile: Profile, bone_names: Iterable[str], curve_names: Iterable[str]
) -> Guess:
    """How well one profile fits the character with these bones and shape keys."""
    wanted = profile.bone_names + ((profile.head_bone,) if profile.head_bone else ())
    bones = match_names(wanted, bone_names)
    curves = match_names(profile.curve_names, curve_names)
    poses = [pose for m in movements() if (pose := entry(profile, m)) is not None]
    shown = sum(_is_shown(pose, bones, curves) for pose in poses)
    missing = [name for name in wanted if name not in bones]
    missing += [name for name in profile.curve_names if name not in curves]
    score = shown / len(poses) if poses else 0.0
    return Guess(name, score, shown, bones, curves, tuple(dict.fromkeys(missing)))


def _is_shown(pose: Pose, bones: Mapping[str, str], curves: Mapping[str, str]) -> bool:
    """Whether half of what the pose needs is there; curves and bones may do without the other."""
    halves = ((pose.bones, bones), (pose.curves, curves))
    return any(2 * sum(k in found for k in need) >= len(need) for need, found in halves if need)


def guesses(
    bone_names: Iterable[str], curve_names: Iterable[str], profiles: Mapping[str, Profile]
) -> tuple[Guess, ...]:
    """How well each profile fits, the one that shows most first; of equals that by shape keys.

    Bones are there on every character of a kind, shape keys were made for this very face.
    """
    bone_names, curve_names = list(bone_names), list(curve_names)
    found = [fit(name, profile, bone_names, curve_names) for name, profile in profiles.items()]
    return tuple(sorted(found, key=lambda guess: (-guess.shown, -len(guess.curves))))


def guess_profile(
    bone_names: Iterable[str], curve_names: Iterable[str], profiles: Mapping[str, Profile]
) -> str | None:
    """Name of the profile that most likely fits; None if none does."""
    for guess in guesses(bone_names, curve_names, profiles):
        if guess.score >= MIN_SCORE and guess.shown >= MIN_SHOWN:
            return guess.name
    return None
