"""What alignment says about one face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CROP_SIZE = 128
"""Pixels a side of every aligned crop."""


@dataclass(frozen=True)
class HeadPose:
    """Rotation and position of a head, by the layout's conventions.

    Attributes:
        yaw_rad: > 0 turned to the person's left (the nose moves to the image's right).
        pitch_rad: > 0 looks down.
        roll_rad: > 0 tilted to the person's right (the image's left).
        x_m: point between the eyes, to the image's right of the optical axis.
        y_m: upwards from the optical axis.
        z_m: towards the camera; minus the distance, so < 0.
    """

    yaw_rad: float
    pitch_rad: float
    roll_rad: float
    x_m: float
    y_m: float
    z_m: float


@dataclass(frozen=True)
class AlignedFace:
    """One face of one image.

    Pixel coordinates are continuous: (0, 0) is the upper left corner of the upper left pixel,
    whose centre is (0.5, 0.5).

    Attributes:
        landmarks_px: (478, 3) in pixels of the image; x right, y down, z away from the camera
            in the same scale. MediaPipe's order, irises last.
        crop_rgb: (128, 128, 3), the face upright; black where it reaches out of the image.
        crop_from_image: (2, 3) similarity between the two images' pixel coordinates.
        landmarks_crop: (478, 2) in the crop, divided by CROP_SIZE; 0..1 inside it.
        head: rotation and position.
        in_frame: 0..1, share of the landmarks that lie inside the image.
    """

    landmarks_px: NDArray[np.float32]
    crop_rgb: NDArray[np.uint8]
    crop_from_image: NDArray[np.float64]
    landmarks_crop: NDArray[np.float32]
    head: HeadPose
    in_frame: float = 1.0
