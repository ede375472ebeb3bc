"""What reads MediaPipe's features learns first, with the features of every sample at hand.

    python -m training.frozen_front --data runs/pairs --faces PHOTOGRAPHS --out runs/frozen

The front end stays as MediaPipe made it, so its numbers for one variant of each sample are worked
out once, and a step costs a twentieth of one through the pixels. The checkpoint is an estimator's
of the part "front": ``training.estimator --parts front --tune-front --start`` goes on from it.
With ``--front`` the front end is that of another run, and the heads are further ones of it.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed
from tqdm import tqdm

from geface_bridge.errors import ConfigError, ModelError
from training.align_pairs import AlignedPairs, load_aligned, target_names
from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.estimator import (
    AugmentedPairs,
    EstimatorTask,
    ModelConfig,
    evaluate,
    format_scores,
    learn_shift,
    load_averaged,
    model_of,
    split_rows,
    what_is_seen,
    write_scores,
)
from training.face_backbone import FRONT_END_FEATURES, FaceFrontEnd, load_face_backbone
from training.face_mesh import LANDMARK_COUNT
from training.loop import Arrays, LoopConfig, Run, World, run_loop
from training.running import Running, running


class FrontFeatures:
    """Samples as a front end sees them: features, landmarks, targets.

    Each is varied once, by a generator of its own, and its features are kept in half precision
    (they reach 35; that is exact to 2 per cent of what noise in the picture changes). Processes
    share the work out, and then each has all of it.

    Args:
        front: the front end.
        samples: renders, varied by their generator.
        seed: of the variants.
        batch_size: faces at a time.
        world: the processes.
    """

    def __init__(
        self,
        front: FaceFrontEnd,
        samples: AugmentedPairs,
        seed: int,
        batch_size: int = 64,
        world: World | None = None,
    ) -> None:
        count, world = len(samples), world or World()
        self._features = np.zeros((count, FRONT_END_FEATURES), np.float16)
        self._landmarks = np.zeros((count, LANDMARK_COUNT, 2), np.float32)
        self._targets = np.zeros((count, len(target_names())), np.float32)
        batches = range(world.rank * batch_size, count, world.size * batch_size)
        for first in tqdm(batches, desc="features", disable=None if world.leads else True):
            rows = slice(first, min(first + batch_size, count))
            positions = range(rows.start, rows.stop)
            drawn = [samples.sample(p, np.random.default_rng((seed, p))) for p in positions]
            crops, landmarks, targets = (np.stack(part) for part in zip(*drawn, strict=True))
            self._features[rows] = _features(front, crops, landmarks)
            self._landmarks[rows], self._targets[rows] = landmarks, targets
        for part in (self._features, self._landmarks, self._targets):
            _put_together(part, world)

    def __len__(self) -> int:
        return len(self._features)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """See ``training.loop.Samples``; nothing is left to chance here."""
        features = self._features[position].astype(np.float32)
        return features, self._landmarks[position], self._targets[position]


class FrozenFrontTask(EstimatorTask):
    """An estimator's heads: its loss, from features."""

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Loss of (features, landmarks, targets)."""
        features, landmarks, targets = batch
        seen = [self.net.read_front(features)]
        return self.losses(*self.net.judge(landmarks, seen), targets)


def _put_together(rows: NDArray[Any], world: World, at_a_time: int = 4096) -> None:
    """Fill the rows, 0 here, that other processes worked out."""
    if world.size == 1:
        return
    for first in range(0, len(rows), at_a_time):
        part = rows[first : first + at_a_time]
        summed = torch.from_numpy(part.astype(np.float32)).to(world.device)
        distributed.all_reduce(summed)
        part[:] = summed.cpu().numpy()


@torch.no_grad()
def _features(
    front: FaceFrontEnd, crops: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> NDArray[np.float16]:
    pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255.0
    found = front(pixels, torch.from_numpy(landmarks))
    return np.asarray(found.numpy(), np.float16)


def train(
    pairs: AlignedPairs,
    config: LoopConfig,
    out: Path,
    *,
    model: ModelConfig | None = None,
    faces: FaceSet | None = None,
    front: FaceFrontEnd | None = None,
    world: World | None = None,
    loader_workers: int = 0,
    stop_at_step: int | None = None,
) -> Run:
    """Train the heads; goes on from the checkpoint in ``out`` if there is one.

    Args:
        pairs: to learn from and, every 16th, to score by.
        config: how.
        out: folder of the checkpoint and of ``metrics.json``.
        model: which network; what reads the front end and landmarks if None.
        faces: photographs without labels, whose difference from renders is to matter less.
        front: the front end; as MediaPipe made it if None.
        world, loader_workers, stop_at_step: of ``run_loop``.

    Raises:
        ConfigError: there is nothing to train on, or ``model`` does not read the front end.
        ModelError: ``out`` holds another network.
    """
    rows, held_out = split_rows(pairs)
    if not len(rows):
        raise ConfigError(f"{len(pairs.index)} samples leave none to train on: render more")
    varied = AugmentedPairs(pairs, rows)
    front = front or FaceFrontEnd(load_face_backbone())
    front = front.to(memory_format=torch.channels_last)
    samples = FrontFeatures(front, varied, config.seed, world=world)

    def make_task() -> FrozenFrontTask:
        task = FrozenFrontTask(model or model_of("front"))
        if task.net.front is None:
            raise ConfigError("a network without MediaPipe's features has no heads on them")
        task.net.front.load_state_dict(front.state_dict())
        if faces:
            learn_shift(task.net, varied, faces)
        return task

    run = run_loop(
        make_task,
        samples,
        config,
        out,
        world=world,
        loader_workers=loader_workers,
        stop_at_step=stop_at_step,
    )
    write_scores(run, pairs, held_out, out)
    return run


def front_of(path: Path) -> FaceFrontEnd:
    """The front end of an estimator's checkpoint.

    Raises:
        ModelError: it is no checkpoint of an estimator, or its estimator has no front end.
    """
    net, _ = load_averaged(path)
    if net.front is None:
        raise ModelError(f"{path} is of an estimator without MediaPipe's features")
    return net.front


@click.command(cls=TrainingCommand)
@what_is_seen
@click.option(
    "--front",
    "front_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Estimator's checkpoint whose front end to take instead of MediaPipe's own.",
)
@running(LoopConfig(1000, 128, 1.5e-3, weight_decay=0.05, ema_decay=0.99), least_batch=2)
def main(
    running: Running,
    folders: tuple[Path, ...],
    face_paths: tuple[Path, ...],
    faces_cache: Path | None,
    front_path: Path | None,
) -> None:
    """Train what reads MediaPipe's features; goes on from OUT's checkpoint where there is one."""
    config = replace(running.config, warmup_steps=max(running.config.steps // 10, 1))
    pairs = load_aligned(folders)
    faces = read_faces(face_paths, faces_cache) if face_paths else None
    front = front_of(front_path) if front_path else None
    with running.world() as world:
        run = train(
            pairs, config, running.out, faces=faces, front=front, world=world,
            loader_workers=running.loader_workers,
        )  # fmt: skip
    if run.world.leads:
        click.echo(format_scores(evaluate(run.averaged(), pairs, split_rows(pairs)[1])))


if __name__ == "__main__":
    main()
