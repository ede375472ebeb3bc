"""Pictures of hair: strands on cards, stubbly edges of the scalp, cloth-like noise.

What a card shows is fixed by a seed and cached; a face's colour is laid over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteImage = NDArray[np.uint8]
Colour = tuple[float, float, float]

COLUMNS = 8  # as ``rig.author.hair.COLUMNS``
_SIZE = 256
_SILVER = (0.62, 0.61, 0.595)
# Of each column: how many strands, how thick they are, how far the shortest ends before the tip.
_DENSE, _OUTER, _THIN = (16, 0.058, 0.10), (13, 0.046, 0.35), (6, 0.034, 0.55)
_KINDS = (_DENSE, _DENSE, _OUTER, _OUTER, _OUTER, _OUTER, _THIN, _THIN)


@dataclass(frozen=True)
class Strands:
    """A picture of strands before it has a colour, (S, S) each.

    Attributes:
        alpha: 0..1; shade: brightness of the strand that covers a texel, about 1;
        pick: uniform 0..1 number of that strand, to grey some.
    """

    alpha: FloatArray
    shade: FloatArray
    pick: FloatArray


@lru_cache(maxsize=16)
def strands(seed: int, wave: float) -> Strands:
    """Eight columns of strands; ``wave`` 0..1 bends them."""
    rng = np.random.default_rng([seed, 77])
    columns = [_column(rng, *kind, wave) for kind in _KINDS]
    alpha, shade, pick = (np.concatenate(parts, axis=1) for parts in zip(*columns, strict=True))
    return Strands(alpha, shade, pick)


def _column(
    rng: np.random.Generator, count: int, thick: float, ragged: float, wave: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(S, S/8) alpha, shade and number of the strands of one column."""
    v = (np.arange(_SIZE, dtype=np.float32)[:, None] + 0.5) / _SIZE
    width = _SIZE // COLUMNS
    u = (np.arange(width, dtype=np.float32)[None] + 0.5) / width
    alpha = np.zeros((_SIZE, width), np.float32)
    shade, pick = np.ones_like(alpha), np.zeros_like(alpha)
    centres = np.linspace(0.07, 0.93, count) + rng.normal(0, 0.25 / count, count)
    for centre in rng.permutation(centres):
        number, end = rng.random(), 1 - ragged * rng.random() ** 1.5
        bend = (0.02 + 0.10 * wave) * np.sin(rng.uniform(2, 3 + 9 * wave) * v + rng.uniform(0, 6.3))
        middle = 0.5 + (centre + bend - 0.5) * (1 - 0.25 * v)
        half = thick * rng.uniform(0.7, 1.3) * np.clip((end - v) / 0.35, 0, 1) ** 0.6
        near = np.abs(u - middle) / np.maximum(half, 1e-4)
        cover = np.clip(1.6 - 1.3 * near, 0, 1) * (v < end)
        tone = rng.normal(1.0, 0.13) * (1.05 - 0.25 * np.clip(near, 0, 1) ** 2)
        over = cover > alpha
        shade, pick = np.where(over, tone, shade), np.where(over, number, pick)
        alpha = np.maximum(alpha, cover)
    return alpha, shade.astype(np.float32), pick.astype(np.float32)


def paint_cards(
    colour: Colour, grey: float = 0.0, wave: float = 0.0, seed: int = 0, tips: float = 0.15
) -> ByteImage:
    """(256, 256, 4) sRGB picture of hair cards.

    Args:
        colour: of the hair; grey: share of grey strands, 0..1; wave: 0..1 bends strands.
        seed: which of four drawings; tips: how much lighter the ends are.
    """
    drawn = strands(seed % 4, round(2 * wave) / 2)
    v = (np.arange(_SIZE, dtype=np.float32)[:, None] + 0.5) / _SIZE
    roots = 0.62 + 0.38 * np.clip(v / 0.22, 0, 1) + tips * np.clip((v - 0.5) / 0.5, 0, 1)
    depth = np.ones(_SIZE, np.float32)
    depth[: 2 * _SIZE // COLUMNS] = 0.86
    light = drawn.shade * (roots * depth[None])
    warm = 0.05 * (drawn.shade - 1)
    mix = np.clip((grey - drawn.pick) * 6 + 0.5, 0, 1) * min(0.65, grey * 5)
    out = np.empty((_SIZE, _SIZE, 4), np.uint8)
    for i, (own, silver, tint) in enumerate(zip(colour, _SILVER, (1, 0, -1), strict=True)):
        image = light * (own + mix * (silver - own)) if grey > 0 else light * own
        out[..., i] = np.clip(image * (1 + tint * warm) * 255, 0, 255)
    out[..., 3] = drawn.alpha * 255
    return out


@lru_cache(maxsize=4)
def _scalp_noise(seed: int) -> FloatArray:
    """(128, 256) strokes that run up from the hairline, about -2..2."""
    rng = np.random.default_rng([seed, 78])
    field = rng.standard_normal((128, 256)).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), 0.6, sigmaY=2.0)
    return np.asarray(field / field.std(), dtype=np.float32)


def paint_scalp(colour: Colour, grey: float, density: float, seed: int = 0) -> ByteImage:
    """(128, 256, 4) of the scalp below the hair; v .25 is the hairline, below it hair thins out.

    Args:
        density: 0 bare to 1 covered.
    """
    v = (np.arange(128, dtype=np.float32)[:, None] + 0.5) / 128
    noise = _scalp_noise(seed % 4)
    cover = np.clip((v - 0.12) / 0.34, 0, 1) * density
    alpha = np.clip(0.5 + 0.35 * noise + 2.2 * (cover - 0.5), 0, 1) * (v > 0.10)
    base = np.array(colour, np.float32)
    base = base + 0.7 * grey * (np.float32(0.55) - base)
    image = base * (0.62 + 0.10 * noise)[..., None]
    out = np.concatenate([image, alpha[..., None]], axis=-1)
    return np.asarray(np.clip(out * 255, 0, 255), dtype=np.uint8)
