"""Paints a face: skin with brows, lips and stubble, irises, hair, in texture space.

The skin is painted by rest position (``assets/skin_maps.npz``), so a brow style is a
curve on the forehead in metres and not a hand-made picture. All randomness comes in
through ``Appearance.seed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rig.creases import crease_masks
from rig.head import asset_path
from rig.layout import BrowStyle, load_layout

FloatArray = NDArray[np.float32]
ByteImage = NDArray[np.uint8]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Appearance:
    """Looks of one face. Colours are sRGB 0..1.

    Attributes:
        brow: painted brow; brow_colour of its hair.
        skin: base tone; lips: lip tone; blush 0..1: redness of cheeks, nose and ears.
        mottling, freckles, stubble, lid_shadow: strengths 0..1.
        creases: how much muscles wrinkle the skin; age_creases: folds at rest.
        lashes: opacity.
        stubble_colour, hair, iris, shirt: colours.
        bald: True leaves the hair cap away and the scalp bare.
        seed: of the noise.
    """

    brow: BrowStyle
    brow_colour: Colour = (0.16, 0.10, 0.07)
    skin: Colour = (0.80, 0.62, 0.53)
    lips: Colour = (0.66, 0.38, 0.36)
    blush: float = 0.3
    mottling: float = 0.35
    freckles: float = 0.0
    stubble: float = 0.0
    lid_shadow: float = 0.25
    creases: float = 0.5
    age_creases: float = 0.1
    lashes: float = 0.7
    stubble_colour: Colour = (0.18, 0.13, 0.11)
    hair: Colour = (0.16, 0.10, 0.07)
    iris: Colour = (0.30, 0.20, 0.12)
    shirt: Colour = (0.25, 0.30, 0.38)
    bald: bool = False
    seed: int = 0


@dataclass(frozen=True)
class SkinMaps:
    """Maps in the skin's texture space, (S, S[, 3]) float32; masks in 0..1."""

    position: FloatArray
    lips: FloatArray
    eyelids: FloatArray
    occlusion: FloatArray


@lru_cache(maxsize=1)
def load_skin_maps() -> SkinMaps:
    """The packaged maps."""
    with np.load(asset_path("skin_maps.npz")) as data:
        masks = (data[name].astype(np.float32) / 255 for name in ("lips", "eyelids", "occlusion"))
        return SkinMaps(data["position"].astype(np.float32), *masks)


def default_appearance() -> Appearance:
    """Looks of the base face."""
    return Appearance(brow=load_layout().brow_styles[13])


def _float32(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float32)


def smoothstep(low: float, high: float, x: FloatArray) -> FloatArray:
    """Hermite step, 0 below ``low`` and 1 above ``high`` (either order)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


@lru_cache(maxsize=16)
def _noise_bank(blur: tuple[float, float]) -> FloatArray:
    """A large tile of blurred unit noise to cut windows from; blurring anew costs 10 ms."""
    field = np.random.default_rng(20).standard_normal((1400, 1400), dtype=np.float32)
    field = cv2.GaussianBlur(field, (0, 0), max(blur[0], 0.01), sigmaY=max(blur[1], 0.01))
    return np.asarray(field / field.std(), dtype=np.float32)


def noise(rng: np.random.Generator, size: int, blur: tuple[float, float]) -> FloatArray:
    """(size, size) Gaussian noise of unit variance, blurred by (x, y) pixels."""
    bank = _noise_bank(blur)
    row, column = rng.integers(0, bank.shape[0] - size, 2)
    window = bank[row : row + size, column : column + size]
    return window[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))]


def brow_mask(position: FloatArray, style: BrowStyle) -> FloatArray:
    """(S, S) how much brow hair grows at each skin position (..., 3), 0..1."""
    x, y = np.abs(position[..., 0]), position[..., 1]
    along = (x - 0.0105) / 0.042
    t = np.clip(along, 0, 1)
    centre = 0.0520 + style.arch * 0.0036 * np.sin(np.pi * t**1.2)
    centre = centre + style.tilt * 0.0035 * (t - 0.35) - 0.0035 * np.maximum(0, t - 0.72) / 0.28
    half = 0.0033 * style.thickness * (1 - 0.62 * t**1.6)
    across = smoothstep(1.25, 0.55, np.abs(y - centre) / half)
    ends = smoothstep(-0.05, 0.10, along) * smoothstep(1.06, 0.85, along)
    front = position[..., 2] > 0.05
    return np.asarray(across * ends * front, dtype=np.float32)


def hairline_height(position: NDArray[Any]) -> NDArray[np.float64]:
    """(...,) metres: the hairline's height in the direction of rest positions (..., 3)."""
    angle = np.degrees(np.abs(np.arctan2(position[..., 0], position[..., 2] - 0.01)))
    knots = [0, 30, 50, 62, 75, 88, 100, 118, 140, 180]
    heights = [0.098, 0.098, 0.092, 0.070, 0.046, 0.036, 0.042, 0.008, -0.018, -0.024]
    return np.asarray(np.interp(angle, knots, heights))


def hair_mask(position: FloatArray) -> FloatArray:
    """(S, S) 1 on the scalp, 0 on the face, soft at the hairline."""
    above = position[..., 1] - hairline_height(position)
    ear = (np.abs(position[..., 0]) > 0.0715) & (position[..., 1] < 0.046)
    return np.asarray(smoothstep(-0.004, 0.004, above) * ~ear, dtype=np.float32)


def beard_mask(position: FloatArray) -> FloatArray:
    """(S, S) where stubble grows: jaw, chin, moustache."""
    x, y, z = np.moveaxis(position, -1, 0)
    jaw = smoothstep(0.004, -0.016, y - 0.55 * np.maximum(0, np.abs(x) - 0.03))
    low = smoothstep(-0.085, -0.062, y)
    front = smoothstep(-0.01, 0.03, z)
    moustache = smoothstep(0.028, 0.020, np.abs(x)) * smoothstep(0.0, -0.006, y - 0.001)
    return np.asarray(np.maximum(jaw, moustache) * low * front, dtype=np.float32)


def _extent(amount: FloatArray) -> tuple[slice, slice] | None:
    """Rows and columns where an opacity is not zero; most masks cover little of the skin."""
    rows = np.flatnonzero(amount.max(1) > 0.004)
    columns = np.flatnonzero(amount.max(0) > 0.004)
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _mix(image: FloatArray, colour: Colour, amount: FloatArray) -> None:
    """Blend a colour over an image, in place, by (S, S) opacity."""
    window = _extent(amount)
    if window is None:
        return
    part = image[window]
    a = np.clip(amount[window], 0, 1)[..., None]
    part += a * (_float32(colour) - part)


def _darken(image: FloatArray, amount: FloatArray, by: tuple[float, float, float]) -> None:
    """Multiply by 1 - amount · by, in place."""
    window = _extent(amount)
    if window is not None:
        image[window] *= 1 - amount[window][..., None] * _float32(by)


@lru_cache(maxsize=1)
def _fixed_masks() -> dict[str, FloatArray]:
    """Masks that do not depend on the look."""
    maps = load_skin_maps()
    x, y, z = np.moveaxis(maps.position, -1, 0)
    cheek = np.exp(-(((np.abs(x) - 0.042) / 0.018) ** 2) - ((y - 0.006) / 0.018) ** 2) * (z > 0)
    nose = np.exp(-((x / 0.012) ** 2) - ((y - 0.002) / 0.012) ** 2) * (z > 0.08)
    collar = smoothstep(-0.098, -0.102, y - 0.2 * np.abs(x))
    masks = {
        "redness": np.maximum(np.maximum(cheek, nose), 0.6 * (np.abs(x) > 0.072)),
        "front": smoothstep(0.02, 0.05, z),
        "lips": smoothstep(0.25, 0.8, maps.lips),
        "hair": hair_mask(maps.position),
        "beard": beard_mask(maps.position) * (1 - smoothstep(0.1, 0.5, maps.lips)),
        "shirt": collar,
        "light": 0.45 + 0.55 * maps.occlusion,
    }
    return {name: np.asarray(mask, dtype=np.float32) for name, mask in masks.items()}


def paint_skin(look: Appearance, creases: dict[str, float] | None = None) -> ByteImage:
    """(S, S, 3) sRGB skin texture.

    Args:
        look: the face's looks.
        creases: depth 0..1 by crease and side (``rig.creases``); None for a face at rest.
    """
    maps, masks = load_skin_maps(), _fixed_masks()
    rng = np.random.default_rng(look.seed)
    size = maps.lips.shape[0]
    tone = _float32(look.skin)
    broad, fine = noise(rng, size, (14, 14)), noise(rng, size, (0.8, 0.8))
    shade = (1 + look.mottling * (0.035 * broad + 0.03 * fine)) * masks["light"]
    image = shade[..., None] * tone
    _darken(image, masks["redness"] * look.blush, (0.02, 0.20, 0.16))
    _darken(image, maps.eyelids * (look.lid_shadow * 0.35), (0.7, 1.0, 0.9))
    if look.freckles > 0:
        spots = smoothstep(1.9, 2.6, noise(rng, size, (1.0, 1.0))) * masks["front"]
        _mix(image, _scaled(look.skin, (0.62, 0.5, 0.42)), spots * look.freckles)
    _paint_creases(image, look, creases or {}, maps)
    _mix(image, look.lips, masks["lips"] * (0.85 + 0.08 * fine))
    _paint_hair(image, look, maps, rng)
    _mix(image, look.shirt, masks["shirt"])
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def _scaled(colour: Colour, by: Colour) -> Colour:
    return colour[0] * by[0], colour[1] * by[1], colour[2] * by[2]


def _paint_creases(
    image: FloatArray, look: Appearance, depths: dict[str, float], maps: SkinMaps
) -> None:
    """Darken the folds: those of age always, those of muscles by their depth."""
    for name, mask in crease_masks(maps.position).items():
        depth = look.age_creases * 0.35 + look.creases * depths.get(name, 0.0)
        if depth > 0.02:
            _darken(image, mask * min(depth, 1.0), (0.36, 0.44, 0.44))


def _paint_hair(
    image: FloatArray, look: Appearance, maps: SkinMaps, rng: np.random.Generator
) -> None:
    """Brow, stubble and scalp hair as strokes over the skin."""
    size, masks = image.shape[0], _fixed_masks()
    strokes = noise(rng, size, (2.2, 0.5)) * 0.7 + noise(rng, size, (0.5, 0.5)) * 0.4
    if look.stubble > 0:
        dots = smoothstep(-0.6, 1.4, noise(rng, size, (0.5, 0.7)))
        _mix(image, look.stubble_colour, masks["beard"] * look.stubble * (0.25 + 0.6 * dots))
    brow = brow_mask(maps.position, look.brow)
    threshold = 1.1 - 1.9 * look.brow.density
    grown = smoothstep(threshold - 0.7, threshold + 0.7, strokes)
    _mix(image, look.brow_colour, brow * (0.25 * look.brow.density + 0.65 * grown))
    opacity = 0.25 if look.bald else 0.92
    colour = _scaled(look.skin, (0.9, 0.88, 0.88)) if look.bald else look.hair
    _mix(image, colour, masks["hair"] * opacity * (0.9 + 0.1 * strokes))


def paint_eye(look: Appearance, size: int = 128) -> ByteImage:
    """(size, size, 3) polar eye texture: rows from the back (top) to the pupil (bottom)."""
    rng = np.random.default_rng(look.seed + 1)
    v = 1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) / size
    rays = noise(rng, size, (0.8, 6.0)) * 0.18
    image = np.broadcast_to(_float32([0.90, 0.87, 0.85]), (size, size, 3)).copy()
    image = image - smoothstep(0.30, 0.55, v)[..., None] * _float32([0.05, 0.17, 0.17])
    row = np.ones((1, size), np.float32)
    iris = smoothstep(0.225, 0.205, v) * row
    _mix(image, look.iris, iris)
    image *= 1 + (iris * rays)[..., None]
    ring = np.exp(-(((v - 0.205) / 0.018) ** 2)) * 0.75 * row
    _mix(image, _scaled(look.iris, (0.35, 0.35, 0.35)), ring)
    _mix(image, (0.02, 0.02, 0.02), smoothstep(0.098, 0.082, v) * row)
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def paint_hair(look: Appearance, size: int = 256) -> ByteImage:
    """(size, size, 3) strands of the hair cap."""
    rng = np.random.default_rng(look.seed + 2)
    strands = 0.22 * noise(rng, size, (0.6, 9.0)) + 0.10 * noise(rng, size, (6, 20))
    image = _float32(look.hair) * (1 + strands)[..., None]
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def paint_teeth(size: int = 64) -> ByteImage:
    """(size, size, 3) off-white with gaps between the teeth and gums at one edge."""
    u = np.arange(size, dtype=np.float32) / size
    gaps = np.exp(-((((u * 12) % 1) - 0.5) ** 2) / 0.006) * 0.35
    image = _float32([0.90, 0.87, 0.80]) * (1 - gaps)[None, :, None] * np.ones((size, 1, 1))
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def paint_lashes(look: Appearance, size: int = 64) -> ByteImage:
    """(size, 4 size, 4) RGBA: upper lashes in the upper half of the picture, lower in the lower.

    Strands are dense at the lid and end before the strip does.
    """
    u = (np.arange(size * 4, dtype=np.float32) / (size * 4))[None, :]
    v = 1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) / size
    upper = v > 0.5
    tip = np.where(upper, 2 * v - 1, 2 * v / 0.6)
    strands = smoothstep(-0.3, 0.9, np.cos(2 * np.pi * 70 * u + 6 * tip))
    root = smoothstep(0.45, 0.15, tip)
    alpha = np.where(upper, 1.0, 0.55) * look.lashes**0.5 * np.clip(1.15 - tip, 0, 1) ** 0.6
    alpha = alpha * np.maximum(0.25 + 0.7 * strands, root) * smoothstep(1.0, 0.85, tip)
    image = np.zeros((size, size * 4, 4), np.float32)
    image[..., :3] = _scaled(look.brow_colour, (0.4, 0.4, 0.4))
    image[..., 3] = np.clip(alpha, 0, 1)
    return np.asarray(image * 255, dtype=np.uint8)
