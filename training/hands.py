"""Hands, mugs and phones held before a face, painted over its picture.

A hand is a relief: fingers and palm are capsules with a height, whose slopes a light shades, whose
height throws a shadow on the face, and whose colour is that of the face's own cheeks or another's.
Sizes are in units, the distance between the centres of the eyes, some 62 mm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
Relief = NDArray[np.float32]
Rng = np.random.Generator

COVERED = {"eye_L": 0.26, "eye_R": 0.26, "mouth": 0.2, "cheek_L": 0.07, "cheek_R": 0.07,
           "forehead": 0.08, "eyes": 0.06}  # fmt: skip
"""What is covered, and how often."""

_FINGERS = ((-1.5, 0.95), (-0.5, 1.2), (0.5, 1.28), (1.5, 1.1))  # fingers aside, length in units
_FINGER_WIDTH, _PALM_LENGTH, _ARM_LENGTH = 0.28, 1.35, 5.0
_SKINS = np.array([(236, 188, 160), (205, 150, 118), (150, 98, 70), (92, 58, 42)], np.float64)
_FROM_ABOVE_DEG = 20.0  # how far above the horizontal a hand comes from


@dataclass(frozen=True)
class Places:
    """Where a face is in a picture, pixels.

    Attributes:
        centres: by name of ``COVERED``, (2,) x, y.
        unit: pixels between the centres of the eyes.
        skin: (3,) RGB of its cheeks.
    """

    centres: dict[str, FloatArray]
    unit: float
    skin: FloatArray


def places(image_rgb: Picture, points: Mapping[str, Any]) -> Places:
    """Of a picture (H, W, 3) and its points by the names of ``rig.landmarks``, pixels.

    Needs eye_centre, cheek and mouth_corner of both sides.
    """
    at = {name: np.asarray(place, np.float64) for name, place in points.items()}
    left, right = at["eye_centre_L"], at["eye_centre_R"]
    eyes, mouth = (left + right) / 2, (at["mouth_corner_L"] + at["mouth_corner_R"]) / 2
    centres = {"eye_L": left, "eye_R": right, "mouth": mouth, "eyes": eyes}
    centres |= {name: at[name] for name in ("cheek_L", "cheek_R")}
    centres["forehead"] = eyes - 0.65 * (mouth - eyes)
    unit = max(4.0, float(np.hypot(*(left - right))), 0.8 * float(np.hypot(*(mouth - eyes))))
    cheeks = [_median_about(image_rgb, at[name]) for name in ("cheek_L", "cheek_R")]
    return Places(centres, unit, np.mean(cheeks, axis=0))


def cover_face(image_rgb: Picture, face: Places, rng: Rng) -> tuple[Picture, NDArray[np.bool_]]:
    """Something held before a part of a face.

    Args:
        image_rgb: (H, W, 3).
        face: where its parts are.
        rng: decides everything.

    Returns:
        the picture, and (H, W) whether a pixel is hidden.
    """
    part = rng.choice(list(COVERED), p=list(COVERED.values()))
    scale = face.unit * rng.uniform(0.8, 1.1)
    centre = face.centres[part] + rng.normal(0, 0.1, 2) * face.unit
    relief = np.zeros(image_rgb.shape[:2], np.float32)
    things = np.zeros_like(relief)
    from_deg = rng.uniform(-_FROM_ABOVE_DEG, 180 + _FROM_ABOVE_DEG)
    if part == "eyes":
        from_deg = rng.choice([0, 180]) + rng.normal(0, 15)
    arm = np.array([np.cos(np.deg2rad(from_deg)), np.sin(np.deg2rad(from_deg))])
    thing = rng.random() < (0.4 if part == "mouth" else 0.12)
    if thing:
        _hold_thing(things, centre, arm, scale, rng)
    if not thing or rng.random() < 0.6:
        away = 0.8 * scale if thing else 0.0
        sleeve = things if not thing and rng.random() < 0.6 else None
        _raise_hand(relief, sleeve, centre + away * arm, arm, scale, rng)
    light = _light(rng)
    out = _shadowed(image_rgb.astype(np.float32), np.maximum(relief, things), light, scale)
    paint = [(things, rng.uniform(10, 245, 3), 0.0), (relief, _skin(face, rng), 1.0)]
    for raised, colour, flesh in paint if thing else reversed(paint):  # a sleeve is over the arm
        out = _painted(out, raised, colour, light, rng, flesh)
    hidden = np.maximum(relief, things) > 0.05 * face.unit
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8), hidden


def _median_about(image_rgb: Picture, place: FloatArray) -> FloatArray:
    height, width = image_rgb.shape[:2]
    x, y = np.clip(place, 3, [width - 4, height - 4]).astype(int)
    patch = image_rgb[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
    return np.asarray(np.median(patch, axis=0), np.float64)


def _skin(face: Places, rng: Rng) -> FloatArray:
    """Mostly the face's own, in another light; else anybody's."""
    if rng.random() < 0.75:
        return face.skin * rng.uniform(0.75, 1.2) * rng.uniform(0.96, 1.04, 3)
    return np.asarray(_SKINS[rng.integers(len(_SKINS))] * rng.uniform(0.5, 1.1))


def _light(rng: Rng) -> FloatArray:
    """(3,) unit vector towards a light, from above or the side; x right, y down, z to us."""
    light = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.8, 0.2), 1.0])
    return np.asarray(light / np.linalg.norm(light))


# Shapes ------------------------------------------------------------------------------------------


def _raise_hand(
    relief: Relief,
    sleeve: Relief | None,
    centre: FloatArray,
    arm: FloatArray,
    scale: float,
    rng: Rng,
) -> None:
    """A hand whose fingers or palm lie at ``centre``; ``arm`` points from there to the elbow."""
    aside = np.array([-arm[1], arm[0]]) * rng.choice([-1, 1])
    width = _FINGER_WIDTH * scale
    knuckles = centre + rng.uniform(-0.2, 1.0) * scale * arm
    curl = rng.choice([1.0, 0.85, 0.45], p=[0.5, 0.3, 0.2])  # stretched, bent, a fist
    fan = rng.uniform(0.0, 0.22)
    pointing = rng.random() < 0.25  # with one or two fingers, the others are bent away
    for number, (place, length) in enumerate(_FINGERS):
        if pointing and number > 1:
            continue
        base = knuckles + place * 1.02 * width * aside
        towards = -arm + fan * place * aside + rng.normal(0, 0.05, 2)
        _finger(relief, base, towards, length * curl * scale, width * rng.uniform(0.92, 1.05))
    wrist = knuckles + _PALM_LENGTH * scale * arm
    for place in (-1.15, -0.4, 0.4, 1.15):
        start = knuckles + place * width * aside
        _capsule(relief, start, wrist + 0.6 * place * width * aside, 0.8 * width, 0.9 * width)
    thumb = knuckles + 0.8 * _PALM_LENGTH * scale * arm - 1.2 * width * aside
    opened = -arm - rng.uniform(0.2, 1.2) * aside
    _finger(relief, thumb, opened, 1.1 * scale, 1.2 * width)
    elbow = wrist + _ARM_LENGTH * scale * arm
    _capsule(relief, wrist, elbow, 1.3 * width, 1.6 * width)
    if sleeve is not None:
        _capsule(sleeve, wrist + rng.uniform(0.2, 1.2) * scale * arm, elbow, 1.5 * width, 2 * width)


def _finger(
    relief: Relief, base: FloatArray, towards: FloatArray, length: float, width: float
) -> None:
    """Three bones that taper, each joint a little thicker than what it joins."""
    towards = towards / np.linalg.norm(towards)
    at, radius = base, width / 2
    for share, thinner in ((0.42, 0.94), (0.33, 0.93), (0.25, 0.9)):
        end = at + share * length * towards
        _capsule(relief, at, end, radius, radius * thinner)
        at, radius = end, radius * thinner * 1.03


def _hold_thing(
    relief: Relief, centre: FloatArray, arm: FloatArray, scale: float, rng: Rng
) -> None:
    """A mug, a microphone or a telephone at ``centre``."""
    kind = rng.choice(["mug", "microphone", "telephone"])
    if kind == "microphone":
        _capsule(relief, centre, centre + 0.1 * scale * arm, 0.4 * scale, 0.38 * scale)
        _capsule(relief, centre, centre + 3 * scale * arm, 0.22 * scale, 0.18 * scale)
        return
    round_, width, height = (1.0, 0.6, 0.75) if kind == "mug" else (0.1, 0.5, 1.1)
    tilt = rng.uniform(-0.4, 0.4)
    y, x = np.indices(relief.shape, np.float32)
    x, y = x - centre[0] - 0.2 * scale * arm[0], y - centre[1] - 0.2 * scale * arm[1]
    aside = np.abs(x * np.cos(tilt) + y * np.sin(tilt)) / (width * scale)
    along = np.abs(y * np.cos(tilt) - x * np.sin(tilt)) / (height * scale)
    depth = 0.4 * scale * (1 + round_ * (np.sqrt(np.maximum(1 - aside**2, 0)) - 1))
    np.maximum(relief, np.where((aside < 1) & (along < 1), depth, 0), out=relief)


def _capsule(relief: Relief, start: FloatArray, end: FloatArray, first: float, last: float) -> None:
    """Raise a rod with round ends, of radius ``first`` at its start and ``last`` at its end."""
    height, width = relief.shape
    reach = max(first, last) + 1
    left, top = np.clip(np.minimum(start, end) - reach, 0, (width, height)).astype(int)
    right, bottom = np.clip(np.maximum(start, end) + reach, 0, (width, height)).astype(int)
    if right <= left or bottom <= top:
        return
    x = np.arange(left, right, dtype=np.float32)[None] - np.float32(start[0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(start[1])
    bone_x, bone_y = (np.float32(v) for v in end - start)
    along = np.clip((x * bone_x + y * bone_y) / max(bone_x**2 + bone_y**2, 1e-6), 0, 1)
    radius = first + (last - first) * along
    off2 = (x - along * bone_x) ** 2 + (y - along * bone_y) ** 2
    part = relief[top:bottom, left:right]
    np.maximum(part, np.sqrt(np.maximum(radius**2 - off2, 0)).astype(np.float32), out=part)


# Colours -----------------------------------------------------------------------------------------


def _shadowed(picture: Relief, relief: Relief, light: FloatArray, scale: float) -> Relief:
    """The picture under the shadow that what is held throws on the face behind it."""
    shift = -0.25 * scale * light[:2] / light[2]
    moved = cv2.warpAffine(
        (relief > 0).astype(np.float32), np.array([[1, 0, shift[0]], [0, 1, shift[1]]]),
        relief.shape[::-1],
    )  # fmt: skip
    shadow = cv2.GaussianBlur(moved, (0, 0), 0.1 * scale)
    return np.asarray(picture * (1 - 0.4 * shadow[..., None]), np.float32)


def _painted(
    picture: Relief,
    relief: Relief,
    colour: FloatArray,
    light: FloatArray,
    rng: Rng,
    flesh: float,
) -> Relief:
    """The relief in a colour, shaded by a light; shades of flesh are redder, and it is mottled."""
    smooth = cv2.GaussianBlur(relief, (0, 0), 0.8)
    slope_x, slope_y = cv2.Scharr(smooth, -1, 1, 0) / 32, cv2.Scharr(smooth, -1, 0, 1) / 32
    facing = light[2] - light[0] * slope_x - light[1] * slope_y
    facing = np.clip(facing / np.sqrt(1 + slope_x**2 + slope_y**2), 0, 1)
    shade = (0.5 + 0.55 * facing)[..., None] ** (1 + flesh * np.array([0.0, 0.25, 0.35]))
    coarse = rng.standard_normal((12, 12, 3)) * 0.03 * flesh
    grain = cv2.resize(coarse, relief.shape[::-1], interpolation=cv2.INTER_CUBIC)
    grain = grain + rng.standard_normal(relief.shape)[..., None] * 0.015
    alpha = cv2.GaussianBlur((relief > 0).astype(np.float32), (0, 0), 0.7)[..., None]
    return np.asarray(picture + alpha * (colour * shade * (1 + grain) - picture), np.float32)
