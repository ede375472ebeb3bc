"""Retarget profiles: what the channels do to the bones and curves of one character.

``rig/profiles/README.md`` describes the file. Reading and evaluating it takes these few lines;
the same stand in the Blender add-on, in C++ and in the viewer's page, held together by golden
vectors. A driver weighs its pose by a product,

    w = max(0, gain · channel) · Π max(0, gain_i · channel_i)

and poses add up: bones as translation, rotation vector and scale − 1, curves as they are, clipped
to 0..1 at the end. A driver with more than one factor is a *corrective*: what several channels
together need beside the sum of their own poses.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.head import rig_file
from rig.layout import Layout, load_layout
from rig.rotations import compose_trs, rotvec_to_matrix

FloatArray = NDArray[np.float64]
Vector = tuple[float, float, float]
VERSION = 2


@dataclass(frozen=True)
class Factor:
    """One factor of a driver's weight: max(0, gain · channel)."""

    channel: str
    gain: float


@dataclass(frozen=True)
class Driver:
    """Weighs ``pose`` by the product of its factors, of which there is at least one."""

    pose: str
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class BonePart:
    """What a pose does to a bone, in the character's axes: metres, radians, factors."""

    translation: Vector
    rotvec: Vector
    scale: Vector

    @property
    def offset(self) -> tuple[float, ...]:
        """The nine numbers that add up: translation, rotvec, scale − 1."""
        return (*self.translation, *self.rotvec, *(value - 1 for value in self.scale))


@dataclass(frozen=True)
class Pose:
    """What weight 1 does: bone name → part, curve name → value."""

    bones: dict[str, BonePart]
    curves: dict[str, float]


@dataclass(frozen=True)
class PoseValues:
    """What a profile makes of one channel vector.

    Attributes:
        bones: (B, 9) translation from rest (m), rotation vector (rad), scale − 1, in the order of
            ``Profile.bone_names``; without the turn of the head.
        curves: (K,) in 0..1, in the order of ``Profile.curve_names``.
    """

    bones: FloatArray
    curves: FloatArray


@dataclass(frozen=True)
class Profile:
    """The poses of one character and what drives them.

    Attributes:
        target: the character, for people.
        layout_id: of the channels the drivers name.
        head_bone: bone that the head rotation turns; None if the profile has no such bone.
        drivers: in the file's order.
        poses: pose name → pose.
        unused: intensity channels that the character has no means to show.
        reference_eye_distance_m: between the eyeballs' centres of the character that the
            translations were measured on, or None; they scale with a character's size.
    """

    target: str
    layout_id: str
    head_bone: str | None
    drivers: tuple[Driver, ...]
    poses: dict[str, Pose]
    unused: tuple[str, ...] = ()
    reference_eye_distance_m: float | None = None

    @cached_property
    def bone_names(self) -> tuple[str, ...]:
        """Bones that any pose names, each where it is named first."""
        return tuple(dict.fromkeys(bone for pose in self.poses.values() for bone in pose.bones))

    @cached_property
    def curve_names(self) -> tuple[str, ...]:
        """Curves that any pose names, each where it is named first."""
        return tuple(dict.fromkeys(name for pose in self.poses.values() for name in pose.curves))

    @cached_property
    def _factors(self) -> tuple[NDArray[np.int64], FloatArray]:
        """(D, F) channel and gain of every factor; short products are filled up with ones."""
        index = load_layout().channel_index
        longest = max((len(driver.factors) for driver in self.drivers), default=1)
        channel = np.full((len(self.drivers), longest), len(index))
        gain = np.ones((len(self.drivers), longest))
        for row, driver in enumerate(self.drivers):
            for column, factor in enumerate(driver.factors):
                channel[row, column] = index[factor.channel]
                gain[row, column] = factor.gain
        return channel, gain

    @cached_property
    def _tables(self) -> tuple[FloatArray, FloatArray]:
        """(D, B, 9) and (D, K): what each driver's pose adds at weight 1."""
        bone = {name: i for i, name in enumerate(self.bone_names)}
        curve = {name: i for i, name in enumerate(self.curve_names)}
        bones = np.zeros((len(self.drivers), len(bone), 9))
        curves = np.zeros((len(self.drivers), len(curve)))
        for row, driver in enumerate(self.drivers):
            pose = self.poses[driver.pose]
            for name, part in pose.bones.items():
                bones[row, bone[name]] = part.offset
            for name, value in pose.curves.items():
                curves[row, curve[name]] = value
        return bones, curves

    def weights(self, channels: FloatArray) -> FloatArray:
        """(D,) weight of every driver's pose for (C,) channels in wire order."""
        channel, gain = self._factors
        values = np.append(channels, 1.0)[channel]
        return np.asarray(np.maximum(0.0, gain * values).prod(axis=1))

    def evaluate(self, channels: FloatArray) -> PoseValues:
        """Bones and curves for (C,) channels in wire order; the head's turn is the host's."""
        weights = self.weights(channels)
        bones, curves = self._tables
        return PoseValues(
            np.tensordot(weights, bones, 1), np.clip(np.tensordot(weights, curves, 1), 0.0, 1.0)
        )


def basis_matrix(offset: FloatArray, character_from_bone: FloatArray) -> FloatArray:
    """Local transform of bones whose rest axes are not the character's.

    Args:
        offset: (..., 9) translation, rotvec, scale − 1, in the character's axes.
        character_from_bone: (..., 3, 3) rest rotation B of the bone.

    Returns:
        (..., 4, 4) T(Bᵀt) · (BᵀRB) · S, so that ``parent_from_bone = rest @ basis``: what Blender
        calls ``matrix_basis``. The scale is along the bone's own axes.
    """
    offset = np.asarray(offset, dtype=float)
    bone_from_character = np.swapaxes(character_from_bone, -1, -2)
    translation = np.squeeze(bone_from_character @ offset[..., :3, None], -1)
    turn = bone_from_character @ rotvec_to_matrix(offset[..., 3:6]) @ character_from_bone
    return compose_trs(translation, turn, 1 + offset[..., 6:])


def parse_profile(raw: dict[str, Any], layout: Layout | None = None) -> Profile:
    """Build a ``Profile`` from parsed JSON.

    Raises:
        ValueError: another format or layout, a key that is missing, a number that is none, a
            driver without pose or channel. The message says where.
    """
    layout = layout or load_layout()
    found = (raw.get("format"), raw.get("format_version"))
    if found != ("geface-profile", VERSION):
        raise ValueError(f"profile is {found}, expected ('geface-profile', {VERSION})")
    if raw.get("layout_id") != layout.layout_id:
        raise ValueError(
            f"profile has layout {raw.get('layout_id')}, this rig has {layout.layout_id}; "
            "make the profile anew with the command that rig/profiles/README.md names for it"
        )
    poses = {name: _pose(pose, name) for name, pose in _get(raw, "poses", "profile").items()}
    drivers = tuple(_driver(driver) for driver in _get(raw, "drivers", "profile"))
    unused = tuple(raw.get("unused", ()))
    _check_names(drivers, poses, unused, layout)
    distance = raw.get("reference_eye_distance_m")
    return Profile(
        target=str(_get(raw, "target", "profile")),
        layout_id=layout.layout_id,
        head_bone=_get(raw, "head_bone", "profile"),
        drivers=drivers,
        poses=poses,
        unused=unused,
        reference_eye_distance_m=None if distance is None else _number(distance, "eye distance"),
    )


def _check_names(
    drivers: tuple[Driver, ...], poses: dict[str, Pose], unused: tuple[str, ...], layout: Layout
) -> None:
    for driver in drivers:
        channels = [factor.channel for factor in driver.factors]
        if driver.pose not in poses or not set(channels) <= set(layout.channel_index):
            raise ValueError(
                f"driver {driver.pose!r} ← {channels} names an unknown pose or channel"
            )
    if unknown := set(unused) - set(layout.au_channel_names):
        raise ValueError(f"unused names {sorted(unknown)}, which are no intensity channels")


def _get(raw: dict[str, Any], key: str, where: str) -> Any:
    if key not in raw:
        raise ValueError(f"{where} has no {key!r}")
    return raw[key]


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}, expected a finite number")
    return float(value)


def _driver(raw: dict[str, Any]) -> Driver:
    where = f"driver of {raw.get('pose')!r}"
    factors = tuple(
        Factor(_get(part, "channel", where), _number(_get(part, "gain", where), f"gain, {where}"))
        for part in (raw, *raw.get("times", ()))
    )
    return Driver(_get(raw, "pose", "driver"), factors)


def _pose(raw: dict[str, Any], name: str) -> Pose:
    where = f"pose {name!r}"
    bones = {
        bone: _bone_part(part, f"{where}, bone {bone!r}")
        for bone, part in _get(raw, "bones", where).items()
    }
    curves = {
        curve: _number(value, f"{where}, curve {curve!r}")
        for curve, value in _get(raw, "curves", where).items()
    }
    return Pose(bones, curves)


def _bone_part(raw: dict[str, Any], where: str) -> BonePart:
    return BonePart(*(_vector(_get(raw, k, where), f"{where}, {k}") for k in _BONE_KEYS))


_BONE_KEYS = ("translation", "rotvec", "scale")


def _vector(values: Any, where: str) -> Vector:
    if not isinstance(values, list) or len(values) != 3:
        raise ValueError(f"{where} is {values!r}, expected three numbers")
    x, y, z = (_number(value, where) for value in values)
    return x, y, z


def profile_names() -> tuple[str, ...]:
    """Names of the packaged profiles, sorted."""
    files = resources.files("rig").joinpath("profiles").iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


@lru_cache(maxsize=16)
def load_profile(name: str = "geface") -> Profile:
    """A packaged profile; ``geface`` is that of the packaged head.

    Raises:
        FileNotFoundError: there is none of this name.
    """
    path = rig_file(f"profiles/{name}.json")  # of a fresh build if GEFACE_RIG_DIR names one
    return parse_profile(json.loads(path.read_text(encoding="utf-8")))
