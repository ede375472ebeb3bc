"""Pictures of people who come several times running, split by person.

    python -m training.render_pairs --draw people --each 8 --count 7200 --size 128 --no-masks \\
        --out runs/people
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from training.augment import AugmentConfig, photograph
from training.data.pairs import PairSet
from training.data.rig_crops import aligned, random_jitter
from training.images import resized

Sample = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float32]]
NOBODY = -1
Part = Literal["train", "held_out"]
HELD_OUT_EVERY = 10  # people whose number is 9 modulo 10 are never trained on

SIDE = 64  # pixels of what is learnt from; a quarter of the work, and who it is can be seen
DIRT = AugmentConfig(
    brightness=0.2, log_contrast=0.3, log_gamma=0.3, grey_p=0.0, occlusion_p=0.3,
    blur_sigma_px=0.8, downscale_min=0.5,
)  # fmt: skip
"""What cameras and hands do on top of the renders' own light; a face must stay to be seen."""


class PeopleSet:
    """Aligned faces of people; the same person is the same whatever the moment.

    Args:
        folder: of ``render_pairs --draw people``.
        part: whose pictures: of people who are trained on, or of those who never are.

    Raises:
        SourceError: as ``PairSet``; or the folder's faces are no people, or too few.
    """

    def __init__(self, folder: Path, part: Part = "train") -> None:
        self.pairs = PairSet(folder)
        self.each = people_each(folder)
        person = np.array([place.index // self.each for place in self.pairs.places])
        chosen = is_held_out(person) == (part == "held_out")
        self.positions = np.flatnonzero(chosen)
        self.names, self.people = np.unique(person[chosen], return_inverse=True)
        if len(self.names) < 2:
            raise SourceError(f"{folder} has no two people for the {part} part: render more")

    def __len__(self) -> int:
        return len(self.positions)

    def picture(self, position: int) -> NDArray[np.uint8]:
        """(128, 128, 3) RGB, aligned, as rendered."""
        return aligned(self.pairs, int(self.positions[position]), extended=True)

    def parameters(self, position: int) -> NDArray[np.float32]:
        """(P,) in the layout's order."""
        return self.pairs.parameters(int(self.positions[position]))

    def sample(self, position: int, rng: np.random.Generator) -> Sample:
        """A varied picture (3, 64, 64), which of ``names`` it shows (1,), identity numbers."""
        place = int(self.positions[position])
        return varied(self.pairs, place, rng, int(self.people[position]))


class WithPlain:
    """People, and plain renders of nobody in particular beside them: one in ``every``.

    The plain renders' look is the learned renderer's, whose pictures L_id compares with
    photographs: what a shape is must be read alike off both.
    """

    def __init__(self, people: PeopleSet, plain: PairSet, every: int = 4) -> None:
        self.people, self.plain = people, plain
        self.count = min(len(plain), len(people) // (every - 1))

    def __len__(self) -> int:
        return len(self.people) + self.count

    def sample(self, position: int, rng: np.random.Generator) -> Sample:
        """As ``PeopleSet``'s; the person of a plain render is −1."""
        if position < len(self.people):
            return self.people.sample(position, rng)
        return varied(self.plain, int(rng.integers(len(self.plain))), rng, NOBODY)


def varied(pairs: PairSet, place: int, rng: np.random.Generator, person: int) -> Sample:
    """A pair's picture as some camera, at some moment, might have seen it."""
    crop = aligned(pairs, place, jitter=random_jitter(rng, 1.5), extended=True)
    if rng.random() < 0.5:  # the rig's identities are symmetric: the mirror image is the person
        crop = np.ascontiguousarray(crop[:, ::-1])
    crop = photograph(resized(crop, SIDE), rng, DIRT)
    shape = pairs.parameters(place)[load_layout().blocks["identity"]]
    return np.ascontiguousarray(crop.transpose(2, 0, 1)), np.array([person]), shape


def is_held_out(person: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether people of these numbers are kept for verification."""
    return np.asarray(person % HELD_OUT_EVERY == HELD_OUT_EVERY - 1)


def people_each(folder: Path) -> int:
    """How often each person comes in a set.

    Raises:
        SourceError: the set was not rendered with --draw people.
    """
    path = folder / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        draw, each = found.get("draw"), int(found.get("each", 0))
    except (OSError, ValueError, AttributeError) as error:
        raise SourceError(f"{path} is no manifest of rendered pairs ({error!r})") from error
    if draw != "people" or each < 2:
        raise SourceError(
            f"{folder} shows {draw} faces, each person once: F_reg wants python -m "
            "training.render_pairs --draw people"
        )
    return each
