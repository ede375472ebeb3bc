"""R among toy networks; a few steps alone or as ``torchrun … paper_toy.py OUT STEPS``."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import load_template
from rig.layout import load_layout
from tests.training.parsing_toy import TINY as TINY_PARSING
from training import regressor
from training.data.faces import FaceSamples, FaceSet, FaceVariation
from training.face_mesh import LANDMARK_COUNT
from training.loop import LoopConfig, join_world, leave_world, run_loop
from training.losses.features import FaceFeatures
from training.parsing import ParsingNet
from training.regressor import (
    FaceReader,
    Frozen,
    Regressor,
    RegressorConfig,
    RegressorSamples,
    RegressorTask,
    Weights,
    channels_of,
)

COUNT = len(load_layout().parameter_names)


class ToyRenderer(nn.Module):
    """Smooth, and every parameter shows."""

    def __init__(self):
        super().__init__()
        self.pixels = nn.Linear(COUNT, 3 * 16 * 16)

    def forward(self, y):
        small = self.pixels(3 * (y - 0.4)).view(-1, 3, 16, 16).sigmoid()
        return functional.interpolate(small, size=(CROP_SIZE, CROP_SIZE))


class ToyParsing(nn.Module):
    """Five maps of different sizes, and norms that would change if anybody trained them."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.BatchNorm2d(4))
        self.coarse = nn.Conv2d(4, 5, 2, 2)

    def features(self, pictures):
        fine = self.fine(pictures).tanh()
        coarse = self.coarse(fine).tanh()
        return FaceFeatures(coarse, fine[:, :2], fine[:, 2:], coarse[:, :2], coarse[:, 2:4], coarse)


class ToyIdentity(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3 * 8 * 8, 16)

    def forward(self, pictures):
        return self.embed(functional.adaptive_avg_pool2d(pictures, 8).flatten(1))


def frozen(seed=5):
    torch.manual_seed(seed)
    return Frozen(ToyRenderer(), ToyParsing(), ToyIdentity())


def tiny(nets, **changes):
    defaults = {"size": 4, "width": 8, "hidden": 16}
    return RegressorConfig(channels_of(nets.parsing.eval()), **{**defaults, **changes})


def make_task(weights=None, seed=5):
    nets = frozen(seed)
    reader = FaceReader(nets.parsing, Regressor(tiny(nets)))
    return RegressorTask(reader, nets, weights or Weights())


def mean_landmarks():
    """(478, 2) landmarks of the template in the crop, over its size."""
    from training.augment import neutral_landmarks

    assert load_template().positions_m.shape[0] == LANDMARK_COUNT
    return neutral_landmarks()


def face_set(count=6, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
    crops = noise.repeat(8, axis=1).repeat(8, axis=2)
    landmarks = np.repeat(mean_landmarks()[None], count, axis=0)
    pose = rng.uniform(0.3, 0.7, (count, 2)).astype(np.float32)
    names = np.array([f"made_{i}.png" for i in range(count)])
    return FaceSet(crops, landmarks, pose, names)


def samples(count=6):
    return RegressorSamples(FaceSamples(face_set(count), FaceVariation()))


def batch(count=4):
    made = [samples(count).sample(i, np.random.default_rng(i)) for i in range(count)]
    return tuple(torch.from_numpy(np.stack(arrays)) for arrays in zip(*made, strict=True))


def warm_run(out):
    """A step of R's warm start upon an F_seg of our own form, as ``load_regressor`` reads both."""
    torch.manual_seed(0)
    nets = Frozen(nn.Identity(), ParsingNet(TINY_PARSING), nn.Identity())
    task = partial(regressor.make_task, nets, tiny(nets), regressor.WARM["rendered"])
    return run_loop(task, samples(), config(1), out)


def config(steps, **changes):
    defaults = {"batch_size": 4, "learning_rate": 1e-3, "warmup_steps": 2, "ema_decay": 0.9}
    return LoopConfig(steps=steps, **{**defaults, "log_every": 1, **changes})


if __name__ == "__main__":
    torch.set_num_threads(1)
    world = join_world("cpu")
    task = partial(make_task, Weights(generated=0.5))
    run_loop(task, samples(), config(int(sys.argv[2])), Path(sys.argv[1]), world=world)
    leave_world()
