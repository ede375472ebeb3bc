"""A take on the rig's own head: joint transforms over time, for glTF and BVH."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geface_bridge.protocol import FaceFrame
from rig.rotations import euler_yxz_to_matrix, rotvec_to_matrix
from rig.skeleton import Skeleton

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RigMotion:
    """Local joint transforms of the packaged head, F frames of J joints.

    Attributes:
        times_s: (F,) rising from 0.
        translations: (F, J, 3) in the parent, metres.
        rotations: (F, J, 3, 3) parent_from_joint.
        scales: (F, J, 3).
    """

    times_s: FloatArray
    translations: FloatArray
    rotations: FloatArray
    scales: FloatArray


def rig_motion(frames: tuple[FaceFrame, ...], skeleton: Skeleton) -> RigMotion:
    """Evaluate every frame; while the face is lost the head holds its last pose.

    Args:
        frames: of one subject, at least one with a face.
    """
    held = next(frame for frame in frames if frame.valid).channels
    rows = []
    for frame in frames:
        held = frame.channels if frame.valid else held
        rows.append(held.astype(np.float64))
    channels = np.array(rows)
    local = np.array([skeleton.local_parameters(row) for row in channels])
    rotations = rotvec_to_matrix(local[..., 3:6])
    head = skeleton.head.joint_index(skeleton.profile.head_bone or "head")
    index = skeleton.layout.channel_index
    angles = [channels[:, index[name]] for name in ("head_yaw", "head_pitch", "head_roll")]
    for row, turn in enumerate(zip(*angles, strict=True)):
        rotations[row, head] = euler_yxz_to_matrix(*(float(a) for a in turn)) @ rotations[row, head]
    return RigMotion(
        times_s=_rising(np.array([frame.time_s for frame in frames])),
        translations=skeleton.head.rest_translations + local[..., :3],
        rotations=rotations,
        scales=np.asarray(1.0 + local[..., 6:], dtype=np.float64),
    )


def _rising(times_s: FloatArray) -> FloatArray:
    """From 0, each at least 0.1 ms after the one before: glTF wants strictly rising times."""
    steps = np.maximum(np.diff(times_s), 1e-4)
    return np.concatenate([[0.0], np.cumsum(steps)])
