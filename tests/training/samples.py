"""Aligned samples small enough to train on in seconds: a patch of the crop shows the answer."""

import numpy as np

from rig.layout import load_layout
from training.align_pairs import AlignedPairs, targets_from_parameters
from training.estimator import ModelConfig
from training.face_mesh import LANDMARK_COUNT
from training.loop import LoopConfig
from training.shards import Pair

TINY = ModelConfig(
    stem=4, widths=(4, 4, 8, 8), crop_features=16, front_features=0, landmark_features=8
)


def tiny_config(**changes):
    return LoopConfig(**{"steps": 4, "batch_size": 8, "warmup_steps": 1, **changes})


def random_parameters(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((count, len(load_layout().parameter_names)), dtype=np.float32)


def random_aligned(count, seed=0):
    rng = np.random.default_rng(seed)
    targets = targets_from_parameters(random_parameters(count, seed))
    crop = rng.integers(0, 256, (count, 128, 128, 3), dtype=np.uint8)
    crop[:, 32:96, 32:96] = (targets[:, 0] * 255).astype(np.uint8)[:, None, None, None]
    landmarks = rng.random((count, LANDMARK_COUNT, 2), dtype=np.float32)
    return AlignedPairs(crop, landmarks, targets, np.arange(count), np.ones(count, bool))


def random_pair(index, size=32):
    rng = np.random.default_rng(index)
    return Pair(
        index=index,
        image_rgb=rng.integers(0, 256, (size, size, 3), dtype=np.uint8),
        mask=rng.integers(0, 11, (size, size), dtype=np.uint8),
        parameters=random_parameters(1, index)[0],
        landmarks={"nose_tip": (16.123, 17.25), "chin": (15.0, 30.5)},
    )
