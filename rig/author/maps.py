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
DISTANCE_STEP_M = 1e-4


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
    parts: list[Part], base_rows: NDArray[np.int64], mesh: makehuman.BaseMesh
) -> dict[str, NDArray[np.generic]]:
    """Arrays of ``skin_maps.npz``.

    Args:
        parts: skin first; base_rows: MakeHuman vertex of each of the skin's vertices.

    Returns:
        position (S, S, 3) float16 metres; lips, lids (S, S) uint8 0..255; lid_margin and
        mouth_line (S, S) uint8, the distance from these edges in steps of 0.1 mm.
    """
    from PIL import Image

    skin = parts[0]
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
    by_name = {part.name: part for part in parts}
    edges = {"lid_margin": lid_margins(by_name["lashes"]), "mouth_line": mouth_line(parts)}
    for name, points in edges.items():
        steps = distance_from(image[..., :3], points) / DISTANCE_STEP_M
        out[name] = np.asarray(np.clip(np.round(steps), 0, 255), dtype=np.uint8)
    return out


def distance_from(places: FloatArray, points: FloatArray) -> FloatArray:
    """(...,) metres from each of (..., 3) places to the nearest of (N, 3) points."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(points).query(places, workers=1)[0])


def lid_margins(lashes: Part) -> FloatArray:
    """(N, 3) points along the roots of the lashes, closer than a texel to each other."""
    root = {}
    for face, uv in zip(lashes.faces, lashes.corner_uvs, strict=True):
        root.update(dict(zip(face, uv[:, 1] % 0.5 < 0.05, strict=True)))
    return _along_edges(
        lashes.positions, [e for e in _edges(lashes.faces) if all(map(root.get, e))]
    )


def mouth_line(parts: list[Part]) -> FloatArray:
    """(N, 3) points along the seam of the lips' skin with the inside of the mouth."""
    skin, mouth = (next(p for p in parts if p.name == name) for name in ("skin", "mouth"))
    shared = {p.tobytes() for p in skin.positions}
    seam = [p.tobytes() in shared for p in mouth.positions]
    edges = [e for e in _edges(mouth.faces) if seam[e[0]] and seam[e[1]]]
    return _along_edges(mouth.positions, edges)


def _edges(faces: list[tuple[int, ...]]) -> list[tuple[int, int]]:
    pairs = {tuple(sorted(pair)) for f in faces for pair in zip(f, (*f[1:], f[0]), strict=True)}
    return sorted((a, b) for a, b in pairs)


def _along_edges(positions: FloatArray, edges: list[tuple[int, int]]) -> FloatArray:
    """(N, 3) ten points on each edge."""
    first, second = positions[np.array(edges)].transpose(1, 0, 2)
    t = np.linspace(0, 1, 10)[:, None, None]
    return np.asarray((first * (1 - t) + second * t).reshape(-1, 3))
