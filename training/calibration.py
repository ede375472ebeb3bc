"""Answers over the whole range, and rest at 0.

A network that is unsure answers near the mean, so its answers vary less than the truth does, and
on photographs it has a slight opinion of faces at rest. Neither needs a label to mend: the zero
of an AU is the median of its answers to the calmest photographs, and its gain is what agrees best
with renders that were not trained on.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return, untyped-decorator"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from training.align_pairs import AlignedPairs
from training.data.faces import FaceSet
from training.estimator import split_rows
from training.metrics import icc31

FloatArray = NDArray[np.float64]
CALM_SHARE = 0.25
"""Share of photographs that are taken for calm: those with the least smile, since people who are
photographed smile, and hardly frown."""
HIGHEST_GAIN = 1.5
"""More makes people's faces at rest differ by more than half an intensity."""
ERROR_WEIGHT = 2.5
"""What an intensity (0..1) of mean absolute error costs, in ICC."""
GAIN_STEPS = 9


@dataclass(frozen=True)
class Calibration:
    """(K,) gain and zero of each channel, of ``training.ensemble.calibrated``.

    Angles have gain 1 and zero 0.
    """

    gain: FloatArray
    zero: FloatArray


def fit_calibration(
    net: nn.Module, channel_names: tuple[str, ...], pairs: AlignedPairs, faces: FaceSet
) -> Calibration:
    """Gain and zero of every AU, the same for both sides.

    Args:
        net: answers channels to (crop, landmarks), as ``EstimatorNet`` does.
        channel_names: of its K channels.
        pairs: renders; the first half of those held out is used (``halves``).
        faces: photographs without labels.

    Raises:
        ConfigError: no render is held out.
    """
    rows, _ = halves(pairs)
    if not len(rows):
        raise ConfigError("no render is held out to calibrate by: render 16 or more")
    known = pairs.targets[rows].astype(np.float64)
    rendered = answers(net, pairs.crop[rows], pairs.landmarks_crop[rows])
    at_rest = calmest(answers(net, faces.crops, faces.landmarks), channel_names)
    gain, zero = np.ones(len(channel_names)), np.zeros(len(channel_names))
    for au in load_layout().all_aus:
        columns = [channel_names.index(name) for name in au.channels]
        zero[columns] = np.median(at_rest[:, columns].mean(1))
        gain[columns] = best_gain(rendered[:, columns] - zero[columns], known[:, columns])
    return Calibration(gain, zero)


def calmest(answered: FloatArray, channel_names: tuple[str, ...]) -> FloatArray:
    """The rows of (N, K) answers with the least AU12; at least one."""
    smile = answered[:, [n for n, name in enumerate(channel_names) if name[:4] == "AU12"]].mean(1)
    return answered[np.argsort(smile, kind="stable")[: max(1, int(CALM_SHARE * len(smile)))]]


def best_gain(answered: FloatArray, true: FloatArray) -> float:
    """The gain from 1 to that of equal spread with the best ICC less ERROR_WEIGHT times error."""
    positive = answered.clip(0)
    widest = float(np.clip(true.std() / max(positive.std(), 1e-6), 0.5, HIGHEST_GAIN))
    if true.std() < 1e-9:
        return 1.0

    def worth(gain: float) -> float:
        given = (gain * positive).clip(0, 1)
        error = float(np.abs(given - true).mean())
        return icc31(np.stack([given.ravel(), true.ravel()], 1)) - ERROR_WEIGHT * error

    return max(np.linspace(1.0, widest, GAIN_STEPS).tolist(), key=worth)


def halves(pairs: AlignedPairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Held-out rows to calibrate by, and those left to score by."""
    held_out = split_rows(pairs)[1]
    is_first = pairs.index[held_out] % 32 == 15
    return held_out[is_first], held_out[~is_first]


@torch.no_grad()
def answers(
    net: nn.Module, crops: NDArray[np.uint8], landmarks: NDArray[np.float32], batch_size: int = 64
) -> FloatArray:
    """(N, K) channels that a network answers."""
    parts = []
    for start in range(0, len(crops), batch_size):
        part = slice(start, start + batch_size)
        inputs = crops[part], landmarks[part].astype(np.float32)
        parts.append(net(*map(torch.from_numpy, inputs))[0].double().numpy())
    return np.concatenate(parts)
