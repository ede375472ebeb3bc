"""Similarities and what a camera's line of sight does to head angles. Pure numpy.

Matrices act on column vectors; a transform is named ``target_from_source``. Head angles follow
the layout: ``head_from_neutral = R_y(yaw) R_x(pitch) R_z(roll)`` in a frame with x to the
person's left, y up, z out of the face (seen by a camera: x right, y up, z towards the camera).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.rotations import euler_yxz_to_matrix

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Similarity:
    """``target = scale * rotation @ source + translation``.

    Attributes:
        scale: > 0.
        rotation: (D, D), orthonormal, det +1.
        translation: (D,).
    """

    scale: float
    rotation: FloatArray
    translation: FloatArray

    @property
    def matrix(self) -> FloatArray:
        """(D, D + 1) affine matrix ``target_from_source``."""
        return np.concatenate([self.scale * self.rotation, self.translation[:, None]], axis=1)


def fit_similarity(source: FloatArray, target: FloatArray) -> Similarity:
    """Least-squares similarity that takes ``source`` (N, D) to ``target`` (N, D).

    Source: Umeyama 1991, "Least-squares estimation of transformation parameters between two
    point patterns", equations 34 to 43 (a reflection is never returned).

    Raises:
        ValueError: the shapes differ, or all source points coincide.
    """
    if source.shape != target.shape or source.ndim != 2:
        raise ValueError(f"source is {source.shape}, target {target.shape}; expected equal (N, D)")
    mean_source, mean_target = source.mean(axis=0), target.mean(axis=0)
    centred_source, centred_target = source - mean_source, target - mean_target
    variance = float((centred_source**2).sum() / len(source))
    if variance <= 0.0:
        raise ValueError(f"all {len(source)} source points coincide; expected an extended set")
    covariance = centred_target.T @ centred_source / len(source)
    rotation, stretch = _nearest_rotation(covariance)
    scale = stretch / variance
    return Similarity(scale, rotation, mean_target - scale * rotation @ mean_source)


def _nearest_rotation(matrix: FloatArray) -> tuple[FloatArray, float]:
    """The rotation R with the largest ``trace(R.T @ matrix)``, and that trace."""
    if len(matrix) == 2:  # in closed form: every face's crop needs it
        (a, b), (c, d) = matrix.tolist()
        trace = math.hypot(a + d, c - b)
        cos, sin = ((a + d) / trace, (c - b) / trace) if trace > 0.0 else (1.0, 0.0)
        return np.array([[cos, -sin], [sin, cos]]), trace
    u, singular, vt = np.linalg.svd(matrix)
    sign = np.ones(len(matrix))
    sign[-1] = np.sign(np.linalg.det(u @ vt)) or 1.0
    return (u * sign) @ vt, float((singular * sign).sum())


def transform_points(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Apply a (D, D + 1) affine matrix to points (..., D)."""
    return np.asarray(points @ matrix[:, :-1].T + matrix[:, -1], dtype=np.float64)


def camera_from_sight(x_m: float, y_m: float, z_m: float) -> FloatArray:
    """(3, 3) rotation from the line of sight's axes to the camera's.

    A camera sees a head relative to the line that joins them: one that looks along the optical
    axis from the picture's edge shows a cheek. In the line of sight's axes z points from the
    head to the camera and x stays level.

    Args:
        x_m: the head's position in the camera's axes, as in ``HeadPose``.
        y_m: the same.
        z_m: the same, < 0.
    """
    yaw, pitch = math.atan2(-x_m, -z_m), math.atan2(y_m, math.hypot(x_m, z_m))
    sin_yaw, cos_yaw = math.sin(yaw), math.cos(yaw)
    sin_pitch, cos_pitch = math.sin(pitch), math.cos(pitch)
    # R_y(yaw) R_x(pitch), written out: a thirtieth of the time, for every face of every picture.
    return np.array(
        [
            [cos_yaw, sin_yaw * sin_pitch, sin_yaw * cos_pitch],
            [0.0, cos_pitch, -sin_pitch],
            [-sin_yaw, cos_yaw * sin_pitch, cos_yaw * cos_pitch],
        ]
    )


def openface_angles_from_head_angles(
    yaw_rad: float, pitch_rad: float, roll_rad: float
) -> tuple[float, float, float]:
    """OpenFace's (pose_Rx, pose_Ry, pose_Rz) in radians for the same head.

    OpenFace's camera frame is x right, y down, z away from the camera, and its rotation is
    ``R_x R_y R_z`` (``Euler2RotationMatrix`` of its ``RotationHelpers.h``).
    """
    flip = np.array([1.0, -1.0, -1.0])
    rotation = euler_yxz_to_matrix(yaw_rad, pitch_rad, roll_rad) * np.outer(flip, flip)
    about_y = np.arcsin(np.clip(rotation[0, 2], -1.0, 1.0))
    about_x = np.arctan2(-rotation[1, 2], rotation[2, 2])
    about_z = np.arctan2(-rotation[0, 1], rotation[0, 0])
    return float(about_x), float(about_y), float(about_z)
