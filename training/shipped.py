"""Networks that come with the program to go on from, each with its card beside it: the paper's
system's, and the estimator's before it is exported.

    python -m training.shipped runs/adapted/checkpoint.safetensors models/parsing.safetensors

What comes is the averaged weights alone, in half precision, in a checkpoint's form: whatever
reads a checkpoint reads them too.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import os
from pathlib import Path

import click
from safetensors.torch import save_file

from geface_bridge.errors import ModelError
from training.console import TrainingCommand
from training.loop import read_averaged, read_metadata

FOLDER = Path(__file__).with_name("models")
RENDERER = FOLDER / "renderer.safetensors"
PARSING = FOLDER / "parsing.safetensors"
ESTIMATOR = FOLDER / "estimator.safetensors"
SECOND_ESTIMATOR = FOLDER / "estimator_second.safetensors"
LANDMARK_ESTIMATOR = FOLDER / "estimator_landmarks.safetensors"


def ship(checkpoint: Path, out: Path) -> None:
    """Write the averaged weights of a checkpoint, in half precision, whole or not at all.

    Raises:
        ModelError: the file is missing, no checkpoint, or of another layout.
    """
    metadata = read_metadata(checkpoint)
    if "task" not in metadata:
        raise ModelError(f"{checkpoint} does not say what network it holds: train it again")
    weights = read_averaged(checkpoint, metadata["task"])[1]
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    halves = {
        f"ema.{k}": (v.half() if v.is_floating_point() else v).contiguous()
        for k, v in weights.items()
    }
    save_file(halves, part, metadata)
    os.replace(part, out)


@click.command(cls=TrainingCommand)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def main(checkpoint: Path, out: Path) -> None:
    """Write the averaged weights of CHECKPOINT alone, in half precision, to OUT."""
    ship(checkpoint, out)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
