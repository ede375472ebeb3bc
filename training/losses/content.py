"""Content: the generated face has the photograph's features (paper, eq. 8)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.features import FaceFeatures


def content_loss(
    generated: FaceFeatures, photograph: FaceFeatures, sizes: Tensor | None = None
) -> Tensor:
    """L_ct = ‖T(G(y')) − T(I)‖₁, the mean over each part's map and over the five parts.

    A mean and not a sum, so that a part counts the same whatever the size of its map. The
    photograph's features are what they are: no gradient goes there.

    Args:
        generated: T(G(y')).
        photograph: T(I).
        sizes: (5,) usual mean magnitude of each part's map, by which it is divided: brows fill
            a fiftieth of their map and would hardly count; ``part_sizes`` of the base face.
    """
    pairs = zip(generated.parts, photograph.parts, strict=True)
    each = torch.stack([(ours - theirs.detach()).abs().mean() for ours, theirs in pairs])
    return (each if sizes is None else each / sizes).mean()


def part_sizes(features: FaceFeatures) -> Tensor:
    """(5,) mean magnitude of each part's map."""
    return torch.stack([part.detach().abs().mean() for part in features.parts])
