"""Batch norm whose batch is that of all processes together.

``torch.nn.SyncBatchNorm`` does this on graphics cards alone. With it a run under ``torchrun``
takes the steps that one process would (``training.loop``).
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm (Ioffe and Szegedy 2015) over all processes' parts of a batch, of equal size.

    ``follows`` says whether the running statistics follow what is seen in training.
    """

    follows = True

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        processes = distributed.get_world_size() if distributed.is_initialized() else 1
        if not self.training or (processes == 1 and self.follows):
            return super().forward(x)  # the same, faster
        mean, square = x.mean((0, 2, 3)), x.square().mean((0, 2, 3))
        if processes > 1:
            # the gradient goes to every process' part, as one batch's would
            mean, square = all_reduce(torch.stack([mean, square])) / processes
        variance = (square - mean.square()).clamp_min(0)
        if self.follows:
            count = processes * x.numel() // x.shape[1]
            self._follow(mean.detach(), variance.detach(), count)
        scale = (variance + self.eps).rsqrt()
        if self.affine:
            scale = self.weight * scale
        shift = (self.bias if self.affine else 0) - mean * scale
        return x * scale[:, None, None] + shift[:, None, None]

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        unbiased = variance * count / max(count - 1, 1)
        self.running_mean.lerp_(mean.to(self.running_mean), self.momentum)
        self.running_var.lerp_(unbiased.to(self.running_var), self.momentum)
        self.num_batches_tracked += 1


class SharedBatchNorm1d(SharedBatchNorm2d):
    """The same of (N, C) numbers."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) → the same shape."""
        return super().forward(x[..., None, None])[..., 0, 0]


@contextmanager
def statistics_kept(net: nn.Module) -> Iterator[None]:
    """Within it the running statistics of a network stay as they are."""
    norms = [m for m in net.modules() if isinstance(m, SharedBatchNorm2d)]
    for norm in norms:
        norm.follows = False
    try:
        yield
    finally:
        for norm in norms:
            norm.follows = True
