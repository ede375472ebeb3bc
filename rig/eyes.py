"""Paints eyeballs and lashes.

The eyeball's texture is polar: columns go round the gaze's axis, rows from the back (top) to the
pupil (bottom). The mesh takes row v (0 at the pupil) to the angle pi * v ** 1.25 from the axis
(``rig.author.parts.eyeball``), so radii in millimetres can be painted.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from rig.looks import Appearance
from rig.texture import (
    ByteImage,
    Colour,
    FloatArray,
    mix,
    noise,
    scaled,
    smoothstep,
    strokes,
    to_bytes,
    vector,
)

BALL_RADIUS_MM = 14.5
IRIS_RADIUS_MM = 6.0


def row_of_radius(radius_mm: float) -> float:
    """v of the circle with this radius about the gaze's axis, seen from in front."""
    return float((np.arcsin(radius_mm / BALL_RADIUS_MM) / np.pi) ** 0.8)


def paint_eye(look: Appearance, size: int = 192) -> ByteImage:
    """(size, size, 3) polar eye texture, sRGB."""
    rng = np.random.default_rng([look.seed, 3])
    v = 1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) / size
    image = _white(look, v, size, rng)
    front = slice(int(size * 0.72), size)  # the rows of the iris, with some to spare
    radius = BALL_RADIUS_MM * np.sin(np.pi * v[front] ** 1.25)
    wavy = radius + 0.12 * noise(rng, size, (9, 30))[front]
    iris = smoothstep(IRIS_RADIUS_MM + 0.35, IRIS_RADIUS_MM - 0.45, wavy)
    part = image[front]
    mix(part, _iris(look, radius, size, rng), iris)
    mix(part, (0.012, 0.011, 0.012), smoothstep(look.pupil_mm + 0.12, look.pupil_mm - 0.18, wavy))
    return to_bytes(image)


def _white(look: Appearance, v: FloatArray, size: int, rng: np.random.Generator) -> FloatArray:
    """Off-white, bluish by the iris, yellow and red towards the corners, with vessels."""
    back = smoothstep(0.22, 0.48, v)
    image = np.empty((size, size, 3), np.float32)
    image[:] = vector(0.715, 0.672, 0.652)
    image -= back[..., None] * vector(0.09, 0.19, 0.19)
    image *= 1 - look.sclera_yellow * vector(0.08, 0.13, 0.26)
    image *= 1 - look.sclera_red * vector(0.0, 0.10, 0.09)
    cloudy = 0.018 * noise(rng, size, (18, 8)) * (0.5 + look.sclera_red)
    image += cloudy[..., None] * vector(0.2, 1, 1)
    vessels = np.roll(_vessels(size), int(rng.integers(size)), axis=1)
    vessels = vessels * smoothstep(0.235, 0.42, v) * (0.25 + 0.75 * look.sclera_red)
    return np.asarray(image * (1 - vessels[..., None] * vector(0.14, 0.55, 0.50)))


@lru_cache(maxsize=2)
def _vessels(size: int) -> FloatArray:
    """(size, size) 0..1 thin wandering lines that come from the back and end by the iris."""
    rng = np.random.default_rng(23)
    image = np.zeros((2 * size, 2 * size), np.uint8)
    rows = 2 * size * np.linspace(0.35, 0.8, 24)
    for shade in rng.integers(60, 230, 46):
        steps = rng.normal(0, 0.011 * size, len(rows)).cumsum() + rng.uniform(0, 2 * size)
        end = int(rng.integers(8, len(rows)))
        strokes(image, np.stack([steps, rows], -1)[None, :end], int(shade))
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.6).astype(np.float32) / 255)


def _iris(look: Appearance, radius: FloatArray, size: int, rng: np.random.Generator) -> FloatArray:
    """Radial fibres, a ring of another colour about the pupil, a dark rim."""
    fibres = 0.16 * noise(rng, size, (0.9, 12)) + 0.10 * noise(rng, size, (2.5, 5))
    fibres = fibres[-len(radius) :]
    collar = smoothstep(0.62, 0.30, (radius - look.pupil_mm) / (IRIS_RADIUS_MM - look.pupil_mm))
    collar = collar * (1 + 2.0 * fibres)
    image = np.empty((*fibres.shape, 3), np.float32)
    image[:] = look.iris
    image += np.clip(0.75 * collar, 0, 1)[..., None] * (vector(*look.iris_ring) - image)
    image *= (1 + fibres)[..., None]
    rim = smoothstep(IRIS_RADIUS_MM - 1.2, IRIS_RADIUS_MM - 0.1, radius)
    inner = smoothstep(look.pupil_mm + 0.5, look.pupil_mm, radius)
    return np.asarray(image * (1 - 0.62 * rim - 0.35 * inner)[..., None])


@lru_cache(maxsize=4)
def _lash_strands(size: int, variant: int) -> FloatArray:
    """(size, 4 size) coverage by lashes: the upper lid's in the upper half, root below."""
    rng = np.random.default_rng([24, variant])
    image = np.zeros((2 * size, 8 * size), np.uint8)
    for root, reach, count in ((size, 0.86 * size, 300), (2 * size, 0.42 * size, 210)):
        clump = np.round(rng.uniform(0, 110, count)) / 110 * 8 * size
        x = clump + rng.normal(0, 0.016 * size, count)
        lean = rng.normal(0, 0.10 * size, count)
        length = reach * rng.uniform(0.45, 1.0, count)
        t = np.linspace(0, 1, 5)
        path = np.stack([x[:, None] + lean[:, None] * t**1.6, root - length[:, None] * t], -1)
        strokes(image, path, 255)
    small = cv2.resize(image, (4 * size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / 255)


def paint_lashes(look: Appearance, size: int = 96) -> ByteImage:
    """(size, 4 size, 4) RGBA: upper lashes in the upper half of the picture, lower in the lower.

    Strands are dense at the lid and end before the strip does.
    """
    v = 1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) / size
    upper = v > 0.5
    tip = np.where(upper, 2 * v - 1, 2 * v)
    root = smoothstep(0.30, 0.06, tip) * np.where(upper, 0.95, 0.35)
    full = min(1.0, look.lashes + 0.3 * look.makeup.liner)
    strands = _lash_strands(size, look.seed % 4) * np.where(upper, 1.25, 0.7)
    strands = strands * smoothstep(1.0, 0.3, tip) ** 0.5 * smoothstep(0.97, 0.9, tip)
    alpha = np.maximum(strands, root) * full**0.6
    image = np.zeros((size, size * 4, 4), np.float32)
    image[..., :3] = _lash_colour(look)
    image[..., 3] = alpha
    return to_bytes(image)


def _lash_colour(look: Appearance) -> Colour:
    """Darker than the brows, black with mascara."""
    dark = 0.5 * (1 - 0.8 * look.makeup.liner)
    return scaled(look.brow_colour, (dark, dark, dark))
