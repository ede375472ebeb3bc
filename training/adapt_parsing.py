"""The parsing network brought from renders to photographs, without a human's label.

Self-training: the network that learnt from renders labels the photographs once, seen straight and
mirrored, landmark contours decide about lips, lids, brows and nose, and what neither is sure of
has no label (``training.data.photo_masks``). It then learns from those photographs, varied as
strongly as the renders it goes on to see beside them: its answer must stay the same under blur,
noise, another light and a hand before the face.

    python -m training.adapt_parsing --start runs/parsing/checkpoint.safetensors \
        --data runs/pairs --photos faces --out runs/parsing-adapted
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from geface_bridge.align import CROP_SIZE
from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.data.pairs import PairSet
from training.data.parsing_samples import (
    ParsingSamples,
    ParsingVariation,
    jittered,
    varied,
)
from training.data.photo_masks import UNKNOWN, pseudo_classes
from training.loop import LoopConfig, Samples
from training.parsing import ParsingNet, ParsingTask, as_input, load_parsing, split
from training.parsing_scores import held_out_photos
from training.running import Running, data_folders, running

Bytes = NDArray[np.uint8]


class PhotoSamples:
    """Photographs (3, 128, 128) uint8 with pseudo-classes (128, 128), varied.

    Args:
        crops: (N, 128, 128, 3) uint8.
        classes: (N, 128, 128) uint8, ``UNKNOWN`` where there is no label.
        variation: how far they are varied.
    """

    def __init__(self, crops: Bytes, classes: Bytes, variation: ParsingVariation) -> None:
        self.crops, self.classes, self.variation = crops, classes, variation

    def __len__(self) -> int:
        return len(self.crops)

    def sample(self, position: int, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        """See ``training.loop.Samples``."""
        crop, classes = _moved(self.crops[position], self.classes[position], rng, self.variation)
        crop, classes = varied(crop, classes, rng, self.variation)
        return np.ascontiguousarray(crop.transpose(2, 0, 1)), classes


class Mixture:
    """Renders and, every time with chance ``share``, a photograph instead.

    Args:
        renders, photos: what is mixed.
        share: 0..1.
    """

    def __init__(self, renders: Samples, photos: Samples, share: float) -> None:
        self.renders, self.photos, self.share = renders, photos, share

    def __len__(self) -> int:
        return len(self.renders)

    def sample(self, position: int, rng: np.random.Generator) -> tuple[NDArray[Any], ...]:
        """See ``training.loop.Samples``."""
        if rng.random() < self.share:
            return self.photos.sample(int(rng.integers(len(self.photos))), rng)
        return self.renders.sample(position, rng)


def label_photos(net: nn.Module, faces: FaceSet, batch: int = 16) -> Bytes:
    """(N, 128, 128) pseudo-classes by network and landmarks."""
    out = []
    for first in range(0, len(faces), batch):
        probabilities = _probabilities(net, faces.crops[first : first + batch])
        points = faces.landmarks[first : first + batch]
        pairs = zip(points, probabilities, strict=True)
        out += [pseudo_classes(landmarks, each) for landmarks, each in pairs]
    return np.stack(out)


def _probabilities(net: nn.Module, crops: Bytes) -> NDArray[np.float32]:
    """(N, K, 128, 128), the mean of the picture and its mirror image."""
    pictures = as_input(torch.from_numpy(crops).permute(0, 3, 1, 2))
    with torch.no_grad():
        straight = net(pictures).logits.softmax(1)
        mirrored = net(pictures.flip(3)).logits.softmax(1).flip(3)
    return np.asarray(((straight + mirrored) / 2).numpy(), np.float32)


def _moved(
    crop: Bytes, classes: Bytes, rng: np.random.Generator, variation: ParsingVariation
) -> tuple[Bytes, Bytes]:
    """Both under the same jitter; what comes in from outside has no label."""
    matrix = jittered(rng, variation)
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # cv2 counts from pixel centres
    size = (CROP_SIZE, CROP_SIZE)
    crop = np.asarray(cv2.warpAffine(crop, matrix, size, borderMode=cv2.BORDER_REPLICATE))
    moved = cv2.warpAffine(
        classes, matrix, size, flags=cv2.INTER_NEAREST, borderValue=float(UNKNOWN)
    )
    return crop.astype(np.uint8), np.asarray(moved, np.uint8)


def started_task(start: Path) -> ParsingTask:
    """A task whose network has a checkpoint's averaged weights and learns on from there."""
    net = load_parsing(start)
    if not isinstance(net, ParsingNet):
        raise click.UsageError("--start wants a network of this program, not the public BiSeNet")
    task = ParsingTask(net.config)
    task.net.load_state_dict(net.state_dict())
    return task


_DEFAULTS = LoopConfig(
    600, 32, 5e-4, weight_decay=1e-4, warmup_steps=50, ema_decay=0.99, checkpoint_every=100
)


@click.command(cls=TrainingCommand)
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Checkpoint of training.parsing.",
)
@data_folders("Folder of pairs rendered with masks; may be given several times.")
@click.option(
    "--photos",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs or videos, or folders of them; every fifth face is left for scores.",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Where aligned photos are kept.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1),
    default=0.35,
    show_default=True,
    help="Of photographs among what is learnt from.",
)
@click.option(
    "--held-out",
    type=click.IntRange(0),
    default=512,
    show_default=True,
    help="Last renders, which are left for scores.",
)
@running(_DEFAULTS, least_batch=2)
def main(
    running: Running,
    start: Path,
    folders: tuple[Path, ...],
    photos: tuple[Path, ...],
    cache: Path | None,
    share: float,
    held_out: int,
) -> None:
    """Adapt the parsing network to photographs; scores: python -m training.parsing_scores."""
    pairs, faces = PairSet(*folders), read_faces(photos, cache)
    variation = ParsingVariation()
    renders = ParsingSamples(pairs, split(len(pairs), held_out)[0], variation)
    seen = _without(faces, held_out_photos(faces))
    labelled = PhotoSamples(seen.crops, label_photos(load_parsing(start), seen), variation)
    samples = Mixture(renders, labelled, share)
    with running.world() as world:
        running.run(lambda: started_task(start), samples, world)


def _without(faces: FaceSet, numbers: NDArray[np.int64]) -> FaceSet:
    kept = np.setdiff1d(np.arange(len(faces)), numbers)
    names = FaceSet.__dataclass_fields__
    return FaceSet(**{name: getattr(faces, name)[kept] for name in names})


if __name__ == "__main__":
    main()
