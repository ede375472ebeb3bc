"""Photographs with what a teacher says of them, to learn from beside renders.

    python -m training.pseudo_labels --faces PHOTOS --teacher runs/tuned/checkpoint.safetensors \\
        --out runs/photographs
    python -m training.estimator --data runs/pairs --data runs/photographs …

A network that goes on learning from renders alone gets better at renders and forgets photographs.
Here it hears, of photographs, what it or an earlier one said of them as they are, and must say the
same when they are dark, blurred or behind a hand (``training.augment``): self-training, as in Xie
et al. 2020, "Self-training with Noisy Student". Copies beyond the first are warped along their
landmarks to other expressions (``training.data.warps``), and the teacher sees the warped picture.
No human label is involved.

A teacher is an estimator or R (``training.regressor``), whose features come from another network,
so that it errs elsewhere; of several teachers the mean counts, and ``--teacher PATH=AU09,AU17``
asks one of these AUs alone. What is too slow to run live can teach.

In some copies one eye is shut by a warp. People wink so seldom before a photographer that a
network believes in pairs of shut eyes; here what the warp did is known.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geface_bridge.errors import ConfigError
from rig.layout import angle_from_parameter, load_layout
from training.align_pairs import AlignedPairs, target_names, targets_from_parameters, write_aligned
from training.calibration import answers
from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.data.warps import warp_expression
from training.ensemble import Ensemble, Member, read_members
from training.estimator import VALIDATION_EVERY, channel_scale, load_averaged
from training.loop import read_metadata
from training.regressor import TASK as REGRESSOR
from training.regressor import FaceReader, load_regressor

FILE = "aligned-photographs.npz"
POSE_CHANNELS = ("head_yaw", "head_pitch")
WINK_CHANCE = 0.2
LEAST_WINK = 0.5  # share of the way that the lid goes


class ReaderTeacher(nn.Module):
    """R as an estimator: channels of (crop, landmarks), of which it looks at the crop alone.

    Args:
        reader: F_seg and R.
    """

    def __init__(self, reader: FaceReader) -> None:
        super().__init__()
        self.reader = reader
        self.channel_names = target_names()
        self.register_buffer("scale", channel_scale(self.channel_names), persistent=False)

    def forward(self, crop: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """(N, K) channels of (N, 128, 128, 3) uint8; (N, K) sigma of 0, as R tells none."""
        parameters = self.reader(crop.permute(0, 3, 1, 2).float() / 255)
        channels = torch.from_numpy(targets_from_parameters(parameters.numpy()))
        return channels, torch.zeros_like(channels)


def read_teacher(path: Path) -> nn.Module:
    """The network of a checkpoint of ``training.estimator`` or ``training.regressor``.

    Raises:
        ModelError: it is another's, or none.
    """
    if read_metadata(path).get("task") == REGRESSOR:
        return ReaderTeacher(load_regressor(path))
    return load_averaged(path)[0]


def pseudo_labelled(
    teacher: nn.Module,
    channel_names: tuple[str, ...],
    faces: FaceSet,
    copies: int = 1,
    seed: int = 0,
) -> AlignedPairs:
    """``copies`` variants of every face, and the teacher's answers as targets.

    Head yaw and pitch are the landmarks' own (``FaceSet.pose``), which are better than a network's.
    A wink's targets are what the teacher says of the open eye, and the way that the lid went.
    The sample indices are such that none is held out (``training.estimator.split_rows``): what a
    teacher says is nothing to score by.

    Args:
        teacher: answers channels to (crop, landmarks), as ``EstimatorNet`` does.
        channel_names: of its K channels.
        faces: photographs.
        copies: of each; the first is as it is, the others show other expressions.
        seed: of the expressions.

    Raises:
        ConfigError: there is no face.
    """
    if not len(faces):
        raise ConfigError("there is no photograph with a face to label: give others with --faces")
    places = [(copy, i) for copy in range(copies) for i in range(len(faces))]
    drawn = [_variant(faces, i, copy, seed) for copy, i in places]
    crops, landmarks = (np.stack(part) for part in zip(*drawn, strict=True))
    targets = answers(teacher, crops, landmarks).astype(np.float32)
    for axis, name in enumerate(POSE_CHANNELS):
        angle = angle_from_parameter(
            faces.pose[:, axis].astype(float), load_layout().raw["pose"][axis]
        )
        targets[:, channel_names.index(name)] = np.tile(angle, copies)
    for row, (copy, i) in enumerate(places):
        wink = _drawn_wink(i, copy, seed)
        if wink:
            crops[row], landmarks[row] = _variant(faces, i, copy, seed, wink)
            targets[row] = _with_wink(targets[row], channel_names, wink)
    count = len(crops)
    index = VALIDATION_EVERY * np.arange(count, dtype=np.int64)
    return AlignedPairs(crops, landmarks, targets, index, np.ones(count, bool))


@dataclass(frozen=True)
class _Wink:
    """The person's left (0) or right eye (1) is shut by a share of its opening."""

    side: int
    share: float


def _drawn_wink(position: int, copy: int, seed: int) -> _Wink | None:
    """The wink of one copy of a face, if any; photographs as they are have none."""
    rng = np.random.default_rng((seed, copy, position, 1))
    if copy == 0 or rng.random() >= WINK_CHANCE:
        return None
    return _Wink(int(rng.integers(2)), float(rng.uniform(LEAST_WINK, 1)))


def _variant(
    faces: FaceSet, position: int, copy: int, seed: int, wink: _Wink | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Crop and landmarks of one copy of a face."""
    crop, landmarks = faces.crops[position], faces.landmarks[position]
    if copy == 0:
        return crop, landmarks
    rng = np.random.default_rng((seed, copy, position))
    right = wink.share if wink and wink.side == 1 else 0.0
    left = wink.share if wink and wink.side == 0 else 0.0
    warped, moved = warp_expression(crop, landmarks.astype(np.float64), rng, (right, left))
    return warped, moved.astype(np.float32)


def _with_wink(
    said: NDArray[np.float32], channel_names: tuple[str, ...], wink: _Wink
) -> NDArray[np.float32]:
    """(K,) targets of a winking face, from those said of it with both eyes as they were."""
    aus = {au.name: au.channels for au in load_layout().all_aus}
    closed, raised = (channel_names.index(aus[name][wink.side]) for name in ("AU43", "AU05"))
    out = said.copy()
    out[closed] = 1 - (1 - said[closed]) * (1 - wink.share)
    out[raised] = said[raised] * (1 - wink.share)
    return out


@click.command(cls=TrainingCommand)
@click.option(
    "--faces",
    "face_paths",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs without labels, or folders of them; may be given several times.",
)
@click.option(
    "--faces-cache", type=click.Path(dir_okay=False, path_type=Path), help="Keeps their crops."
)
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    required=True,
    callback=read_members,
    metavar="PATH[=AU,…]",
    help="Checkpoint of an estimator or of R; of several the mean of their answers counts. "
    "PATH=AU09,AU17 asks one of these AUs alone.",
)
@click.option(
    "--copies", type=click.IntRange(1), default=4, show_default=True, help="Of each face."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(
    face_paths: tuple[Path, ...],
    faces_cache: Path | None,
    teachers: tuple[Member, ...],
    copies: int,
    seed: int,
    out: Path,
) -> None:
    """Write what teachers say of photographs to OUT, for training.estimator --data OUT."""
    asked = [member.aus for member in teachers]
    teacher = Ensemble([read_teacher(member.path) for member in teachers], asked).eval()
    faces = read_faces(face_paths, faces_cache)
    labelled = pseudo_labelled(teacher, teacher.channel_names, faces, copies, seed)
    out.mkdir(parents=True, exist_ok=True)
    write_aligned(out / FILE, labelled)
    click.echo(f"{len(labelled.index)} pictures of {len(faces)} photographs in {out / FILE}")


if __name__ == "__main__":
    main()
