"""What F_seg gives of a picture, by part of the face (paper, eq. 4-5)."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class FaceFeatures:
    """Feature maps (N, C, H, W) of a batch of aligned faces.

    Attributes:
        whole: f_gb, of the feature-fusion module.
        brows, eyes, nose, mouth, outline: T_b, T_e, T_n, T_m, T_f: stages of the network
            multiplied by where the part is.
    """

    whole: Tensor
    brows: Tensor
    eyes: Tensor
    nose: Tensor
    mouth: Tensor
    outline: Tensor

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """The five masked groups, T."""
        return self.brows, self.eyes, self.nose, self.mouth, self.outline
