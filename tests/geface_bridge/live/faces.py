"""Pictures with and without a face, and real videos of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.geface_bridge.align.shared_faces import PHOTO, needs_faces

__all__ = ["NOBODY", "film", "needs_faces", "photo"]

NOBODY = np.full((240, 320, 3), 90, np.uint8)


@lru_cache(maxsize=1)
def photo() -> np.ndarray:
    """(H, W, 3) RGB photograph of one person."""
    image = cv2.imread(str(PHOTO))
    if image is None:
        pytest.skip("needs ../shared/faces")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def film(path: Path, images: list[np.ndarray]) -> Path:
    """A real video, 25 frames a second, of these RGB pictures of one size."""
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (width, height))
    for image in images:
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    writer.release()
    return path
