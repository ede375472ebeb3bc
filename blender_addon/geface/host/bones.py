# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the bones of an armature by a profile.

A bone keeps its rest, its rotation mode and whatever the profile leaves alone of it; constraints
stay, numbers with drivers are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..core.learn import bone_offsets
from ..core.profile import Evaluator, Profile, basis_parts
from .angles import rotation_curves, rotation_path, rotation_values
from .rest import Rest
from .tracks import Track, driven_numbers

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_NO_TURN = (1.0, 0.0, 0.0, 0.0)
LEAST_DELTA = 1e-6
"""Metres, radians, factors: what single precision makes of rest."""


class StaleError(Exception):
    """A plan names what is no longer there; it is to be made anew."""


def read_rest(rig: Any) -> Rest:
    """The bones of an armature object at rest."""
    bones = rig.data.bones
    rows = {bone.name: row for row, bone in enumerate(bones)}
    return Rest(
        names=tuple(rows),
        matrices=rest_numbers(rig).reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64),
        parents=tuple(rows[bone.parent.name] if bone.parent else -1 for bone in bones),
        local=tuple(bone.use_local_location for bone in bones),
    )


def rest_numbers(rig: Any) -> NDArray[np.float32]:
    """(16 B,) the rest matrices, column by column, in one read."""
    numbers = np.empty(16 * len(rig.data.bones), np.float32)
    rig.data.bones.foreach_get("matrix_local", numbers)
    return numbers


@dataclass(frozen=True)
class BonePlan:
    """What is to be done to M bones; holds nothing of Blender's.

    Attributes:
        bones: (M,) their names in the armature.
        rows: (M,) their rows among the evaluator's bones, -1 for one that only turns as the head.
        axes: (M, 3, 3) character_from_bone, of rotations and scales.
        location_axes: (M, 3, 3) of locations, which "Local Location" off takes otherwise.
        moves: (M, 3) whether location, rotation and scale are written.
        head: row of the bone that turns with the head, -1 for none.
        evaluator: of the profile, in the armature's units.
    """

    bones: tuple[str, ...]
    rows: NDArray[np.int64]
    axes: FloatArray
    location_axes: FloatArray
    moves: BoolArray
    head: int
    evaluator: Evaluator

    def pose(self, channels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Location (N, M, 3), quaternion (N, M, 4) and scale (N, M, 3) for (N, C) channels."""
        found = self.evaluator.evaluate(channels)[0]
        still = np.zeros((len(channels), 1, 9))
        offsets = np.concatenate([found, still], axis=1)[:, self.rows]
        turn = np.tile(_NO_TURN, (*offsets.shape[:2], 1))
        if self.head >= 0:
            turn[:, self.head] = self.evaluator.head_quaternion(channels)
        _, quaternion, scale = basis_parts(offsets, self.axes, turn)
        location = np.einsum("mji,nmj->nmi", self.location_axes, offsets[..., :3])
        return location, quaternion, scale


@dataclass(frozen=True)
class Fit:
    """How a profile's bones are found in an armature.

    Attributes:
        bones: the profile's bone name → the armature's, where there is one.
        head_bone: the armature's head; None if there is none.
        turns_head: whether the head bone turns.
    """

    bones: dict[str, str]
    head_bone: str | None
    turns_head: bool

    @property
    def turned(self) -> str | None:
        """The bone that turns with the head, or None."""
        return self.head_bone if self.turns_head else None


def plan_bones(
    rig: Any, rest: Rest, profile: Profile, channel_names: tuple[str, ...], fit: Fit
) -> BonePlan | None:
    """How a profile moves an armature object; None if there is nothing to move."""
    character_from_armature = rest.character_from_armature(fit.head_bone)
    evaluator = Evaluator(profile, channel_names, size_of(rest, profile))
    wanted = {fit.bones[n]: i for i, n in enumerate(evaluator.bone_names) if n in fit.bones}
    if fit.turned is not None:
        wanted.setdefault(fit.turned, -1)
    moves = _moves(rig, profile, evaluator, wanted, fit.turned)
    names = tuple(name for name in wanted if moves[name].any())
    if not names:
        return None
    rows = [rest.rows[name] for name in names]
    return BonePlan(
        bones=names,
        rows=np.array([wanted[name] for name in names]),
        axes=character_from_armature @ rest.armature_from_bone[rows],
        location_axes=character_from_armature @ rest.armature_from_location[rows],
        moves=np.array([moves[name] for name in names]),
        head=names.index(fit.turned) if fit.turned in names else -1,
        evaluator=evaluator,
    )


def size_of(rest: Rest, profile: Profile) -> float:
    """Armature units a metre of the profile's character."""
    own, reference = rest.eye_distance(), profile.reference_eye_distance_m
    return own / reference if own and reference else 1.0


def _moves(
    rig: Any,
    profile: Profile,
    evaluator: Evaluator,
    wanted: dict[str, int],
    head_bone: str | None,
) -> dict[str, BoolArray]:
    """Bone → (3,) whether location, rotation, scale are the profile's to move, and not driven."""
    driven = {path for path, _ in driven_numbers(rig)}
    out = {}
    for name, row in wanted.items():
        moved = np.zeros(3, bool)
        for pose in profile.poses.values():
            part = pose.bones.get(evaluator.bone_names[row]) if row >= 0 else None
            if part is not None:
                moved |= np.reshape(part.offset, (3, 3)).any(axis=1)
        moved[1] |= name == head_bone
        paths = property_paths(rig, name)
        out[name] = moved & [path not in driven for path in paths]
    return out


def property_paths(rig: Any, bone: str) -> tuple[str, str, str]:
    """Data paths of a bone's location, rotation in its present mode, and scale."""
    prefix = f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'
    rotation = rotation_path(rig.pose.bones[bone].rotation_mode)
    return f"{prefix}.location", f"{prefix}.{rotation}", f"{prefix}.scale"


class BoneMover:
    """A plan on an armature object; for use at once, because it holds Blender's references."""

    def __init__(self, rig: Any, plan: BonePlan) -> None:
        self._rig, self._plan = rig, plan

    def apply(self, channels: FloatArray) -> None:
        """Pose the bones by (C,) channels; what is there already is not written.

        Raises:
            StaleError: a bone is gone.
        """
        location, quaternion, scale = (part[0] for part in self._plan.pose(channels[None]))
        bones = self._bones()
        modes = [bone.rotation_mode for bone in bones]
        turns = _turned(modes, quaternion)
        values = zip(bones, modes, _plain(location), turns, _plain(scale), strict=True)
        moves = self._plan.moves.tolist()
        for moved, (bone, mode, place, turn, size) in zip(moves, values, strict=True):
            if moved[0] and tuple(bone.location) != place:
                bone.location = place
            if moved[1] and tuple(getattr(bone, rotation_path(mode))) != turn:
                setattr(bone, rotation_path(mode), turn)
            if moved[2] and tuple(bone.scale) != size:
                bone.scale = size

    def _bones(self) -> list[Any]:
        bones = self._rig.pose.bones
        found = [bones.get(name) for name in self._plan.bones]
        if None in found:
            raise StaleError(self._plan.bones[found.index(None)])
        return found

    def tracks(self, channels: FloatArray) -> list[Track]:
        """Every number that ``apply`` would write, for (N, C) channels."""
        plan, out = self._plan, []
        location, quaternion, scale = plan.pose(channels)
        for row, bone in enumerate(self._bones()):
            rotation = rotation_curves(bone.rotation_mode, quaternion[:, row])
            values = (location[:, row], rotation, scale[:, row])
            paths = property_paths(self._rig, bone.name)
            for path, table, moved in zip(paths, values, plan.moves[row], strict=True):
                if moved:
                    out += self._tracks(path, table, bone.name)
        return out

    def _tracks(self, path: str, table: FloatArray, group: str) -> list[Track]:
        return [
            Track(self._rig, "OBJECT", path, index, values, group)
            for index, values in enumerate(np.ascontiguousarray(table.T))
        ]


def _turned(modes: list[str], quaternions: FloatArray) -> list[tuple[float, ...]]:
    """Numbers of each bone's rotation mode; all bones of one mode at once."""
    out: list[tuple[float, ...]] = [()] * len(modes)
    for mode in set(modes):
        rows = [row for row, each in enumerate(modes) if each == mode]
        for row, value in zip(rows, _plain(rotation_values(mode, quaternions[rows])), strict=True):
            out[row] = value
    return out


def _plain(values: FloatArray) -> list[tuple[float, ...]]:
    """Rows as Blender's single precision has them, so that they compare with what it holds."""
    return [tuple(row) for row in values.astype(np.float32).tolist()]


def read_deltas(rig: Any, rest: Rest, head_bone: str | None, size: float) -> dict[str, FloatArray]:
    """Bone → (9,) translation, rotation vector and scale − 1 of the pose as it stands.

    In the character's axes and metres of a profile whose armature units a metre are ``size``;
    without bones at rest, and without the user's constraints and drivers.
    """
    axes = rest.character_from_armature(head_bone)
    parts = [rig.pose.bones[name].matrix_basis.decompose() for name in rest.names]
    location, quaternion, scale = (np.array(part) for part in zip(*parts, strict=True))
    deltas = bone_offsets(location, quaternion, scale, axes @ rest.armature_from_bone)
    deltas[:, :3] = np.einsum("bij,bj->bi", axes @ rest.armature_from_location, location) / size
    moved = np.abs(deltas).max(axis=1) > LEAST_DELTA
    return {name: deltas[row] for row, name in enumerate(rest.names) if moved[row]}
