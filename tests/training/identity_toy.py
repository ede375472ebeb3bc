"""People small enough to learn in a moment, run as ``torchrun -m … OUT STEPS``."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch

from rig.layout import load_layout
from tests.training.parsing_toy import landmarks
from tests.training.toy import config
from training.identity import IdentityConfig, IdentityTask
from training.loop import join_world, leave_world, run_loop
from training.shards import Pair, shard_path, write_json, write_shard

TINY = IdentityConfig(stem=2, widths=(4, 4, 8), embedding=16)
NUMBERS = load_layout().blocks["identity"]


class Strangers:
    """People whose faces are stripes, one in three of them nobody's."""

    def __init__(self, people=4, count=24):
        self.people, self.count = people, count

    def __len__(self):
        return self.count

    def sample(self, position, rng):
        person = position % self.people
        picture = stripes(person)[::2, ::2].transpose(2, 0, 1) + rng.integers(0, 20, (3, 64, 64))
        numbers = np.full(NUMBERS.stop - NUMBERS.start, person / self.people, np.float32)
        named = person if position % 3 else -1
        return picture.astype(np.uint8), np.array([named]), numbers


def stripes(person):
    """(128, 128, 3) a picture that nobody else has."""
    phase = np.arange(128) * (0.1 + 0.05 * person)
    one = 100 + 80 * np.sin(phase)[:, None] * np.cos(phase)[None]
    return np.repeat(one[..., None], 3, axis=2).astype(np.uint8)


def person_pair(index, each):
    """The moment ``index`` of a set of people; identity numbers tell the person."""
    person = index // each
    parameters = load_layout().neutral_parameters().astype(np.float32)
    parameters[NUMBERS] = person / 100
    return Pair(index, stripes(person % 7), None, parameters, landmarks())


def make_people(folder, people=20, each=2, **described):
    """A set as ``render_pairs --draw people`` writes it."""
    folder.mkdir(parents=True)
    write_shard(shard_path(folder, 0), [person_pair(n, each) for n in range(people * each)])
    told = {"layout_id": load_layout().layout_id, "size": 128, "draw": "people", "each": each}
    write_json(folder / "manifest.json", told | described)
    return folder


make_task = partial(IdentityTask, 4, TINY)

if __name__ == "__main__":
    torch.set_num_threads(1)
    world = join_world("cpu")
    run_loop(make_task, Strangers(), config(int(sys.argv[2])), Path(sys.argv[1]), world=world)
    leave_world()
