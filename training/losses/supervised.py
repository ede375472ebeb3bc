"""Supervised: a picture made from known parameters is read as them; not one of the paper's.

The learned renderer makes any number of faces whose parameters are exact, so R can learn to
read G's language before it is asked to translate photographs. Used as a warm start.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rig.layout import load_layout
from training.parameters import BROWS, IDENTITY, POSE, block


def supervised_loss(read: Tensor, true: Tensor) -> Tensor:
    """Sum over pose, expression, identity and brows of the mean squared error.

    Squared, for most AUs are at rest in most faces: the absolute error's answer, the median, is
    "nothing" wherever there is doubt (measured: ICC .01, r .12 on renders).

    Expression is compared by side and as it is seen, for the asymmetry of a muscle at rest says
    nothing.

    Args:
        read: (N, P) parameters that R read.
        true: (N, P) the parameters of the pictures.
    """
    pairs = [(expression_seen(read), expression_seen(true))]
    pairs += [(block(read, name), block(true, name)) for name in (POSE, IDENTITY, BROWS)]
    return torch.stack([functional.mse_loss(ours, theirs) for ours, theirs in pairs]).sum()


def expression_seen(parameters: Tensor) -> Tensor:
    """(N, K) left and right intensities of every AU, 0..1, and gaze of (N, P) parameters."""
    layout = load_layout()
    index = layout.parameter_index
    sided = [au.name for au in layout.sided_aus]
    single = [au.name for au in layout.all_aus if not au.sided]
    intensity = parameters[:, [index[name] for name in sided]]
    asymmetry = parameters[:, [index[f"{name}.asymmetry"] for name in sided]]
    rest = parameters[:, [index[name] for name in (*single, "gaze_yaw", "gaze_pitch")]]
    sides = [(intensity * (1 + sign * asymmetry)).clamp(0, 1) for sign in (1, -1)]
    return torch.cat([*sides, rest], dim=1)
