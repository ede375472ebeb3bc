"""A parsing task small enough to train in a moment, run as ``torchrun -m … OUT STEPS``."""

import sys
from pathlib import Path

import numpy as np
import torch

from geface_bridge.align.template import crop_points
from rig.layout import load_layout
from rig.render import LABELS
from tests.training.toy import config
from training.data.parsing_samples import CLASSES
from training.loop import join_world, leave_world, run_loop
from training.parsing import ParsingConfig, ParsingTask
from training.shards import Pair, shard_path, write_json, write_shard

TINY = ParsingConfig(stem=4, widths=(4, 8, 8), path=4, fused=8)
LID = (
    "eye_inner", "eye_outer", "lid_upper_inner", "lid_upper_outer", "lid_lower_inner",
    "lid_lower_outer",
)  # fmt: skip


class Colours:
    """Pictures of two halves; a half's brightness tells its class."""

    def __init__(self, count=8, size=32):
        self.count, self.size = count, size

    def __len__(self):
        return self.count

    def sample(self, position, rng):
        left, right = np.random.default_rng(position).integers(0, len(CLASSES), 2)
        classes = np.full((self.size, self.size), left, np.uint8)
        classes[:, self.size // 2 :] = right
        picture = np.repeat(classes[None] * 18, 3, axis=0) + rng.integers(0, 4)
        return picture.astype(np.uint8), classes


def make_task():
    return ParsingTask(TINY)


def landmarks():
    """Five points where an aligned face has them, so that the crop is the picture."""
    right, left, nose, right_corner, left_corner = map(tuple, crop_points())
    eyes = {f"{n}_{side}": at for side, at in (("R", right), ("L", left)) for n in LID}
    mouth = {"mouth_corner_R": right_corner, "mouth_corner_L": left_corner}
    return {**eyes, "nose_tip": nose, **mouth}


def colourful_pair(index):
    """128², every label in a band of its own shade."""
    bands = np.arange(128)[:, None] * len(LABELS) // 128
    mask = np.repeat(bands, 128, axis=1).astype(np.uint8)
    image = np.repeat(mask[..., None] * 13, 3, axis=2).astype(np.uint8)
    return Pair(
        index, image, mask, load_layout().neutral_parameters().astype(np.float32), landmarks()
    )


def make_pairs(folder, count=4):
    folder.mkdir(parents=True)
    write_shard(shard_path(folder, 0), [colourful_pair(n) for n in range(count)])
    write_json(folder / "manifest.json", {"layout_id": load_layout().layout_id, "size": 128})
    return folder


if __name__ == "__main__":
    torch.set_num_threads(1)
    world = join_world("cpu")
    run_loop(make_task, Colours(), config(int(sys.argv[2])), Path(sys.argv[1]), world=world)
    leave_world()
