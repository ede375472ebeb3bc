"""Pictures as tensors, and how like two of them are."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def resized(image: Image, size: int) -> Image:
    """A square picture (S, S, 3) at another size, each new pixel the mean of what it covers."""
    if len(image) == size:
        return image
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA))


def planes(image: Image) -> NDArray[np.float32]:
    """(3, S, S) 0..1 of (S, S, 3) uint8, as networks take pictures."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / 255.0


def picture(found: NDArray[np.float32]) -> Image:
    """(S, S, 3) uint8 of (3, S, S) 0..1; what lies outside is clipped."""
    bounded = np.clip(found.transpose(1, 2, 0) * 255.0, 0, 255)
    return np.ascontiguousarray(np.round(bounded).astype(np.uint8))


def psnr_db(ours: Image, theirs: Image) -> float:
    """Peak signal to noise ratio of two 8-bit pictures, dB; infinite for equal ones."""
    error = np.square(ours.astype(np.float64) - theirs).mean()
    return float(10 * np.log10(255.0**2 / error)) if error else float("inf")


def ssim(ours: Image, theirs: Image) -> float:
    """Structural similarity (Wang et al. 2004) of two RGB pictures, the mean of the colours."""
    quality: Any = cv2.quality  # of opencv-contrib, whose types leave its functions out
    values, _ = quality.QualitySSIM_compute(ours, theirs)
    return float(np.mean(values[:3]))
