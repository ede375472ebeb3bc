"""Aligned renders with what part of the face is at each pixel, varied to be like photographs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import CROP_SIZE
from training.augment import AugmentConfig, photograph
from training.data.pairs import PairSet
from training.data.rig_crops import aligned, aligned_mask

Bytes = NDArray[np.uint8]
Rng = np.random.Generator

CLASSES = (
    "background", "skin", "brows", "eyes", "iris", "nose", "upper_lip", "lower_lip",
    "mouth_interior", "hair", "beard", "ears_neck", "glasses", "occluder",
)  # fmt: skip
"""What the parsing network tells apart."""

_RENAMED = {
    "cloth": "background", "teeth": "mouth_interior", "tongue": "mouth_interior",
    "ears": "ears_neck", "neck": "ears_neck", "hat": "hair",
}  # fmt: skip
_OCCLUDER = CLASSES.index("occluder")


@lru_cache(maxsize=1)
def class_of_label() -> Bytes:
    """(19,) class of each of the renderer's labels."""
    from rig.render import LABELS  # wants OpenGL, which those who only run the network may lack

    return np.array([CLASSES.index(_RENAMED.get(name, name)) for name in LABELS], np.uint8)


@dataclass(frozen=True)
class ParsingVariation:
    """How far a render is varied; see ``AugmentConfig``. Pixels are the crop's."""

    rotation_deg: float = 8.0
    log_scale: float = 0.12
    shift_px: float = 5.0
    cover_p: float = 0.25
    photo: AugmentConfig = field(
        default_factory=lambda: AugmentConfig(occlusion_p=0, colour_cast=0.3, blur_p=0.4)
    )


class ParsingSamples:
    """Crops (3, 128, 128) uint8 with their classes (128, 128) uint8.

    Args:
        pairs: rendered with masks.
        positions: which of them; all if None.
        variation: how far they are varied; None leaves them as rendered.
    """

    def __init__(
        self,
        pairs: PairSet,
        positions: NDArray[np.int64] | None = None,
        variation: ParsingVariation | None = None,
    ) -> None:
        self.pairs, self.variation = pairs, variation
        self.positions = np.arange(len(pairs)) if positions is None else positions

    def __len__(self) -> int:
        return len(self.positions)

    def sample(self, position: int, rng: Rng) -> tuple[Bytes, Bytes]:
        """Picture and classes of a sample."""
        number = int(self.positions[position])
        jitter = jittered(rng, self.variation) if self.variation else None
        crop = aligned(self.pairs, number, jitter=jitter)
        classes = class_of_label()[aligned_mask(self.pairs, number, jitter=jitter)]
        if self.variation:
            crop, classes = varied(crop, classes, rng, self.variation)
        return np.ascontiguousarray(crop.transpose(2, 0, 1)), classes


def jittered(rng: Rng, variation: ParsingVariation) -> NDArray[np.float64]:
    """(2, 3) within the crop: turned, scaled and shifted a little, mirrored half the time."""
    angle = np.deg2rad(rng.uniform(-1, 1) * variation.rotation_deg)
    scale = np.exp(rng.uniform(-1, 1) * variation.log_scale)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        turn = turn @ np.diag([-1.0, 1.0])
    middle = np.full(2, CROP_SIZE / 2)
    shift = middle - turn @ middle + rng.uniform(-1, 1, 2) * variation.shift_px
    return np.column_stack([turn, shift])


def varied(
    crop: Bytes, classes: Bytes, rng: Rng, variation: ParsingVariation
) -> tuple[Bytes, Bytes]:
    """The crop as another camera would see it, now and then with something held before it."""
    if rng.random() < variation.cover_p:
        crop, classes = covered(crop, classes, rng)
    return photograph(crop, rng, variation.photo), classes


def covered(crop: Bytes, classes: Bytes, rng: Rng) -> tuple[Bytes, Bytes]:
    """A blob or bar of some colour before the face: a hand, a cup, a microphone, a strand."""
    size = crop.shape[0]
    hides = np.zeros((size, size), np.uint8)
    centre = rng.uniform(0, size, 2)
    axes = rng.uniform(0.04, 0.3, 2) * size
    box = (centre.tolist(), (2 * axes).tolist(), float(rng.uniform(0, 180)))
    if rng.random() < 0.5:
        cv2.ellipse(hides, box, 1, -1)
    else:
        cv2.fillConvexPoly(hides, cv2.boxPoints(box).astype(np.int32), 1)
    hidden = hides.astype(bool)
    rough = rng.normal(0, rng.uniform(0, 30), (size // 8, size // 8, 3)).astype(np.float32)
    paint = rng.integers(0, 256, 3) + cv2.resize(rough, (size, size))
    crop, classes = crop.copy(), classes.copy()
    crop[hidden] = np.clip(paint, 0, 255).astype(np.uint8)[hidden]
    classes[hidden] = _OCCLUDER
    return crop, classes
