"""Estimators small enough to learn in a moment, run as ``torchrun -m … KIND OUT STEPS``."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tests.training.samples import TINY, random_aligned, tiny_config
from training import estimator, frozen_front
from training.data.faces import FaceSet
from training.estimator import model_of
from training.loop import CHECKPOINT, join_world, leave_world, read_checkpoint

ROOT = Path(__file__).parents[2]
FRONT = replace(model_of("front"), front_features=8)
KINDS = {
    "crop": partial(estimator.train, model=TINY),
    "landmarks": partial(estimator.train, model=model_of("landmarks")),
    "tuned": partial(estimator.train, model=replace(FRONT, front_tuned=True)),
    "frozen": partial(frozen_front.train, model=FRONT),
}


def learn(kind, out, steps, world=None):
    """Train one of ``KINDS`` on few samples."""
    config, pairs = tiny_config(steps=steps, ema_decay=0.9), random_aligned(24)
    pose, names = np.zeros((3, 2), np.float32), np.array(["a", "b", "c"])
    faces = FaceSet(255 - pairs.crop[:3], pairs.landmarks_crop[:3], pose, names)
    return KINDS[kind](pairs, config, out, faces=faces, world=world)


def of_one_and_of_two(kind, tmp_path, steps):
    """What one process leaves in its checkpoint, and what two do that share its batches."""
    learn(kind, tmp_path / "one", steps)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    command += ["-m", "tests.training.estimator_toy", kind, str(tmp_path / "two"), str(steps)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    one, two = (read_checkpoint(tmp_path / name / CHECKPOINT)[1] for name in ("one", "two"))
    assert one.keys() == two.keys()
    return one, two


if __name__ == "__main__":
    torch.set_num_threads(1)
    learn(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), join_world("cpu"))
    leave_world()
