"""Cuts an upright, equally sized face out of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import CROP_SIZE
from geface_bridge.align.geometry import fit_similarity, transform_points
from geface_bridge.align.template import crop_points, five_points

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]


def crop_transform(landmarks_px: FloatArray) -> FloatArray:
    """(2, 3) similarity ``crop_from_image`` from a face's landmarks (478, 2 or 3)."""
    return fit_similarity(five_points(landmarks_px[:, :2]), crop_points()).matrix


def warp_crop(image_rgb: Image, crop_from_image: FloatArray) -> Image:
    """Resample a face to (128, 128, 3), black outside the image.

    A face larger than the crop is first averaged down by a whole factor, since bilinear
    sampling alone would alias.

    Args:
        image_rgb: (H, W, 3).
        crop_from_image: (2, 3) similarity between continuous pixel coordinates.
    """
    scale = float(np.hypot(*crop_from_image[:, 0]))
    factor = max(1, round(1.0 / scale))
    if factor > 1:
        image_rgb, crop_from_image = _reduce(image_rgb, crop_from_image, factor)
    # cv2 counts from pixel centres, we count from pixel corners.
    matrix = crop_from_image.copy()
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    crop = cv2.warpAffine(image_rgb, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, np.uint8)


def _reduce(image_rgb: Image, crop_from_image: FloatArray, factor: int) -> tuple[Image, FloatArray]:
    """Average the part of the image that the crop sees over blocks of ``factor`` pixels."""
    left, top, right, bottom = _seen_box(image_rgb, crop_from_image, factor)
    part = image_rgb[top:bottom, left:right]
    part = part[: len(part) // factor * factor, : part.shape[1] // factor * factor]
    if part.size == 0:
        return np.zeros((1, 1, 3), np.uint8), crop_from_image
    size = (part.shape[1] // factor, part.shape[0] // factor)
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    matrix = crop_from_image.copy()
    matrix[:, 2] += matrix[:, :2] @ (float(left), float(top))
    matrix[:, :2] *= factor
    return np.asarray(small, np.uint8), matrix


def _seen_box(image_rgb: Image, crop_from_image: FloatArray, margin: int) -> tuple[int, ...]:
    """Left, top, right, bottom of the image's part under the crop, clipped to the image."""
    # numpy's inverse may wake OpenBLAS's threads, which then spin for a while: up to 4 ms a frame
    # of the other cores, for a matrix of four numbers.
    image_from_crop = np.asarray(cv2.invertAffineTransform(crop_from_image), np.float64)
    corners = np.array([(x, y) for x in (0.0, CROP_SIZE) for y in (0.0, CROP_SIZE)])
    points = transform_points(image_from_crop, corners)
    limit = np.array([image_rgb.shape[1], image_rgb.shape[0]])
    low = np.clip(np.floor(points.min(axis=0)) - margin, 0, limit).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + margin, 0, limit).astype(int)
    return (*low.tolist(), *high.tolist())
