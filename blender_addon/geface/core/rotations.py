# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotations as unit quaternions (w, x, y, z), which is how Blender writes them.

Right-handed, radians; every function works on the last axis, for any number of leading axes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

CHARACTER_FROM_BLENDER: FloatArray = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""From Blender's axes (x to the person's left, y back, z up) to a profile's (x left, y up, z
forward). A bone's rest rotation is ``CHARACTER_FROM_BLENDER @ matrix_local``'s upper 3 × 3."""


def quaternion_from_rotvec(rotvec: ArrayLike) -> FloatArray:
    """(..., 4) of (..., 3) axis times angle; nothing is divided by the angle."""
    rotvec = np.asarray(rotvec, np.float64)
    angle = np.sqrt(np.einsum("...i,...i->...", rotvec, rotvec))
    out = np.empty((*rotvec.shape[:-1], 4))
    out[..., 0] = np.cos(angle / 2)
    out[..., 1:] = (0.5 * np.sinc(angle / (2 * np.pi)))[..., None] * rotvec
    return out


def rotvec_from_quaternion(quaternion: ArrayLike) -> FloatArray:
    """(..., 3) of (..., 4) unit quaternions of either sign, angle in 0..pi."""
    quaternion = np.asarray(quaternion, np.float64)
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    # angle / sin(angle / 2) tends to 2 at no angle
    factor = np.divide(angle, sine, out=np.full_like(angle, 2.0), where=sine > 1e-12)
    return np.asarray(quaternion[..., 1:] * factor)


def quaternion_product(left: ArrayLike, right: ArrayLike) -> FloatArray:
    """(..., 4): the turn ``right``, then ``left``, as with matrices."""
    a, b = np.broadcast_arrays(np.asarray(left, np.float64), np.asarray(right, np.float64))
    out = np.empty(a.shape)
    out[..., 0] = a[..., 0] * b[..., 0] - np.einsum("...i,...i->...", a[..., 1:], b[..., 1:])
    out[..., 1:] = a[..., :1] * b[..., 1:] + b[..., :1] * a[..., 1:]
    out[..., 1:] += np.cross(a[..., 1:], b[..., 1:])
    return out


def matrix_from_quaternion(quaternion: ArrayLike) -> FloatArray:
    """(..., 3, 3) rotation matrices of (..., 4) unit quaternions."""
    w, x, y, z = np.moveaxis(np.asarray(quaternion, np.float64), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def head_quaternion(yaw_rad: ArrayLike, pitch_rad: ArrayLike, roll_rad: ArrayLike) -> FloatArray:
    """(..., 4) of R_y(yaw) R_x(pitch) R_z(roll), the layout's head rotation."""
    half = np.stack(np.broadcast_arrays(yaw_rad, pitch_rad, roll_rad), axis=-1) / 2.0
    (cy, cp, cr), (sy, sp, sr) = (np.moveaxis(f(half), -1, 0) for f in (np.cos, np.sin))
    return np.stack(
        [
            cy * cp * cr + sy * sp * sr,
            cy * sp * cr + sy * cp * sr,
            sy * cp * cr - cy * sp * sr,
            cy * cp * sr - sy * sp * cr,
        ],
        axis=-1,
    )
