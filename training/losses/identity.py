"""Identity: the generated face without expression is the person (paper, eq. 9)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def identity_loss(generated: Tensor, photograph: Tensor) -> Tensor:
    """L_id = 1 − cos(F_reg(G(y_gbe)), F_reg(I)), the mean over the batch; 0..2.

    Args:
        generated: (N, D) embeddings of the generated faces with base expression.
        photograph: (N, D) of the photographs; no gradient goes there.
    """
    return 1 - functional.cosine_similarity(generated, photograph.detach(), dim=1).mean()
