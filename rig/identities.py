"""Who a random face belongs to: the facts that identity, skin, hair and brows share.

A ``Person`` is drawn first; everything that differs between people in step (a beard goes with
a broad jaw, grey hair with age) is drawn given the person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AGE_RANGE_YEARS = (18.0, 80.0)
ANCESTRIES = ("african", "asian", "caucasian")


@dataclass(frozen=True)
class Person:
    """What a face's parts have in common.

    Attributes:
        age: 0..1, from 18 to 80 years.
        masculinity: 0 female, 1 male; in between for the few who are hard to tell.
        ancestry: weights of MakeHuman's three sets (african, asian, caucasian), sum 1.
    """

    age: float
    masculinity: float
    ancestry: tuple[float, float, float]

    @property
    def age_years(self) -> float:
        """Age in years, 18..80."""
        low, high = AGE_RANGE_YEARS
        return low + (high - low) * self.age


def sample_person(rng: np.random.Generator) -> Person:
    """A random adult; a third of them of mixed ancestry."""
    return Person(
        age=float(rng.beta(1.1, 1.6)),
        masculinity=float(rng.beta(0.25, 0.25)),
        ancestry=_sample_ancestry(rng),
    )


def _sample_ancestry(rng: np.random.Generator) -> tuple[float, float, float]:
    """Mostly one of the three, with a little of the others; sometimes a real mixture."""
    mixed = rng.random() < 1 / 3
    weights = rng.dirichlet(np.full(3, 1.0 if mixed else 0.12))
    african, asian, caucasian = weights / weights.sum()
    return float(african), float(asian), float(caucasian)
