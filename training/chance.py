"""What is left to chance within a step, drawn for the batch of all processes together.

Every process draws the same numbers for the whole batch and keeps those of its own rows, so that
a run under ``torchrun`` takes the steps that one process would (``training.loop``).
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, distributed, nn
from torch.nn import functional


def drawn_for(count: int, draw: Callable[[int], Tensor]) -> Tensor:
    """This process' rows of what is drawn for the whole batch.

    Args:
        count: rows of this process, as many as every other's.
        draw: how many rows → a tensor of as many; the same in every process, which are seeded
            alike (``training.loop.Run.train_step``).

    Returns:
        (count, …); rows are dealt out as samples are (``training.loop.StepKeys``).
    """
    if not distributed.is_initialized():
        return draw(count)
    size = distributed.get_world_size()
    return draw(count * size)[distributed.get_rank() :: size]


class SharedDropout(nn.Dropout):
    """Dropout (Srivastava et al. 2014) of (N, …) rows, drawn for all processes' batch."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, …) → the same shape."""
        if not self.training:
            return x

        def kept(rows: int) -> Tensor:
            return functional.dropout(x.new_ones(rows, *x.shape[1:]), self.p)

        return x * drawn_for(len(x), kept)
