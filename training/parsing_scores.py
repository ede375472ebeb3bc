"""How well a parsing network parses: intersection over union, class by class.

On renders the truth is the rig's. On photographs there is none: what is compared with there are
the contours of MediaPipe's landmarks, a proxy that knows nothing of hair, glasses and hands.

    python -m training.parsing_scores runs/parsing/checkpoint.safetensors --data runs/pairs \
        --photos faces --sheet sheet.png
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.data.pairs import PairSet
from training.data.parsing_samples import CLASSES, ParsingSamples
from training.data.photo_masks import CONTOURS, contour_classes
from training.parsing import as_input, load_parsing, split

Bytes = NDArray[np.uint8]
_BATCH = 16
_COLOURS = np.array([
    (0, 0, 0), (214, 164, 128), (120, 60, 20), (255, 255, 255), (40, 120, 255), (255, 200, 90),
    (230, 30, 60), (160, 0, 90), (90, 0, 0), (90, 70, 160), (140, 140, 60), (90, 150, 120),
    (0, 255, 255), (60, 255, 60),
], np.uint8)  # fmt: skip
"""RGB of every class in sheets."""


def confusion(truth: Bytes, guess: Bytes, count: int = len(CLASSES)) -> NDArray[np.int64]:
    """(count, count) pixels by true class (row) and guess (column), without truths >= count."""
    known = truth < count
    pairs = truth[known].astype(np.int64) * count + guess[known]
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def intersection_over_union(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """(K,) of a confusion table, 0..1; NaN for a class that is neither there nor guessed."""
    both = np.diag(table)
    either = table.sum(0) + table.sum(1) - both
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def parsed(net: Any, crops: Bytes, batch: int = _BATCH) -> Bytes:
    """(N, 128, 128) classes of crops (N, 128, 128, 3)."""
    with torch.no_grad():
        parts = [
            net(as_input(torch.from_numpy(crops[k : k + batch]).permute(0, 3, 1, 2))).logits
            for k in range(0, len(crops), batch)
        ]
    return np.concatenate([p.argmax(1).numpy().astype(np.uint8) for p in parts])


def render_crops(pairs: PairSet, held_out: int) -> tuple[Bytes, Bytes]:
    """Crops and classes of the last samples, as rendered."""
    samples = ParsingSamples(pairs, split(len(pairs), held_out)[1])
    rng = np.random.default_rng(0)
    crops, classes = zip(*(samples.sample(k, rng) for k in range(len(samples))), strict=True)
    return np.stack(crops).transpose(0, 2, 3, 1), np.stack(classes)


def held_out_photos(faces: FaceSet) -> NDArray[np.int64]:
    """Every fifth face: those that adaptation never sees."""
    return np.arange(0, len(faces), 5)


def contour_scores(landmarks: NDArray[np.float32], guesses: Bytes) -> dict[str, float]:
    """Part → intersection over union with the landmarks' contours; a proxy.

    ``eyes`` are lids' openings with irises; ``face`` is all that is neither background, nor
    hair, ears, neck or occluder, against the face's oval.
    """
    truths = np.stack([contour_classes(points) for points in landmarks])
    parts = {name: (name,) for name in CONTOURS} | {"eyes": ("eyes", "iris")}
    scores = {name: _overlap(truths, guesses, classes) for name, classes in parts.items()}
    around = ("background", "hair", "ears_neck", "occluder")
    scores["face"] = _overlap(truths, guesses, tuple(c for c in CLASSES if c not in around))
    return scores


def _overlap(truths: Bytes, guesses: Bytes, classes: tuple[str, ...]) -> float:
    chosen = np.isin(np.arange(len(CLASSES)), [CLASSES.index(c) for c in classes]).astype(np.uint8)
    return float(intersection_over_union(confusion(chosen[truths], chosen[guesses], 2))[1])


def sheet(crops: Bytes, classes: Bytes, columns: int = 10) -> Bytes:
    """Crops over their classes and over both mixed, in rows: a picture to look at."""
    colours = _COLOURS[classes]
    mixed = (crops.astype(np.uint16) + colours) // 2
    tiles = np.concatenate([crops, colours, mixed.astype(np.uint8)], axis=1)
    blank = np.zeros((-len(tiles) % columns, *tiles.shape[1:]), np.uint8)
    rows = np.concatenate([tiles, blank]).reshape(-1, columns, *tiles.shape[1:])
    return np.ascontiguousarray(np.concatenate([np.concatenate(row, 1) for row in rows]))


@click.command(cls=TrainingCommand)
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--data",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of pairs rendered with masks.",
)
@click.option("--held-out", type=click.IntRange(1), default=512, show_default=True)
@click.option("--photos", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cache", type=click.Path(path_type=Path), help="Where aligned photos are kept.")
@click.option("--sheet", "sheet_path", type=click.Path(path_type=Path), help="A PNG to look at.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def main(
    model: Path,
    folders: tuple[Path, ...],
    held_out: int,
    photos: tuple[Path, ...],
    cache: Path | None,
    sheet_path: Path | None,
    threads: int,
) -> None:
    """Print how well a network parses held-out renders and held-out photographs."""
    torch.set_num_threads(threads)
    net = load_parsing(model)
    seen: list[tuple[Bytes, Bytes]] = []
    if folders:
        crops, truths = render_crops(PairSet(*folders), held_out)
        guesses = parsed(net, crops)
        _print_renders(confusion(truths, guesses), len(crops))
        seen.append((crops[:20], guesses[:20]))
    if photos:
        faces = read_faces(photos, cache)
        chosen = held_out_photos(faces)
        guesses = parsed(net, faces.crops[chosen])
        _print_photos(contour_scores(faces.landmarks[chosen], guesses), len(chosen))
        spread = np.linspace(0, len(chosen) - 1, 30).astype(int)
        seen.append((faces.crops[chosen][spread], guesses[spread]))
    if sheet_path and seen:
        picture = np.concatenate([sheet(*each) for each in seen])
        cv2.imwrite(str(sheet_path), picture[..., ::-1])


def _print_renders(table: NDArray[np.int64], count: int) -> None:
    scores = intersection_over_union(table)
    for name, value in zip(CLASSES, scores, strict=True):
        click.echo(f"{name:16}{value:6.3f}")
    click.echo(f"mean IoU on {count} held-out renders: {np.nanmean(scores):.3f}")


def _print_photos(scores: dict[str, float], count: int) -> None:
    for name, value in scores.items():
        click.echo(f"{name:16}{value:6.3f}")
    mean = np.mean(list(scores.values()))
    click.echo(f"mean IoU with landmark contours on {count} held-out photos (proxy): {mean:.3f}")


if __name__ == "__main__":
    main()
