"""Makes small real videos whose frames tell their number."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

STEP = 8  # grey levels between frames; more than a codec blurs


def write_clip(path: Path, count: int = 12, rate_hz: float = 25.0, size=(64, 48)) -> Path:
    """A clip of uniform grey frames, frame i with level i * STEP."""
    codec = cv2.VideoWriter_fourcc(*("mp4v" if path.suffix == ".mp4" else "MJPG"))
    writer = cv2.VideoWriter(str(path), codec, rate_hz, size)
    assert writer.isOpened()
    for index in range(count):
        writer.write(np.full((size[1], size[0], 3), index * STEP, np.uint8))
    writer.release()
    return path


def number_of(image: np.ndarray) -> int:
    """Which frame of a ``write_clip`` video this is."""
    return round(float(image.mean()) / STEP)


def turn_clip(path: Path) -> Path:
    """Store a quarter turn clockwise in an MP4's track header, as telephones do.

    ISO/IEC 14496-12, 8.3.2: the 3x3 matrix stands 40 bytes into a version 0 ``tkhd`` payload.
    """
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    one, minus_one = 1 << 16, (1 << 32) - (1 << 16)
    matrix = (0, one, 0, minus_one, 0, 0, 48 << 16, 0, 1 << 30)
    data[start : start + 36] = b"".join(value.to_bytes(4, "big") for value in matrix)
    path.write_bytes(data)
    return path
