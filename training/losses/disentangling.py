"""Disentangling: identity does not explain the mouth (paper, eq. 12, there "adversarial")."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from torch import Tensor

from training.losses.features import FaceFeatures


def disentangling_loss(base_expression: FaceFeatures, base_face: FaceFeatures) -> Tensor:
    """L_adv = ‖T_m(I_gbe) − T_m(I_base)‖₁, the mean over the map.

    The mouth of the face without expression looks like the base face's, so that a smile cannot
    hide in the identity. There is no discriminator.

    Args:
        base_expression: of the generated faces without expression (N maps).
        base_face: of the base face's picture (1 or N maps); no gradient goes there.
    """
    return (base_expression.mouth - base_face.mouth.detach()).abs().mean()
