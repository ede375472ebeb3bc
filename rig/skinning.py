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
