"""The few things about OpenCV's video input that camera, stream and file share."""

from __future__ import annotations

import os
from typing import Any

import cv2
import numpy as np

from geface_bridge.capture.frames import Image


def silence_opencv() -> None:
    """Keep OpenCV's and FFmpeg's own lines off the terminal; we report failures ourselves."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET, read at first use
    cv2.setLogLevel(0)


def rgb_from_opencv(image: Any) -> Image:
    """(H, W, 3) RGB from what ``VideoCapture.read`` returns (BGR, or grey of some cameras)."""
    if image.ndim == 2:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
