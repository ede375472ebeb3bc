"""Paints the skin of a face in texture space: its colour, and what light needs besides.

Skin colour is not picked from a palette but follows from its pigments: each is a field over the
face (melanin, blood, carotene, and a neutral one for what lies in or on the skin), and light is
weakened by their sum (Beer and Lambert's law). Real tones, freckles, red noses and blue chins
come out of the same four numbers. No light or shadow is in the colour.

Everything is painted by rest position (``assets/skin_maps.npz``), so a brow style is a curve on
the forehead in metres and not a hand-made picture. All randomness comes in through
``Appearance.seed``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rig.brows import BrowPlaces, brow_mask, brow_places, paint_brows
from rig.creases import crease_masks
from rig.eyes import paint_eye, paint_lashes
from rig.head import asset_path
from rig.looks import Appearance, Makeup, default_appearance
from rig.mouth import paint_mouth, paint_teeth, paint_tongue
from rig.pigments import colours_of, tone
from rig.texture import (
    ByteImage,
    Colour,
    FloatArray,
    blot,
    extent,
    hair_stubs,
    mix,
    noise,
    scaled,
    smoothstep,
    spots,
    to_bytes,
    vector,
)

MAP_SIZE = 512
HEIGHT_STEP_M = 2e-5
HEIGHT_ZERO = 128


# Maps ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SkinMaps:
    """Maps in the skin's texture space, float32.

    Attributes:
        position: (S, S, 3) rest place, metres.
        lips, eyelids, occlusion: (S, S) 0..1.
        lid_margin, mouth_line: (S, S) distance, metres, up to 0.0255, from the roots of the
            lashes and from the seam between the lips' skin and the inside of the mouth.
    """

    position: FloatArray
    lips: FloatArray
    eyelids: FloatArray
    occlusion: FloatArray
    lid_margin: FloatArray
    mouth_line: FloatArray


@lru_cache(maxsize=2)
def load_skin_maps(size: int = MAP_SIZE) -> SkinMaps:
    """The packaged maps, at another size if asked for."""
    with np.load(asset_path("skin_maps.npz")) as data:
        arrays = {name: data[name].astype(np.float32) for name in data}
    for name in ("lips", "eyelids", "occlusion"):
        arrays[name] /= 255
    for name in ("lid_margin", "mouth_line"):
        arrays[name] *= 1e-4
    if size != MAP_SIZE:
        for name, array in arrays.items():
            arrays[name] = cv2.resize(array, (size, size), interpolation=cv2.INTER_LINEAR)
    return SkinMaps(**arrays)


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
    """(S, S) where stubble grows, by how densely: moustache and chin, jaw, then the neck."""
    x, y, z = np.moveaxis(position, -1, 0)
    ax = np.abs(x)
    line = np.interp(
        ax,
        [0, 0.004, 0.014, 0.021, 0.028, 0.035, 0.046, 0.058, 0.066, 0.075],
        [-0.013, -0.0095, -0.0085, -0.012, -0.024, -0.025, -0.019, -0.003, 0.018, 0.040],
    )
    grown = smoothstep(0.0045, -0.0045, y - line) * smoothstep(-0.008, 0.03, z)
    neck = (1 - 0.4 * smoothstep(-0.07, -0.085, y)) * smoothstep(-0.118, -0.095, y)
    beside_chin = 1 - 0.5 * _bump(position, 0.018, -0.040, 0.0045, 0.006)
    under_lip = 1 - 0.6 * _bump(position, 0.0, -0.0425, 0.012, 0.002)
    philtrum = 1 - 0.4 * _bump(position, 0.0, -0.014, 0.0025, 0.01)
    return np.asarray(grown * neck * beside_chin * under_lip * philtrum, dtype=np.float32)


def _bump(
    position: FloatArray, x: float, y: float, width: float, height: float | None = None
) -> FloatArray:
    """Gaussian about (±x, y) in the frontal view, on the front of the head."""
    across = (np.abs(position[..., 0]) - x) / width
    up = (position[..., 1] - y) / (height or width)
    out = np.exp(-(across**2) - up**2) * (position[..., 2] > 0.01)
    return np.asarray(out, dtype=np.float32)


@dataclass(frozen=True)
class _Regions:
    """What does not depend on the look, at one size of texture."""

    masks: dict[str, FloatArray]
    creases: dict[str, tuple[tuple[slice, slice], FloatArray]]
    brows: tuple[BrowPlaces, BrowPlaces]


@lru_cache(maxsize=2)
def _regions(size: int) -> _Regions:
    maps = load_skin_maps(size)
    masks = _colour_masks(maps) | _surface_masks(maps)
    for name, mask in _age_folds(maps).items():
        masks[f"fold_{name}"] = mask
    floats = {name: np.asarray(mask, dtype=np.float32) for name, mask in masks.items()}
    creases = {}
    for name, mask in crease_masks(maps.position).items():
        window = extent(np.abs(mask))
        if window is not None:
            creases[name] = (window, np.ascontiguousarray(mask[window]))
    return _Regions(floats, creases, brow_places(maps.position))


def _colour_masks(maps: SkinMaps) -> dict[str, NDArray[Any]]:
    """Where blood is near the surface, where melanin gathers, what is not skin."""
    p = maps.position
    x, y, z = np.moveaxis(p, -1, 0)
    ax, lid, line = np.abs(x), maps.lid_margin, maps.mouth_line
    lips = smoothstep(0.15, 0.85, cv2.GaussianBlur(maps.lips, (0, 0), 1.7 * len(x) / MAP_SIZE))
    lips *= (ax < 0.032) & (y > -0.05) & (y < -0.01)
    ears = smoothstep(0.070, 0.074, ax) * (y < 0.06) * (y > -0.03) * (z < 0.04)
    nose = _bump(p, 0, 0.001, 0.011) * smoothstep(0.085, 0.1, z) + 0.8 * _bump(p, 0.0145, 0, 0.005)
    rims = np.exp(-((lid / 0.0022) ** 2)) + 0.5 * np.exp(-((lid / 0.006) ** 2))
    cheek = _bump(p, 0.037, 0.006, 0.017, 0.015)
    redness = 0.8 * cheek + nose + 0.9 * ears
    redness += 0.35 * _bump(p, 0, -0.056, 0.014, 0.009) - 0.15 * smoothstep(0.06, 0.085, y)
    yellow = smoothstep(0.055, 0.08, y) - 0.4 * ears - 0.5 * lips
    below = y < 0.038 + 0.05 * (0.029 - ax)
    socket = np.exp(-(((lid - 0.004) / 0.0065) ** 2)) * np.where(below, 1.0, 0.7)
    socket += 0.6 * _bump(p, 0.017, 0.036, 0.005, 0.006)
    tan = 0.06 * smoothstep(0.05, 0.08, y) + 0.05 * nose - 0.12 * smoothstep(-0.06, -0.08, y)
    around_mouth = np.exp(-(((line - 0.012) / 0.006) ** 2)) * (1 - lips)
    beard = beard_mask(p) * (1 - smoothstep(0.03, 0.4, lips))
    sun = _bump(p, 0.028, 0.012, 0.026, 0.022) + 0.7 * _bump(p, 0, 0.02, 0.016, 0.026)
    return {
        "redness": redness + 0.45 * around_mouth * (y > -0.025) * (ax > 0.008),
        "cheek": cheek,
        "rims": np.minimum(rims, 1) * (z > 0.06),
        "yellow": yellow,
        "socket": np.minimum(socket, 1),
        "tan": tan + 0.05 * around_mouth - 0.1 * ears,
        "lips": lips,
        "inner_lips": lips * np.exp(-((line / 0.0075) ** 2)),
        "lip_edge": np.exp(-(((lips - 0.5) / 0.3) ** 2)) * (y > -0.05) * (y < -0.01) * (ax < 0.04),
        "upper_lip": lips * (y > -0.0285),
        "sun": np.minimum(sun + 0.25 * smoothstep(0.03, 0.05, z), 1),
        "front": smoothstep(0.02, 0.05, z),
        "hair": hair_mask(p),
        "beard": beard,
        "shirt": smoothstep(-0.098, -0.102, y - 0.2 * ax),
        "lash_line": np.exp(-((lid / np.where(below, 0.0009, 0.0014)) ** 2))
        * np.where(below, 0.4, 1.8)
        * (z > 0.06),
        "liner": np.exp(-((lid / 0.0013) ** 2)) * (z > 0.06),
        "shadow": np.exp(-(((lid - 0.003) / 0.006) ** 2))
        * (y > 0.0395)
        * smoothstep(0.056, 0.05, y),
        "waterline": _waterline(maps),
    }


def _lash_line(lid: FloatArray, below: NDArray[np.bool_]) -> FloatArray:
    """Optical density of the lashes' roots, ``lid`` metres from the margin."""
    upper, lower = 1.8 * np.exp(-((lid / 0.0014) ** 2)), 0.4 * np.exp(-((lid / 0.0009) ** 2))
    return np.asarray(np.where(below, lower, upper), dtype=np.float32)


def _waterline(maps: SkinMaps) -> FloatArray:
    """The wet red rim between the lashes and the eyeball, and the corner by the nose."""
    p = maps.position
    eye = np.array([0.0289, 0.0387, 0.0738], dtype=np.float32)
    reach = np.linalg.norm(p * vector(0, 1, 1) + np.abs(p) * vector(1, 0, 0) - eye, axis=-1)
    rim = smoothstep(0.0158, 0.0150, reach) * (p[..., 2] > 0.06)
    corner = _bump(p, 0.0155, 0.0362, 0.0022, 0.0022)
    return np.asarray(np.maximum(rim, corner), dtype=np.float32)


def _surface_masks(maps: SkinMaps) -> dict[str, NDArray[Any]]:
    """Where the skin shines, where it has pores."""
    p = maps.position
    oily = _bump(p, 0, 0.005, 0.014, 0.03) + 0.8 * _bump(p, 0, 0.075, 0.03, 0.018)
    oily += 0.5 * _bump(p, 0, -0.056, 0.016, 0.01) + 0.4 * _bump(p, 0.036, 0.012, 0.012, 0.01)
    pores = 0.35 + 0.8 * _bump(p, 0.013, 0.006, 0.016, 0.016) + 0.4 * _bump(p, 0, 0.07, 0.04, 0.02)
    eye = np.exp(-((maps.lid_margin / 0.008) ** 2))
    return {"oily": np.minimum(oily, 1), "pores": pores * (1 - 0.8 * eye), "near_eye": eye}


def _age_folds(maps: SkinMaps) -> dict[str, NDArray[Any]]:
    """Folds of age that no muscle makes: depth 0..1."""
    p = maps.position
    x, y, z = np.moveaxis(p, -1, 0)
    ax, lid = np.abs(x), maps.lid_margin
    marionette = np.exp(-(((ax - 0.0265 - 0.12 * (-0.03 - y)) / 0.0026) ** 2))
    marionette *= smoothstep(-0.056, -0.046, y) * smoothstep(-0.029, -0.034, y) * (z > 0.05)
    bag = np.exp(-(((lid - 0.0105) / 0.0022) ** 2)) * (y < 0.033) * smoothstep(0.012, 0.018, ax)
    bag *= smoothstep(0.05, 0.04, ax) * (z > 0.05)
    rays = np.cos(np.arctan2(y - 0.037, ax - 0.030) * 34) * np.clip(ax - 0.046, 0, 0.02) / 0.02
    fine = np.maximum(rays, 0) * np.exp(-(((lid - 0.009) / 0.008) ** 2)) * (z > 0.03)
    neck = sum(np.exp(-(((y + h + 2.0 * x**2) / 0.0012) ** 2)) for h in (0.083, 0.094))
    return {"marionette": marionette, "bag": bag, "eye": fine, "neck": neck * (z > 0.0)}


# Colour ----------------------------------------------------------------------------------------


def paint_skin(
    look: Appearance, creases: dict[str, float] | None = None, size: int = MAP_SIZE
) -> ByteImage:
    """(S, S, 3) sRGB colour of the skin, without light or shadow.

    Args:
        look: the face's looks.
        creases: depth 0..1 by crease and side (``rig.creases``), which redden the skin a
            little; None for a face at rest.
        size: of the texture; 1024 pays in large pictures only.
    """
    masks = _regions(size).masks
    pigments = _pigments(replace(look, brow=default_appearance().brow), size).copy()
    _redden(pigments, creases or {}, size)
    image = colours_of(pigments)
    _make_up(image, look, masks)
    _paint_hair(image, look, size)
    if not look.undressed:
        mix(image, look.shirt, masks["shirt"])
    return to_bytes(image)


@lru_cache(maxsize=1)
def _pigments(look: Appearance, size: int) -> FloatArray:
    """(S, S, 4) melanin, blood, carotene, neutral of the skin at rest; brows do not change it.

    A run of one look, as plain faces and moments of a person are, reckons it once.
    """
    rng = _generator(look, 0)
    masks = _regions(size).masks
    pigments = np.empty((size, size, 4), np.float32)
    shade = _marks(look, size)
    pigments[..., 0], lip_lines = _melanin(look, masks, rng, size)
    pigments[..., 1] = _blood(look, masks, rng, size) + lip_lines + shade[1]
    pigments[..., 2] = look.carotene * (1 + 0.2 * masks["yellow"])
    pigments[..., 3] = shade[0] + look.lashes * masks["lash_line"]
    pigments[..., 3] += (0.05 + 0.06 * lip_lines) * masks["lips"] + 0.10 * masks["upper_lip"]
    _shade_beard(pigments, look, masks)
    return pigments


def _generator(look: Appearance, purpose: int) -> np.random.Generator:
    """One for each purpose: what a look adds leaves the rest of the face as it is."""
    return np.random.default_rng([look.seed, purpose])


def _melanin(
    look: Appearance, masks: dict[str, FloatArray], rng: np.random.Generator, size: int
) -> tuple[FloatArray, FloatArray]:
    """Melanin, and the lips' lines as blood."""
    px = size / MAP_SIZE
    cover = 1 - 0.7 * look.makeup.foundation
    uneven = 0.13 * noise(rng, size, (22 * px, 22 * px)) + 0.06 * noise(rng, size, (5 * px, 5 * px))
    uneven += 0.035 * noise(rng, size, (1.1 * px, 1.1 * px))
    out = 1 + (look.mottling * cover) * uneven + (0.5 + look.mottling) * masks["tan"]
    out += (0.42 * look.lid_shadow * cover) * masks["socket"]
    out *= look.melanin + 0.1
    if look.freckles > 0:
        freckles = spots(_generator(look, 10), size, 0.75 * px, 4.6 * px) * masks["sun"]
        out += freckles * (look.freckles * cover * (0.35 + 0.3 * look.melanin))
    if look.age_spots > 0:
        old = spots(_generator(look, 11), size, 2.2 * px, 28 * px) * (
            masks["front"] + masks["hair"]
        )
        out += old * (look.age_spots * cover * 0.35)
    lips = masks["lips"]
    out *= 1 + lips * (look.lip_melanin - 1)
    lines = 0.06 * noise(rng, size, (0.7 * px, 6 * px)) + 0.07 * noise(rng, size, (4 * px, 3 * px))
    return out, lips * lines


def _blood(
    look: Appearance, masks: dict[str, FloatArray], rng: np.random.Generator, size: int
) -> FloatArray:
    px = size / MAP_SIZE
    cover = 1 - 0.75 * look.makeup.foundation
    blotches = 0.10 * noise(rng, size, (9 * px, 9 * px)) + 0.06 * noise(
        rng, size, (2.2 * px, 2.2 * px)
    )
    out = masks["redness"] * ((0.1 + 0.45 * look.redness) * cover)
    out += masks["cheek"] * (0.4 * look.makeup.blusher)
    out *= 1 + 1.5 * blotches
    out += look.blood * (1 + look.mottling * cover * blotches)
    out += masks["rims"] * (0.10 + 0.22 * look.redness) + 0.12 * look.lid_shadow * masks["socket"]
    out += look.lip_blood * (masks["lips"] + 0.35 * masks["inner_lips"] + 0.12 * masks["upper_lip"])
    return np.asarray(out + 0.75 * masks["waterline"])


def _marks(look: Appearance, size: int) -> tuple[FloatArray, FloatArray]:
    """Neutral pigment (moles) and blood (blemishes) at random places of the face."""
    rng = _generator(look, 1)
    px, dark, red = (
        size / MAP_SIZE,
        np.zeros((size, size), np.uint8),
        np.zeros((size, size), np.uint8),
    )
    for _ in range(look.moles):
        place = rng.uniform([0.25, 0.2], [0.75, 0.9]) * size
        blot(dark, place, float(rng.lognormal(0, 0.4)) * px, int(rng.integers(60, 255)), rng)
    for _ in range(look.blemishes):
        place = rng.uniform([0.3, 0.22], [0.7, 0.8]) * size
        blot(red, place, float(rng.lognormal(0.6, 0.4)) * px, int(rng.integers(50, 200)), rng)
    soft = (cv2.GaussianBlur(image, (0, 0), blur * px) for image, blur in ((dark, 0.7), (red, 1.5)))
    moles, blemishes = (np.asarray(image.astype(np.float32) / 255) for image in soft)
    skin = 1 - _regions(size).masks["lips"]
    return moles * skin * 0.9, blemishes * skin * (0.8 * (1 - 0.7 * look.makeup.foundation))


def _shade_beard(pigments: FloatArray, look: Appearance, masks: dict[str, FloatArray]) -> None:
    """Hair roots that shine through shaved skin: greyer, less yellow."""
    if look.stubble <= 0:
        return
    darkness = 1 - float(np.mean(look.stubble_colour))
    amount = masks["beard"] * (min(look.stubble, 0.6) * darkness)
    pigments[..., 3] += 0.55 * amount
    pigments[..., 2] -= 0.25 * amount
    pigments[..., 1] -= 0.10 * amount


def _redden(pigments: FloatArray, depths: dict[str, float], size: int) -> None:
    """Pressed skin in a fold is a little redder."""
    for name, depth in depths.items():
        found = _regions(size).creases.get(name)
        if found is not None and depth > 0.02:
            (rows, columns), mask = found
            pigments[rows, columns, 1] += mask * (0.18 * depth)


def _make_up(image: FloatArray, look: Appearance, masks: dict[str, FloatArray]) -> None:
    makeup = look.makeup
    if makeup.foundation > 0:
        base = tone(look.melanin + 0.1, look.blood, look.carotene + 0.1)
        mix(image, base, masks["front"] * (1 - masks["lips"]) * (0.45 * makeup.foundation))
    if makeup.lipstick > 0:
        mix(image, makeup.lipstick_colour, masks["lips"] * makeup.lipstick)
    if makeup.shadow > 0:
        mix(image, makeup.shadow_colour, masks["shadow"] * makeup.shadow)
    if makeup.liner > 0:
        mix(image, (0.07, 0.05, 0.05), masks["liner"] * makeup.liner)


def _paint_hair(image: FloatArray, look: Appearance, size: int) -> None:
    """Stubble, brows and scalp hair over the skin."""
    regions, px = _regions(size), size / MAP_SIZE
    if look.stubble > 0.15:
        _paint_stubble(image, look, regions.masks["beard"], size)
    paint_brows(image, regions.brows, look.brow, look.brow_colour, (look.seed, 13))
    rng = _generator(look, 14)
    if look.bald:
        stubs = hair_stubs(rng, size, 1.2 * px, 2.0 * px)
        mix(image, look.hair, regions.masks["hair"] * (0.10 + 0.22 * stubs))
    else:
        strands = 0.92 + 0.08 * noise(rng, size, (0.7 * px, 3 * px))
        mix(image, look.hair, regions.masks["hair"] * strands)


def _paint_stubble(image: FloatArray, look: Appearance, beard: FloatArray, size: int) -> None:
    """Short hairs, unevenly dense; a short beard hides some of the skin below too."""
    rng, px = _generator(look, 12), size / MAP_SIZE
    long = look.stubble > 0.6
    stubs = hair_stubs(rng, size, (3.6 if long else 2.0) * px, (1.5 if long else 2.0) * px)
    patchy = 1 + 0.25 * noise(rng, size, (12 * px, 12 * px))
    if long:
        mix(image, look.stubble_colour, 0.5 * (look.stubble - 0.6) * beard)
    strength = np.clip(1.6 * (look.stubble - 0.1) * beard * patchy, 0, 1)
    mix(image, look.stubble_colour, strength * stubs)


# Surface ---------------------------------------------------------------------------------------


def paint_surface(
    look: Appearance, creases: dict[str, float] | None = None, size: int = MAP_SIZE
) -> ByteImage:
    """(S, S, 3) what the skin does to light besides its colour.

    Red is ambient occlusion (255 open), green roughness (0..255 is 0..1), blue height
    (``HEIGHT_ZERO`` is the surface, one step ``HEIGHT_STEP_M``).

    Args:
        look, creases, size: as for ``paint_skin``.
    """
    masks = _regions(size).masks
    broken, relief, bumps, grooves, grain = _surface_noise(look.seed, size)
    depth_mm = _folds(look, creases or {}, size, broken)
    lips = masks["lips"]
    height_mm = (0.025 + 0.05 * look.pores) * masks["pores"] * (relief + 0.4 * bumps)
    height_mm -= depth_mm
    height_mm += lips * ((0.06 + 0.07 * look.age_creases) * grooves - height_mm * 0.7)
    height_mm += 0.10 * masks["lip_edge"]
    rough = 0.58 - 0.14 * look.oil * masks["oily"] - 0.05 * masks["near_eye"] + 0.02 * bumps
    rough += lips * (0.36 - rough) + masks["waterline"] * (0.12 - rough)
    rough += 0.1 * look.stubble * masks["beard"]
    open_ = load_skin_maps(size).occlusion * (1 - np.clip(0.35 * depth_mm, 0, 0.5))
    height = HEIGHT_ZERO + height_mm * (1e-3 / HEIGHT_STEP_M) + 0.3 * grain
    planes = [open_ * 255, np.clip(rough, 0.05, 1) * 255, height]
    bytes_ = [np.clip(plane, 0, 255).astype(np.uint8) for plane in planes]
    return np.asarray(cv2.merge(bytes_))


@lru_cache(maxsize=1)
def _surface_noise(seed: int, size: int) -> tuple[FloatArray, ...]:
    """(S, S) breaks of folds, relief, bumps, lips' grooves, grain: a look's, whatever it does."""
    rng, px = np.random.default_rng([seed, 2]), size / MAP_SIZE
    broken = np.clip(1 + 0.35 * noise(rng, size, (7 * px, 4 * px)), 0.2, 1.8) * 0.8
    relief = noise(rng, size, (0.9 * px, 0.9 * px))
    bumps = noise(rng, size, (2.4 * px, 2.4 * px))
    grooves = np.minimum(noise(rng, size, (0.8 * px, 7 * px)), 0.5)
    return broken, relief, bumps, grooves, noise(rng, size, (0.0, 0.0))


def _folds(look: Appearance, depths: dict[str, float], size: int, broken: FloatArray) -> FloatArray:
    """(S, S) millimetres deep: those of age always, those of muscles by their depth."""
    regions = _regions(size)
    out = np.zeros((size, size), np.float32)
    for name, (window, mask) in regions.creases.items():
        depth = 0.6 * look.age_creases**1.3 + look.creases * depths.get(name, 0.0)
        if depth > 0.02:
            out[window] += mask * min(depth, 1.2)
    age = look.age_creases
    for name, scale in (("marionette", 0.7), ("bag", 0.5), ("eye", 0.35), ("neck", 0.6)):
        if age > 0.1:
            out += regions.masks[f"fold_{name}"] * (scale * (age - 0.1))
    return np.asarray(out * broken, dtype=np.float32)


def paint_hair(look: Appearance, size: int = 256) -> ByteImage:
    """(size, size, 3) strands of the hair cap."""
    rng = np.random.default_rng(look.seed + 2)
    strands = 0.22 * noise(rng, size, (0.6, 9.0)) + 0.10 * noise(rng, size, (6, 20))
    image = vector(*look.hair) * (1 + strands)[..., None]
    return to_bytes(image)


__all__ = [
    "Appearance",
    "Colour",
    "Makeup",
    "SkinMaps",
    "beard_mask",
    "brow_mask",
    "default_appearance",
    "hair_mask",
    "hairline_height",
    "load_skin_maps",
    "noise",
    "paint_eye",
    "paint_hair",
    "paint_lashes",
    "paint_mouth",
    "paint_skin",
    "paint_surface",
    "paint_teeth",
    "paint_tongue",
    "scaled",
    "smoothstep",
    "tone",
]
