"""From light to a photograph: what a camera does. Linear light until its curve.

All randomness comes from ``Photo.seed``; ``sample_photo`` draws a camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

ByteImage = NDArray[np.uint8]
LightImage = NDArray[np.float32]
Colour = tuple[float, float, float]

_STEPS = 1024  # of the curve's table, over the square root of light
_MOST_LIGHT = 9.0


@dataclass(frozen=True)
class Photo:
    """What a camera does to the light; the defaults are a perfect one that meters nothing.

    Attributes:
        gain: on the light, after metering.
        metering: 0..1, how far the camera's own exposure evens pictures out.
        gamma: > 1 darkens the middle tones; contrast: 0 none, 1 strong, < 0 flat.
        saturation: of colours, 0 grey, 1 as they are.
        tint: multiplies linear RGB: white balance gone wrong.
        vignette: light lost in the corners, 0..1; flicker: depth of horizontal bands, 0..1.
        blur_px, motion_px: sigma of the defocus and length of the motion in a picture of 256;
            motion_rad: its direction.
        scale: sensor pixels by picture pixels, <= 1: the picture is drawn up from fewer.
        noise: standard deviation at middle grey, in steps of 255; denoise 0..1: how much the
            camera smooths it, leaving blotches.
        sharpening: 0 none, 1 with clear halos.
        jpeg_quality: 0..100, 95 and more is none.
        seed: of noise and of the background (``rig.backgrounds``).
    """

    gain: float = 1.0
    metering: float = 0.0
    gamma: float = 1.0
    contrast: float = 0.0
    saturation: float = 1.0
    tint: Colour = (1.0, 1.0, 1.0)
    vignette: float = 0.0
    flicker: float = 0.0
    blur_px: float = 0.0
    motion_px: float = 0.0
    motion_rad: float = 0.0
    scale: float = 1.0
    noise: float = 0.0
    denoise: float = 0.0
    sharpening: float = 0.0
    jpeg_quality: int = 95
    seed: int = 0


@lru_cache(maxsize=64)
def _curve(gamma: float, contrast: float) -> ByteImage:
    """Table of the camera's curve over sqrt(light): sRGB with a shoulder from 0.6 up."""
    light = (np.arange(_STEPS + 1) / _STEPS) ** 2 * _MOST_LIGHT
    rolled = np.where(light < 0.6, light, 1 - 0.4 * np.exp(-(light - 0.6) / 0.4))
    low, high = 12.92 * rolled, 1.055 * rolled ** (1 / 2.4) - 0.055
    shown = np.where(rolled < 0.0031308, low, high) ** gamma
    steeper = shown * shown * (3 - 2 * shown)
    return np.asarray(np.round(255 * (shown + contrast * (steeper - shown))), dtype=np.uint8)


def develop(light: LightImage, gamma: float = 1.0, contrast: float = 0.0) -> ByteImage:
    """uint8 sRGB of linear light of any shape; 1 is a white wall, highlights roll off."""
    place = cv2.sqrt(np.clip(light, 0, _MOST_LIGHT)) * np.float32(_STEPS / _MOST_LIGHT**0.5)
    shown = np.take(_curve(gamma, contrast), place.astype(np.int16).reshape(light.shape))
    return np.asarray(shown, dtype=np.uint8)


def metered_gain(light: LightImage, metering: float) -> float:
    """What a camera multiplies light by to bring its middle to 0.27, ``metering`` of the way."""
    small = cv2.resize(light, (16, 16), interpolation=cv2.INTER_AREA)
    weight = np.ones((16, 16))
    weight[3:13, 4:12] = 4
    mean = float(np.average(np.minimum(small.mean(-1), 1.0), weights=weight))
    return float((0.27 / max(mean, 1e-3)) ** metering)


def expose(light: LightImage, photo: Photo) -> ByteImage:
    """(S, S, 3) uint8 photograph of linear light."""
    rng = np.random.default_rng([photo.seed, 3])
    size = light.shape[0]
    gain = photo.gain * metered_gain(light, photo.metering)
    x = light * (gain * np.array(photo.tint, dtype=np.float32))
    if photo.vignette > 0 or photo.flicker > 0:
        x = x * _falloff(size, photo, rng)
    x = _blurred(x, photo, size)
    if photo.scale < 1:
        small = max(16, round(size * photo.scale))
        x = cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA)
    if photo.noise > 0:
        x = _noisy(x, photo, rng)
    out = develop(x, photo.gamma, photo.contrast)
    if photo.saturation != 1:
        out = _saturated(out, photo.saturation)
    if photo.sharpening > 0:
        soft = cv2.GaussianBlur(out, (0, 0), 1.1)
        out = cv2.addWeighted(out, 1 + photo.sharpening, soft, -photo.sharpening, 0)
    out = compressed(out, photo.jpeg_quality)
    if out.shape[0] != size:
        out = cv2.resize(out, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(out, dtype=np.uint8)


def _falloff(size: int, photo: Photo, rng: np.random.Generator) -> LightImage:
    """(S, S, 1) darker corners, and the slow bands of a lamp's flicker on a rolling shutter."""
    steps = np.linspace(-1, 1, size, dtype=np.float32)
    corner = (steps[:, None] ** 2 + steps[None] ** 2) / 2
    bands = np.sin(rng.uniform(0, 2 * np.pi) + rng.uniform(2, 12) * steps)[:, None]
    out = (1 - photo.vignette * corner) * (1 + photo.flicker * bands)
    return np.asarray(out[..., None], dtype=np.float32)


def _blurred(light: LightImage, photo: Photo, size: int) -> LightImage:
    """Defocus, then motion along a line."""
    if photo.blur_px > 0:
        light = cv2.GaussianBlur(light, (0, 0), photo.blur_px * size / 256)
    length = photo.motion_px * size / 256
    if length > 1:
        half = int(np.ceil(length / 2))
        kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
        end = length / 2 * np.array([np.cos(photo.motion_rad), np.sin(photo.motion_rad)])
        a, b = np.round((half + end, half - end)).astype(int).tolist()
        cv2.line(kernel, a, b, 1.0)
        light = cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
    return np.asarray(light, dtype=np.float32)


def _noisy(light: LightImage, photo: Photo, rng: np.random.Generator) -> LightImage:
    """Noise of photons and reading, and what is left of it when the camera has smoothed it away.

    ``denoise`` leaves ever less fine grain, and of colour noise coarse blotches.
    """
    grain = rng.standard_normal(light.shape, dtype=np.float32)
    if photo.denoise > 0:
        smooth = cv2.GaussianBlur(grain, (0, 0), 2.2) * 3.2
        grey = grain.mean(-1, keepdims=True)
        smooth_grey = smooth.mean(-1, keepdims=True)
        coarse = smooth - 0.6 * smooth_grey
        grain = (1 - photo.denoise) * grain + photo.denoise * (0.4 * coarse + 0.25 * grey)
        light = cv2.bilateralFilter(light, 5, 0.02 + 0.06 * photo.denoise, 1.5)
    strength = photo.noise / 255 * 1.05  # the curve's slope at middle grey is near 1
    spread = cv2.sqrt(np.clip(light, 0, 4)) * (0.9 * strength) + 0.25 * strength
    return np.asarray(light + spread * grain, dtype=np.float32)


def _saturated(picture: ByteImage, saturation: float) -> ByteImage:
    grey = np.array([0.299, 0.587, 0.114])
    mix = saturation * np.eye(3) + (1 - saturation) * np.tile(grey, (3, 1))
    return np.asarray(cv2.transform(picture, mix), dtype=np.uint8)


def compressed(picture: ByteImage, quality: int) -> ByteImage:
    """The picture after JPEG of a quality; 95 and more leaves it alone.

    Raises:
        ValueError: OpenCV cannot encode it.
    """
    if quality >= 95:
        return picture
    bgr = np.ascontiguousarray(picture[..., ::-1])
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"cannot compress a picture of shape {picture.shape}")
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    if quality < 45:  # video codecs smooth the edges of their blocks
        decoded = cv2.bilateralFilter(np.ascontiguousarray(decoded), 5, 18, 2)
    return np.asarray(decoded, dtype=np.uint8)


def sample_photo(rng: np.random.Generator) -> Photo:
    """A random camera: mostly a fair webcam or phone, sometimes a very bad one."""
    poor = rng.random() < 0.15
    warm, green = rng.normal(0, (0.13, 0.04) if poor else (0.06, 0.015))
    cast = np.exp([warm - green / 2, green, -warm - green / 2])
    return Photo(
        gain=float(np.exp(rng.normal(0, 0.5 if poor else 0.22))),
        metering=float(rng.uniform(0.35, 0.85)),
        gamma=float(np.exp(rng.normal(0, 0.1))),
        contrast=float(np.clip(rng.normal(0.35, 0.25), -0.25, 0.9)),
        saturation=float(np.clip(rng.normal(1.0, 0.15), 0.4, 1.35)) * float(rng.random() > 0.02),
        tint=(float(cast[0]), float(cast[1]), float(cast[2])),
        vignette=float(rng.beta(1, 4) * 0.6),
        flicker=float((rng.random() < 0.1) * rng.uniform(0, 0.08)),
        blur_px=float((rng.random() < 0.6) * rng.gamma(1.5, 0.4)),
        motion_px=float((rng.random() < 0.12) * rng.uniform(1.5, 8)),
        motion_rad=float(rng.uniform(0, np.pi)),
        scale=float(rng.choice([1.0, rng.uniform(0.35, 1.0)], p=[0.6, 0.4])),
        noise=float(rng.gamma(1.2, 2.0) * (2.5 if poor else 1)),
        denoise=float(rng.choice([0.0, rng.uniform(0.3, 1.0)])),
        sharpening=float((rng.random() < 0.4) * rng.uniform(0.1, 1.0)),
        jpeg_quality=int(rng.integers(22, 60) if rng.random() < 0.25 else rng.integers(60, 100)),
        seed=int(rng.integers(2**31)),
    )
