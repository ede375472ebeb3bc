"""Loopback: a generated face is read as what it was generated from (paper, eq. 11)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor


def loopback_loss(
    base_expression: Tensor,
    read_base_expression: Tensor,
    base_identity: Tensor,
    read_base_identity: Tensor,
    *,
    identity_weight: float = 1.0,
) -> Tensor:
    """L_lp = ‖y_gbe − R(F_seg(I_gbe))‖₁ + λ ‖y_gbi − R(F_seg(I_gbi))‖₁.

    The mean over the batch and the parameters; both sides are learned, as both come from R.

    Args:
        base_expression: (N, P) y_gbe; read_base_expression: what R reads off its picture.
        base_identity: (N, P) y_gbi; read_base_identity: likewise.
        identity_weight: λ_le.
    """
    without_expression = (base_expression - read_base_expression).abs().mean()
    on_base_face = (base_identity - read_base_identity).abs().mean()
    return without_expression + identity_weight * on_base_face
