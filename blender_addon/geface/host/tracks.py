# SPDX-License-Identifier: GPL-3.0-or-later
"""One number of a data-block over time: what baking makes an F-curve of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Track:
    """Values of one animated number.

    Attributes:
        id_data: the data-block that is animated; to be used at once and not kept.
        id_type: "OBJECT" or "KEY", its slot's type.
        data_path, index: of the number, from ``id_data``.
        values: (N,), one for each channel vector that was handed in.
        group: name of the group of curves, a bone's; "" for none.
    """

    id_data: Any
    id_type: str
    data_path: str
    index: int
    values: NDArray[np.float64]
    group: str


def driven_numbers(thing: Any) -> frozenset[tuple[str, int]]:
    """(path, index) of all numbers of a data-block that the user's drivers hold."""
    animation = thing.animation_data
    if animation is None:
        return frozenset()
    return frozenset((curve.data_path, curve.array_index) for curve in animation.drivers)
