"""Fits skin weights and bone poses to sculpted shapes (smooth skinning decomposition).

After Le and Deng 2012, "Smooth Skinning Decomposition with Rigid Bones": alternate
between the bones' transforms with fixed weights and each vertex' weights with fixed
transforms. Here a bone's transform is a translation, a rotation vector and a scale
about a pivot (nine numbers), solved jointly for all bones by Gauss-Newton, and the
weights are pulled towards a smooth prior so that they also serve shapes nobody fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from rig.rotations import cross_matrix, rotvec_to_matrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class FitConfig:
    """Strengths of the fit. Lengths are metres, so 1e-3 is a millimetre."""

    outer_iterations: int = 6
    newton_iterations: int = 4
    influences: int = 4
    candidates: int = 9
    prior_strength: float = 1.2e-3
    turn_penalty: float = 4e-3
    shift_penalty: float = 2e-2
    smooth: float = 0.25


@dataclass
class BonePose:
    """Transforms of all bones in one shape, about their pivots: (B, 3) each."""

    rotvec: FloatArray
    translation: FloatArray
    scale: FloatArray

    @classmethod
    def identity(cls, count: int) -> BonePose:
        """Every bone at rest."""
        return cls(np.zeros((count, 3)), np.zeros((count, 3)), np.ones((count, 3)))


def moved_points(points: FloatArray, pivots: FloatArray, pose: BonePose) -> FloatArray:
    """(V, B, 3) displacement that each bone alone would give each point."""
    linear = rotvec_to_matrix(pose.rotvec) * pose.scale[:, None, :]
    local = points[:, None, :] - pivots[None]
    return np.asarray(np.einsum("bij,vbj->vbi", linear, local) - local + pose.translation)


def solve_pose(
    points: FloatArray,
    weights: FloatArray,
    pivots: FloatArray,
    target: FloatArray,
    free: NDArray[np.bool_],
    config: FitConfig,
    start: BonePose | None = None,
) -> BonePose:
    """Bone transforms that reproduce ``target`` (V, 3) with ``weights`` (V, B).

    Bones that are not ``free``, and those whose region the shape leaves alone, keep
    the transform of ``start``.
    """
    pose = start or BonePose.identity(len(pivots))
    length = np.linalg.norm(target, axis=1)
    reach = weights.T @ length / np.maximum(weights.sum(0), 1e-9)
    active = np.flatnonzero(free & (reach > 2e-5))
    rows = np.flatnonzero(weights[:, active].sum(1) > 1e-4)
    if not len(active) or not len(rows):
        return pose
    for _ in range(config.newton_iterations):
        _newton_step(points[rows], weights[rows], pivots, target[rows], active, pose, config)
    return pose


def _newton_step(
    points: FloatArray,
    weights: FloatArray,
    pivots: FloatArray,
    target: FloatArray,
    active: IntArray,
    pose: BonePose,
    config: FitConfig,
) -> None:
    """One damped Gauss-Newton step on (rotvec, scale, translation) of the active bones."""
    residual = target - np.einsum("vb,vbi->vi", weights, moved_points(points, pivots, pose))
    rotation = rotvec_to_matrix(pose.rotvec[active])
    local = points[:, None, :] - pivots[None, active]
    turned = np.einsum("bij,vbj->vbi", rotation * pose.scale[active][:, None, :], local)
    count, bones = len(points), len(active)
    jacobian = np.zeros((count, 3, bones, 9))
    # d(R S q) for a small turn w about the pivot is w x (R S q) = -[R S q]x w
    jacobian[..., 0:3] = np.moveaxis(-cross_matrix(turned), 2, 1)
    jacobian[..., 3:6] = np.einsum("bij,vbj->vibj", rotation, local)
    jacobian[..., 6:9] = np.eye(3)[None, :, None, :]
    jacobian *= weights[:, active][:, None, :, None]
    matrix = jacobian.reshape(count * 3, bones * 9)
    # Penalties act on the parameters themselves, in metres moved at 15 mm from the pivot.
    lever = 0.015
    damping = np.tile(
        [config.turn_penalty * lever] * 3
        + [3 * config.turn_penalty * lever] * 3
        + [config.shift_penalty] * 3,
        bones,
    ) * np.sqrt(np.maximum(np.repeat(weights[:, active].sum(0), 9), 1.0))
    current = np.concatenate(
        [pose.rotvec[active], pose.scale[active] - 1, pose.translation[active]], axis=1
    ).ravel()
    normal = matrix.T @ matrix + np.diag(damping**2)
    step = np.linalg.solve(normal, matrix.T @ residual.ravel() - damping**2 * current)
    step = step.reshape(bones, 9)
    pose.rotvec[active] = np.clip(pose.rotvec[active] + step[:, :3], -1.2, 1.2)
    pose.scale[active] = np.clip(pose.scale[active] + step[:, 3:6], 0.6, 1.6)
    pose.translation[active] += step[:, 6:]


def solve_weights(
    moved: FloatArray,
    targets: FloatArray,
    prior: FloatArray,
    allowed: NDArray[np.bool_],
    config: FitConfig,
) -> FloatArray:
    """(V, B) convex weights with at most ``influences`` bones a vertex.

    Args:
        moved: (S, V, B, 3) what each bone alone would do to each vertex in each shape.
        targets: (S, V, 3) displacements.
        prior: (V, B) smooth weights that the solution leans to.
        allowed: (V, B) bones a vertex may follow.
    """
    out = prior.copy()
    for v in np.flatnonzero(np.abs(targets).sum((0, 2)) > 1e-5):
        bones = np.flatnonzero(allowed[v])
        basis = moved[:, v, bones, :].transpose(0, 2, 1).reshape(-1, len(bones))
        wanted = targets[:, v].ravel()
        first = _convex(basis, wanted, prior[v, bones], config)
        keep = bones[ranking(first)[-config.influences :]]
        columns = np.searchsorted(bones, keep)
        out[v] = 0
        out[v, keep] = _convex(basis[:, columns], wanted, prior[v, keep], config)
    return out


def _convex(
    basis: FloatArray, wanted: FloatArray, prior: FloatArray, config: FitConfig
) -> FloatArray:
    """Weights >= 0 that sum to 1, least squares, pulled to ``prior``."""
    prior = prior / max(prior.sum(), 1e-9)
    size = basis.shape[1]
    rows = np.concatenate([basis, config.prior_strength * np.eye(size), np.ones((1, size))])
    right = np.concatenate([wanted, config.prior_strength * prior, [1.0]])
    weights = nnls(rows, right)[0]
    total = weights.sum()
    return np.asarray(weights / total if total > 0 else np.full(size, 1 / size))


def ranking(values: FloatArray) -> IntArray:
    """Indices from the least to the greatest along the last axis, ties by index.

    Values that agree to 1e-6 tie: mirror twins on the midline are equal but for rounding, which
    depends on the machine, and must not be what chooses between them.
    """
    return np.asarray(np.argsort(np.round(values, 6), axis=-1, kind="stable"))


def keep_strongest(weights: FloatArray, count: int) -> FloatArray:
    """Zero all but the ``count`` largest weights of each row and renormalise."""
    out = weights.copy()
    order = ranking(out)
    np.put_along_axis(out, order[:, :-count], 0.0, axis=1)
    return np.asarray(out / out.sum(1, keepdims=True))


def keep_strongest_pairs(weights: FloatArray, twin: IntArray, count: int) -> FloatArray:
    """``keep_strongest`` for symmetric rows: of bones that tie, both stay or both go.

    Args:
        weights: (V, B); twin: (B,) each bone's mirror image, itself on the midline.
    """
    out = keep_strongest(weights, count)
    for row in np.flatnonzero((weights > 0).sum(1) > count):
        mirrored = np.allclose(weights[row], weights[row, twin], atol=1e-9)
        if mirrored:
            out[row] = _strongest_pairs(weights[row], twin, count)
    return np.asarray(out / out.sum(1, keepdims=True))


def _strongest_pairs(weights: FloatArray, twin: IntArray, count: int) -> FloatArray:
    """One symmetric row with at most ``count`` bones, whole pairs, strongest first."""
    keep: set[int] = set()
    for bone in ranking(weights)[::-1]:
        pair = {int(bone), int(twin[bone])}
        if weights[bone] > 0 and len(keep | pair) <= count:
            keep |= pair
    out = np.zeros_like(weights)
    rows = list(keep)
    out[rows] = weights[rows]
    return out


def explained_variance(target: FloatArray, fitted: FloatArray) -> float:
    """1 - |target - fitted|² / |target|², over all vertices and axes."""
    return float(1 - np.square(target - fitted).sum() / np.square(target).sum())


def rigid_fit(
    points: FloatArray, moved: FloatArray, pivot: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Rotation (3, 3) and translation (3,) about ``pivot`` taking points to moved (Kabsch 1976)."""
    centre, goal = points.mean(0), moved.mean(0)
    u, _, vt = np.linalg.svd((moved - goal).T @ (points - centre))
    rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    translation = goal - pivot - rotation @ (centre - pivot)
    return rotation, translation
