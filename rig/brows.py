"""Eyebrows hair by hair: where they grow, which way they lie, and the picture of them.

A brow is drawn in the frontal plane, in metres, and carried to the skin's texture by each
texel's rest position. Directions follow the common pattern: up at the head of the brow, out
along its body, a little down at the tail, upper and lower hairs leaning to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from rig.layout import BrowStyle
from rig.texture import Colour, FloatArray, smoothstep, strokes, vector

# The drawing: left and right bounds, lower and upper bounds (metres), pixels a metre.
_LOW, _HIGH = np.array([0.002, 0.034]), np.array([0.068, 0.074])
_SCALE = 8000.0
_INNER, _LENGTH = 0.0105, 0.042
_STEPS = np.linspace(0, 1, 5)
_OPACITY = 0.62  # a hair is thinner than the pixel it is drawn with
_SHADES = (1.5, 1.0, 0.7)


def brow_line(style: BrowStyle, along: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height of the brow's middle and half its thickness, metres, at 0 (head) .. 1 (tail)."""
    t = np.clip(along, 0, 1)
    centre = 0.0520 + style.arch * 0.0036 * np.sin(np.pi * t**1.2)
    centre = centre + style.tilt * 0.0035 * (t - 0.35) - 0.0035 * np.maximum(0, t - 0.72) / 0.28
    half = 0.0033 * style.thickness * (1 - 0.62 * t**1.6)
    return np.asarray(centre), np.asarray(half)


def brow_mask(position: FloatArray, style: BrowStyle) -> FloatArray:
    """(S, S) how much brow hair grows at each skin position (..., 3), 0..1."""
    x, y = np.abs(position[..., 0]), position[..., 1]
    along = (x - _INNER) / _LENGTH
    centre, half = brow_line(style, along)
    across = smoothstep(1.25, 0.55, np.abs(y - centre) / half)
    ends = smoothstep(-0.05, 0.10, along) * smoothstep(1.06, 0.85, along)
    grown = across * ends * (position[..., 2] > 0.05)
    return np.asarray(grown * (style.density > 0), dtype=np.float32)


def brow_hairs(style: BrowStyle, rng: np.random.Generator) -> NDArray[np.float64]:
    """(N, 5, 2) hairs of one brow from root to tip: metres out from the middle, and up."""
    count = int(640 * style.thickness**0.6 * style.density**0.7)
    t = np.clip(rng.beta(1.3, 1.3, count) * 1.05 - 0.03, -0.03, 1)
    w = np.clip(rng.normal(0, 0.55, count), -1.15, 1.15)
    centre, half = brow_line(style, np.asarray(t, dtype=np.float32))
    ahead, _ = brow_line(style, np.asarray(t + 0.02, dtype=np.float32))
    slope = np.degrees(np.arctan2(ahead - centre, 0.02 * _LENGTH))
    angle = np.interp(t, [0, 0.12, 0.35, 0.65, 1], [78, 56, 30, 12, -4]) + slope
    angle += -22 * w * np.clip(t / 0.2, 0.2, 1) + rng.normal(0, 8, count)
    length = 1e-3 * np.interp(t, [0, 0.15, 0.6, 1], [4.2, 6.4, 7.0, 4.5])
    length *= (0.62 + 0.4 * style.density) * style.thickness**0.35 * rng.uniform(0.65, 1.2, count)
    bend = np.radians(
        angle[:, None] + np.array([14, 8, 0, -8, -16]) * np.clip(1.2 - t, 0, 1)[:, None]
    )
    step = length[:, None] / (len(_STEPS) - 1)
    path = np.cumsum(np.stack([np.cos(bend) * step, np.sin(bend) * step], -1), axis=1)
    middle = np.stack([_INNER + t * _LENGTH, centre + 0.8 * w * half], -1)
    return np.asarray(path - path[:, 2:3] + middle[:, None])


@lru_cache(maxsize=64)
def _shade_of(style: BrowStyle, width: int, height: int) -> FloatArray:
    """(H, W) coverage of the fine hair and roots below the drawn ones."""
    x = (_LOW[0] + (np.arange(width) + 0.5) * 2 / _SCALE).astype(np.float32)
    y = (_LOW[1] + (np.arange(height) + 0.5) * 2 / _SCALE).astype(np.float32)
    place = np.stack(np.broadcast_arrays(x, y[:, None], np.float32(1)), -1)
    fade = smoothstep(-0.05, 0.35, (x - _INNER) / _LENGTH)
    return np.asarray(0.42 * style.density * brow_mask(place, style) * fade)


def brow_picture(style: BrowStyle, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """(H, W) shade, a factor of the hair's colour, and (H, W) coverage of one brow."""
    hairs = (brow_hairs(style, rng) - _LOW) * _SCALE
    width, height = ((_HIGH - _LOW) * _SCALE).astype(int)
    clear = 1 - _shade_of(style, width // 2, height // 2)
    tint = np.ones_like(clear)
    for group, shade in enumerate(_SHADES):
        layer = np.zeros((height, width), np.uint8)
        strokes(layer, hairs[group :: len(_SHADES)])
        small = cv2.resize(layer, clear.shape[::-1], interpolation=cv2.INTER_AREA)
        cover = small * np.float32(_OPACITY / 255)
        tint += cover * (np.float32(shade) - tint)
        clear *= 1 - cover
    return tint, 1 - clear


@lru_cache(maxsize=40)
def _brow_pictures(
    style: BrowStyle, seed: tuple[int, ...]
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Left and right ``brow_picture``; kept for every style of a run of one look."""
    rng = np.random.default_rng(seed)
    return brow_picture(style, rng), brow_picture(style, rng)


@dataclass(frozen=True)
class BrowPlaces:
    """Where one side's texels lie in a brow's picture.

    Attributes:
        window: rows and columns of the skin texture about the brow.
        column, row: (h, w) pixel of the picture under each texel; far away where none is.
    """

    window: tuple[slice, slice]
    column: FloatArray
    row: FloatArray


def brow_places(position: FloatArray) -> tuple[BrowPlaces, BrowPlaces]:
    """Left and right places of a skin texture with (S, S, 3) rest positions, metres."""
    x, y, z = np.abs(position[..., 0]), position[..., 1], position[..., 2]
    inside = (x > _LOW[0]) & (x < _HIGH[0]) & (y > _LOW[1]) & (y < _HIGH[1]) & (z > 0.045)
    left = position[..., 0] >= 0
    place = (np.stack([x, y], -1) - _LOW) * (_SCALE / 2) - 0.5
    return _places(place, inside & left), _places(place, inside & ~left)


def _places(place: NDArray[np.float64], inside: NDArray[np.bool_]) -> BrowPlaces:
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    kept = np.where(inside[window][..., None], place[window], -10).astype(np.float32)
    return BrowPlaces(
        window, np.ascontiguousarray(kept[..., 0]), np.ascontiguousarray(kept[..., 1])
    )


def paint_brows(
    image: FloatArray,
    places: tuple[BrowPlaces, BrowPlaces],
    style: BrowStyle,
    colour: Colour,
    seed: tuple[int, ...],
) -> None:
    """Paint both brows over an (S, S, 3) skin texture of colours 0..1, in place.

    Each side gets hairs of its own; a density of 0 paints nothing.
    """
    if style.density <= 0:
        return
    hair = vector(*colour)
    for side, (tint, cover) in zip(places, _brow_pictures(style, seed), strict=True):
        part = image[side.window]
        amount = cv2.remap(cover, side.column, side.row, cv2.INTER_LINEAR)
        shade = cv2.remap(
            tint, side.column, side.row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        part += amount[..., None] * (shade[..., None] * hair - part)
