"""Align rendered pairs once: what the estimator sees, and what it should answer.

    python -m training.align_pairs --data runs/pairs --workers 2 --hands 0.25

Writes one ``aligned-00000.npz`` beside every shard, so that training reads no JPEG and runs no
tracker. Resumable: a shard that has its file is skipped.

``--hands`` paints a hand, a mug or a telephone over a part of the face (``training.hands``) before
the tracker sees a picture: crop and landmarks are then what a tracker makes of a covered face, shut
lids below a palm for one. Targets stay as they are: what is hidden can only be answered by a mean
and a large sigma. Which samples, and how, depends on their index alone.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.align import CROP_SIZE, AlignedFace
from geface_bridge.errors import ConfigError, SourceError
from rig.layout import channels_from_parameters, load_layout
from training.arrays import arrays_of
from training.console import TrainingCommand
from training.data.pairs import check_layout
from training.face_mesh import LANDMARK_COUNT
from training.hands import cover_face, places
from training.shards import Pair, count_pairs, read_shard

HANDS_SEED = 71
_worker: dict[str, Any] = {}


@dataclass(frozen=True)
class AlignedPairs:
    """N aligned samples.

    Attributes:
        crop: (N, 128, 128, 3) uint8, RGB.
        landmarks_crop: (N, 478, 2) float32, crop coordinates over the crop's size.
        targets: (N, K) float32, the channels of ``target_names``.
        index: (N,) int64, sample index in the data set.
        ok: (N,) bool, whether a face was found; without one the other rows are 0.
    """

    crop: NDArray[np.uint8]
    landmarks_crop: NDArray[np.float32]
    targets: NDArray[np.float32]
    index: NDArray[np.int64]
    ok: NDArray[np.bool_]


def target_names() -> tuple[str, ...]:
    """The K channels a network predicts: intensities, gaze, head yaw and pitch."""
    angles = ("gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch")
    return (*load_layout().au_channel_names, *angles)


def targets_from_parameters(parameters: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., K) targets of (..., P) parameters."""
    layout = load_layout()
    columns = [layout.channel_index[name] for name in target_names()]
    channels = channels_from_parameters(parameters.astype(np.float64))
    return channels[..., columns].astype(np.float32)


def aligned_path(shard: Path) -> Path:
    """Where the aligned samples of a shard lie."""
    return shard.with_name(shard.name.replace("shard-", "aligned-")).with_suffix(".npz")


def load_aligned(folders: Iterable[Path]) -> AlignedPairs:
    """All samples of the folders in which a face was found.

    Raises:
        ConfigError: a folder holds no aligned file.
    """
    parts = []
    for folder in folders:
        paths = sorted(folder.glob("aligned-*.npz"))
        if not paths:
            raise ConfigError(
                f"{folder} holds no aligned-*.npz: run python -m training.align_pairs --data "
                f"{folder}"
            )
        parts += [_load(path) for path in paths]
    names = AlignedPairs.__dataclass_fields__
    return AlignedPairs(**{n: np.concatenate([p[n][p["ok"]] for p in parts]) for n in names})


def align_folder(folder: Path, workers: int = 1, hands: float = 0.0) -> tuple[int, int]:
    """Align every shard that is not aligned yet; returns (faces found, samples) of the folder.

    Args:
        folder: of the shards.
        workers: processes.
        hands: 0..1, share of the faces that are covered in part.

    Raises:
        SourceError: there is no shard, one is broken, or they are of another layout.
        ConfigError: a shard was aligned with another share of hands.
    """
    shards = sorted(folder.glob("shard-*.tar"))
    if not shards:
        raise SourceError(f"{folder} holds no shard-*.tar: run python -m training.render_pairs")
    check_layout(folder)
    missing = [shard for shard in shards if not _is_complete(shard, hands)]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as pool,
        tqdm(total=len(missing), unit="shard", disable=None) as bar,
    ):
        for job in as_completed([pool.submit(_align_shard, shard, hands) for shard in missing]):
            job.result()
            bar.update()
    masks = [_load(aligned_path(shard))["ok"] for shard in shards]
    return int(sum(mask.sum() for mask in masks)), sum(len(mask) for mask in masks)


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        arrays = arrays_of(path)
        layout_id = str(arrays["layout_id"])
        found = {name: arrays[name] for name in AlignedPairs.__dataclass_fields__}
        found["hands"] = arrays.get("hands", np.array(0.0))  # none before there was a choice
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(
            f"{path} is no file of aligned faces ({error}): remove it and run python -m "
            "training.align_pairs again"
        ) from error
    if layout_id != load_layout().layout_id:
        raise ConfigError(
            f"{path} is of layout {layout_id}, this program's is {load_layout().layout_id}: "
            "render and align again"
        )
    return found


def _is_complete(shard: Path, hands: float) -> bool:
    path = aligned_path(shard)
    if not path.exists():
        return False
    found = _load(path)
    if float(found["hands"]) != hands:
        raise ConfigError(
            f"{path} was made with --hands {float(found['hands']):g}, not {hands:g}: remove the "
            "folder's aligned-*.npz, or align with the share that they have"
        )
    return len(found["ok"]) == count_pairs(shard)


def _start_worker() -> None:
    from geface_bridge.align import FaceAligner

    _worker["aligner"] = FaceAligner(tracking=False)


def _align_shard(shard: Path, hands: float) -> None:
    pairs = list(read_shard(shard))
    faces = [_largest(_worker["aligner"].align(seen(pair, hands))) for pair in pairs]
    aligned = AlignedPairs(
        crop=np.stack([_crop(face) for face in faces]),
        landmarks_crop=np.stack([_landmarks(face) for face in faces]),
        targets=targets_from_parameters(np.stack([pair.parameters for pair in pairs])),
        index=np.array([pair.index for pair in pairs], np.int64),
        ok=np.array([face is not None for face in faces]),
    )
    write_aligned(aligned_path(shard), aligned, hands)


def write_aligned(path: Path, aligned: AlignedPairs, hands: float = 0.0) -> None:
    """Write aligned samples, whole or not at all; ``hands`` is the share that is covered."""
    arrays = {name: getattr(aligned, name) for name in AlignedPairs.__dataclass_fields__}
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **arrays, layout_id=load_layout().layout_id, hands=hands)
    os.replace(part, path)


def seen(pair: Pair, hands: float) -> NDArray[np.uint8]:
    """(S, S, 3) the pair's picture; of a share ``hands`` of all pairs, with the face covered."""
    rng = np.random.default_rng((HANDS_SEED, pair.index))
    if rng.random() >= hands:
        return pair.image_rgb
    return cover_face(pair.image_rgb, places(pair.image_rgb, pair.landmarks), rng)[0]


def _largest(faces: list[AlignedFace]) -> AlignedFace | None:
    return faces[0] if faces else None


def _crop(face: AlignedFace | None) -> NDArray[np.uint8]:
    return face.crop_rgb if face else np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)


def _landmarks(face: AlignedFace | None) -> NDArray[np.float32]:
    return face.landmarks_crop if face else np.zeros((LANDMARK_COUNT, 2), np.float32)


@click.command(cls=TrainingCommand)
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--hands",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of the faces that a hand, a mug or a telephone covers in part.",
)
def main(data: Path, workers: int, hands: float) -> None:
    """Align the shards of a folder; print how many faces were found."""
    found, count = align_folder(data, workers, hands)
    click.echo(f"{found} of {count} faces found ({100 * found / max(count, 1):.2f} %)")


if __name__ == "__main__":
    main()
