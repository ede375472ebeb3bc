"""Linear blend skinning: joint transforms and weights → vertices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def skin(
    positions: FloatArray, joints: IntArray, weights: FloatArray, skin_matrices: FloatArray
) -> FloatArray:
    """Deform rest positions by the weighted mean of their joints' matrices.

    Args:
        positions: (V, 3) rest positions.
        joints: (V, K) joint indices; weights: (V, K), rows sum to 1.
        skin_matrices: (J, 4, 4) posed_from_rest of every joint.

    Returns:
        (V, 3) posed positions.

    Source: Khronos glTF 2.0 specification, section 3.7.3.
    """
    blended = np.einsum("vk,vkij->vij", weights, skin_matrices[joints, :3, :])
    return np.asarray(np.einsum("vij,vj->vi", blended[..., :3], positions) + blended[..., 3])


def vertex_normals(positions: FloatArray, triangles: IntArray) -> FloatArray:
    """(V, 3) unit normals, area-weighted over the triangles (T, 3) round each vertex."""
    a, b, c = (positions[triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    flat = triangles.T.ravel()
    out = np.stack(
        [np.bincount(flat, np.tile(face[:, i], 3), len(positions)) for i in range(3)], axis=1
    )
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-20))


class SmoothNormals:
    """Normals of a mesh that moves: vertices that lie together at rest share theirs (seams)."""

    def __init__(self, rest_positions: FloatArray, triangles: IntArray) -> None:
        _, first = np.unique(np.round(rest_positions, 7), axis=0, return_inverse=True)
        self._place = first.reshape(-1)
        self._triangles = triangles
        corners = self._place[triangles.T.ravel()]
        self._order = np.argsort(corners, kind="stable") % len(triangles)
        self._starts = np.searchsorted(np.sort(corners), np.arange(corners.max() + 1))

    def __call__(self, positions: FloatArray) -> NDArray[np.float32]:
        """(V, 3) unit normals, area-weighted, of posed positions (V, 3)."""
        corners = positions.astype(np.float32)[self._triangles]
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        face = np.stack(
            [
                a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
                a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
                a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
            ],
            axis=1,
        )
        sums = np.add.reduceat(face[self._order], self._starts, axis=0)
        sums /= np.maximum(np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None], 1e-20)
        return np.asarray(sums[self._place], dtype=np.float32)


def turn_normals(
    normals: FloatArray, joints: IntArray, weights: FloatArray, skin_matrices: FloatArray
) -> NDArray[np.float32]:
    """(V, 3) unit normals turned by their joints; fair where joints hardly scale."""
    blended = np.einsum("vk,vkij->vij", weights, skin_matrices[joints, :3, :3])
    out = np.einsum("vij,vj->vi", blended, normals)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-20)
    return np.asarray(out, dtype=np.float32)
