"""The first estimator: a small residual network on the crop, an MLP on the landmarks.

    python -m training.estimator --data runs/pairs --out runs/first --epochs 30 --seed 0

Trained on renders whose parameters are known, so the labels are exact and no human ever scored a
face. It answers a mean and a standard deviation for each channel; the loss is the beta-NLL of
Seitzer et al. 2022, "On the Pitfalls of Heteroscedastic Uncertainty Estimation" (beta = 1/2).
A checkpoint is a safetensors file; a run stopped at one and started again gives the same weights,
bit for bit, as one that was never stopped.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import copy
import csv
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from training.align_pairs import AlignedPairs, load_aligned, target_names
from training.augment import AugmentConfig, augment
from training.console import TrainingCommand
from training.face_mesh import LANDMARK_COUNT, SPAN, distance_pairs
from training.loop import read_checkpoint, under
from training.metrics import channel_scores
from training.shards import write_json

ANGLE_SCALE_RAD = 0.5  # angles over this have about the spread of intensities
SIGMA_RANGE = (0.01, 1.0)
VALIDATION_EVERY = 16  # samples whose index is 15 modulo 16 are never trained on


@dataclass(frozen=True)
class ModelConfig:
    """Widths of the network; the defaults run in about 2.5 ms on one core."""

    stem: int = 16
    widths: tuple[int, ...] = (32, 64, 128, 192)
    blocks: tuple[int, ...] = (1, 1, 1, 1)
    crop_features: int = 256
    landmark_features: int = 192
    distance_features: int = 128


@dataclass(frozen=True)
class TrainConfig:
    """What decides a run; two runs with equal configurations give equal weights."""

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_fraction: float = 0.05
    ema_decay: float = 0.999
    beta: float = 0.5
    bfloat16: bool = False
    seed: int = 0
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    model: ModelConfig = field(default_factory=ModelConfig)


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
        self.crop_net = _crop_net(config)
        # Expressions move landmarks by a hundredth of what the face's size and pose do: without
        # the standardisation the MLP learns pose and nothing else (mean r .10 against .35).
        self.landmark_net = nn.Sequential(
            nn.BatchNorm1d(2 * LANDMARK_COUNT, affine=False),
            nn.Linear(2 * LANDMARK_COUNT, 256),
            nn.ReLU(),
            nn.Linear(256, config.landmark_features),
            nn.ReLU(),
        )
        self.distance_net = _distance_net(config)
        self.register_buffer("pairs", torch.from_numpy(distance_pairs()), persistent=False)
        features = config.crop_features + config.landmark_features + config.distance_features
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
        centred = pixels - pixels.mean((1, 2, 3), keepdim=True)
        deviation = centred.square().mean((1, 2, 3), keepdim=True).add(1e-3).sqrt()
        features = [
            self.crop_net(centred / deviation),
            self.landmark_net(_centred(landmarks)),
            self.distance_net(_distances(landmarks, self.pairs)),
        ]
        fused = self.fusion(torch.cat(features, dim=1))
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
        nn.BatchNorm1d(count),
        nn.Linear(count, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
    )


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
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


# The loss ------------------------------------------------------------------------------------


def censored_error(mean: Tensor, target: Tensor, intensity: Tensor) -> Tensor:
    """Error that does not pull on what the output's clamp hides.

    Where the target is 0 and the mean below it (or 1 and above), the clamped answer is right.
    Everywhere else the error is the plain difference, so no gradient dies at the clamp.
    """
    hidden = intensity & (((target <= 0) & (mean < 0)) | ((target >= 1) & (mean > 1)))
    return torch.where(hidden, torch.zeros_like(mean), mean - target)


def beta_nll(error: Tensor, sigma: Tensor, beta: float) -> Tensor:
    """Gaussian negative log likelihood, weighted by sigma^(2 beta), averaged.

    beta 0 is the plain likelihood, which gives up on hard samples; beta 1 has the mean's
    gradient of a squared error.
    """
    likelihood = 0.5 * (error / sigma).square() + sigma.log()
    return (likelihood * sigma.detach().pow(2 * beta)).mean()


def training_loss(net: EstimatorNet, batch: tuple[Tensor, ...], config: TrainConfig) -> Tensor:
    """The loss of one batch of (crop, landmarks, targets in radians and intensities)."""
    crop, landmarks, targets = batch
    with torch.autocast(crop.device.type, torch.bfloat16, enabled=config.bfloat16):
        mean, sigma = (values.float() for values in net.raw(crop, landmarks))
    error = censored_error(mean, targets / net.scale, net.scale == 1)
    return beta_nll(error, sigma, config.beta)


# The data ------------------------------------------------------------------------------------


class AugmentedPairs(Dataset[tuple[NDArray[Any], ...]]):
    """Training samples addressed by (epoch, row), augmented by a seed of their own."""

    def __init__(self, pairs: AlignedPairs, rows: NDArray[np.int64], config: TrainConfig) -> None:
        self.pairs, self.rows, self.config = pairs, rows, config

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: tuple[int, int]) -> tuple[NDArray[Any], ...]:
        epoch, position = key
        row = self.rows[position]
        rng = np.random.default_rng((self.config.seed, epoch, int(row)))
        pairs = self.pairs
        sample = pairs.crop[row], pairs.landmarks_crop[row], pairs.targets[row]
        return augment(*sample, rng, self.config.augment)


class StepBatches:
    """Batches of (epoch, position) keys of every step from ``first`` to ``last``."""

    def __init__(self, count: int, config: TrainConfig, first: int, last: int) -> None:
        self.count, self.config, self.first, self.last = count, config, first, last

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        per_epoch, size = steps_per_epoch(self.count, self.config), self.config.batch_size
        for step in range(self.first, self.last):
            epoch, place = divmod(step, per_epoch)
            order = np.random.default_rng((self.config.seed, epoch)).permutation(self.count)
            yield [(epoch, int(p)) for p in order[place * size : (place + 1) * size]]


def steps_per_epoch(count: int, config: TrainConfig) -> int:
    """Full batches in ``count`` samples, at least one."""
    return max(count // config.batch_size, 1)


def split_rows(pairs: AlignedPairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on and rows held out, by sample index: more data never moves a sample."""
    held_out = pairs.index % VALIDATION_EVERY == VALIDATION_EVERY - 1
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


# The run -------------------------------------------------------------------------------------


class Run:
    """The state of a training run: network, its moving average, optimiser and step."""

    def __init__(self, config: TrainConfig, total_steps: int, device: str = "cpu") -> None:
        torch.manual_seed(config.seed)
        self.config, self.total_steps, self.step = config, total_steps, 0
        self.device = torch.device(device)
        self.net = EstimatorNet(target_names(), config.model).to(self.device)
        self.net = self.net.to(memory_format=torch.channels_last)
        self.ema = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def train_step(self, batch: tuple[Tensor, ...]) -> float:
        """One step of the optimiser; returns the loss."""
        self.net.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._schedule()
        loss = training_loss(self.net, _to(batch, self.device), self.config)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self._average()
        return float(loss.detach())

    def averaged(self) -> EstimatorNet:
        """A copy of the network with the averaged weights, in evaluation mode."""
        net = EstimatorNet(target_names(), self.config.model).to(self.device)
        net.load_state_dict(self.ema)
        return net.eval()

    def save(self, path: Path) -> None:
        """Write everything that decides the steps to come, whole or not at all."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
        part = path.with_suffix(".part")
        contiguous = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
        save_file(contiguous, part, metadata=self._metadata())
        os.replace(part, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ModelError: it was made by another configuration or layout.
        """
        metadata, tensors = read_checkpoint(path)
        wanted = self._metadata()
        for key in ("config", "layout_id", "total_steps"):
            if metadata[key] != wanted[key]:
                raise ModelError(
                    f"{path} has {key} {metadata[key]}, this run {wanted[key]}: "
                    "choose another --out or the same options"
                )
        self.net.load_state_dict(under(tensors, "net"))
        self.ema = {k: v.to(self.device) for k, v in under(tensors, "ema").items()}
        state = self.optimizer.state_dict()
        for index in range(len(state["param_groups"][0]["params"])):
            state["state"][index] = under(tensors, f"optimizer.{index}")
        self.optimizer.load_state_dict(state)
        self.step = int(metadata["step"])

    def start_from(self, path: Path) -> None:
        """Take another run's averaged weights as the start of this one.

        Raises:
            ModelError: it is no checkpoint, or of another network.
        """
        try:
            self.net.load_state_dict(under(read_checkpoint(path)[1], "ema"))
        except RuntimeError as error:
            raise ModelError(f"{path} is a checkpoint of another network: {error}") from error
        self.ema = {k: v.detach().clone() for k, v in self.net.state_dict().items()}

    def _schedule(self) -> float:
        """Linear warm-up, then half a cosine to 0."""
        warmup = max(int(self.total_steps * self.config.warmup_fraction), 1)
        if self.step < warmup:
            return (self.step + 1) / warmup
        done = (self.step - warmup) / max(self.total_steps - warmup, 1)
        return 0.5 * (1 + math.cos(math.pi * done))

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        for key, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.ema[key].lerp_(value, 1 - decay)
            else:
                self.ema[key].copy_(value)

    def _metadata(self) -> dict[str, str]:
        return {
            "config": json.dumps(asdict(self.config), sort_keys=True),
            "layout_id": load_layout().layout_id,
            "channel_names": json.dumps(target_names()),
            "step": str(self.step),
            "total_steps": str(self.total_steps),
        }


def load_averaged(path: Path) -> tuple[EstimatorNet, dict[str, str]]:
    """The averaged network of a checkpoint, in evaluation mode, and the checkpoint's metadata."""
    metadata, tensors = read_checkpoint(path)
    model: dict[str, Any] = json.loads(metadata["config"])["model"]
    model |= {key: tuple(model[key]) for key in ("widths", "blocks")}
    config = ModelConfig(**model)
    net = EstimatorNet(tuple(json.loads(metadata["channel_names"])), config)
    net.load_state_dict(under(tensors, "ema"))
    return net.eval(), metadata


def train(
    pairs: AlignedPairs,
    config: TrainConfig,
    out: Path,
    *,
    start: Path | None = None,
    loader_workers: int = 0,
    device: str = "cpu",
    stop_at_step: int | None = None,
    echo: Callable[[str], None] = click.echo,
) -> Run:
    """Train to the end of the last epoch, or to ``stop_at_step``, from the last checkpoint.

    Where ``out`` has no checkpoint yet, the weights come from the seed, or from the checkpoint
    ``start`` of an earlier run.

    Writes ``checkpoint.safetensors`` and ``log.csv`` into ``out`` after every epoch and at the
    end, and ``metrics.json`` (held-out scores of the averaged weights) with them.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows, held_out = split_rows(pairs)
    if not len(rows):
        raise ConfigError(f"{len(pairs.index)} samples leave none to train on: render more")
    per_epoch = steps_per_epoch(len(rows), config)
    run = Run(config, per_epoch * config.epochs, device)
    checkpoint = out / "checkpoint.safetensors"
    if checkpoint.exists():
        run.load(checkpoint)
        echo(f"going on at step {run.step} of {run.total_steps}")
    elif start:
        run.start_from(start)
    last = min(stop_at_step or run.total_steps, run.total_steps)
    loader = DataLoader(
        AugmentedPairs(pairs, rows, config),
        batch_sampler=StepBatches(len(rows), config, run.step, last),
        num_workers=loader_workers,
    )
    losses: list[float] = []
    with tqdm(loader, initial=run.step, total=run.total_steps, unit="step", disable=None) as bar:
        for batch in bar:
            losses.append(run.train_step(tuple(batch)))
            bar.set_postfix(loss=f"{np.mean(losses[-100:]):.4f}")
            if run.step % per_epoch == 0 or run.step == last:
                scores = evaluate(run.averaged(), pairs, held_out)
                _record(out, run, float(np.mean(losses)), scores, echo)
                run.save(checkpoint)
                losses = []
    return run


def evaluate(
    net: EstimatorNet, pairs: AlignedPairs, rows: NDArray[np.int64], batch_size: int = 128
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


def _record(
    out: Path,
    run: Run,
    loss: float,
    scores: dict[str, dict[str, float]],
    echo: Callable[[str], None],
) -> None:
    mean = mean_scores(scores)
    row = {"step": run.step, "loss": f"{loss:.5f}", **{k: f"{v:.4f}" for k, v in mean.items()}}
    is_new = not (out / "log.csv").exists()
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)
    content = {"data": "held-out renders", "step": run.step, "mean": mean, "channels": scores}
    write_json(out / "metrics.json", content)
    echo(f"step {row['step']} loss {row['loss']} held-out ICC {row['icc31']} r {row['pearson']}")


def _to(batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
    return tuple(t.to(device, non_blocking=True) for t in batch)


@click.command(cls=TrainingCommand)
@click.option(
    "--data",
    "folders",
    multiple=True,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of aligned pairs; may be given several times.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--epochs", type=click.IntRange(1), default=TrainConfig.epochs, show_default=True)
@click.option("--batch-size", type=click.IntRange(2), default=TrainConfig.batch_size)
@click.option("--learning-rate", type=float, default=TrainConfig.learning_rate, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Cores for the network; on a busy machine two are slower than one.",
)
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint whose weights to start from.",
)
@click.option("--loader-workers", type=click.IntRange(0), default=0, show_default=True)
@click.option("--bfloat16", is_flag=True, help="Faster where the processor has it.")
@click.option("--device", default="cpu", show_default=True)
def main(
    folders: tuple[Path, ...],
    out: Path,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    threads: int,
    start: Path | None,
    loader_workers: int,
    bfloat16: bool,
    device: str,
) -> None:
    """Train the estimator on aligned pairs; goes on from OUT's checkpoint where there is one."""
    torch.set_num_threads(threads)
    config = TrainConfig(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        bfloat16=bfloat16,
        seed=seed,
    )
    pairs = load_aligned(folders)
    run = train(
        pairs,
        config,
        out,
        start=start,
        loader_workers=loader_workers,
        device=device,
        echo=tqdm.write,
    )
    click.echo(format_scores(evaluate(run.averaged(), pairs, split_rows(pairs)[1])))


if __name__ == "__main__":
    main()
