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

from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from geface_bridge.errors import ConfigError, ModelError
from training.align_pairs import AlignedPairs, load_aligned
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
    mean_scores,
    model_of,
    split_rows,
    what_is_seen,
)
from training.face_backbone import FRONT_END_FEATURES, FaceFrontEnd, load_face_backbone
from training.loop import Arrays, LoopConfig, Run, World, join_world, leave_world, run_loop
from training.shards import write_json


class FrontFeatures:
    """Samples as a front end sees them: features, landmarks, targets.

    Each is varied once, by a generator of its own, and its features are kept in half precision
    (they reach 35; that is exact to 2 per cent of what noise in the picture changes).

    Args:
        front: the front end.
        samples: renders, varied by their generator.
        seed: of the variants.
        batch_size: faces at a time.
    """

    def __init__(
        self, front: FaceFrontEnd, samples: AugmentedPairs, seed: int, batch_size: int = 64
    ) -> None:
        count = len(samples)
        self._features = np.zeros((count, FRONT_END_FEATURES), np.float16)
        self._rest: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        for first in tqdm(range(0, count, batch_size), desc="features", disable=None):
            positions = range(first, min(first + batch_size, count))
            drawn = [samples.sample(p, np.random.default_rng((seed, p))) for p in positions]
            crops, landmarks, targets = (np.stack(part) for part in zip(*drawn, strict=True))
            self._features[first : positions.stop] = _features(front, crops, landmarks)
            self._rest += list(zip(landmarks, targets, strict=True))

    def __len__(self) -> int:
        return len(self._rest)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """See ``training.loop.Samples``; nothing is left to chance here."""
        return self._features[position].astype(np.float32), *self._rest[position]


class FrozenFrontTask(EstimatorTask):
    """An estimator's heads: its loss, from features."""

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Loss of (features, landmarks, targets)."""
        features, landmarks, targets = batch
        seen = [self.net.read_front(features)]
        return self.losses(*self.net.judge(landmarks, seen), targets)


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
        world, stop_at_step: of ``run_loop``.

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
    samples = FrontFeatures(front, varied, config.seed)

    def make_task() -> FrozenFrontTask:
        task = FrozenFrontTask(model or model_of("front"))
        if task.net.front is None:
            raise ConfigError("a network without MediaPipe's features has no heads on them")
        task.net.front.load_state_dict(front.state_dict())
        if faces:
            learn_shift(task.net, varied, faces)
        return task

    run = run_loop(make_task, samples, config, out, world=world, stop_at_step=stop_at_step)
    if run.world.leads:
        scores = evaluate(run.averaged(), pairs, held_out)
        content = {"data": "held-out renders", "step": run.step, "mean": mean_scores(scores)}
        write_json(out / "metrics.json", {**content, "channels": scores})
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
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--steps", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--batch-size", type=click.IntRange(2), default=128, show_default=True)
@click.option("--learning-rate", type=float, default=1.5e-3, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--front",
    "front_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Estimator's checkpoint whose front end to take instead of MediaPipe's own.",
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--device", help="cpu, cuda …; a graphics card if there is one.")
@click.option("--mixed-precision", is_flag=True, help="bfloat16 where it loses nothing.")
def main(
    folders: tuple[Path, ...],
    out: Path,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    face_paths: tuple[Path, ...],
    faces_cache: Path | None,
    front_path: Path | None,
    threads: int,
    device: str | None,
    mixed_precision: bool,
) -> None:
    """Train what reads MediaPipe's features; goes on from OUT's checkpoint where there is one."""
    torch.set_num_threads(threads)
    config = LoopConfig(
        steps, batch_size, learning_rate, weight_decay=0.05, warmup_steps=max(steps // 10, 1),
        ema_decay=0.99, mixed_precision=mixed_precision, seed=seed,
    )  # fmt: skip
    pairs = load_aligned(folders)
    faces = read_faces(face_paths, faces_cache) if face_paths else None
    front = front_of(front_path) if front_path else None
    world = join_world(device)
    try:
        run = train(pairs, config, out, faces=faces, front=front, world=world)
    finally:
        leave_world()
    if run.world.leads:
        click.echo(format_scores(evaluate(run.averaged(), pairs, split_rows(pairs)[1])))


if __name__ == "__main__":
    main()
