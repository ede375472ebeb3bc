"""Pictures of cloth: plain, heathered, striped, checked or knitted, with hems and folds."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteImage = NDArray[np.uint8]
Colour = tuple[float, float, float]

PATTERNS = ("plain", "heather", "stripes", "check", "knit")
_ROWS, _COLUMNS = 128, 320  # from the neckline down, and once round from the back


@lru_cache(maxsize=8)
def _noise(seed: int, across: float, down: float) -> FloatArray:
    """(rows, columns) noise of unit variance, blurred by texels."""
    field = np.random.default_rng([seed, 91]).standard_normal((_ROWS, _COLUMNS))
    field = cv2.GaussianBlur(field.astype(np.float32), (0, 0), across, sigmaY=down)
    return np.asarray(field / field.std(), dtype=np.float32)


def paint_cloth(
    colour: Colour, second: Colour, pattern: str, buttons: bool, seed: int
) -> ByteImage:
    """(128, 320, 3) sRGB of a garment; u once round from the back, v down from the neckline.

    Args:
        second: the other colour of stripes and checks.
        pattern: one of ``PATTERNS``.
        buttons: True for a placket down the front.

    Raises:
        ValueError: there is no such pattern.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"cloth pattern {pattern!r}, expected one of {PATTERNS}")
    v = (np.arange(_ROWS, dtype=np.float32)[:, None] + 0.5) / _ROWS
    u = (np.arange(_COLUMNS, dtype=np.float32)[None] + 0.5) / _COLUMNS
    mix = _pattern(pattern, u, v, seed)
    image = np.array(colour, np.float32) + mix[..., None] * np.subtract(
        second, colour, dtype=np.float32
    )
    weave = 0.05 if pattern in ("heather", "knit") else 0.02
    shade = 1 + weave * _noise(seed % 4, 0.5, 0.5) + 0.05 * _noise(seed % 4, 6, 14)
    shade = shade * (1 - 0.28 * _seams(u, v, buttons))
    image *= 255 * shade[..., None]
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def _pattern(pattern: str, u: FloatArray, v: FloatArray, seed: int) -> FloatArray:
    """(rows, columns) 0..1: how much of the second colour shows."""
    rng = np.random.default_rng([seed, 92])
    count = float(rng.integers(7, 22))
    flat = np.zeros((_ROWS, _COLUMNS), np.float32)
    if pattern == "stripes":
        return np.asarray(flat + (np.sin(2 * np.pi * count * v) > rng.uniform(-0.3, 0.7)))
    if pattern == "check":
        across = np.sin(2 * np.pi * 3 * round(count) * u) > 0.2
        return np.asarray(0.4 * across + 0.4 * (np.sin(2 * np.pi * count * v) > 0.2) + flat)
    if pattern == "heather":
        return np.asarray(np.clip(0.15 * _noise(seed % 4, 2.0, 0.7) + 0.1, 0, 1))
    if pattern == "knit":
        return np.asarray(flat + 0.25 * (np.sin(2 * np.pi * 100 * u) > 0))
    return flat


def _seams(u: FloatArray, v: FloatArray, buttons: bool) -> FloatArray:
    """(rows, columns) 0..1 dark lines: the hem of the neck, ribs in it, a placket."""
    hem = np.exp(-(((v - 0.055) / 0.006) ** 2)) + 0.25 * (v < 0.05) * (np.sin(1500 * u) > 0)
    out = hem + 0 * u
    if buttons:
        edge = np.exp(-(((np.abs(u - 0.5) - 0.013) / 0.0016) ** 2))
        spots = (np.abs(u - 0.5) < 0.0035) & (np.abs((v * 4.2) % 1 - 0.5) < 0.03)
        out = np.maximum(out, np.maximum(0.8 * edge, spots))
    return np.asarray(np.clip(out, 0, 1), dtype=np.float32)
