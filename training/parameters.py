"""The blocks of the parameter vector as the losses speak of them: pose, identity, expression.

The paper's vector is the first four blocks; the layout's extension (asymmetry, gaze, further
AUs) is expression too.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from rig.layout import load_layout

POSE, IDENTITY, BROWS = "pose", "identity", "brow_style"
EXPRESSION = ("au", "extension")


def block(parameters: Tensor, name: str) -> Tensor:
    """(..., n) of (..., P): a block of the layout."""
    return parameters[..., load_layout().blocks[name]]


def expression(parameters: Tensor) -> Tensor:
    """(..., n): AUs and extension."""
    return torch.cat([block(parameters, name) for name in EXPRESSION], dim=-1)


def base(like: Tensor) -> Tensor:
    """(P,) the base face: frontal, nobody in particular, no expression."""
    return _neutral().to(like)


def with_base_expression(parameters: Tensor) -> Tensor:
    """y_gbe: the same person and pose without expression (paper, 5)."""
    return _replaced(parameters, EXPRESSION)


def with_base_identity(parameters: Tensor) -> Tensor:
    """y_gbi: the same pose and expression on the base face (paper, 5)."""
    return _replaced(parameters, (IDENTITY, BROWS))


def _replaced(parameters: Tensor, names: tuple[str, ...]) -> Tensor:
    keep = torch.ones(parameters.shape[-1], dtype=torch.bool, device=parameters.device)
    for name in names:
        keep[load_layout().blocks[name]] = False
    return torch.where(keep, parameters, base(parameters))


@lru_cache(maxsize=1)
def _neutral() -> Tensor:
    return torch.from_numpy(load_layout().neutral_parameters()).float()
