"""What a person wears and how the hair is done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rig.identities import Person


@dataclass(frozen=True)
class Styling:
    """Hair, beard, glasses, hat and cloth of one face; the defaults are none of these."""


def sample_styling(rng: np.random.Generator, person: Person) -> Styling:
    """Random styling that suits ``person``."""
    return Styling()
