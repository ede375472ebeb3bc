"""The options that every training script has, and the run they describe."""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
import torch

from training.loop import LoopConfig, Run, Samples, Task, World, join_world, leave_world, run_loop

_TOLD = ("steps", "batch_size", "learning_rate", "seed", "mixed_precision")


@dataclass(frozen=True)
class Running:
    """How, where and on what a script trains.

    Attributes:
        config: of the loop.
        out: folder of checkpoint and curves.
        device: "cpu", "cuda" …; None takes a graphics card if there is one.
        loader_workers: processes that read and vary samples.
    """

    config: LoopConfig
    out: Path
    device: str | None = None
    loader_workers: int = 0

    @contextmanager
    def world(self) -> Iterator[World]:
        """The processes that ``torchrun`` started, or this one alone; left at the end."""
        try:
            yield join_world(self.device)
        finally:
            leave_world()

    def run(self, make_task: Callable[[], Task], samples: Samples, world: World) -> Run:
        """Train to the last step, from the checkpoint in ``out`` where there is one.

        Raises:
            ConfigError, ModelError: as ``run_loop``.
        """
        return run_loop(
            make_task,
            samples,
            self.config,
            self.out,
            world=world,
            loader_workers=self.loader_workers,
        )


def running(config: LoopConfig, least_batch: int = 1) -> Callable[[Callable[..., Any]], Any]:
    """Give a command the options of a run; it is called with ``running``, a ``Running``.

    Args:
        config: the script's own; steps, batch size, learning rate, seed and precision can be told.
        least_batch: what batch statistics need.
    """

    def decorate(command: Callable[..., Any]) -> Any:
        @wraps(command)
        def main(
            out: Path, threads: int, device: str | None, loader_workers: int, **rest: Any
        ) -> Any:
            torch.set_num_threads(threads)
            told = {name: rest.pop(name) for name in _TOLD}
            how = Running(replace(config, **told), out, device, loader_workers)
            return command(running=how, **rest)

        decorated: Any = main
        for option in reversed(_options(config, least_batch)):
            decorated = option(decorated)
        return decorated

    return decorate


def data_folders(said: str) -> Callable[..., Any]:
    """The option --data of a command that learns from rendered sets: it is called with ``folders``.

    Args:
        said: what the folders hold, for --help.
    """
    return click.option(
        "--data",
        "folders",
        multiple=True,
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=said,
    )


def _options(config: LoopConfig, least_batch: int) -> list[Callable[..., Any]]:
    folder = click.Path(file_okay=False, path_type=Path)
    return [
        click.option(
            "--out",
            type=folder,
            required=True,
            help="Checkpoint and curves; a run that was stopped goes on from there.",
        ),
        click.option(
            "--steps", type=click.IntRange(1), default=config.steps, show_default=True,
            help="Of the optimiser, in all.",
        ),
        click.option(
            "--batch-size", type=click.IntRange(least_batch), default=config.batch_size,
            show_default=True, help="Over all processes together.",
        ),
        click.option(
            "--learning-rate", type=click.FloatRange(0, min_open=True),
            default=config.learning_rate, show_default=True,
        ),
        click.option(
            "--seed", type=click.IntRange(0), default=config.seed, show_default=True,
            help="Of weights, order and variation.",
        ),
        click.option(
            "--threads", type=click.IntRange(1), default=1, show_default=True,
            help="Of torch, in each process.",
        ),
        click.option("--device", help="cpu, cuda …; a graphics card if there is one."),
        click.option(
            "--loader-workers", type=click.IntRange(0), default=0, show_default=True,
            help="Processes that read and vary samples.",
        ),
        click.option(
            "--mixed-precision", is_flag=True, help="bfloat16; wants hardware that has it.",
        ),
    ]  # fmt: skip
