"""How well a face can be seen in its picture: light, noise, and whether its eyes are there.

Nothing here knows the network. The crop is read at the tracker's landmarks, so what stands behind
a face does not count; of its colours green, which has the least noise. Pure numpy, 0.1 ms a face.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import CROP_SIZE, AlignedFace

Green = NDArray[np.uint8]
Floats = NDArray[np.float32]
Points = NDArray[np.float32]

DIM_LEVEL = 40.0
"""Level of a face's highlights, 0..255, at which half is seen: 2 % of the light that gives 255."""
NOISY_SHARE = 0.08
"""Noise over those highlights at which half is seen."""
EYE_CONTRAST = 0.12
"""Lashes against skin, (b - d) / (b + d), from which an eye is there: 9 of 10 portraits have it,
painted fingers over an eye a sixth of it."""
SHADED, SHINED_ON = 0.5, 0.75
"""Skin about an eye over the cheek: darkened to the first the eye is hidden, to the second not."""
EYES_SHARE = 0.5
"""Of what is to be seen in a face, that of its eyes."""
_HIGHLIGHTS = 95
_FACE = (slice(14, 112), slice(26, 102))  # rows and columns of the crop that faces fill

# Of the right eye and the left, MediaPipe's numbers: the upper lid's rim, lid skin below the brow,
# skin below the eye, cheek.
_RIM = ((161, 160, 159, 158, 157), (388, 387, 386, 385, 384))
_ABOVE = ((225, 224, 223, 222), (445, 444, 443, 442))
_BELOW = ((119, 118, 117, 230, 229, 231), (348, 347, 346, 450, 449, 451))
_CHEEK = ((50, 205, 187), (280, 425, 411))
_EYES = np.concatenate([_RIM, _ABOVE, _BELOW, _CHEEK], axis=1)
_ENDS = np.cumsum([0, *(len(part[0]) for part in (_RIM, _ABOVE, _BELOW, _CHEEK))]).tolist()
_STEPS = np.array([(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])


def sight_of(face: AlignedFace) -> float:
    """0..1, how well a face can be seen: ``light_of * (1 - EYES_SHARE * (1 - eyes_of))``."""
    green = face.crop_rgb[..., 1]
    eyes = sum(eyes_of(green, face.landmarks_crop)) / 2
    return light_of(green, face.landmarks_crop) * (1 - EYES_SHARE * (1 - eyes))


def light_of(green: Green, landmarks: Points) -> float:
    """0..1, how far light and noise let a face be seen.

    ``h² / (h² + DIM_LEVEL²)``, of the face's highlights h (the brightest twentieth of its
    landmarks), times ``1 / (1 + (n / (NOISY_SHARE h))²)`` of its noise n. Highlights are where
    skin and eyes shine: they tell of the light, where a mean would tell of the skin. (Of 336
    photographs the eighth with the darkest cheeks has 0.89, that with the lightest 0.96.)

    Args:
        green: (128, 128) of the crop, 0..255.
        landmarks: (478, 2) in the crop, over its size.
    """
    seen = _at(green, _pixels(landmarks))
    rank = len(seen) * _HIGHLIGHTS // 100
    highlights = max(float(np.partition(seen, rank)[rank]), 1.0)
    exposure = highlights**2 / (highlights**2 + DIM_LEVEL**2)
    return exposure / (1 + (noise_of(green[_FACE]) / (NOISY_SHARE * highlights)) ** 2)


def noise_of(green: Green) -> float:
    """Standard deviation of what no neighbour shares, in levels.

    Immerkær 1996, "Fast noise variance estimation": a mask that is blind to slopes and edges; the
    median of its answers is blind to what little of a face remains. Every third row is enough.
    """
    level = green.astype(np.int16)
    rows = level[:-2:3] - 2 * level[1:-1:3] + level[2::3]
    size = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]).ravel()
    return float(np.partition(size, len(size) // 2)[len(size) // 2]) / (6 * 0.6745)


def eyes_of(green: Green, landmarks: Points) -> tuple[float, float]:
    """0..1 for the right eye and the left: is the picture dark where the tracker has the lashes?

    The rim of an upper lid, open or shut, is darker than the skin above and below it, and that
    skin is nearly as bright as the cheek. Below a hand the first does not hold, behind dark
    glasses neither. Ratios only: the same for every skin and in every light.
    """
    means = _around(green, landmarks[_EYES])
    about = [means[:, start:stop] for start, stop in pairwise(_ENDS)]
    rim = about[0].mean(axis=1)
    above, below, cheek = (_middle(part) for part in about[1:])
    skin = (above + below) / 2
    contrast = (skin - rim) / np.maximum(skin + rim, 1.0)
    shined_on = (skin / np.maximum(cheek, 1.0) - SHADED) / (SHINED_ON - SHADED)
    right, left = np.clip(contrast / EYE_CONTRAST, 0, 1) * np.clip(shined_on, 0, 1)
    return float(right), float(left)


def _around(green: Green, points: Points) -> Floats:
    """Means of the 3x3 pixels about points (..., 2)."""
    places = _pixels(points, 1)[..., None, :] + _STEPS
    return np.asarray(_at(green, places).mean(axis=-1, dtype=np.float32))


def _middle(values: Floats) -> Floats:
    """(N, M) → (N,) the upper of the medians."""
    return np.asarray(np.sort(values, axis=1)[:, values.shape[1] // 2])


def _at(green: Green, places: NDArray[np.int64]) -> Green:
    return np.asarray(green[places[..., 0], places[..., 1]])


def _pixels(points: Points, margin: int = 0) -> NDArray[np.int64]:
    """(..., 2) rows and columns of the crop's pixels in which points lie, or the nearest ones."""
    places = np.maximum(points[..., ::-1] * CROP_SIZE, margin)  # half the time of np.clip
    return np.minimum(places, CROP_SIZE - 1 - margin).astype(np.int64)
