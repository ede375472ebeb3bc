"""Parameter: few and small deviations explain a face (paper, eq. 10)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor

from training.parameters import IDENTITY, POSE, base, block, expression


def parameter_loss(
    parameters: Tensor, pose: Tensor, *, identity_weight: float = 1.0, au_weight: float = 1.0
) -> Tensor:
    """L_pr = ‖h' − h_b‖² + α ‖x_id' − base‖² + β ‖x_au' − base‖², the mean over the batch.

    Pulls counteracting pairs (jaw left against jaw right) back to whichever is needed.

    Args:
        parameters: (N, P) y'.
        pose: (N, 2) h_b: yaw and pitch that alignment knows, as parameters 0..1.
        identity_weight, au_weight: α and β.
    """
    neutral = base(parameters)
    turned = (block(parameters, POSE) - pose).square().sum(dim=1)
    person = (block(parameters, IDENTITY) - block(neutral, IDENTITY)).square().sum(dim=1)
    moved = (expression(parameters) - expression(neutral)).square().sum(dim=1)
    return (turned + identity_weight * person + au_weight * moved).mean()
