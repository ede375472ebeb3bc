"""From light to a photograph: a background, then what a camera does. Linear light until the curve.

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
        gamma: > 1 darkens the middle tones.
        tint: multiplies linear RGB: white balance gone wrong.
        blur_px: sigma of the defocus.
        noise: standard deviation at middle grey, in steps of 255.
        jpeg_quality: 0..100, 95 and more is none.
        seed: of noise and background.
    """

    gain: float = 1.0
    metering: float = 0.0
    gamma: float = 1.0
    tint: Colour = (1.0, 1.0, 1.0)
    blur_px: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 95
    seed: int = 0


@lru_cache(maxsize=64)
def _curve(gamma: float) -> ByteImage:
    """Table of the camera's curve over sqrt(light): sRGB with a shoulder from 0.6 up."""
    light = (np.arange(_STEPS + 1) / _STEPS) ** 2 * _MOST_LIGHT
    rolled = np.where(light < 0.6, light, 1 - 0.4 * np.exp(-(light - 0.6) / 0.4))
    low, high = 12.92 * rolled, 1.055 * rolled ** (1 / 2.4) - 0.055
    shown = np.where(rolled < 0.0031308, low, high) ** gamma
    return np.asarray(np.round(255 * shown), dtype=np.uint8)


def develop(light: LightImage, gamma: float = 1.0) -> ByteImage:
    """uint8 sRGB of linear light of any shape; 1 is a white wall, highlights roll off."""
    place = cv2.sqrt(np.clip(light, 0, _MOST_LIGHT)) * np.float32(_STEPS / _MOST_LIGHT**0.5)
    return np.take(_curve(gamma), place.astype(np.int16).reshape(light.shape))


def linear(picture: NDArray[np.uint8]) -> LightImage:
    """Linear light 0..1 of a uint8 sRGB picture."""
    return _LINEAR[picture]


_S = np.arange(256) / 255
_LINEAR: LightImage = np.where(_S < 0.04045, _S / 12.92, ((_S + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)


def random_background(size: int, seed: int) -> LightImage:
    """(size, size, 3) linear light: gradients and blurred shapes, like a room out of focus."""
    rng = np.random.default_rng([seed, 7])
    low = _muted(rng, (2, 2))
    image = cv2.resize(low * 0.5 + low.mean() * 0.5, (size, size), interpolation=cv2.INTER_LINEAR)
    for _ in range(int(rng.integers(0, 9))):
        colour = _muted(rng, ()).tolist()
        a, b = rng.integers(-size // 4, size + size // 4, (2, 2))
        if rng.random() < 0.5:
            cv2.rectangle(image, a.tolist(), b.tolist(), colour, -1)
        else:
            cv2.circle(image, a.tolist(), int(rng.integers(4, size // 3)), colour, -1)
    blur = float(rng.uniform(0.5, 14))
    image = cv2.GaussianBlur(image, (0, 0), blur)
    return linear(np.clip(image, 0, 255).astype(np.uint8))


def _muted(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(*shape, 3) colours, mostly greyish as rooms are."""
    grey = rng.uniform(5, 245, (*shape, 1))
    hue = rng.uniform(-1, 1, (*shape, 3)) * rng.choice([15, 40, 110], p=[0.5, 0.35, 0.15])
    return np.asarray(np.clip(grey + hue, 0, 255), dtype=np.float32)


def metered_gain(light: LightImage, metering: float) -> float:
    """What a camera multiplies light by to bring its middle to 0.2, ``metering`` of the way."""
    small = cv2.resize(light, (16, 16), interpolation=cv2.INTER_AREA)
    weight = np.ones((16, 16))
    weight[3:13, 4:12] = 3
    mean = float(np.average(small.mean(-1), weights=weight))
    return float((0.22 / max(mean, 1e-3)) ** metering)


def expose(light: LightImage, photo: Photo) -> ByteImage:
    """(H, W, 3) uint8 photograph of linear light."""
    rng = np.random.default_rng([photo.seed, 3])
    gain = photo.gain * metered_gain(light, photo.metering)
    x = light * (gain * np.array(photo.tint, dtype=np.float32))
    if photo.blur_px > 0:
        x = cv2.GaussianBlur(x, (0, 0), photo.blur_px)
    out = develop(x, photo.gamma)
    if photo.noise > 0:
        grain = photo.noise * rng.standard_normal(x.shape, dtype=np.float32)
        out = np.clip(out + grain, 0, 255).astype(np.uint8)
    return compressed(out, photo.jpeg_quality)


def compressed(picture: ByteImage, quality: int) -> ByteImage:
    """The picture after JPEG of a quality; 95 and more leaves it alone."""
    if quality >= 95:
        return picture
    ok, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"cannot compress a picture of shape {picture.shape}")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], dtype=np.uint8)


def sample_photo(rng: np.random.Generator) -> Photo:
    """A random camera."""
    tint = np.clip(1 + 0.05 * rng.standard_normal(3), 0.8, 1.2)
    return Photo(
        gain=float(np.exp(rng.normal(0, 0.3))),
        metering=float(rng.uniform(0.6, 1.0)),
        gamma=float(np.exp(rng.normal(0, 0.12))),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
        blur_px=float(rng.choice([0.0, rng.uniform(0.3, 1.2)])),
        noise=float(rng.choice([0.0, rng.uniform(1, 9)])),
        jpeg_quality=int(rng.integers(45, 97)),
        seed=int(rng.integers(2**31)),
    )
