"""Margin: people are told apart with room to spare (F_reg; CosFace, Wang et al., CVPR 2018)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def margin_loss(
    cosines: Tensor, people: Tensor, *, scale: float = 24.0, margin: float = 0.15
) -> Tensor:
    """−log( e^{s(cos θ_y − m)} / (e^{s(cos θ_y − m)} + Σ_{j≠y} e^{s cos θ_j}) ), the batch's mean.

    CosFace, eq. 4: the angle to the person's own centre has to win by m, not merely to win.

    Args:
        cosines: (N, P) of the embeddings to the centre of every person, −1..1.
        people: (N,) which person each is; −1 for nobody in particular, who costs nothing.
        scale: s; margin: m.
    """
    own = functional.one_hot(people.clamp_min(0), cosines.shape[1]).to(cosines.dtype)
    logits = scale * (cosines - margin * own)
    total = functional.cross_entropy(logits, people, ignore_index=-1, reduction="sum")
    # over all, not over those who count: processes with fewer of them would weigh theirs more
    return total / len(people)
