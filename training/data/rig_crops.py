"""Crops of renders as ``geface_bridge.align`` would cut them, from the rig's own landmarks.

A tracker finds no face in some renders and wanders in others; the rig knows where its points are.
The five points of the rig lie a little beside MediaPipe's, by a constant that was measured.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.crop import warp_crop
from geface_bridge.align.geometry import fit_similarity
from geface_bridge.align.template import crop_points
from geface_bridge.errors import SourceError
from training.data.pairs import PairSet

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]

_LID = (
    "eye_inner", "eye_outer", "lid_upper_inner", "lid_upper_outer", "lid_lower_inner",
    "lid_lower_outer",
)  # fmt: skip
_BESIDE_PX = np.array([(0.5, 0.6), (-0.6, 0.6), (-0.1, 1.7), (0.3, 0.5), (-0.6, 0.5)])
"""Where MediaPipe sees the five points less where the rig has them, crop pixels: the median over
259 random renders (seed 41)."""
FIVE_POINTS = (
    tuple(f"{name}_R" for name in _LID), tuple(f"{name}_L" for name in _LID),
    ("nose_tip",), ("mouth_corner_R",), ("mouth_corner_L",),
)  # fmt: skip
"""The landmarks whose mean each of the five points is, in the order of
``geface_bridge.align.template.five_points``."""
_JITTER_PX, _JITTER_SCALE, _JITTER_ROLL_RAD = 1.2, 0.03, 0.03


def crop_from_image_of(landmarks: Mapping[str, tuple[float, float]]) -> FloatArray:
    """(2, 3) similarity to the aligned crop, continuous pixel coordinates.

    Args:
        landmarks: name → (x, y) of a render, pixels; ``rig.landmarks`` has the names.

    Raises:
        SourceError: a landmark is missing.
    """
    return fit_similarity(_five_points(landmarks), crop_targets()).matrix


def crop_targets() -> FloatArray:
    """(5, 2) where the rig's five points belong in the crop, pixels."""
    return np.asarray(crop_points() - _BESIDE_PX)


def aligned(
    pairs: PairSet, position: int, *, jitter: FloatArray | None = None, extended: bool = False
) -> Image:
    """(128, 128, 3) RGB crop of a pair's picture.

    Args:
        pairs, position: which.
        jitter: (2, 3) similarity within the crop, as of ``random_jitter``.
        extended: what lies outside the picture is its nearest pixel instead of black.

    Raises:
        SourceError: as ``PairSet``.
    """
    image, matrix = pairs.image(position), _matrix(pairs, position, jitter)
    return extended_crop(image, matrix) if extended else warp_crop(image, matrix)


def extended_crop(image: Image, crop_from_image: FloatArray) -> Image:
    """As ``warp_crop``, but what lies outside the square picture is its nearest pixel."""
    side, matrix = len(image) // 2, crop_from_image.copy()
    padded = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_REPLICATE)
    matrix[:, 2] -= matrix[:, :2] @ (side, side)
    return warp_crop(np.asarray(padded, np.uint8), matrix)


def aligned_mask(pairs: PairSet, position: int, *, jitter: FloatArray | None = None) -> Image:
    """(128, 128) parsing labels of the same crop, each the nearest pixel's; 0 outside."""
    matrix = _matrix(pairs, position, jitter)
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # cv2 counts from pixel centres
    mask, size = pairs.mask(position), (CROP_SIZE, CROP_SIZE)
    return np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST), np.uint8)


def random_jitter(rng: np.random.Generator, strength: float = 1.0) -> FloatArray:
    """(2, 3) a small similarity about the crop's middle, about as far as trackers disagree."""
    angle = rng.normal(0, _JITTER_ROLL_RAD * strength)
    scale = np.exp(rng.normal(0, _JITTER_SCALE * strength))
    turn = scale * np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = np.full(2, CROP_SIZE / 2)
    shift = middle - turn @ middle + rng.normal(0, _JITTER_PX * strength, 2)
    return np.column_stack([turn, shift])


def _matrix(pairs: PairSet, position: int, jitter: FloatArray | None) -> FloatArray:
    matrix = crop_from_image_of(pairs.landmarks(position))
    if jitter is None:
        return matrix
    return np.asarray(jitter @ np.vstack([matrix, (0.0, 0.0, 1.0)]))


def _five_points(landmarks: Mapping[str, tuple[float, float]]) -> FloatArray:
    try:
        means = [np.mean([landmarks[name] for name in names], axis=0) for names in FIVE_POINTS]
    except KeyError as error:
        raise SourceError(f"a render has no landmark {error}: render the set again") from error
    return np.array(means, np.float64)
