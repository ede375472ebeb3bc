"""A task small enough to train in a moment, run alone or as ``torchrun … toy.py OUT STEPS``."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.loop import LoopConfig, Task, join_world, leave_world, run_loop


class Lines:
    """y = 2 x0 - x1, x varied a little each time it is seen."""

    def __init__(self, count=24):
        self.x = np.random.default_rng(1).normal(0, 1, (count, 2)).astype(np.float32)

    def __len__(self):
        return len(self.x)

    def sample(self, position, rng):
        x = self.x[position] + rng.normal(0, 0.01, 2).astype(np.float32)
        return x, np.array([2 * x[0] - x[1]], np.float32)


class Fit(Task):
    name = "toy"

    def __init__(self, dropout=0.0):
        super().__init__()
        layers = [nn.Linear(2, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1)]
        self.net = nn.Sequential(*layers)

    def forward(self, x, y):
        error = (self.net(x) - y).square().mean()
        return {"loss": error, "root": error.detach().sqrt()}


def config(steps=40, **changes):
    defaults = {"batch_size": 8, "learning_rate": 0.02, "warmup_steps": 5, "ema_decay": 0.9}
    return LoopConfig(
        steps=steps, **{**defaults, "checkpoint_every": 10, "log_every": 5, **changes}
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    world = join_world("cpu")
    run_loop(Fit, Lines(), config(int(sys.argv[2])), Path(sys.argv[1]), world=world)
    leave_world()
