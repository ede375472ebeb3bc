"""The one training loop: any task, on a processor, a graphics card, or many under ``torchrun``.

What a run computes is a function of its configuration and its data alone. The samples of step
``s`` and how each is varied come from (seed, epoch, sample); so a run that was stopped goes on
as if it had not been, bit for bit, and several processes that share a batch take the step that
one would (to rounding: sums are taken in another order).

    torchrun --nproc-per-node 4 -m training.renderer --data runs/plain --out runs/renderer
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import copy
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout

CHECKPOINT = "checkpoint.safetensors"
Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class LoopConfig:
    """How a run learns; two runs with equal configurations and data give equal weights.

    Attributes:
        steps: of the optimiser, in all.
        batch_size: samples a step, over all processes together.
        learning_rate, betas, weight_decay: of AdamW.
        warmup_steps: of linear warm-up; a half cosine to 0 follows.
        clip_norm: longest gradient.
        ema_decay: of the moving average of the weights, which is what a run is for.
        mixed_precision: bfloat16 where it loses nothing; wants hardware that has it.
        seed: of weights, order and variation.
        checkpoint_every, log_every: steps.
    """

    steps: int
    batch_size: int = 32
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    warmup_steps: int = 100
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    mixed_precision: bool = False
    seed: int = 0
    checkpoint_every: int = 500
    log_every: int = 20


class Samples(Protocol):
    """What is learned from: numbered samples, each varied by a generator of its own."""

    def __len__(self) -> int: ...

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """The arrays of one sample; the same position and generator give the same."""
        ...


class Task(nn.Module):
    """What is learned: a network and its loss.

    ``net`` is trained, averaged and saved; other networks a task holds stay as they are.
    ``described`` is what a reader needs to build ``net`` again: plain values, kept as JSON.
    """

    name = "task"
    net: nn.Module
    described: Mapping[str, Any] = MappingProxyType({})

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Means over the batch: "loss", which is minimised, and whatever else is worth a curve."""
        raise NotImplementedError


@dataclass(frozen=True)
class World:
    """The processes that share a run."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """True of the one process that writes and speaks."""
        return self.rank == 0


def join_world(device: str | None = None) -> World:
    """The world that ``torchrun`` made, or this process alone.

    Args:
        device: "cpu", "cuda" …; None takes a graphics card if there is one.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if "WORLD_SIZE" not in os.environ:
        return World(device=device)
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return World(distributed.get_rank(), distributed.get_world_size(), device)


def leave_world() -> None:
    """Undo ``join_world``."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


# The order of samples --------------------------------------------------------------------------


class _Varied(Dataset[Arrays]):
    """Samples addressed by (epoch, position)."""

    def __init__(self, samples: Samples, seed: int) -> None:
        self.samples, self.seed = samples, seed

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: tuple[int, int]) -> Arrays:
        return self.samples.sample(key[1], np.random.default_rng((self.seed, *key)))


@dataclass(frozen=True)
class StepKeys:
    """(epoch, position) keys of this process' part of every step from ``first`` to ``last``.

    Epochs follow each other without a gap, so that no sample is left out of any.
    """

    count: int
    config: LoopConfig
    world: World
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        size, order = self.config.batch_size, _Order(self.count, self.config.seed)
        for step in range(self.first, self.last):
            keys = [order.key(k) for k in range(step * size, (step + 1) * size)]
            yield keys[self.world.rank :: self.world.size]


class _Order:
    """The k-th sample that a run sees."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._epoch, self._positions = -1, np.zeros(0, np.int64)

    def key(self, k: int) -> tuple[int, int]:
        epoch, place = divmod(k, self.count)
        if epoch != self._epoch:
            self._epoch = epoch
            self._positions = np.random.default_rng((self.seed, epoch)).permutation(self.count)
        return epoch, int(self._positions[place])


# The state -------------------------------------------------------------------------------------


class Run:
    """Network, average, optimiser and step of a run."""

    def __init__(self, task: Task, config: LoopConfig, world: World) -> None:
        self.task, self.config, self.world, self.step = task.to(world.device), config, world, 0
        self.ema = {k: v.detach().clone() for k, v in task.net.state_dict().items()}
        self.optimizer = torch.optim.AdamW(
            task.net.parameters(),
            lr=config.learning_rate,
            betas=config.betas,
            weight_decay=config.weight_decay,
        )
        self._shared = DistributedDataParallel(task) if world.size > 1 else task

    def train_step(self, batch: tuple[Tensor, ...]) -> dict[str, float]:
        """One step; the losses of this process' part of the batch."""
        self.task.net.train()
        # what is random within a step is a function of the step, and all processes draw the same
        # (training.chance)
        torch.manual_seed(_mixed(self.config.seed, self.step))
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * schedule(self.step, self.config)
        with self._precision():
            losses = self._shared(*(t.to(self.world.device, non_blocking=True) for t in batch))
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        nn.utils.clip_grad_norm_(self.task.net.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.step += 1
        self._average()
        return {name: float(value.detach()) for name, value in losses.items()}

    def averaged(self) -> nn.Module:
        """A copy of the task's network with the averaged weights, in evaluation mode."""
        net = copy.deepcopy(self.task.net)
        net.load_state_dict(self.ema)
        return net.eval()

    def save(self, path: Path) -> None:
        """Write everything that decides the steps to come, whole or not at all."""
        tensors = {f"net.{k}": v for k, v in self.task.net.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v) for k, v in state.items()}
        contiguous = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        part = path.with_suffix(".part")
        save_file(contiguous, part, metadata=self._metadata())
        os.replace(part, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            ModelError: it is none, or of another task, configuration or layout.
        """
        metadata, tensors = read_checkpoint(path)
        for key, wanted in self._metadata().items():
            if key != "step" and metadata.get(key) != wanted:
                raise ModelError(
                    f"{path} has {key} {metadata.get(key)}, this run {wanted}: choose another "
                    "--out or the same options"
                )
        try:
            self.task.net.load_state_dict(under(tensors, "net"))
        except RuntimeError as error:
            raise ModelError(f"{path} is of another network ({error})") from error
        self.ema = {k: v.to(self.world.device) for k, v in under(tensors, "ema").items()}
        state = self.optimizer.state_dict()
        for index in range(len(state["param_groups"][0]["params"])):
            state["state"][index] = under(tensors, f"optimizer.{index}")
        self.optimizer.load_state_dict(state)
        self.step = int(metadata["step"])

    def _precision(self) -> AbstractContextManager[Any]:
        if not self.config.mixed_precision:
            return nullcontext()
        return torch.autocast(self.world.device.partition(":")[0], torch.bfloat16)

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        for key, value in self.task.net.state_dict().items():
            if value.is_floating_point():
                self.ema[key].lerp_(value, 1 - decay)
            else:
                self.ema[key].copy_(value)

    def _metadata(self) -> dict[str, str]:
        return {
            "task": self.task.name,
            "described": json.dumps(dict(self.task.described), sort_keys=True),
            "config": json.dumps(asdict(self.config), sort_keys=True),
            "layout_id": load_layout().layout_id,
            "step": str(self.step),
        }


def schedule(step: int, config: LoopConfig) -> float:
    """Share of the learning rate: linear warm-up, then half a cosine to 0."""
    warmup = min(config.warmup_steps, config.steps)
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(config.steps - warmup, 1)))


def _mixed(*numbers: int) -> int:
    """One seed out of several."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def read_checkpoint(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a checkpoint.

    Raises:
        ModelError: the file is missing or no checkpoint.
    """
    with _opened(path) as file:
        return file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118


def read_metadata(path: Path) -> dict[str, str]:
    """What a checkpoint says of itself; its tensors are not read.

    Raises:
        ModelError: the file is missing or no checkpoint.
    """
    with _opened(path) as file:
        return file.metadata() or {}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except Exception as error:  # safetensors raises its own, undocumented types
        raise ModelError(f"{path} is no checkpoint of this program: {error}") from error


def read_averaged(path: Path, task_name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a checkpoint's task said of its network, and the averaged weights of it.

    Raises:
        ModelError: the file is missing, no checkpoint, or of another task or layout.
    """
    metadata, tensors = read_checkpoint(path)
    for key, wanted in (("task", task_name), ("layout_id", load_layout().layout_id)):
        if metadata.get(key) != wanted:
            raise ModelError(f"{path} has {key} {metadata.get(key)}, expected {wanted}")
    try:
        described = dict(json.loads(metadata["described"]))
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path} does not say what network it holds ({error!r})") from error
    return described, under(tensors, "ema")


def load_averaged(net: nn.Module, weights: dict[str, Tensor], path: Path) -> nn.Module:
    """Give a network the weights of ``path``; it is frozen and in evaluation mode afterwards.

    Raises:
        ModelError: they are another network's.
    """
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(f"{path} is of another network ({error})") from error
    return net.eval().requires_grad_(False)


def under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose name begins with ``prefix.``, without it."""
    return {k[len(prefix) + 1 :]: v for k, v in tensors.items() if k.startswith(prefix + ".")}


# The run ---------------------------------------------------------------------------------------


class _Curves:
    """Losses to TensorBoard and to the progress bar; of the leading process alone."""

    def __init__(self, out: Path, run: Run) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(out / "tensorboard"), purge_step=run.step)
        self._recent: list[dict[str, float]] = []
        self._every = run.config.log_every

    def add(self, step: int, losses: dict[str, float], bar: Any) -> None:
        self._recent.append(losses)
        if step % self._every:
            return
        means = {k: float(np.mean([r[k] for r in self._recent])) for k in losses}
        for name, value in means.items():
            self._writer.add_scalar(name, value, step)
        bar.set_postfix({k: f"{v:.4f}" for k, v in means.items()})
        self._recent = []

    def close(self) -> None:
        self._writer.close()


def run_loop(
    make_task: Callable[[], Task],
    samples: Samples,
    config: LoopConfig,
    out: Path,
    *,
    world: World | None = None,
    loader_workers: int = 0,
    stop_at_step: int | None = None,
) -> Run:
    """Train to the last step, or to ``stop_at_step``, from the last checkpoint in ``out``.

    Args:
        make_task: builds the task; called after the seed is set, so that weights are the seed's.
        samples: what to learn from.
        config: how.
        out: folder of ``checkpoint.safetensors`` and of TensorBoard's files.
        world: the processes that take part; None for this one alone, on a processor.
        loader_workers: processes that read and vary samples.
        stop_at_step: end early; the checkpoint is written.

    Raises:
        ConfigError: the batch cannot be shared out evenly, or there are no samples.
        ModelError: ``out`` holds the checkpoint of another run.
    """
    world = world or World()
    if config.batch_size % world.size:
        raise ConfigError(
            f"a batch of {config.batch_size} cannot be shared by {world.size} processes evenly: "
            f"choose a multiple of {world.size}"
        )
    if not len(samples):
        raise ConfigError("there are no samples to train on: render more")
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    run = Run(make_task(), config, world)
    if (out / CHECKPOINT).exists():
        run.load(out / CHECKPOINT)
    last = min(stop_at_step or config.steps, config.steps)
    keys = StepKeys(len(samples), config, world, run.step, last)
    loader = DataLoader(
        _Varied(samples, config.seed), batch_sampler=keys, num_workers=loader_workers
    )
    _follow(run, loader, out, last)
    return run


def _follow(run: Run, loader: Any, out: Path, last: int) -> None:
    leads = run.world.leads
    curves = _Curves(out, run) if leads else None
    bar = tqdm(
        loader,
        initial=run.step,
        total=last,
        unit="step",
        desc=run.task.name,
        disable=None if leads else True,
    )
    try:
        for batch in bar:
            losses = run.train_step(tuple(batch))
            if curves:
                curves.add(run.step, losses, bar)
            if leads and (run.step % run.config.checkpoint_every == 0 or run.step == last):
                run.save(out / CHECKPOINT)
    finally:
        if curves:
            curves.close()
