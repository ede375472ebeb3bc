"""A moving picture with a face: the rig's own render, or a photograph where there is one."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from tests.geface_bridge.align.shared_faces import PHOTO, needs_faces

__all__ = ["NOBODY", "needs_faces", "photo"]

NOBODY = np.full((240, 320, 3), 90, np.uint8)


@lru_cache(maxsize=1)
def photo() -> np.ndarray:
    """(H, W, 3) RGB photograph of one person."""
    image = cv2.imread(str(PHOTO))
    if image is None:
        pytest.skip("needs ../shared/faces")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
