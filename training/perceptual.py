"""The perceptual term of the learned renderer's loss (paper, eq. 3): λ ‖F(I') − F(I)‖₂.

F is frozen: stages of a network of our own (F_seg, F_reg), or relu2_2, relu3_3 and relu4_3 of
VGG16 where its public weights are at hand.

    loss = load_perceptual(Path("runs/parsing/checkpoint.safetensors"))
    loss(generated, real).backward()
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from geface_bridge.errors import ModelError
from training.loop import read_metadata

_LEAST = 1e-6  # of a mean square, so that a root has a gradient where pictures agree


class Staged(Protocol):
    """A network that gives its maps at several depths."""

    def content(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Maps (N, C, H, W) of pictures (N, 3, 128, 128), RGB 0..1, shallow to deep."""
        ...


class PerceptualLoss(nn.Module):
    """How far apart two pictures are in a network's stages; see ``perceptual_loss``."""

    def __init__(self, net: Staged) -> None:
        super().__init__()
        if isinstance(net, nn.Module):
            net.eval().requires_grad_(False)
        self.net = net

    def train(self, mode: bool = True) -> PerceptualLoss:
        """Stays in evaluation mode: F is frozen, its normalisation included."""
        return super().train(False)

    def forward(self, generated: Tensor, real: Tensor) -> Tensor:
        """The mean over stages and pictures of ‖F(I') − F(I)‖₂ / ‖F(I)‖₂, a number >= 0.

        Relative to the real picture's features, so that every stage counts the same and λ means
        the same whichever network F is. No gradient goes to the real picture.

        Args:
            generated, real: (N, 3, 128, 128), RGB 0..1.
        """
        with torch.no_grad():
            wanted = self.net.content(real)
        pairs = zip(self.net.content(generated), wanted, strict=True)
        return torch.stack([_relative(ours, theirs) for ours, theirs in pairs]).mean()


def _relative(ours: Tensor, theirs: Tensor) -> Tensor:
    off = (ours - theirs).square().flatten(1).mean(1)
    size = theirs.square().flatten(1).mean(1)
    # the constant is taken out again so that a picture is at distance 0 from itself
    return (((off + _LEAST).sqrt() - _LEAST**0.5) / (size + _LEAST).sqrt()).mean()


def perceptual_loss(net: Staged) -> PerceptualLoss:
    """(generated, real) -> the distance of their features in ``net``, which is frozen by this."""
    return PerceptualLoss(net)


def load_perceptual(path: Path) -> PerceptualLoss:
    """The perceptual loss of a checkpoint: of F_seg, of F_reg, or VGG16's public weights (.pth).

    Raises:
        ModelError: the file is missing or no checkpoint of these.
    """
    if path.suffix in (".pth", ".pt"):
        from training.public_nets import load_vgg16

        return perceptual_loss(load_vgg16(path))
    task = read_metadata(path).get("task")
    if task == "identity":
        from training.identity import load_identity

        return perceptual_loss(load_identity(path))
    if task == "parsing":
        from training.parsing import load_parsing

        return perceptual_loss(load_parsing(path))
    raise ModelError(
        f"{path} is of task {task}: the perceptual loss wants a parsing or identity network, or "
        "VGG16's weights as .pth"
    )
