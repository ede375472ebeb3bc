"""Skin colour from pigments: what melanin, blood and carotene take away from the light.

Each is an amount; light is weakened by their sum (Beer and Lambert's law), so the colours that
come out lie where skins lie, from the lightest to the darkest and from pale to flushed.
"""

from __future__ import annotations

import cv2
import numpy as np

from rig.texture import FloatArray

# Light that each pigment takes at strength 1 in red, green and blue, as optical density
# (base e) of linear light; fitted so that photographs' tones lie in the middle of the range.
PIGMENTS = {
    "melanin": (0.85, 1.10, 1.30),
    "blood": (0.14, 0.78, 0.58),
    "carotene": (0.00, 0.06, 0.50),
    "dark": (1.00, 1.02, 0.94),
}
_BARE = (0.82, 0.67, 0.56)  # linear, without any pigment
_GAMMA = 2.2


def tone(melanin: float, blood: float, carotene: float, dark: float = 0.0) -> FloatArray:
    """(3,) sRGB 0..1 of skin with these pigments."""
    fields = np.array([[[melanin, blood, carotene, dark]]], dtype=np.float32)
    return np.asarray(colours_of(fields)[0, 0])


def colours_of(pigments: FloatArray) -> FloatArray:
    """(H, W, 3) sRGB of (H, W, 4) pigments in the order of ``PIGMENTS``."""
    density = np.array(list(PIGMENTS.values())).T
    matrix = np.concatenate([-density, np.log(_BARE)[:, None]], axis=1) / _GAMMA
    return np.asarray(cv2.exp(cv2.transform(pigments, matrix.astype(np.float32))))
