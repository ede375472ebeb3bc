"""The neutral, frontal face that crops and head poses are measured against.

``template.json`` beside this file is made by ``python -m training.make_align_template``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import CROP_SIZE

FloatArray = NDArray[np.float64]

RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
"""Lid contour of the person's right eye, MediaPipe indices."""
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
"""Lid contour of the person's left eye."""
NOSE_TIP = 1
RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 61, 291
_EYES = np.array([RIGHT_EYE, LEFT_EYE])
_NOSE_AND_MOUTH = np.array([NOSE_TIP, RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER])
STABLE_RIGHT = (109, 67, 103, 54, 21, 162, 127, 234, 139, 34, 33, 133, 193, 122, 245, 188, 174)
"""Forehead, temple, eye corners and side of the nose bridge, where expressions move little."""
STABLE_MIDDLE = (10, 151, 168, 6, 197, 195)

CROP_EYE_DISTANCE_PX = 42.0
"""Distance between the eye centres in the crop: brows to chin fit with the jaw wide open."""
CROP_EYE_LINE_PX = 34.0


@dataclass(frozen=True)
class Template:
    """A neutral, frontal, symmetric face in MediaPipe's landmarks.

    Attributes:
        positions_m: (478, 3) metres, x to the person's left, y up, z out of the face; the
            origin lies halfway between the eye centres, 63 mm apart.
        mirror: (478,) index of each landmark's mirror image.
    """

    positions_m: FloatArray
    mirror: NDArray[np.int64]

    @property
    def stable(self) -> NDArray[np.int64]:
        """(40,) indices of the landmarks that move with the skull."""
        right = np.array(STABLE_RIGHT)
        return np.concatenate([right, self.mirror[right], STABLE_MIDDLE])

    @property
    def eye_distance_m(self) -> float:
        """Distance between the eye centres, metres."""
        right, left = five_points(self.positions_m)[:2]
        return float(np.linalg.norm(left - right))


def five_points(landmarks: FloatArray) -> FloatArray:
    """Right eye centre, left eye centre, nose tip, right and left mouth corner.

    Args:
        landmarks: (478, D).

    Returns:
        (5, D); an eye's centre is the mean of its lid contour, so gaze does not move it.
    """
    return np.concatenate([landmarks[_EYES].mean(axis=1), landmarks[_NOSE_AND_MOUTH]])


@lru_cache(maxsize=1)
def load_template() -> Template:
    """The packaged template, read once."""
    text = resources.files("geface_bridge.align").joinpath("template.json").read_text("utf-8")
    raw = json.loads(text)
    return Template(np.array(raw["positions_m"], np.float64), np.array(raw["mirror"], np.int64))


@lru_cache(maxsize=1)
def crop_points() -> FloatArray:
    """(5, 2) where the five points of the template lie in the crop, pixels."""
    template = load_template()
    points = five_points(template.positions_m)[:, :2] * (1.0, -1.0)
    points *= CROP_EYE_DISTANCE_PX / template.eye_distance_m
    return np.asarray(points + np.array([CROP_SIZE / 2, CROP_EYE_LINE_PX]))
