"""Paints what is behind the lips: teeth, tongue, the inside of the mouth."""

from __future__ import annotations

import numpy as np

from rig.looks import Appearance
from rig.texture import ByteImage, noise, to_bytes, vector


def paint_teeth(look: Appearance | None = None, size: int = 64) -> ByteImage:
    """(size, size, 3) off-white with gaps between the teeth and gums at one edge."""
    u = np.arange(size, dtype=np.float32) / size
    gaps = np.exp(-((((u * 12) % 1) - 0.5) ** 2) / 0.006) * 0.35
    image = vector(0.74, 0.70, 0.62) * (1 - gaps)[None, :, None] * np.ones((size, 1, 1))
    return to_bytes(np.asarray(image, dtype=np.float32))


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
