"""Training on renders so that it matters less that they are not photographs.

A front end's features of photographs lie, on average, elsewhere than those of renders, in
directions that tell the two apart and say little of expression. Photographs without labels show
that shift; a head trained while it is added in random measure learns not to lean on it. Compare
Li et al. 2016, "Revisiting Batch Normalization For Practical Domain Adaptation", who move the
statistics of the answering network instead: that helps photographs and hurts renders, this
neither.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.chance import drawn_for

SHIFT_RANGE = (-0.2, 1.2)
"""From a little beyond renders to a little beyond photographs."""


class DomainShift(nn.Module):
    """Adds a random share of a known shift to features, in training mode alone.

    Args:
        size: numbers a sample.
    """

    shift: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(size))

    def forward(self, features: Tensor) -> Tensor:
        """(N, size) -> the same; as they are in evaluation mode."""
        if not self.training:
            return features
        low, high = SHIFT_RANGE
        share = drawn_for(len(features), lambda n: torch.rand(n, 1, device=features.device))
        share = share * (high - low) + low
        return features + share * self.shift


@torch.no_grad()
def mean_of(
    features: Callable[[Tensor, Tensor], Tensor],
    crops: Tensor,
    landmarks: Tensor,
    batch_size: int = 64,
) -> Tensor:
    """(F,) mean features of many faces.

    Args:
        features: a front end: (N, 3, S, S) RGB 0..1 and (N, 478, 2) to (N, F).
        crops: (N, S, S, 3) uint8.
        landmarks: (N, 478, 2), over S.
        batch_size: faces at a time.
    """
    sums: Tensor | None = None
    for start in range(0, len(crops), batch_size):
        part = slice(start, start + batch_size)
        pixels = crops[part].permute(0, 3, 1, 2).float() / 255.0
        found = features(pixels, landmarks[part]).sum(0)
        sums = found if sums is None else sums + found
    if sums is None:
        raise ValueError("there are no faces to take a mean of")
    return sums / len(crops)
