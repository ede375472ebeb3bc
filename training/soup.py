"""Weights of several runs of one network, averaged into one network.

    python -m training.soup --part 0.6 runs/a/checkpoint.safetensors \\
        --part 0.4 runs/b/checkpoint.safetensors --out runs/soup/checkpoint.safetensors

Runs that began with the same weights can be averaged weight by weight, and what comes out is often
as good as the mean of their answers at the price of one network, and steadier on pictures unlike
those of the last run: Wortsman et al. 2022, "Model soups", and "Robust fine-tuning of zero-shot
models", whose interpolation between a network and its fine-tuned self this is.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
from safetensors.torch import save_file
from torch import Tensor

from geface_bridge.errors import ConfigError, ModelError
from training.console import TrainingCommand
from training.loop import read_averaged, read_metadata


def averaged(parts: Sequence[tuple[float, Path]]) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata of the last part, which says what went in, and the mean of the averaged weights.

    Args:
        parts: share and checkpoint of each; the shares are made to sum to 1.

    Raises:
        ConfigError: the shares do not sum to more than 0.
        ModelError: a file is no checkpoint, or of another network than the first.
    """
    total = sum(share for share, _ in parts)
    if total <= 0:
        raise ConfigError(f"shares sum to {total:g}, expected more than 0: give larger ones")
    metadata = [read_metadata(path) for _, path in parts]
    if any("task" not in each for each in metadata):
        raise ModelError("a part does not say what network it holds: train it again")
    kinds = [read_averaged(path, metadata[0]["task"]) for _, path in parts]
    for (_, path), (described, weights) in zip(parts, kinds, strict=True):
        same = {k: v.shape for k, v in weights.items()} == {
            k: v.shape for k, v in kinds[0][1].items()
        }
        if described != kinds[0][0] or not same:
            raise ModelError(f"{path} is of another network than {parts[0][1]}")
    shares = [share / total for share, _ in parts]
    out = {name: _mean(shares, [weights[name] for _, weights in kinds]) for name in kinds[0][1]}
    soup = json.dumps(
        [[share, json.loads(m["config"])] for share, m in zip(shares, metadata, strict=True)]
    )
    return {**metadata[-1], "soup": soup}, out


def _mean(shares: Sequence[float], values: Sequence[Tensor]) -> Tensor:
    """Of one weight; counters are the last part's."""
    if not values[-1].is_floating_point():
        return values[-1]
    return sum(share * value for share, value in zip(shares, values, strict=True))


@click.command(cls=TrainingCommand)
@click.option(
    "--part",
    "parts",
    type=(
        click.FloatRange(0),
        click.Path(exists=True, dir_okay=False, path_type=Path),
    ),
    multiple=True,
    required=True,
    help="Share and checkpoint; give it two times or more.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(parts: tuple[tuple[float, Path], ...], out: Path) -> None:
    """Average the weights of checkpoints of one network into OUT."""
    metadata, weights = averaged(parts)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    save_file({f"ema.{k}": v.contiguous() for k, v in weights.items()}, part, metadata)
    os.replace(part, out)
    click.echo(f"{out}: {len(weights)} tensors of {len(parts)} checkpoints")


if __name__ == "__main__":
    main()
