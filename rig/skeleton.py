"""Channels and identity → joint transforms: the evaluator of the rig's own profile.

A pose is, per joint, a translation, a rotation vector and a scale; poses are blended
linearly by their channel's value and composed as T·R·S about the joint's rest place:

    translation = Σ w t        rotvec = Σ w r        scale = 1 + Σ w (s - 1)

The same few lines exist in the Blender add-on and in C++; golden vectors hold them together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.head import Head, load_head
from rig.layout import Layout, load_layout
from rig.rotations import compose_trs, euler_yxz_to_matrix, rotvec_to_matrix, translation_matrix

FloatArray = NDArray[np.float64]

# Columns of the tables below; identity parameters bear these names.
DOFS = ("tx", "ty", "tz", "rx", "ry", "rz", "sx", "sy", "sz")


@dataclass(frozen=True)
class Profile:
    """Bone poses of one character.

    Attributes:
        layout_id: of the channels the drivers name.
        drivers: (pose name, channel name, gain); a pose weighs max(0, gain · channel).
        poses: pose → joint → {"rotvec", "translation", "scale"}, three numbers each.
        head_bone: joint that the head rotation turns.
    """

    layout_id: str
    drivers: tuple[tuple[str, str, float], ...]
    poses: dict[str, dict[str, dict[str, list[float]]]]
    head_bone: str


def parse_profile(raw: dict[str, Any], layout: Layout | None = None) -> Profile:
    """Build a ``Profile`` from parsed JSON.

    Raises:
        ValueError: another format, another layout, or a driver without channel or pose.
    """
    layout = layout or load_layout()
    if raw.get("format") != "geface-profile" or raw.get("format_version") != 1:
        found = (raw.get("format"), raw.get("format_version"))
        raise ValueError(f"profile is {found}, expected ('geface-profile', 1)")
    if raw["layout_id"] != layout.layout_id:
        raise ValueError(
            f"profile has layout {raw['layout_id']}, this rig has {layout.layout_id}; "
            "rebuild the profile with: make rig"
        )
    drivers = tuple((d["pose"], d["channel"], float(d["gain"])) for d in raw["drivers"])
    for pose, channel, _ in drivers:
        if pose not in raw["poses"] or channel not in layout.channel_index:
            raise ValueError(f"driver {pose!r} ← {channel!r} names an unknown pose or channel")
    return Profile(raw["layout_id"], drivers, raw["poses"], raw["head_bone"])


@lru_cache(maxsize=1)
def load_profile() -> Profile:
    """The profile of the packaged head."""
    text = resources.files("rig").joinpath("profiles/geface.json").read_text(encoding="utf-8")
    return parse_profile(json.loads(text))


class Skeleton:
    """Evaluates channels and identity on a head. Stateless between calls."""

    def __init__(
        self, head: Head | None = None, profile: Profile | None = None, layout: Layout | None = None
    ) -> None:
        self.head = head or load_head()
        self.profile = profile or load_profile()
        self.layout = layout or load_layout()
        self._table = self._pose_table()
        self._identity = self._identity_table()
        self._channel = np.array([self.layout.channel_index[c] for _, c, _ in self.profile.drivers])
        self._gain = np.array([gain for _, _, gain in self.profile.drivers])
        self._joint_from_rest = translation_matrix(-self.head.rest_positions)
        self._head_joint = self.head.joint_index(self.profile.head_bone)
        self._head_channels = [
            self.layout.channel_index[n] for n in ("head_yaw", "head_pitch", "head_roll")
        ]

    def _pose_table(self) -> FloatArray:
        """(P, J, 9) translation, rotvec, scale - 1 of every driven pose."""
        table = np.zeros((len(self.profile.drivers), len(self.head.joint_names), 9))
        for row, (pose, _, _) in enumerate(self.profile.drivers):
            for joint, part in self.profile.poses[pose].items():
                scale = np.subtract(part["scale"], 1.0)
                values = np.concatenate([part["translation"], part["rotvec"], scale])
                table[row, self.head.joint_index(joint)] = values
        return table

    def _identity_table(self) -> FloatArray:
        """(208, J, 9) offset of every joint at identity parameter 1."""
        columns = {dof: i for i, dof in enumerate(DOFS)}
        mirrored = {"tx", "ry", "rz"}
        table = np.zeros((len(self.layout.identity_names), len(self.head.joint_names), 9))
        row = 0
        for component in self.layout.identity:
            for dof, extent in zip(component.dofs, component.ranges, strict=True):
                for bone in component.bones:
                    flip = -1 if bone.endswith("_R") and dof in mirrored else 1
                    table[row, self.head.joint_index(bone), columns[dof]] = flip * extent
                row += 1
        return table

    def pose_weights(self, channels: FloatArray) -> FloatArray:
        """(P,) how much of each driven pose (C,) channels ask for."""
        return np.asarray(np.maximum(0.0, self._gain * channels[self._channel]))

    def local_parameters(
        self, channels: FloatArray, identity: FloatArray | None = None
    ) -> FloatArray:
        """(J, 9) translation from rest, rotvec and scale - 1 of every joint, head turn excluded.

        Args:
            channels: (C,) in wire order.
            identity: (208,) in 0..1, or None for the base face.
        """
        table = np.tensordot(self.pose_weights(channels), self._table, 1)
        if identity is not None:
            table = table + np.tensordot(2 * np.asarray(identity) - 1, self._identity, 1)
        return np.asarray(table)

    def joint_matrices(
        self, channels: FloatArray, identity: FloatArray | None = None
    ) -> FloatArray:
        """(J, 4, 4) rig_from_joint of every joint."""
        local = self.local_parameters(channels, identity)
        rotation = rotvec_to_matrix(local[:, 3:6])
        turn = euler_yxz_to_matrix(*(float(channels[i]) for i in self._head_channels))
        rotation[self._head_joint] = turn @ rotation[self._head_joint]
        places = self.head.rest_translations + local[:, :3]
        out = compose_trs(places, rotation, 1 + local[:, 6:])
        for joint, parent in enumerate(self.head.joint_parents):
            if parent >= 0:
                out[joint] = out[parent] @ out[joint]
        return out

    def skin_matrices(self, channels: FloatArray, identity: FloatArray | None = None) -> FloatArray:
        """(J, 4, 4) posed_from_rest of every joint, for ``rig.skinning.skin``."""
        return np.asarray(self.joint_matrices(channels, identity) @ self._joint_from_rest)
