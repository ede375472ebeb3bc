"""The estimator: a residual network on the crop, MediaPipe's features, and the landmarks.

    python -m training.estimator --data runs/pairs --out runs/estimator --steps 1500 --seed 0

Trained on renders whose parameters are known, so the labels are exact and no human ever scored a
face. It answers a mean and a standard deviation for each channel; the loss is the beta-NLL with
beta = 1/2. The front end (``training.face_backbone``) has seen very many photographs; its weights
stay as they are, what is learned is how to read them.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from training.align_pairs import AlignedPairs, load_aligned, target_names
from training.augment import AugmentConfig, augment
from training.chance import SharedDropout
from training.console import TrainingCommand
from training.data.faces import FaceSet, read_faces
from training.domain_shift import DomainShift, mean_of
from training.face_backbone import FRONT_END_FEATURES, FaceFrontEnd, load_face_backbone
from training.face_mesh import LANDMARK_COUNT, SPAN, distance_pairs
from training.loop import (
    CHECKPOINT,
    LoopConfig,
    Run,
    Task,
    World,
    read_averaged,
    run_loop,
)
from training.loop import load_averaged as load_weights
from training.losses.likelihood import beta_nll, censored_error
from training.metrics import channel_scores
from training.norm import SharedBatchNorm1d, SharedBatchNorm2d
from training.running import Running, data_folders, running
from training.shards import write_json

ANGLE_SCALE_RAD = 0.5  # angles over this have about the spread of intensities
SIGMA_RANGE = (0.01, 1.0)
SHIFT_RENDERS = 1000  # that the mean of renders is taken over
VALIDATION_EVERY = 16  # samples whose index is 15 modulo 16 are never trained on


@dataclass(frozen=True)
class ModelConfig:
    """Widths of the network; a part whose features are 0 is left out.

    Attributes:
        stem, widths, blocks, crop_features: the network on the crop.
        front_features: read from MediaPipe's network; front_dropout of its numbers are left out.
        front_tuned: whether that network's own weights are trained too.
        landmark_features, distance_features: of the landmarks.
    """

    stem: int = 16
    widths: tuple[int, ...] = (32, 64, 128, 192)
    blocks: tuple[int, ...] = (1, 1, 1, 1)
    crop_features: int = 256
    front_features: int = 256
    front_dropout: float = 0.3
    front_tuned: bool = False
    landmark_features: int = 192
    distance_features: int = 128


PARTS = ("crop+front", "front", "crop", "landmarks")
"""What a network may see besides landmarks."""


def model_of(parts: str, front_tuned: bool = False) -> ModelConfig:
    """The network that sees ``parts``, one of ``PARTS``."""
    seen = parts.split("+")
    return ModelConfig(
        crop_features=ModelConfig.crop_features if "crop" in seen else 0,
        front_features=ModelConfig.front_features if "front" in seen else 0,
        front_tuned=front_tuned,
    )


# The network ---------------------------------------------------------------------------------


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al. 2018): scales each channel by what the whole face shows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(width, width // 4, 1)
        self.excite = nn.Conv2d(width // 4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same, rescaled."""
        pooled = functional.relu(self.squeeze(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.excite(pooled))


class Residual(nn.Module):
    """Two 3x3 convolutions with a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(width, width), nn.ReLU(), _conv(width, width), SqueezeExcite(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        return functional.relu(x + self.body(x))


class EstimatorNet(nn.Module):
    """Crop and landmarks to the mean and standard deviation of K channels.

    Takes what the runtime has: uint8 pixels and landmarks in crop coordinates; all
    normalisation is inside, so the exported graph needs nothing around it.
    """

    def __init__(self, channel_names: tuple[str, ...], config: ModelConfig | None = None) -> None:
        super().__init__()
        config = config or ModelConfig()
        self.channel_names = channel_names
        count = len(channel_names)
        self.crop_net = _crop_net(config) if config.crop_features else None
        self.front = FaceFrontEnd() if config.front_features else None
        if self.front:
            self.front.requires_grad_(False)
            if config.front_tuned:
                self.front.tune()
            self.front_shift = DomainShift(FRONT_END_FEATURES)
            self.front_net = _front_net(config)
        # Expressions move landmarks by a hundredth of what the face's size and pose do: without
        # the standardisation the MLP learns pose and nothing else (mean r .10 against .35).
        self.landmark_net = nn.Sequential(
            SharedBatchNorm1d(2 * LANDMARK_COUNT, affine=False),
            nn.Linear(2 * LANDMARK_COUNT, 256),
            nn.ReLU(),
            nn.Linear(256, config.landmark_features),
            nn.ReLU(),
        )
        self.distance_net = _distance_net(config)
        self.register_buffer("pairs", torch.from_numpy(distance_pairs()), persistent=False)
        features = config.crop_features + config.front_features
        features += config.landmark_features + config.distance_features
        self.fusion = nn.Sequential(nn.Linear(features, 256), nn.ReLU())
        self.mean_head = nn.Linear(256, count)
        self.sigma_head = nn.Linear(256, count)
        self.register_buffer("scale", channel_scale(channel_names), persistent=False)
        nn.init.zeros_(self.sigma_head.weight)
        nn.init.constant_(self.sigma_head.bias, math.log(0.2))
        nn.init.constant_(self.mean_head.bias, 0.05)

    def raw(self, crop: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Unclamped mean and standard deviation, both (N, K), angles over ANGLE_SCALE_RAD."""
        pixels = crop.permute(0, 3, 1, 2).float() / 255.0
        seen = [self.crop_net(_standardised(pixels))] if self.crop_net else []
        if self.front:
            seen.append(self.read_front(self.front(pixels, landmarks)))
        return self.judge(landmarks, seen)

    def read_front(self, features: Tensor) -> Tensor:
        """(N, ``FRONT_END_FEATURES``) of the front end to what is made of them."""
        return self.front_net(self.front_shift(features))

    def judge(self, landmarks: Tensor, seen: list[Tensor]) -> tuple[Tensor, Tensor]:
        """``raw``, of landmarks (N, 478, 2) and what the parts saw in the crop."""
        measured = [
            self.landmark_net(_centred(landmarks)),
            self.distance_net(_distances(landmarks, self.pairs)),
        ]
        fused = self.fusion(torch.cat([*measured, *seen], dim=1))
        low, high = (math.log(s) for s in SIGMA_RANGE)
        return self.mean_head(fused), self.sigma_head(fused).clamp(low, high).exp()

    def forward(self, crop: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Channels and their standard deviation.

        Args:
            crop: (N, 128, 128, 3) uint8, RGB.
            landmarks: (N, 478, 2) float32, crop coordinates over the crop's size.

        Returns:
            (N, K) channels, intensities in 0..1 and angles in radians; (N, K) sigma > 0.
        """
        mean, sigma = self.raw(crop, landmarks)
        angle = self.scale != 1
        channels = torch.where(angle, mean, mean.clamp(0, 1)) * self.scale
        return channels, sigma * self.scale


def narrowed(net: EstimatorNet, without: tuple[str, ...]) -> EstimatorNet:
    """A copy of a network that does not answer the channels ``without``.

    Raises:
        ConfigError: the network has no such channel.
    """
    unknown = set(without) - set(net.channel_names)
    if unknown:
        raise ConfigError(f"the network has no channels {sorted(unknown)} to leave out")
    keep = [i for i, name in enumerate(net.channel_names) if name not in without]
    out = copy.deepcopy(net)
    out.channel_names = tuple(net.channel_names[i] for i in keep)
    out.scale = net.scale[keep]
    for head in (out.mean_head, out.sigma_head):
        head.weight = nn.Parameter(head.weight[keep])
        head.bias = nn.Parameter(head.bias[keep])
        head.out_features = len(keep)
    return out


def channel_scale(channel_names: tuple[str, ...]) -> Tensor:
    """(K,) unit of each channel inside the network: 1 for intensities, radians for angles."""
    intensities = set(load_layout().au_channel_names)
    return torch.tensor([1.0 if n in intensities else ANGLE_SCALE_RAD for n in channel_names])


def _standardised(pixels: Tensor) -> Tensor:
    """(N, 3, S, S) of mean 0 and deviation 1: light and camera decide less."""
    centred = pixels - pixels.mean((1, 2, 3), keepdim=True)
    return centred / centred.square().mean((1, 2, 3), keepdim=True).add(1e-3).sqrt()


def _centred(landmarks: Tensor) -> Tensor:
    """(N, 478, 2) -> (N, 956), about their mean."""
    return (landmarks - landmarks.mean(1, keepdim=True)).flatten(1)


def _distances(landmarks: Tensor, pairs: Tensor) -> Tensor:
    """(N, 478, 2) -> (N, D) distances of the pairs (D, 2) over that of the eyes' outer corners."""
    ends = landmarks[:, pairs[:, 0]] - landmarks[:, pairs[:, 1]]
    span = landmarks[:, SPAN[0]] - landmarks[:, SPAN[1]]
    length = (ends.square().sum(2) + 1e-8).sqrt()
    return length / (span.square().sum(1, keepdim=True) + 1e-4).sqrt()


def _distance_net(config: ModelConfig) -> nn.Sequential:
    """The batch norm in front gives every distance the same weight, however short it is."""
    count, width = len(distance_pairs()), config.distance_features
    return nn.Sequential(
        SharedBatchNorm1d(count),
        nn.Linear(count, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
    )


def _front_net(config: ModelConfig) -> nn.Sequential:
    """Reads the front end's numbers; dropped out at random so that none is leant on."""
    return nn.Sequential(
        SharedBatchNorm1d(FRONT_END_FEATURES, affine=False),
        SharedDropout(config.front_dropout),
        nn.Linear(FRONT_END_FEATURES, config.front_features),
        nn.ReLU(),
    )


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), SharedBatchNorm2d(outputs)
    )


def _crop_net(config: ModelConfig) -> nn.Sequential:
    """128² pixels to features; the last 4x4 map is flattened, as the face is aligned in it."""
    layers: list[nn.Module] = [_conv(3, config.stem, 2), nn.ReLU()]
    width = config.stem
    for outputs, blocks in zip(config.widths, config.blocks, strict=True):
        layers += [_conv(width, outputs, 2), nn.ReLU(), *(Residual(outputs) for _ in range(blocks))]
        width = outputs
    layers += [nn.Conv2d(width, 64, 1), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(64 * 4 * 4, config.crop_features), nn.ReLU())


# The task ------------------------------------------------------------------------------------


class EstimatorTask(Task):
    """The network and its loss.

    Args:
        config: of the network.
        beta: of the likelihood.
        start: checkpoint of an earlier run whose weights to begin with, where shapes agree.
    """

    name = "estimator"

    def __init__(
        self, config: ModelConfig | None = None, beta: float = 0.5, start: Path | None = None
    ) -> None:
        super().__init__()
        config = config or ModelConfig()
        self.beta = beta
        self.net: EstimatorNet = EstimatorNet(target_names(), config)
        if self.net.front:
            self.net.front.load_state_dict(FaceFrontEnd(load_face_backbone()).state_dict())
        if start:
            start_from(self.net, start)
        self.net.to(memory_format=torch.channels_last)
        names = list(target_names())
        self.described = MappingProxyType({"model": asdict(config), "channel_names": names})

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Loss of (crop, landmarks, targets in radians and intensities)."""
        crop, landmarks, targets = batch
        return self.losses(*self.net.raw(crop, landmarks), targets)

    def losses(self, mean: Tensor, sigma: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Loss of unclamped answers (N, K), targets in radians and intensities."""
        mean, sigma = mean.float(), sigma.float()
        error = censored_error(mean, targets / self.net.scale, self.net.scale == 1)
        loss = beta_nll(error, sigma, self.beta)
        return {"loss": loss, "error": error.detach().abs().mean(), "sigma": sigma.detach().mean()}


def start_from(net: EstimatorNet, path: Path) -> None:
    """Take another run's averaged weights wherever name and shape agree.

    Raises:
        ModelError: it is no checkpoint of an estimator, or none of its weights fits.
    """
    own = net.state_dict()
    _, weights = read_averaged(path, EstimatorTask.name)
    fitting = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape}
    if not fitting:
        raise ModelError(f"{path} is of another network: none of its weights fits")
    net.load_state_dict(fitting, strict=False)


def learn_shift(net: EstimatorNet, samples: AugmentedPairs, faces: FaceSet) -> None:
    """Tell a network how photographs differ, to its front end, from the renders it learns from."""
    count = min(len(samples), SHIFT_RENDERS)
    positions = np.random.default_rng(0).permutation(len(samples))[:count]
    renders = [samples.sample(int(p), np.random.default_rng((0, int(p))))[:2] for p in positions]
    crops, landmarks = (torch.from_numpy(np.stack(part)) for part in zip(*renders, strict=True))
    real = mean_of(net.front, torch.from_numpy(faces.crops), torch.from_numpy(faces.landmarks))
    net.front_shift.shift.copy_(real - mean_of(net.front, crops, landmarks))


def load_averaged(path: Path) -> tuple[EstimatorNet, dict[str, Any]]:
    """The averaged network of a checkpoint, frozen, and what the checkpoint says of it.

    Raises:
        ModelError: the file is missing, no checkpoint, or of another task, network or layout.
    """
    described, weights = read_averaged(path, EstimatorTask.name)
    model = dict(described["model"])
    model |= {key: tuple(model[key]) for key in ("widths", "blocks")}
    net = EstimatorNet(tuple(described["channel_names"]), ModelConfig(**model))
    load_weights(net, weights, path)
    return net, described


# The data ------------------------------------------------------------------------------------


class AugmentedPairs:
    """Samples to train on: aligned pairs, each varied by its generator."""

    def __init__(
        self, pairs: AlignedPairs, rows: NDArray[np.int64], config: AugmentConfig | None = None
    ) -> None:
        self.pairs, self.rows, self.config = pairs, rows, config or AugmentConfig()

    def __len__(self) -> int:
        return len(self.rows)

    def sample(self, position: int, rng: np.random.Generator) -> tuple[NDArray[Any], ...]:
        """Crop, landmarks and targets."""
        row, pairs = self.rows[position], self.pairs
        known = pairs.crop[row], pairs.landmarks_crop[row], pairs.targets[row]
        return augment(*known, rng, self.config)


def split_rows(pairs: AlignedPairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows held out, by sample index: more data never moves a sample."""
    held_out = pairs.index % VALIDATION_EVERY == VALIDATION_EVERY - 1
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


# The run -------------------------------------------------------------------------------------


def train(
    pairs: AlignedPairs,
    config: LoopConfig,
    out: Path,
    *,
    model: ModelConfig | None = None,
    start: Path | None = None,
    faces: FaceSet | None = None,
    world: World | None = None,
    loader_workers: int = 0,
    stop_at_step: int | None = None,
) -> Run:
    """Train to the last step, or to ``stop_at_step``, from the checkpoint in ``out`` if any.

    Writes what ``run_loop`` does, and ``metrics.json``: held-out scores of the averaged weights.

    Args:
        pairs: to learn from and, every 16th, to score by.
        config: how.
        out: folder.
        model: which network.
        start: checkpoint of another run to begin with where ``out`` has none.
        faces: photographs without labels, whose difference from renders is to matter less.
        world, loader_workers, stop_at_step: of ``run_loop``.

    Raises:
        ConfigError: there is nothing to train on.
        ModelError: ``out`` or ``start`` holds another network.
    """
    rows, held_out = split_rows(pairs)
    if not len(rows):
        raise ConfigError(f"{len(pairs.index)} samples leave none to train on: render more")
    begun = start if not (out / CHECKPOINT).exists() else None
    samples = AugmentedPairs(pairs, rows)

    def make_task() -> EstimatorTask:
        task = EstimatorTask(model, start=begun)
        if faces and task.net.front:
            learn_shift(task.net, samples, faces)
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


def write_scores(run: Run, pairs: AlignedPairs, held_out: NDArray[np.int64], out: Path) -> None:
    """``metrics.json`` in ``out``: scores of a run's averaged weights; of the leading process."""
    if run.world.leads:
        scores = evaluate(run.averaged(), pairs, held_out)
        content = {"data": "held-out renders", "step": run.step, "mean": mean_scores(scores)}
        write_json(out / "metrics.json", {**content, "channels": scores})


def evaluate(
    net: nn.Module, pairs: AlignedPairs, rows: NDArray[np.int64], batch_size: int = 128
) -> dict[str, dict[str, float]]:
    """Scores of a network on rows: ICC, r and MAE per channel; intensities times 5, radians."""
    if not len(rows):
        return {}
    device = next(net.parameters()).device
    predicted = []
    with torch.no_grad():
        for start in range(0, len(rows), batch_size):
            part = rows[start : start + batch_size]
            arrays = pairs.crop[part], pairs.landmarks_crop[part].astype(np.float32)
            crop, landmarks = (torch.from_numpy(a).to(device) for a in arrays)
            predicted.append(net(crop, landmarks)[0].cpu().numpy())
    unit = np.where(channel_scale(net.channel_names).numpy() == 1, 5.0, 1.0)
    values = np.concatenate(predicted).astype(np.float64), pairs.targets[rows].astype(np.float64)
    return channel_scores(values[0] * unit, values[1] * unit, net.channel_names)


def mean_scores(scores: dict[str, dict[str, float]]) -> dict[str, float]:
    """Mean over the intensity channels of each score, NaN left out."""
    rows = [scores[name] for name in load_layout().au_channel_names if name in scores]
    return {key: _nanmean([row[key] for row in rows]) for key in ("icc31", "pearson", "mae")}


def _nanmean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else float("nan")


def format_scores(scores: dict[str, dict[str, float]]) -> str:
    """A table of one line per channel."""
    lines = [f"{'channel':12} {'ICC':>6} {'r':>6} {'MAE':>6}"]
    for name, s in {**scores, "mean": mean_scores(scores)}.items():
        lines.append(f"{name:12} {s['icc31']:6.3f} {s['pearson']:6.3f} {s['mae']:6.3f}")
    return "\n".join(lines)


def what_is_seen(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --data, --faces and --faces-cache: a command is called with ``folders``,
    ``face_paths`` and ``faces_cache``.
    """
    for option in (
        click.option(
            "--faces-cache",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Keeps their crops.",
        ),
        click.option(
            "--faces",
            "face_paths",
            multiple=True,
            type=click.Path(exists=True, path_type=Path),
            help="Photographs without labels, or folders of them; may be given several times.",
        ),
        data_folders("Folder of aligned pairs; may be given several times."),
    ):
        command = option(command)
    return command


@click.command(cls=TrainingCommand)
@what_is_seen
@click.option(
    "--parts",
    type=click.Choice(PARTS),
    default=PARTS[0],
    show_default=True,
    help="What the network sees besides landmarks.",
)
@click.option("--tune-front", is_flag=True, help="Train MediaPipe's own weights too.")
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint whose weights to start from.",
)
@running(LoopConfig(1500, 64, 1e-3, weight_decay=0.02, checkpoint_every=100), least_batch=2)
def main(
    running: Running,
    folders: tuple[Path, ...],
    parts: str,
    tune_front: bool,
    start: Path | None,
    face_paths: tuple[Path, ...],
    faces_cache: Path | None,
) -> None:
    """Train the estimator on aligned pairs; goes on from OUT's checkpoint where there is one."""
    config = replace(running.config, warmup_steps=max(running.config.steps // 20, 1))
    pairs, model = load_aligned(folders), model_of(parts, tune_front)
    faces = read_faces(face_paths, faces_cache) if face_paths else None
    with running.world() as world:
        run = train(
            pairs, config, running.out, model=model, start=start, faces=faces, world=world,
            loader_workers=running.loader_workers,
        )  # fmt: skip
    if run.world.leads:
        click.echo(format_scores(evaluate(run.averaged(), pairs, split_rows(pairs)[1])))


if __name__ == "__main__":
    main()
