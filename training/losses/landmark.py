"""Landmark: the rig's points lie where a tracker sees the photograph's; not one of the paper's.

The paper aligns by landmarks alone and finds that a landmark network in place of F_seg misses fine
detail (paper, 8). Beside F_seg they tell where lips, lids and brows are, to a pixel.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor

_NEAR_PX = 1.0  # distances below it count by their square: a tracker knows no better


def landmark_loss(placed: Tensor, seen: Tensor, weights: Tensor) -> Tensor:
    """Σ w (√(‖p − q‖² + 1) − 1) / Σ w, the mean over the batch, pixels.

    Args:
        placed: (N, K, 2) the rig's points, pixels of the crop.
        seen: (N, K, 2) or (K, 2) the same points by a tracker; no gradient goes there.
        weights: (K,) how far each is to be trusted.
    """
    squared = (placed - seen.detach()).square().sum(dim=-1)
    far = (squared + _NEAR_PX**2).sqrt() - _NEAR_PX
    return (far * weights).sum(dim=-1).mean() / weights.sum()
