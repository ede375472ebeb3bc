"""Paints a face: skin with brows, lips and stubble, irises, hair, in texture space.

The skin is painted by rest position (``assets/skin_maps.npz``), so a brow style is a
curve on the forehead in metres and not a hand-made picture. All randomness comes in
through ``Appearance.seed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

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


def smoothstep(low: float, high: float, x: FloatArray) -> FloatArray:
    """Hermite step, 0 below ``low`` and 1 above ``high`` (either order)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def noise(rng: np.random.Generator, size: int, blur: tuple[float, float]) -> FloatArray:
    """(size, size) Gaussian noise of unit variance, blurred by (x, y) pixels."""
    field = rng.standard_normal((size, size)).astype(np.float32)
    if max(blur) > 0:
        field = cv2.GaussianBlur(field, (0, 0), max(blur[0], 0.01), sigmaY=max(blur[1], 0.01))
    return np.asarray(field / (field.std() + 1e-6), dtype=np.float32)


def brow_mask(position: FloatArray, style: BrowStyle) -> FloatArray:
    """(S, S) how much brow hair grows at each skin position (..., 3), 0..1."""
    x, y = np.abs(position[..., 0]), position[..., 1]
    along = (x - 0.0105) / 0.042
    t = np.clip(along, 0, 1)
    centre = 0.0492 + style.arch * 0.0032 * np.sin(np.pi * t**1.2)
    centre = centre + style.tilt * 0.0035 * (t - 0.35) - 0.0035 * np.maximum(0, t - 0.72) / 0.28
    half = 0.0033 * style.thickness * (1 - 0.62 * t**1.6)
    across = smoothstep(1.25, 0.55, np.abs(y - centre) / half)
    ends = smoothstep(-0.05, 0.10, along) * smoothstep(1.06, 0.85, along)
    front = position[..., 2] > 0.05
    return np.asarray(across * ends * front, dtype=np.float32)


def hair_mask(position: FloatArray) -> FloatArray:
    """(S, S) 1 on the scalp, 0 on the face, soft at the hairline."""
    angle = np.degrees(np.abs(np.arctan2(position[..., 0], position[..., 2] - 0.01)))
    knots = [0, 30, 50, 62, 75, 88, 100, 118, 140, 180]
    heights = [0.098, 0.098, 0.092, 0.070, 0.046, 0.036, 0.042, 0.008, -0.018, -0.024]
    line = np.interp(angle, knots, heights)
    ear = (np.abs(position[..., 0]) > 0.0715) & (position[..., 1] < 0.046)
    return np.asarray(smoothstep(-0.004, 0.004, position[..., 1] - line) * ~ear, dtype=np.float32)


def beard_mask(position: FloatArray) -> FloatArray:
    """(S, S) where stubble grows: jaw, chin, moustache."""
    x, y, z = np.moveaxis(position, -1, 0)
    jaw = smoothstep(0.004, -0.016, y - 0.55 * np.maximum(0, np.abs(x) - 0.03))
    low = smoothstep(-0.085, -0.062, y)
    front = smoothstep(-0.01, 0.03, z)
    moustache = smoothstep(0.028, 0.020, np.abs(x)) * smoothstep(0.0, -0.006, y - 0.001)
    return np.asarray(np.maximum(jaw, moustache) * low * front, dtype=np.float32)


def _mix(image: FloatArray, colour: Colour, amount: FloatArray) -> FloatArray:
    """Blend a colour over an image by (S, S) opacity."""
    a = np.clip(amount, 0, 1)[..., None]
    return np.asarray(image * (1 - a) + np.float32(colour) * a, dtype=np.float32)


def _redness(position: FloatArray) -> FloatArray:
    """(S, S) cheeks, nose tip and ears."""
    x, y, z = np.moveaxis(position, -1, 0)
    cheek = np.exp(-(((np.abs(x) - 0.042) / 0.018) ** 2) - ((y - 0.006) / 0.018) ** 2) * (z > 0)
    nose = np.exp(-((x / 0.012) ** 2) - ((y - 0.002) / 0.012) ** 2) * (z > 0.08)
    ear = 0.6 * (np.abs(x) > 0.072)
    return np.asarray(np.maximum(np.maximum(cheek, nose), ear), dtype=np.float32)


def paint_skin(look: Appearance, maps: SkinMaps | None = None) -> ByteImage:
    """(S, S, 3) sRGB skin texture."""
    maps = maps or load_skin_maps()
    rng = np.random.default_rng(look.seed)
    size = maps.lips.shape[0]
    tone = np.float32(look.skin)
    image = np.broadcast_to(tone, (size, size, 3)).astype(np.float32)
    broad, fine = noise(rng, size, (14, 14)), noise(rng, size, (0.8, 0.8))
    image = image * (1 + look.mottling * (0.035 * broad + 0.03 * fine))[..., None]
    red = np.clip(_redness(maps.position) * look.blush * (1 + 0.3 * broad), 0, 1)
    image = image * (1 - red[..., None] * np.float32([0.02, 0.20, 0.16]))
    image = image * (1 - look.lid_shadow * 0.35 * maps.eyelids[..., None] * np.float32([0.7, 1, 0.9]))
    spots = smoothstep(1.9, 2.6, noise(rng, size, (1.0, 1.0))) * look.freckles
    front = smoothstep(0.02, 0.05, maps.position[..., 2])
    image = _mix(image, tuple(tone * [0.62, 0.5, 0.42]), spots * front)
    image = _mix(image, look.lips, smoothstep(0.25, 0.8, maps.lips) * (0.85 + 0.08 * fine))
    image = _paint_hair(image, look, maps, rng)
    image = image * (0.45 + 0.55 * maps.occlusion)[..., None]
    shirt = smoothstep(-0.098, -0.102, maps.position[..., 1] - 0.012 * np.abs(maps.position[..., 0]) / 0.06)
    image = _mix(image, look.shirt, shirt)
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def _paint_hair(
    image: FloatArray, look: Appearance, maps: SkinMaps, rng: np.random.Generator
) -> FloatArray:
    """Brow, stubble and scalp hair as strokes over the skin."""
    size = image.shape[0]
    strokes = noise(rng, size, (2.2, 0.5)) * 0.7 + noise(rng, size, (0.5, 0.5)) * 0.4
    beard = beard_mask(maps.position) * (1 - smoothstep(0.1, 0.5, maps.lips))
    dots = smoothstep(-0.6, 1.4, noise(rng, size, (0.5, 0.7)))
    image = _mix(image, look.stubble_colour, beard * look.stubble * (0.25 + 0.6 * dots))
    brow = brow_mask(maps.position, look.brow)
    threshold = 1.1 - 1.9 * look.brow.density
    cover = brow * (0.25 * look.brow.density + 0.75 * smoothstep(threshold - 0.7, threshold + 0.7, strokes))
    image = _mix(image, look.brow_colour, cover)
    scalp = hair_mask(maps.position)
    amount = scalp * (0.25 if look.bald else 0.92)
    colour = look.skin if look.bald else look.hair
    return _mix(image, colour, amount * (0.9 + 0.1 * strokes))


def paint_eye(look: Appearance, size: int = 128) -> ByteImage:
    """(size, size, 3) polar eye texture: rows from the back (top) to the pupil (bottom)."""
    rng = np.random.default_rng(look.seed + 1)
    v = 1 - (np.arange(size, dtype=np.float32)[:, None] + 0.5) / size
    rays = noise(rng, size, (0.8, 6.0)) * 0.18
    image = np.broadcast_to(np.float32([0.90, 0.87, 0.85]), (size, size, 3)).copy()
    image = image - smoothstep(0.30, 0.55, v)[..., None] * np.float32([0.05, 0.17, 0.17])
    iris = smoothstep(0.225, 0.205, v) * np.ones((1, size), np.float32)
    image = _mix(image, look.iris, iris)
    image = image * (1 + (iris * rays)[..., None])
    ring = np.exp(-(((v - 0.205) / 0.018) ** 2)) * 0.75 * np.ones((1, size), np.float32)
    image = _mix(image, tuple(0.35 * np.float32(look.iris)), ring)
    pupil = smoothstep(0.098, 0.082, v) * np.ones((1, size), np.float32)
    image = _mix(image, (0.02, 0.02, 0.02), pupil)
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def paint_hair(look: Appearance, size: int = 256) -> ByteImage:
    """(size, size, 3) strands of the hair cap."""
    rng = np.random.default_rng(look.seed + 2)
    strands = 0.22 * noise(rng, size, (0.6, 9.0)) + 0.10 * noise(rng, size, (6, 20))
    image = np.float32(look.hair) * (1 + strands)[..., None]
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)


def paint_teeth(size: int = 64) -> ByteImage:
    """(size, size, 3) off-white with gaps between the teeth and gums at one edge."""
    u = np.arange(size, dtype=np.float32) / size
    gaps = np.exp(-((((u * 12) % 1) - 0.5) ** 2) / 0.006) * 0.35
    image = np.float32([0.90, 0.87, 0.80]) * (1 - gaps)[None, :, None] * np.ones((size, 1, 1))
    return np.asarray(np.clip(image * 255, 0, 255), dtype=np.uint8)
