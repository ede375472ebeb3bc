"""Measures what is seen through the slits of lids and lips: areas in a frontal picture.

A small z-buffer in numpy, orthographic, so that the figures need neither a camera nor GL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.head import Head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """A rectangle in the frontal picture: middle and half size in metres, and the pixel."""

    x: float
    y: float
    half_width: float
    half_height: float
    pixel: float = 2.5e-4


def foremost(corners: FloatArray, labels: IntArray, window: Window) -> IntArray:
    """(H, W) label of the foremost triangle at each pixel, -1 where there is none.

    Args:
        corners: (T, 3, 3) triangles; the viewer looks along -z. labels: (T,).
    """
    size = np.array([window.half_width, window.half_height])
    count = np.ceil(2 * size / window.pixel).astype(int)
    places = (corners[..., :2] - [window.x, window.y] + size) / window.pixel
    depth = np.full((count[1], count[0]), -np.inf)
    label = np.full((count[1], count[0]), -1)
    low, high = places.min(1), places.max(1)
    seen = ((high > 0) & (low < count)).all(1)
    for i in np.flatnonzero(seen):
        _draw(places[i], corners[i, :, 2], int(labels[i]), depth, label)
    return label


def _draw(places: FloatArray, z: FloatArray, label: int, depth: FloatArray, out: IntArray) -> None:
    """One triangle into the buffers, by barycentric coordinates of the pixels' middles."""
    low = np.maximum(np.floor(places.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(places.max(0)), out.shape[::-1]).astype(int)
    (ax, ay), (bx, by), (cx, cy) = places
    double_area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if abs(double_area) < 1e-12:
        return
    x = np.arange(low[0], high[0])[None, :] + 0.5
    y = np.arange(low[1], high[1])[:, None] + 0.5
    b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / double_area
    c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / double_area
    height = z[0] + b * (z[1] - z[0]) + c * (z[2] - z[0])
    window = slice(low[1], high[1]), slice(low[0], high[0])
    nearer = (b >= 0) & (c >= 0) & (b + c <= 1) & (height > depth[window])
    depth[window][nearer] = height[nearer]
    out[window][nearer] = label


def seen_area(
    head: Head, vertices: dict[str, FloatArray], parts: tuple[str, ...], window: Window
) -> float:
    """Square metres of ``parts`` that a frontal picture shows in a window; lashes hide nothing.

    Args:
        vertices: part → (V, 3) posed vertices.
    """
    names = [name for name in head.primitives if name not in ("lashes", "hair")]
    corners = [vertices[name][head.primitives[name].triangles] for name in names]
    labels = [
        np.full(len(part), name in parts, dtype=np.int64)
        for name, part in zip(names, corners, strict=True)
    ]
    picture = foremost(np.concatenate(corners), np.concatenate(labels), window)
    return float((picture == 1).sum() * window.pixel**2)


def eye_area(head: Head, vertices: dict[str, FloatArray], side: str) -> float:
    """Square metres of the eyeball between the lids, seen from the front; side L or R."""
    sign = 1 if side == "L" else -1
    ball = vertices["eyes"][head.primitives["eyes"].positions[:, 0] * sign > 0]
    middle = (ball.min(0) + ball.max(0)) / 2
    window = Window(float(middle[0]), float(middle[1]), 0.018, 0.014)
    return seen_area(head, vertices, ("eyes",), window)
