"""Who a random face belongs to, and the identity numbers such a person may have.

A ``Person`` is drawn first; everything that differs between people in step (a beard goes with
a broad jaw, grey hair with age) is drawn given the person. Identity numbers are drawn from
statistics of MakeHuman's random people, fitted by ``rig.author.identity_statistics``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rig.head import asset_path
from rig.layout import load_layout

FloatArray = NDArray[np.float64]

AGE_RANGE_YEARS = (18.0, 80.0)
ANCESTRIES = ("african", "asian", "caucasian")
# One face in a few has numbers that no statistics would give: networks see the whole range.
WIDE_CHANCE = 0.12
WIDE_SHARE = 0.2  # of such a face's numbers
# Bones whose unlikely numbers together leave a chin too thin for its teeth (in 7 of 100 such
# faces they stood out of the skin): these numbers go only so far from the likely ones.
_TEETH_STAND_IN = ("jaw", "jaw_angle", "chin", "mouth")
_HELD = 0.3


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


@dataclass(frozen=True)
class IdentityStatistics:
    """How identity numbers on the scale -1..1 are distributed.

    Attributes:
        regression: (F, 208) on ``person_features``.
        factors: (K, 208) loadings of independent standard normal factors.
        spread: (208,) standard deviation beside them.
    """

    regression: FloatArray
    factors: FloatArray
    spread: FloatArray


@lru_cache(maxsize=1)
def load_statistics() -> IdentityStatistics:
    """The packaged statistics."""
    with np.load(asset_path("identity_statistics.npz")) as data:
        names = ("regression", "factors", "spread")
        return IdentityStatistics(*(data[name].astype(float) for name in names))


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


def person_features(person: Person) -> FloatArray:
    """(9,) what identity depends on: a constant, age, sex, ancestry and products."""
    age, sex = 2 * person.age - 1, 2 * person.masculinity - 1
    african, asian, _ = (3 * weight - 1 for weight in person.ancestry)
    return np.array([1, age, age * age, sex, african, asian, age * sex, african * sex, asian * sex])


def sample_identity(rng: np.random.Generator, person: Person) -> FloatArray:
    """(208,) random identity numbers in 0..1 of such a person."""
    known = load_statistics()
    numbers = person_features(person) @ known.regression
    numbers = numbers + rng.standard_normal(len(known.factors)) @ known.factors
    numbers = numbers + rng.standard_normal(numbers.shape) * known.spread
    wide = rng.random(numbers.shape) < (WIDE_SHARE if rng.random() < WIDE_CHANCE else 0)
    unlikely = numbers + _freedom() * (rng.uniform(-1, 1, numbers.shape) - numbers)
    numbers = np.where(wide, unlikely, numbers)
    return np.asarray(np.clip((numbers + 1) / 2, 0, 1))


@lru_cache(maxsize=1)
def _freedom() -> FloatArray:
    """(208,) how much of the way from its likely value to any other each number may go."""
    bones = (name.split(".")[0] for name in load_layout().identity_names)
    return np.array([_HELD if bone in _TEETH_STAND_IN else 1.0 for bone in bones])
