"""Content: the generated face has the photograph's features (paper, eq. 8)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.features import FaceFeatures


def content_loss(generated: FaceFeatures, photograph: FaceFeatures) -> Tensor:
    """L_ct = ‖T(G(y')) − T(I)‖₁, the mean over each part's map and over the five parts.

    A mean and not a sum, so that a part counts the same whatever the size of its map. The
    photograph's features are what they are: no gradient goes there.
    """
    pairs = zip(generated.parts, photograph.parts, strict=True)
    return torch.stack([(ours - theirs.detach()).abs().mean() for ours, theirs in pairs]).mean()
