"""Batch norm whose batch is that of all processes together.

``torch.nn.SyncBatchNorm`` does this on graphics cards alone. With it a run under ``torchrun``
takes the steps that one process would (``training.loop``).
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce


class SharedNorm(nn.Module):
    """Batch norm (Ioffe and Szegedy 2015) over all processes' parts of a batch, of equal size.

    Stands before one of torch's in a class' bases, whose weights it has and which it is where one
    process trains, or where the running statistics are used. ``follows`` says whether these follow
    what is seen in training.
    """

    follows = True

    def forward(self: Any, x: Tensor) -> Tensor:
        """(N, C, …) → the same shape."""
        processes = distributed.get_world_size() if distributed.is_initialized() else 1
        if not self.training or (processes == 1 and self.follows):
            return super().forward(x)  # the same, faster
        wide = x.float()  # half of a number's bits are not enough for the statistics
        others = [0, *range(2, x.dim())]
        mean = _over_all(wide.mean(others), processes)
        # about the mean, not the mean of squares less its square: landmarks spread over a
        # hundredth of their size
        centred = wide - _along(mean, x)
        variance = _over_all(centred.square().mean(others), processes)
        if self.follows:
            count = processes * x.numel() // x.shape[1]
            self._follow(mean.detach(), variance.detach(), count)
        scale = (variance + self.eps).rsqrt()
        if not self.affine:
            return (centred * _along(scale, x)).to(x.dtype)
        return (centred * _along(self.weight * scale, x) + _along(self.bias, x)).to(x.dtype)

    @torch.no_grad()
    def _follow(self: Any, mean: Tensor, variance: Tensor, count: int) -> None:
        unbiased = variance * count / max(count - 1, 1)
        self.running_mean.lerp_(mean.to(self.running_mean), self.momentum)
        self.running_var.lerp_(unbiased.to(self.running_var), self.momentum)
        self.num_batches_tracked += 1


class SharedBatchNorm2d(SharedNorm, nn.BatchNorm2d):
    """Of (N, C, H, W) maps."""


class SharedBatchNorm1d(SharedNorm, nn.BatchNorm1d):
    """Of (N, C) numbers."""


def _over_all(mean: Tensor, processes: int) -> Tensor:
    """The mean of all processes' means; its gradient goes to every part, as one batch's would."""
    return all_reduce(mean) / processes if processes > 1 else mean


def _along(values: Tensor, x: Tensor) -> Tensor:
    """(C,) so that it goes along the channels of (N, C, …)."""
    return values.view(-1, *(1,) * (x.dim() - 2))


@contextmanager
def statistics_kept(net: nn.Module) -> Iterator[None]:
    """Within it the running statistics of a network stay as they are."""
    norms = [m for m in net.modules() if isinstance(m, SharedNorm)]
    for norm in norms:
        norm.follows = False
    try:
        yield
    finally:
        for norm in norms:
            norm.follows = True
