"""From a rendered face to something like a photograph: background, then camera faults."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rig.sampling import Photo

ByteImage = NDArray[np.uint8]


def random_background(size: int, seed: int) -> ByteImage:
    """(size, size, 3) gradients and blurred shapes, like a room out of focus."""
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
    return np.asarray(np.clip(image + rng.normal(0, 2, image.shape), 0, 255), dtype=np.uint8)


def _muted(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(*shape, 3) colours, mostly greyish as rooms are."""
    grey = rng.uniform(5, 245, (*shape, 1))
    hue = rng.uniform(-1, 1, (*shape, 3)) * rng.choice([15, 40, 110], p=[0.5, 0.35, 0.15])
    return np.asarray(np.clip(grey + hue, 0, 255), dtype=np.float32)


def expose(image: ByteImage, photo: Photo) -> ByteImage:
    """Apply gain, gamma, tint, blur, noise and compression to an (H, W, 3) picture."""
    rng = np.random.default_rng([photo.seed, 3])
    x = np.clip(image.astype(np.float32) / 255 * photo.gain, 0, 1) ** photo.gamma
    x = x * np.array(photo.tint, dtype=np.float32) * 255
    if photo.blur_px > 0:
        x = cv2.GaussianBlur(x, (0, 0), photo.blur_px)
    if photo.noise > 0:
        x = x + photo.noise * rng.standard_normal(x.shape, dtype=np.float32)
    out = np.clip(x, 0, 255).astype(np.uint8)
    if photo.jpeg_quality < 95:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, photo.jpeg_quality])
        if ok:
            out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return out
