"""What part of the face is at each pixel of a photograph, as landmarks and a parser together say.

Landmark contours are exact about lips and lids and know nothing of hair, glasses and hands; a
parser that learnt from renders knows of those and is unsure of real lips. Where they agree, or
one of them is sure and the other has no say, there is a label; elsewhere there is none.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import LEFT_EYE, RIGHT_EYE
from training.data.parsing_samples import CLASSES

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

UNKNOWN = 255
"""Class of a pixel that nothing is said about."""

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
CONTOURS: dict[str, tuple[tuple[int, ...], ...]] = {
    "nose": (
        (168, 193, 188, 114, 217, 126, 209, 129, 98, 97, 2, 326, 327, 358, 429, 355, 437, 343,
         412, 417),
    ),
    "brows": ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
              (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)),
    "eyes": (RIGHT_EYE, LEFT_EYE),
    "mouth_interior": (_UPPER_INNER + _LOWER_INNER[::-1],),
    "upper_lip": (_UPPER_OUTER + _UPPER_INNER[::-1],),
    "lower_lip": (_LOWER_OUTER + _LOWER_INNER[::-1],),
}  # fmt: skip
"""Class → the polygons of MediaPipe's landmarks that bound it; later ones lie over earlier ones."""

_IRISES = ((468, 469, 471), (473, 474, 476))  # centre, and the two ends of the level diameter
_SHIFT = 4  # bits of sub-pixel places that OpenCV draws with
# What can lie before a face: a contour does not speak for such a pixel.
_BEFORE = [CLASSES.index(name) for name in ("hair", "glasses", "occluder", "beard")]
_OPEN_EYE = 0.12
"""Height over width of a lid contour, below which no iris is drawn."""


def contour_classes(landmarks: Floats) -> Bytes:
    """(128, 128) classes by landmarks alone: background outside the face's oval, skin in it.

    Args:
        landmarks: (478, 2) in the crop over its size, as ``AlignedFace.landmarks_crop``.
    """
    points = landmarks * CROP_SIZE
    classes = np.full((CROP_SIZE, CROP_SIZE), CLASSES.index("background"), np.uint8)
    _fill(classes, points[list(FACE_OVAL)], CLASSES.index("skin"))
    for name, polygons in CONTOURS.items():
        for polygon in polygons:
            _fill(classes, points[list(polygon)], CLASSES.index(name))
    _draw_irises(classes, points)
    return classes


def pseudo_classes(landmarks: Floats, probabilities: Floats, sure: float = 0.8) -> Bytes:
    """(128, 128) classes of a photograph, ``UNKNOWN`` where landmarks and parser leave doubt.

    Args:
        landmarks: (478, 2) in the crop over its size.
        probabilities: (K, 128, 128) of the parser.
        sure: how probable the parser's own say must be.
    """
    guess = probabilities.argmax(0).astype(np.uint8)
    classes = np.where(probabilities.max(0) >= sure, guess, UNKNOWN).astype(np.uint8)
    contours = contour_classes(landmarks)
    before = np.isin(guess, _BEFORE) & (probabilities.max(0) >= 0.5)
    drawn = [CLASSES.index(name) for name in (*CONTOURS, "iris")]
    inside = np.isin(contours, drawn)
    # the parser does not say "lips" where the landmarks have none
    classes[~inside & np.isin(guess, drawn)] = UNKNOWN
    classes[inside & ~before] = contours[inside & ~before]
    classes[_edges(contours, inside) & ~before] = UNKNOWN
    return classes


def _edges(contours: Bytes, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outer rim of the drawn parts, where landmarks are a pixel or so off."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    grown = cv2.dilate(inside.astype(np.uint8), cross)
    return np.asarray((grown > 0) & ~inside & (contours != UNKNOWN))


def _draw_irises(classes: Bytes, points: Floats) -> None:
    for contour, (centre, end, other) in zip((RIGHT_EYE, LEFT_EYE), _IRISES, strict=True):
        width, height = np.ptp(points[list(contour)], axis=0)
        if height < _OPEN_EYE * width:
            continue
        disc = np.zeros_like(classes)
        radius = float(np.linalg.norm(points[end] - points[other])) / 2
        middle = np.round((points[centre] - 0.5) * 2**_SHIFT).astype(int).tolist()
        cv2.circle(disc, middle, round(radius * 2**_SHIFT), 1, -1, shift=_SHIFT)
        classes[(disc > 0) & (classes == CLASSES.index("eyes"))] = CLASSES.index("iris")


def _fill(classes: Bytes, polygon: Floats, value: int) -> None:
    places = np.round((polygon - 0.5) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(classes, [places], value, shift=_SHIFT)
