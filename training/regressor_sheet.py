"""What R makes of photographs, to be looked at: a row a face.

    python -m training.regressor_sheet --data photographs --regressor runs/regressor/\\
checkpoint.safetensors --renderer runs/renderer/checkpoint.safetensors --out sheet.png

From left to right: the photograph; G(y'); what the rig itself renders of y'; G of y' without
expression, I_gbe; and of y' on the base face, I_gbi.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geface_bridge.errors import SourceError
from training.console import TrainingCommand
from training.data.faces import FaceSet, picture_from_crop, read_faces
from training.parameters import with_base_expression, with_base_identity
from training.regressor import drawn, load_regressor

Image = NDArray[np.uint8]
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def spread(faces: FaceSet, count: int) -> list[int]:
    """Positions of ``count`` faces from the first to the last, or all of them."""
    return sorted(set(np.linspace(0, len(faces) - 1, count).round().astype(int).tolist()))


@torch.no_grad()
def rows(
    crops: NDArray[np.uint8],
    reader: nn.Module,
    renderer: nn.Module,
    rig: Callable[[NDArray[np.float64]], Image],
) -> Image:
    """(N · 128, 5 · 128, 3): photograph, G(y'), the rig's render, I_gbe, I_gbi.

    Args:
        crops: (N, 128, 128, 3).
        reader: pictures → y'.
        renderer: G.
        rig: parameters (P,) → (128, 128, 3).
    """
    y = reader(torch.from_numpy(np.stack([picture_from_crop(crop) for crop in crops])))
    made = [images(drawn(renderer, f(y))) for f in (_same, with_base_expression)]
    on_base = images(drawn(renderer, with_base_identity(y)))
    real = np.stack([rig(face.astype(np.float64)) for face in y.numpy()])
    columns = [crops, made[0], real, made[1], on_base]
    return np.concatenate([np.concatenate(list(column)) for column in columns], axis=1)


def _same(y: Tensor) -> Tensor:
    return y


def images(pictures: Tensor) -> Image:
    """(N, H, W, 3) uint8 of (N, 3, H, W) in 0..1."""
    return (pictures.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


@click.command(cls=TrainingCommand)
@click.option("--data", multiple=True, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cache", type=click.Path(dir_okay=False, path_type=Path), help="Aligned crops.")
@click.option("--regressor", type=FILE, required=True)
@click.option("--renderer", type=FILE, required=True)
@click.option("--count", type=click.IntRange(1), default=12, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(
    data: tuple[Path, ...],
    cache: Path | None,
    regressor: Path,
    renderer: Path,
    count: int,
    out: Path,
) -> None:
    """Draw a sheet of faces and what R makes of them."""
    from training.renderer import RigDraw, load_renderer

    reader, generator = load_regressor(regressor), load_renderer(renderer)
    faces = read_faces(data, cache)
    rig = RigDraw()
    try:
        sheet = rows(faces.crops[spread(faces, count)], reader, generator, rig)
    finally:
        rig.close()
    if not cv2.imwrite(str(out), sheet[..., ::-1]):
        raise SourceError(f"{out} cannot be written; is it a .png in a folder that exists?")


if __name__ == "__main__":
    main()
