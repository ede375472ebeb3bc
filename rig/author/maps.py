"""Maps of the skin in its texture space: rest position, lips, lids, occlusion.

Everything painted on the face at run time (brows, stubble, freckles, the scalp
under the hair) is painted by rest position, so it needs no hand-made texture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rig.author import makehuman
from rig.author.parts import Part

FloatArray = NDArray[np.float64]
SIZE = 512


def rasterise(uvs: FloatArray, values: FloatArray, size: int = SIZE) -> FloatArray:
    """Interpolate corner values over triangles in texture space.

    Where triangles overlap (the socket behind a lid), the one with the greater value in
    the last column, the distance from the head's axis, wins.

    Args:
        uvs: (T, 3, 2) corners, v up; u may pass 1 (wraps).
        values: (T, 3, C), the last column the priority.

    Returns:
        (size, size, C) row 0 at v = 1; NaN where no triangle lies.
    """
    out = np.full((size, size, values.shape[-1]), np.nan)
    for corners, value in zip(uvs, values, strict=True):
        pixels = np.stack([corners[:, 0], 1 - corners[:, 1]], axis=1) * size - 0.5
        low = np.floor(pixels.min(0)).astype(int) - 1
        high = np.ceil(pixels.max(0)).astype(int) + 1
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        weights = _barycentric(pixels, np.stack([x, y], -1).reshape(-1, 2))
        inside = (weights > -0.02).all(1)
        rows = np.clip(y.ravel()[inside], 0, size - 1)
        columns = x.ravel()[inside] % size
        found = weights[inside] @ value
        nearer = ~(out[rows, columns, -1] > found[:, -1])
        out[rows[nearer], columns[nearer]] = found[nearer]
    return out


def _barycentric(corners: FloatArray, points: FloatArray) -> FloatArray:
    """(N, 3) barycentric coordinates; far outside for a degenerate triangle."""
    a, b, c = corners
    matrix = np.stack([b - a, c - a], axis=1)
    if abs(np.linalg.det(matrix)) < 1e-9:
        return np.full((len(points), 3), -1.0)
    st = (points - a) @ np.linalg.inv(matrix).T
    return np.concatenate([1 - st.sum(1, keepdims=True), st], axis=1)


def fill_gaps(image: FloatArray) -> FloatArray:
    """Give pixels without a triangle the value of the nearest one that has."""
    from scipy.ndimage import distance_transform_edt

    empty = np.isnan(image[..., 0])
    nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)])


def triangles(part: Part) -> tuple[NDArray[np.int64], FloatArray]:
    """(T, 3) vertex indices and (T, 3, 2) texture coordinates of a part's fan triangles."""
    index, uvs = [], []
    for face, uv in zip(part.faces, part.corner_uvs, strict=True):
        for k in range(1, len(face) - 1):
            index.append((face[0], face[k], face[k + 1]))
            uvs.append(uv[[0, k, k + 1]])
    return np.array(index), np.array(uvs)


def outwardness(part: Part) -> FloatArray:
    """(V, 1) distance from the head's vertical axis."""
    return np.hypot(part.positions[:, :1], part.positions[:, 2:] - 0.01)


def skin_maps(
    skin: Part, base_rows: NDArray[np.int64], mesh: makehuman.BaseMesh
) -> dict[str, NDArray[np.generic]]:
    """Arrays of ``skin_maps.npz``.

    Args:
        skin: the skin part; base_rows: MakeHuman vertex of each of its vertices.

    Returns:
        position (S, S, 3) float16 metres; lips, lids (S, S) uint8 0..255.
    """
    from PIL import Image

    index, uvs = triangles(skin)
    original = mesh.vertex_uvs("body")[base_rows]
    values = np.concatenate([skin.positions, original, outwardness(skin)], axis=1)[index]
    image = fill_gaps(rasterise(uvs, values))
    out: dict[str, NDArray[np.generic]] = {"position": image[..., :3].astype(np.float16)}
    for name in ("lips", "eyelids"):
        path = makehuman.data_dir() / f"mpfb2/textures/mpfb_{name}.jpg"
        mask = np.asarray(Image.open(path).convert("L"))
        height, width = mask.shape
        rows = np.clip(((1 - image[..., 4]) * height).astype(int), 0, height - 1)
        columns = np.clip((image[..., 3] * width).astype(int), 0, width - 1)
        out[name] = mask[rows, columns]
    return out
