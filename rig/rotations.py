"""Rotation maths shared by the rig, the retargeter and the tests.

Pure numpy. Angles are radians, matrices act on column vectors, and a transform
is named ``to_from_source``: ``p_head = head_from_jaw @ p_jaw``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def rotvec_to_matrix(rotvec: FloatArray) -> FloatArray:
    """Turn rotation vectors into rotation matrices, exact at zero angle.

    Args:
        rotvec: (..., 3) rotation axis times angle, radians, right-handed.

    Returns:
        (..., 3, 3) orthonormal matrices, det = +1 to 1e-12 in float64.

    Raises:
        ValueError: the last axis is not 3.

    Source: Rodrigues' formula, both coefficients written as sinc so that nothing
    is divided by the angle.
    """
    rotvec = np.asarray(rotvec, dtype=float)
    if rotvec.shape[-1] != 3:
        raise ValueError(f"rotvec has shape {rotvec.shape}, expected (..., 3)")
    angle = np.linalg.norm(rotvec, axis=-1)[..., None, None]
    cross = cross_matrix(rotvec)
    sine = np.sinc(angle / np.pi)
    cosine = 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.asarray(np.eye(3) + sine * cross + cosine * (cross @ cross))


def cross_matrix(vector: FloatArray) -> FloatArray:
    """(..., 3, 3) matrices K with ``K @ q == cross(vector, q)``."""
    x, y, z = np.moveaxis(np.asarray(vector, dtype=float), -1, 0)
    o = np.zeros_like(x)
    rows = np.stack([o, -z, y, z, o, -x, -y, x, o], axis=-1)
    return np.asarray(rows.reshape(*x.shape, 3, 3))


def matrix_to_rotvec(matrix: FloatArray) -> FloatArray:
    """Rotation vectors of rotation matrices, angle in 0..pi.

    Args:
        matrix: (..., 3, 3) rotations.

    Returns:
        (..., 3) radians; inverse of ``rotvec_to_matrix`` up to the choice of axis at pi.
    """
    quaternion = matrix_to_quaternion(matrix)
    w, axis = quaternion[..., :1], quaternion[..., 1:]
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, w)
    # angle / sin(angle/2) tends to 2 at zero
    factor = np.divide(angle, sine, out=np.full_like(angle, 2.0), where=sine > 1e-12)
    return np.asarray(axis * factor)


def matrix_to_quaternion(matrix: FloatArray) -> FloatArray:
    """Unit quaternions (w, x, y, z), w >= 0, of rotation matrices.

    Source: Bar-Itzhack 2000 (eigenvector of the symmetric 4x4 form), which has no
    branch and no cancellation near pi.
    """
    m = np.asarray(matrix, dtype=float)
    xx, xy, xz = np.moveaxis(m[..., 0, :], -1, 0)
    yx, yy, yz = np.moveaxis(m[..., 1, :], -1, 0)
    zx, zy, zz = np.moveaxis(m[..., 2, :], -1, 0)
    rows = [
        [xx + yy + zz, zy - yz, xz - zx, yx - xy],
        [zy - yz, xx - yy - zz, xy + yx, xz + zx],
        [xz - zx, xy + yx, yy - xx - zz, yz + zy],
        [yx - xy, xz + zx, yz + zy, zz - xx - yy],
    ]
    form = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    vector = np.linalg.eigh(form)[1][..., -1]
    sign = np.where(vector[..., :1] < 0, -1.0, 1.0)
    return np.asarray(vector * sign)


def euler_yxz_to_matrix(yaw_rad: float, pitch_rad: float, roll_rad: float) -> FloatArray:
    """Head rotation of the layout: R_y(yaw) R_x(pitch) R_z(roll), (3, 3)."""
    axes = np.array([[0.0, yaw_rad, 0.0], [pitch_rad, 0.0, 0.0], [0.0, 0.0, roll_rad]])
    yaw, pitch, roll = rotvec_to_matrix(axes)
    return np.asarray(yaw @ pitch @ roll)


def matrix_to_euler_yxz(matrix: FloatArray) -> tuple[float, float, float]:
    """(yaw, pitch, roll) in radians of a (3, 3) rotation; pitch in -pi/2..pi/2."""
    pitch = float(np.arcsin(np.clip(-matrix[1, 2], -1.0, 1.0)))
    yaw = float(np.arctan2(matrix[0, 2], matrix[2, 2]))
    roll = float(np.arctan2(matrix[1, 0], matrix[1, 1]))
    return yaw, pitch, roll


def translation_matrix(offset: FloatArray) -> FloatArray:
    """(..., 4, 4) translations by ``offset`` (..., 3)."""
    offset = np.asarray(offset, dtype=float)
    out = np.zeros((*offset.shape[:-1], 4, 4))
    out[...] = np.eye(4)
    out[..., :3, 3] = offset
    return out


def compose_trs(translation: FloatArray, rotation: FloatArray, scale: FloatArray) -> FloatArray:
    """(..., 4, 4) matrices T·R·S as glTF and Blender compose them.

    Args:
        translation: (..., 3).
        rotation: (..., 3, 3).
        scale: (..., 3) along the local axes.
    """
    out = np.zeros((*np.shape(translation)[:-1], 4, 4))
    out[..., :3, :3] = rotation * np.asarray(scale)[..., None, :]
    out[..., :3, 3] = translation
    out[..., 3, 3] = 1.0
    return out
