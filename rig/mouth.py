"""Paints what is behind the lips: teeth, tongue, the inside of the mouth."""

from __future__ import annotations

import numpy as np

from rig.looks import Appearance
from rig.texture import ByteImage, FloatArray, noise, smoothstep, to_bytes, vector

TEETH = 12  # in a row of the mesh (``rig.author.teeth``)


def paint_teeth(look: Appearance, size: int = 128) -> ByteImage:
    """(size, 2 size, 3) upper teeth in the upper half, gums at the top; the lower mirrored.

    Columns run from the right last tooth to the left one, ``TEETH`` in all.
    """
    rng = np.random.default_rng([look.seed, 6])
    u = (np.arange(2 * size, dtype=np.float32) + 0.5) / (2 * size) * TEETH
    v = np.abs(1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) * 2 / size)  # gum 1, edge 0
    upper = _row_of_teeth(look, u, v[: size // 2], rng)
    return to_bytes(np.concatenate([upper, _row_of_teeth(look, u, v[size // 2 :], rng)]))


def _row_of_teeth(
    look: Appearance, u: FloatArray, v: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """(H, W, 3) one jaw's: gum, yellower necks, greyish edges, dark gaps, darker to the back."""
    from_gap = np.minimum(u % 1, 1 - u % 1)
    each = rng.normal(0, 0.025, TEETH).astype(np.float32)[np.minimum(u.astype(int), TEETH - 1)]
    tone = vector(0.74, 0.68, 0.57) + look.teeth * vector(0.07, 0.10, 0.15)
    image = tone * (1 + each[None, :, None]) * np.ones((*v.shape[:1], 1, 1), np.float32)
    neck = smoothstep(0.25, 0.58, v)[..., None]
    image = image * (1 - neck * vector(0.05, 0.11, 0.20))
    edge = (smoothstep(0.10, 0.0, v) * smoothstep(0.0, 0.15, from_gap))[..., None]
    image = image * (1 - edge * vector(0.16, 0.10, 0.05))
    image = image * (1 - 0.5 * np.exp(-((from_gap / 0.04) ** 2)))[None, :, None]
    margin = 0.565 - 0.09 * np.exp(-((from_gap / 0.12) ** 2))
    gum = smoothstep(-0.02, 0.02, v - margin)[..., None]
    flesh = vector(0.60, 0.34, 0.34) * (1 - 0.16 * min(look.melanin, 2.0))
    image = image + gum * (flesh * (1.05 - 0.2 * v[..., None]) - image)
    return np.asarray(image, dtype=np.float32)


def paint_tongue(look: Appearance, size: int = 64) -> ByteImage:
    """(size, size, 3) pink with fine papillae and a paler middle."""
    rng = np.random.default_rng([look.seed, 4])
    image = np.empty((size, size, 3), np.float32)
    image[:] = vector(0.62, 0.33, 0.32) * (1 - 0.12 * min(look.melanin, 1.5))
    coated = 0.05 * noise(rng, size, (4, 4)) + 0.035 * noise(rng, size, (0.7, 0.7))
    image *= (1 + coated)[..., None]
    return to_bytes(image)


def paint_mouth(look: Appearance, size: int = 32) -> ByteImage:
    """(size, size, 3) dark red flesh."""
    rng = np.random.default_rng([look.seed, 5])
    image = np.empty((size, size, 3), np.float32)
    image[:] = vector(0.42, 0.16, 0.15)
    image *= (1 + 0.06 * noise(rng, size, (3, 3)))[..., None]
    return to_bytes(image)
