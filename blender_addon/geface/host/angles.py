# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit quaternions as the numbers of Blender's rotation modes, one frame or a whole take.

A take's numbers go on from frame to frame without a jump, so that curves between keys turn the
short way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.rotations import matrix_from_quaternion
from ..core.tracks import continuous_quaternions

FloatArray = NDArray[np.float64]

PATHS = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
EULER_PATH = "rotation_euler"
_LEAST_SINE = 1e-9


def rotation_path(mode: str) -> str:
    """Name of the property that holds a pose bone's rotation in a mode."""
    return PATHS.get(mode, EULER_PATH)


def rotation_values(mode: str, quaternions: FloatArray) -> FloatArray:
    """Numbers of a rotation mode for each of (N, 4) unit quaternions (w, x, y, z) by itself.

    Args:
        mode: "QUATERNION", "AXIS_ANGLE" or an order as "XYZ", which turns about X first.
        quaternions: of either sign.

    Returns:
        (N, 4) w x y z with w >= 0; (N, 4) angle and axis; or (N, 3) angles about X, Y and Z.
        Radians.
    """
    positive = np.where(quaternions[:, :1] < 0, -quaternions, quaternions)
    if mode == "QUATERNION":
        return positive
    if mode == "AXIS_ANGLE":
        return _axis_angles(positive)
    return _eulers(mode, matrix_from_quaternion(positive))


def rotation_curves(mode: str, quaternions: FloatArray) -> FloatArray:
    """The same for (N, 4) in the order of time, without a jump from one to the next."""
    if mode == "QUATERNION":
        return continuous_quaternions(quaternions)
    values = rotation_values(mode, quaternions)
    if mode == "AXIS_ANGLE":
        values *= _sides(values[:, 1:])[:, None]
        return np.column_stack([np.unwrap(values[:, 0]), values[:, 1:]])
    return np.unwrap(values, axis=0)


def _sides(vectors: FloatArray) -> FloatArray:
    """(N,) signs that turn every vector (N, K) to the side of the one before."""
    near = np.einsum("ni,ni->n", vectors[1:], vectors[:-1])
    return np.cumprod(np.append(1.0, np.where(near < 0, -1.0, 1.0)))[: len(vectors)]


def _axis_angles(quaternions: FloatArray) -> FloatArray:
    """(N, 4) angle and axis; where nothing turns the axis is Y, Blender's at rest."""
    sine = np.linalg.norm(quaternions[:, 1:], axis=1, keepdims=True)
    axis = np.tile([0.0, 1.0, 0.0], (len(quaternions), 1))
    np.divide(quaternions[:, 1:], sine, out=axis, where=sine > _LEAST_SINE)
    return np.column_stack([2 * np.arctan2(sine[:, 0], quaternions[:, 0]), axis])


def _eulers(order: str, matrices: FloatArray) -> FloatArray:
    """(N, 3) angles about X, Y, Z of (N, 3, 3) rotations; the middle one within a right angle."""
    first, middle, last = ("XYZ".index(letter) for letter in order)
    sign = 1.0 if (middle - first) % 3 == 1 else -1.0
    level = np.hypot(matrices[:, first, first], matrices[:, middle, first])
    out = np.empty((len(matrices), 3))
    out[:, middle] = np.arctan2(-sign * matrices[:, last, first], level)
    out[:, first] = np.arctan2(sign * matrices[:, last, middle], matrices[:, last, last])
    out[:, last] = np.arctan2(sign * matrices[:, middle, first], matrices[:, first, first])
    locked = level < 1e-6  # the outer axes are one: the last stands still
    out[locked, first] = np.arctan2(
        -sign * matrices[locked, middle, last], matrices[locked, middle, middle]
    )
    out[locked, last] = 0.0
    return out
