"""Channels and identity → joint transforms of the head.

What the profile (``rig.profile``) and identity add to a joint, a translation, a rotation vector
and a scale, is composed as T·R·S about the joint's rest place:

    translation = Σ w t        rotvec = Σ w r        scale = 1 + Σ w (s - 1)

The same few lines exist in the Blender add-on and in C++; golden vectors hold them together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rig.head import Head, load_head
from rig.layout import Layout, load_layout
from rig.profile import Profile, load_profile
from rig.rotations import compose_trs, euler_yxz_to_matrix, rotvec_to_matrix, translation_matrix

FloatArray = NDArray[np.float64]

# Columns of the tables below; identity parameters bear these names.
DOFS = ("tx", "ty", "tz", "rx", "ry", "rz", "sx", "sy", "sz")


class Skeleton:
    """Evaluates channels and identity on a head. Stateless between calls.

    Attributes:
        identity_offsets: (208, J, 9) what each joint does at identity parameter 1, by ``DOFS``.
    """

    def __init__(
        self, head: Head | None = None, profile: Profile | None = None, layout: Layout | None = None
    ) -> None:
        self.head = head or load_head()
        self.profile = profile or load_profile()
        self.layout = layout or load_layout()
        self._rows = [self.head.joint_index(name) for name in self.profile.bone_names]
        self.identity_offsets = self._identity_table()
        self._joint_from_rest = translation_matrix(-self.head.rest_positions)
        if self.profile.head_bone is None:
            raise ValueError(f"the profile of {self.profile.target} has no head bone")
        self._head_joint = self.head.joint_index(self.profile.head_bone)
        self._head_channels = [
            self.layout.channel_index[n] for n in ("head_yaw", "head_pitch", "head_roll")
        ]

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

    def local_parameters(
        self, channels: FloatArray, identity: FloatArray | None = None
    ) -> FloatArray:
        """(J, 9) translation from rest, rotvec and scale - 1 of every joint, head turn excluded.

        Args:
            channels: (C,) in wire order.
            identity: (208,) in 0..1, or None for the base face.
        """
        table = np.zeros((len(self.head.joint_names), 9))
        table[self._rows] = self.profile.evaluate(channels).bones
        if identity is not None:
            table = table + np.tensordot(2 * np.asarray(identity) - 1, self.identity_offsets, 1)
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
