# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles: what the channels do to the bones and curves of one character.

The file is the one that ``rig/profiles/README.md`` describes (``geface-profile`` 2). A driver
weighs its pose by a product,

    w = max(0, gain · channel) · Π max(0, gain_i · channel_i)

and poses add up: bones as translation, rotation vector and scale − 1 in the character's axes,
curves as they are, clipped to 0..1 at the end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import rotations
from .errors import ProfileError
from .layout_generated import CHANNELS, LAYOUT_ID

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Vector = tuple[float, float, float]

FORMAT, VERSION = "geface-profile", 2
CONVENTION = (
    "pose of a bone in its parent: translation (m) from rest, rotation vector (rad), scale; axes "
    "x left, y up, z forward; gaze poses are per radian; curves add up and are clipped to 0..1"
)
MAX_CHARACTERS = 16 << 20
MAX_NAME = 256
MAX_NUMBER = 1e6
MAX_TABLE = 8 << 20
"""Numbers of an evaluator's table: drivers times (9 bones + curves). The head's has 61,000."""
HEAD_TURN = ("head_yaw", "head_pitch", "head_roll")


@dataclass(frozen=True)
class Factor:
    """One factor of a driver's weight: max(0, gain · channel)."""

    channel: str
    gain: float = 1.0


@dataclass(frozen=True)
class Driver:
    """Weighs ``pose`` by the product of its factors, of which there is at least one."""

    pose: str
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class BonePart:
    """What a pose does to a bone, in the character's axes: metres, radians, factors."""

    translation: Vector = (0.0, 0.0, 0.0)
    rotvec: Vector = (0.0, 0.0, 0.0)
    scale: Vector = (1.0, 1.0, 1.0)

    @property
    def offset(self) -> tuple[float, ...]:
        """The nine numbers that add up: translation, rotvec, scale − 1."""
        return (*self.translation, *self.rotvec, *(value - 1 for value in self.scale))


@dataclass(frozen=True)
class Pose:
    """What weight 1 does: bone name → part, curve name → value (which may be below 0)."""

    bones: Mapping[str, BonePart] = field(default_factory=dict)
    curves: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """The poses of one character and what drives them.

    Attributes:
        target: the character, for people.
        head_bone: bone that the head rotation turns; None if the profile has no such bone.
        drivers: in the file's order; each names a pose and channels of the layout.
        poses: pose name → pose.
        unused: intensity channels that the character has no means to show.
        reference_eye_distance_m: between the eyeballs' centres of the character that the
            translations were measured on, or None; they scale with a character's size.
    """

    target: str
    head_bone: str | None = None
    drivers: tuple[Driver, ...] = ()
    poses: Mapping[str, Pose] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    reference_eye_distance_m: float | None = None

    @property
    def bone_names(self) -> tuple[str, ...]:
        """Bones that any pose names, each where it is named first; without ``head_bone``."""
        return tuple(dict.fromkeys(bone for pose in self.poses.values() for bone in pose.bones))

    @property
    def curve_names(self) -> tuple[str, ...]:
        """Curves that any pose names, each where it is named first."""
        return tuple(dict.fromkeys(name for pose in self.poses.values() for name in pose.curves))


class Evaluator:
    """What a profile makes of channels, for one frame or many at once.

    Args:
        profile: whose poses.
        channel_names: (C,) the order of the channels that ``evaluate`` is given.
        size: factor of all translations, > 0: the character's eye distance by the profile's.

    Attributes:
        bone_names: (B,) in the order of ``evaluate``'s bones.
        curve_names: (K,) in the order of its curves.
        head_bone: of the profile.

    Raises:
        ProfileError: a driver names a channel that is not among ``channel_names``.
    """

    def __init__(self, profile: Profile, channel_names: Sequence[str], size: float = 1.0) -> None:
        index = {name: i for i, name in enumerate(channel_names)}
        self.bone_names, self.curve_names = profile.bone_names, profile.curve_names
        self.head_bone = profile.head_bone
        self._head = _positions(HEAD_TURN, index)
        self._columns = _factor_columns(profile.drivers, index)
        self._table = _table(profile, self.bone_names, self.curve_names, size)

    def weights(self, channels: ArrayLike) -> FloatArray:
        """(..., D) weight of every driver's pose for (..., C) channels."""
        channels = np.asarray(channels, np.float64)
        out = np.ones((*channels.shape[:-1], self._table.shape[0]))
        for rows, positions, gains in self._columns:
            out[..., rows] *= np.maximum(gains * channels[..., positions], 0.0)
        return out

    def evaluate(self, channels: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Bones and curves for (..., C) finite channels.

        Returns:
            (..., B, 9) translation from rest (m), rotation vector (rad), scale − 1, in the
            character's axes and without the turn of the head, and (..., K) curves in 0..1.
        """
        sums = self.weights(channels) @ self._table
        split = 9 * len(self.bone_names)
        bones = sums[..., :split].reshape(*sums.shape[:-1], len(self.bone_names), 9)
        return bones, np.clip(sums[..., split:], 0.0, 1.0)

    def head_quaternion(self, channels: ArrayLike) -> FloatArray:
        """(..., 4) R_y(yaw) R_x(pitch) R_z(roll) of (..., C) channels, in the character's axes."""
        channels = np.asarray(channels, np.float64)
        return rotations.head_quaternion(*(channels[..., position] for position in self._head))


def basis_parts(
    bones: ArrayLike, character_from_bone: ArrayLike, turn: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What Blender's pose bones take, whatever their rest axes.

    Args:
        bones: (..., 9) of ``Evaluator.evaluate``.
        character_from_bone: (..., 3, 3) rest rotation B of each bone, without scale.
        turn: (..., 4) quaternion in the character's axes that comes before the pose's own: of the
            head bone the head's. None for none.

    Returns:
        Location (..., 3), rotation as a unit quaternion (..., 4) and scale (..., 3), of
        ``T(Bᵀt) · (Bᵀ R B) · S``, which is Blender's ``matrix_basis``.
    """
    bones, axes = np.asarray(bones, np.float64), np.asarray(character_from_bone, np.float64)
    turned = rotations.quaternion_from_rotvec(bones[..., 3:6])
    if turn is not None:
        turned = rotations.quaternion_product(turn, turned)
    location = _into_bone(bones[..., :3], axes)
    scalar = np.broadcast_to(turned[..., :1], (*location.shape[:-1], 1))
    quaternion = np.concatenate([scalar, _into_bone(turned[..., 1:], axes)], axis=-1)
    return location, quaternion, 1.0 + np.broadcast_to(bones[..., 6:], location.shape)


def _into_bone(vectors: FloatArray, character_from_bone: FloatArray) -> FloatArray:
    """Bᵀ v."""
    return np.asarray(np.einsum("...ji,...j->...i", character_from_bone, vectors))


# Tables ----------------------------------------------------------------------------------------


def _positions(names: Sequence[str], index: Mapping[str, int]) -> list[int]:
    missing = sorted(name for name in set(names) if name not in index)
    if missing:
        raise ProfileError(
            f"the server's channels lack {', '.join(missing[:5])}, which the profile needs; take "
            "add-on, profile and server from the same version"
        )
    return [index[name] for name in names]


def _factor_columns(
    drivers: Sequence[Driver], index: Mapping[str, int]
) -> list[tuple[IntArray, IntArray, FloatArray]]:
    """The n-th factors of all drivers that have so many: rows, channels, gains."""
    columns = []
    for place in range(max((len(driver.factors) for driver in drivers), default=0)):
        rows = [row for row, driver in enumerate(drivers) if len(driver.factors) > place]
        factors = [drivers[row].factors[place] for row in rows]
        positions = _positions([factor.channel for factor in factors], index)
        gains = np.array([factor.gain for factor in factors])
        columns.append((np.array(rows), np.array(positions), gains))
    return columns


def _table(
    profile: Profile, bone_names: Sequence[str], curve_names: Sequence[str], size: float
) -> FloatArray:
    """(D, 9 B + K): what each driver's pose adds at weight 1."""
    bone = {name: 9 * i for i, name in enumerate(bone_names)}
    curve = {name: 9 * len(bone) + i for i, name in enumerate(curve_names)}
    table = np.zeros((len(profile.drivers), 9 * len(bone) + len(curve)))
    for row, driver in zip(table, profile.drivers):  # noqa: B905 (one row a driver)
        pose = profile.poses[driver.pose]
        for name, part in pose.bones.items():
            row[bone[name] : bone[name] + 9] = part.offset
        for name, value in pose.curves.items():
            row[curve[name]] = value
    sized = table[:, : 9 * len(bone)].reshape(len(table), len(bone), 9)
    sized[..., :3] *= size
    return table


# Reading ---------------------------------------------------------------------------------------


def read_profile(text: str) -> Profile:
    """A profile from the text of its file; keys that it does not know are passed over.

    Raises:
        ProfileError: no JSON, another format, version or layout, something missing or too large,
            a number that is none, a driver without pose or channel. The message says where.
    """
    if len(text) > MAX_CHARACTERS:
        raise ProfileError(f"profile has {len(text)} characters, expected {MAX_CHARACTERS} or less")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"profile is no JSON: {error}") from error
    _check_kind(_typed(raw, dict, "profile"))
    profile = _profile(raw)
    _check_names(profile)
    _check_size(profile)
    return profile


def _check_kind(raw: dict[str, Any]) -> None:
    found = (raw.get("format"), raw.get("format_version"))
    if found != (FORMAT, VERSION):
        raise ProfileError(
            f"profile is {_brief(found)}, expected {(FORMAT, VERSION)}; take add-on and profile "
            "from the same version"
        )
    if raw.get("layout_id") != LAYOUT_ID:
        raise ProfileError(
            f"profile has layout {_brief(raw.get('layout_id'))}, this add-on has {LAYOUT_ID}; "
            "take add-on and profile from the same version, or learn the profile anew"
        )


def _profile(raw: dict[str, Any]) -> Profile:
    head_bone = _get(raw, "head_bone", "profile")
    distance = raw.get("reference_eye_distance_m")
    if distance is not None and not _number(distance, "reference_eye_distance_m") > 0:
        raise ProfileError(f"reference_eye_distance_m is {distance}, expected more than 0")
    poses = _typed(_get(raw, "poses", "profile"), dict, "poses")
    drivers = _typed(_get(raw, "drivers", "profile"), list, "drivers")
    unused = _typed(raw.get("unused", []), list, "unused")
    return Profile(
        target=_typed(_get(raw, "target", "profile"), str, "target"),
        head_bone=None if head_bone is None else _name(head_bone, "head_bone"),
        drivers=tuple(_driver(driver) for driver in drivers),
        poses={_name(name, "pose"): _pose(pose, name) for name, pose in poses.items()},
        unused=tuple(_name(name, "unused") for name in unused),
        reference_eye_distance_m=None if distance is None else float(distance),
    )


def _check_names(profile: Profile) -> None:
    units = {name: unit for name, unit, _, _ in CHANNELS}
    for driver in profile.drivers:
        channels = [factor.channel for factor in driver.factors]
        if driver.pose not in profile.poses or not units.keys() >= set(channels):
            raise ProfileError(
                f"driver {driver.pose!r} ← {channels} names a pose or channel that does not exist"
            )
    for name in profile.unused:
        if units.get(name) != "intensity":
            raise ProfileError(f"unused names {name!r}, which is no intensity channel")


def _check_size(profile: Profile) -> None:
    width = 9 * len(profile.bone_names) + len(profile.curve_names)
    if len(profile.drivers) * width > MAX_TABLE:
        raise ProfileError(
            f"profile has {len(profile.drivers)} drivers of {width} numbers each, more than "
            f"{MAX_TABLE} in all; leave out what no face needs"
        )


def _driver(raw: Any) -> Driver:
    raw = _typed(raw, dict, "a driver")
    pose = _name(_get(raw, "pose", "a driver"), "a driver's pose")
    where = f"driver of {pose!r}"
    times = _typed(raw.get("times", []), list, f"times, {where}")
    return Driver(pose, tuple(_factor(part, where) for part in (raw, *times)))


def _factor(raw: Any, where: str) -> Factor:
    raw = _typed(raw, dict, f"factor, {where}")
    channel = _name(_get(raw, "channel", where), f"channel, {where}")
    return Factor(channel, _number(_get(raw, "gain", where), f"gain, {where}"))


def _pose(raw: Any, name: str) -> Pose:
    where = f"pose {name!r}"
    raw = _typed(raw, dict, where)
    bones = _typed(_get(raw, "bones", where), dict, f"bones, {where}")
    curves = _typed(_get(raw, "curves", where), dict, f"curves, {where}")
    return Pose(
        {_name(k, where): _bone_part(v, f"{where}, bone {k!r}") for k, v in bones.items()},
        {_name(k, where): _number(v, f"{where}, curve {k!r}") for k, v in curves.items()},
    )


def _bone_part(raw: Any, where: str) -> BonePart:
    raw = _typed(raw, dict, where)
    keys = ("translation", "rotvec", "scale")
    return BonePart(*(_vector(_get(raw, key, where), f"{where}, {key}") for key in keys))


def _vector(raw: Any, where: str) -> Vector:
    if not isinstance(raw, list) or len(raw) != 3:
        raise ProfileError(f"{where} is {_brief(raw)}, expected three numbers")
    x, y, z = (_number(value, where) for value in raw)
    return x, y, z


def _get(raw: dict[str, Any], key: str, where: str) -> Any:
    if key not in raw:
        raise ProfileError(f"{where} has no {key!r}")
    return raw[key]


_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}


def _typed(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        raise ProfileError(f"{where} is {_brief(value)}, expected {_KINDS[kind]}")
    return value


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise ProfileError(f"{where} is named {_brief(value)}, expected 1 to {MAX_NAME} characters")
    return value


def _number(value: Any, where: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # An integer can be too long for a float, so sizes are compared before it becomes one.
    if not is_number or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ProfileError(
            f"{where} is {_brief(value)}, expected a number from -{MAX_NUMBER:g} to {MAX_NUMBER:g}"
        )
    return float(value)


def _brief(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, lists in lists
        text = type(value).__name__
    return text if len(text) <= 80 else f"{text[:77]}..."


# Writing ---------------------------------------------------------------------------------------


def profile_text(profile: Profile) -> str:
    """The file of a profile; ``read_profile`` gives the same profile back."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "format_version": VERSION,
        "target": profile.target,
        "layout_id": LAYOUT_ID,
        "convention": CONVENTION,
        "head_bone": profile.head_bone,
    }
    if profile.unused:
        head["unused"] = list(profile.unused)
    if profile.reference_eye_distance_m is not None:
        head["reference_eye_distance_m"] = profile.reference_eye_distance_m
    lines = [f"{json.dumps(key)}: {_json(value)}" for key, value in head.items()]
    drivers = ",\n".join(_json(_driver_json(driver)) for driver in profile.drivers)
    poses = ",\n".join(
        f"{_json(name)}: {_json(_pose_json(pose))}" for name, pose in profile.poses.items()
    )
    lines += [f'"drivers": [\n{drivers}\n]', f'"poses": {{\n{poses}\n}}']
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _driver_json(driver: Driver) -> dict[str, Any]:
    first, *others = ({"channel": f.channel, "gain": f.gain} for f in driver.factors)
    return {"pose": driver.pose, **first, **({"times": others} if others else {})}


def _pose_json(pose: Pose) -> dict[str, Any]:
    bones = {
        name: {
            "translation": list(part.translation),
            "rotvec": list(part.rotvec),
            "scale": list(part.scale),
        }
        for name, part in pose.bones.items()
    }
    return {"bones": bones, "curves": dict(pose.curves)}
