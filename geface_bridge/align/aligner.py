"""Finds faces in an image and brings each into one canonical crop."""

from __future__ import annotations

import math
from operator import itemgetter
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.crop import crop_transform, warp_crop
from geface_bridge.align.faces import CROP_SIZE, AlignedFace
from geface_bridge.align.geometry import transform_points
from geface_bridge.align.head import DEFAULT_FIELD_OF_VIEW_RAD, estimate_head
from geface_bridge.align.mediapipe_tracker import MediaPipeTracker
from geface_bridge.errors import ImageError

MIN_SIDE_PX = 16
MAX_SIDE_PX = 16384
TRACKING_SIDE_PX = 960
"""Larger images are tracked at this size; crops still come from the full image."""


class FaceAligner:
    """Image in, upright face crops with landmarks and head pose out.

    Not thread-safe; one per stream. Usable as a context manager.

    Args:
        max_faces: at most so many faces, >= 1.
        tracking: True for the frames of one video in order, False for unrelated images.
        field_of_view_rad: of the longer side of the images, for the head's position.

    Raises:
        MissingDependencyError: MediaPipe is not installed.
    """

    def __init__(
        self,
        max_faces: int = 1,
        tracking: bool = True,
        field_of_view_rad: float = DEFAULT_FIELD_OF_VIEW_RAD,
    ) -> None:
        self._tracker = MediaPipeTracker(max_faces, tracking)
        self._field_of_view_rad = field_of_view_rad

    def align(self, image_rgb: NDArray[np.uint8]) -> list[AlignedFace]:
        """Faces of an image, the largest first; empty when there is none.

        Args:
            image_rgb: (H, W, 3) RGB; (H, W), (H, W, 1) grey and (H, W, 4) RGBA are taken too.

        Raises:
            ImageError: a side is below 16 or above 16,384 pixels, or it is no uint8 image.
        """
        image_rgb = as_rgb(image_rgb)
        factor = math.ceil(max(image_rgb.shape) / TRACKING_SIDE_PX)
        small = _shrink(image_rgb, factor)
        found = [points * float(factor) for points in self._tracker.track(small)]
        sized = [(_extent(points), points) for points in found]
        sized.sort(key=itemgetter(0), reverse=True)
        return [self._aligned(image_rgb, points) for extent, points in sized if extent >= 1.0]

    def _aligned(self, image_rgb: NDArray[np.uint8], points: NDArray[np.float64]) -> AlignedFace:
        crop_from_image = crop_transform(points)
        size = image_rgb.shape[1], image_rgb.shape[0]
        inside = ((points[:, :2] >= 0) & (points[:, :2] <= size)).all(axis=1)
        landmarks_crop = transform_points(crop_from_image, points[:, :2]) / CROP_SIZE
        return AlignedFace(
            landmarks_px=points.astype(np.float32),
            crop_rgb=warp_crop(image_rgb, crop_from_image),
            crop_from_image=crop_from_image,
            landmarks_crop=landmarks_crop.astype(np.float32),
            head=estimate_head(points, size, self._field_of_view_rad),
            in_frame=float(inside.mean()),
        )

    def close(self) -> None:
        """Free the tracker; the aligner is of no use afterwards."""
        self._tracker.close()

    def __enter__(self) -> FaceAligner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def as_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Check an image and return it as contiguous (H, W, 3) RGB.

    Raises:
        ImageError: as ``FaceAligner.align``.
    """
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or image.dtype != np.uint8 or channels not in (1, 3, 4):
        raise ImageError(
            f"image has shape {image.shape} and type {image.dtype}, expected (height, width) "
            "or (height, width, 1, 3 or 4) uint8; convert it to 8-bit RGB"
        )
    check_size(image.shape[1], image.shape[0])
    if channels == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image[:, :, :3])


def check_size(width_px: int, height_px: int, name: str = "image") -> None:
    """Refuse pictures that hold no face or would exhaust the memory.

    Raises:
        ImageError: a side is below 16 or above 16,384 pixels.
    """
    if min(width_px, height_px) < MIN_SIDE_PX or max(width_px, height_px) > MAX_SIDE_PX:
        raise ImageError(
            f"{name} is {width_px}x{height_px} pixels, expected {MIN_SIDE_PX} to {MAX_SIDE_PX} "
            "a side; scale it first"
        )


def _shrink(image_rgb: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average blocks of a whole number of pixels (others cost OpenCV 20 times as long)."""
    if factor == 1:
        return image_rgb
    height, width = image_rgb.shape[:2]
    size = max(1, width // factor), max(1, height // factor)
    blocks = image_rgb[: max(factor, size[1] * factor), : max(factor, size[0] * factor)]
    return np.asarray(cv2.resize(blocks, size, interpolation=cv2.INTER_AREA), np.uint8)


def _extent(points: NDArray[np.float64]) -> float:
    """Longer side of the landmarks' bounding box, pixels."""
    return float(np.ptp(points[:, :2], axis=0).max())
