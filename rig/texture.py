"""Bricks of painted textures: noise, tiles of hairs and spots, blending; all in numpy and cv2.

Noise and tiles are made once and windows are cut from them at random, because blurring or
drawing them anew for every face would cost more than painting all the rest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteImage = NDArray[np.uint8]
Colour = tuple[float, float, float]

_BANK = 1400
_SHIFT = 4  # bits after the point in the places that cv2 draws at


def smoothstep(low: float, high: float, x: NDArray[Any]) -> FloatArray:
    """Hermite step, 0 below ``low`` and 1 above ``high`` (either order)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


@lru_cache(maxsize=24)
def _noise_bank(blur: tuple[float, float]) -> FloatArray:
    """A large tile of blurred unit noise to cut windows from; blurring anew costs 10 ms."""
    field = np.random.default_rng(20).standard_normal((_BANK, _BANK), dtype=np.float32)
    field = cv2.GaussianBlur(field, (0, 0), max(blur[0], 0.01), sigmaY=max(blur[1], 0.01))
    return np.asarray(field / field.std(), dtype=np.float32)


def noise(rng: np.random.Generator, size: int, blur: tuple[float, float]) -> FloatArray:
    """(size, size) Gaussian noise of unit variance, blurred by (x, y) pixels."""
    window = _random_window(rng, _noise_bank(blur), size)
    return window[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))]


def _random_window(rng: np.random.Generator, bank: FloatArray, size: int) -> FloatArray:
    row, column = rng.integers(0, bank.shape[0] - size, 2)
    return bank[row : row + size, column : column + size]


@lru_cache(maxsize=8)
def _hair_bank(length_px: float, spacing_px: float) -> FloatArray:
    """(1400, 1400) coverage 0..1 of short hairs that mostly point down, drawn at twice the size."""
    rng = np.random.default_rng(21)
    count = int((_BANK / spacing_px) ** 2)
    root = rng.uniform(0, 2 * _BANK, (count, 2))
    angle = np.pi / 2 + rng.normal(0, 0.45, count)
    reach = 2 * length_px * rng.uniform(0.5, 1.3, count)
    tip = root + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    image = np.zeros((2 * _BANK, 2 * _BANK), np.uint8)
    shade = rng.integers(110, 255, count)
    for group in range(4):  # one call a shade: darker ones are drawn last
        pick = (shade - 110) // 37 == group
        strokes(image, np.stack([root, tip], 1)[pick], 130 + 40 * group)
    small = cv2.resize(image, (_BANK, _BANK), interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / 255)


def hair_stubs(
    rng: np.random.Generator, size: int, length_px: float, spacing_px: float
) -> FloatArray:
    """(size, size) coverage 0..1 by short hairs that point down."""
    return _random_window(rng, _hair_bank(length_px, spacing_px), size)


@lru_cache(maxsize=8)
def _spot_bank(radius_px: float, spacing_px: float) -> FloatArray:
    rng = np.random.default_rng(22)
    count = int((_BANK / spacing_px) ** 2)
    image = np.zeros((_BANK, _BANK), np.uint8)
    places = rng.uniform(0, _BANK, (count, 2))
    radii = radius_px * rng.lognormal(0, 0.4, count)
    for place, radius, shade in zip(places, radii, rng.integers(70, 255, count), strict=True):
        blot(image, place, radius, int(shade), rng)
    soft = cv2.GaussianBlur(image, (0, 0), 0.35 * radius_px)
    return np.asarray(soft.astype(np.float32) / 255)


def spots(rng: np.random.Generator, size: int, radius_px: float, spacing_px: float) -> FloatArray:
    """(size, size) soft spots of uneven size and strength, 0..1."""
    window = _random_window(rng, _spot_bank(radius_px, spacing_px), size)
    return window[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))]


def blot(
    image: ByteImage,
    place: NDArray[np.float64],
    radius: float,
    shade: int,
    rng: np.random.Generator,
) -> None:
    """Draw one roundish spot (x, y) over an (H, W) picture."""
    axes = np.maximum(radius * rng.uniform(0.8, 1.25, 2) * (1 << _SHIFT), 8).astype(int)
    centre = np.round(place * (1 << _SHIFT)).astype(int)
    turn = float(rng.uniform(0, 180))
    cv2.ellipse(image, centre.tolist(), axes.tolist(), turn, 0, 360, shade, -1, cv2.LINE_AA, _SHIFT)


def strokes(image: ByteImage, lines: NDArray[np.float64], shade: int = 255) -> None:
    """Draw (N, K, 2) polylines, one pixel thin and antialiased, over an (H, W) picture."""
    points = np.round(lines * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(image, list(points), False, shade, 1, cv2.LINE_AA, _SHIFT)


def extent(amount: FloatArray) -> tuple[slice, slice] | None:
    """Rows and columns where an opacity is not zero; most masks cover little of the skin."""
    rows = np.flatnonzero(amount.max(1) > 0.004)
    columns = np.flatnonzero(amount.max(0) > 0.004)
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def mix(image: FloatArray, colour: Colour | FloatArray, amount: FloatArray) -> None:
    """Blend a colour, or an image of colours, over an image in place by (H, W) opacity."""
    window = extent(amount)
    if window is None:
        return
    part = image[window]
    over = np.asarray(colour, dtype=np.float32)
    over = over[window] if over.ndim == 3 else over
    a = np.clip(amount[window], 0, 1)[..., None]
    part += a * (over - part)


def scaled(colour: Colour, by: Colour) -> Colour:
    """Colour times colour."""
    return colour[0] * by[0], colour[1] * by[1], colour[2] * by[2]


def vector(*values: float) -> FloatArray:
    """(N,) float32: a double would turn whole pictures into doubles."""
    return np.array(values, dtype=np.float32)


def to_bytes(image: FloatArray) -> ByteImage:
    """0..1 to 0..255, rounded."""
    return np.asarray(np.clip(image * 255 + 0.5, 0, 255), dtype=np.uint8)
