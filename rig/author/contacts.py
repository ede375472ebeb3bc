"""Where lips and lids meet: gaps that no identity may close or turn into overlaps.

Edges are given by the rest places of their vertices on the left half of the head, so that
they are found in MakeHuman's mesh and in the packaged head alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Rest places in millimetres, rig frame, from the middle (lips) or the nose (lids) outwards.
LIP_UPPER = (
    (0.0, -28.6, 100.1), (2.2, -28.3, 99.9), (4.9, -28.0, 99.6), (7.7, -27.9, 99.6),
    (9.9, -27.7, 99.1), (11.7, -27.8, 98.5), (14.2, -28.0, 97.4), (16.6, -27.9, 95.7),
    (18.7, -28.3, 95.4),
)  # fmt: skip
LIP_LOWER = (
    (0.0, -28.8, 100.8), (5.7, -28.4, 100.0), (10.5, -27.8, 99.2), (15.0, -28.6, 97.1),
    (18.4, -28.7, 94.6),
)  # fmt: skip
LID_UPPER = (
    (18.7, 37.1, 87.3), (19.6, 38.2, 87.6), (22.1, 39.6, 88.4), (25.6, 40.7, 89.4),
    (29.3, 41.3, 89.7), (33.0, 41.4, 89.1), (35.9, 40.8, 88.1), (38.4, 40.0, 86.5),
    (40.2, 39.2, 84.8), (41.1, 38.1, 83.2),
)  # fmt: skip
LID_LOWER = (
    (18.6, 34.7, 86.2), (21.1, 34.1, 87.3), (23.0, 34.0, 87.9), (26.0, 33.7, 88.7),
    (29.4, 33.5, 89.2), (33.3, 33.5, 88.8), (36.4, 33.9, 87.1), (38.5, 34.8, 85.6),
    (40.5, 36.3, 83.3),
)  # fmt: skip
EYE_MM = (28.9, 37.7, 73.2)  # the left eyeball's centre
LID_REACH_M = 0.0173  # of the lids' skin from the eyeball's centre
LID_OUTSIDE_M = 0.0154  # what is nearer is the inside, hidden behind the edge
SAMPLES = 15  # places along an edge
LID_ENDS = 0.06  # share of the slit at either corner where lids meet anyway


def lip_region(positions: FloatArray) -> NDArray[np.bool_]:
    """(V,) which rest positions (rig frame) are lip, outer and inner, or right beside it."""
    x, y, z = np.abs(positions[:, 0]), positions[:, 1], positions[:, 2]
    return np.asarray((x < 0.0245) & (np.abs(y + 0.0287) < 0.0065) & (z > 0.082))


def lid_region(positions: FloatArray, side: str) -> NDArray[np.bool_]:
    """(V,) which rest positions (rig frame) are skin of the lids of the eye "L" or "R"."""
    local = positions - np.array(EYE_MM) * 1e-3 * [1 if side == "L" else -1, 1, 1]
    reach = np.linalg.norm(local, axis=1)
    return np.asarray((reach < LID_REACH_M) & (local[:, 2] > 0.0))


@dataclass(frozen=True)
class Contacts:
    """Rows of the skin's vertices along the edges of lips and left lids.

    Attributes:
        lip_upper, lip_lower, lid_upper, lid_lower: from one end of the edge to the other.
        lids: outer skin of both lids.
    """

    lip_upper: IntArray
    lip_lower: IntArray
    lid_upper: IntArray
    lid_lower: IntArray
    lids: IntArray

    def lip_gap(self, positions: FloatArray) -> FloatArray:
        """(SAMPLES,) metres by which the upper lip's edge stands above the lower's."""
        return _gap(positions, self.lip_upper, self.lip_lower, 0.0)

    def lid_gap(self, positions: FloatArray) -> FloatArray:
        """(SAMPLES,) metres by which the upper lid's edge stands above the lower's."""
        return _gap(positions, self.lid_upper, self.lid_lower, LID_ENDS)

    def eye_clearance(self, positions: FloatArray, posed_from_rest: FloatArray) -> FloatArray:
        """(L,) metres from the eyeball's centre to the lids, in the eyeball's own rest frame.

        Args:
            positions: (V, 3) posed skin.
            posed_from_rest: (4, 4) of the left eyeball.
        """
        rest_from_posed = np.linalg.inv(posed_from_rest)
        local = positions[self.lids] @ rest_from_posed[:3, :3].T + rest_from_posed[:3, 3]
        return np.asarray(np.linalg.norm(local - np.array(EYE_MM) * 1e-3, axis=1))


def find_contacts(rest: FloatArray, normals: FloatArray) -> Contacts:
    """The edges among the skin's (V, 3) rest positions (rig frame, metres) and its normals.

    Raises:
        ValueError: a vertex of an edge is not there.
    """
    local = rest - np.array(EYE_MM) * 1e-3
    reach = np.linalg.norm(local, axis=1)
    outside = (reach > LID_OUTSIDE_M) & ((local * normals).sum(1) > 0.2 * reach)
    lids = lid_region(rest, "L") & outside & (local[:, 2] > 0.004)
    return Contacts(
        lip_upper=_nearest(rest, LIP_UPPER),
        lip_lower=_nearest(rest, LIP_LOWER),
        lid_upper=_nearest(rest, LID_UPPER),
        lid_lower=_nearest(rest, LID_LOWER),
        lids=np.flatnonzero(lids),
    )


def _nearest(rest: FloatArray, edge: tuple[tuple[float, float, float], ...]) -> IntArray:
    distance = np.linalg.norm(rest[:, None] - np.array(edge) * 1e-3, axis=-1)
    if distance.min(0).max() > 2e-4:
        raise ValueError(f"the skin has no vertex near {edge[int(distance.min(0).argmax())]} mm")
    return np.asarray(distance.argmin(0))


def _gap(positions: FloatArray, upper: IntArray, lower: IntArray, ends: float) -> FloatArray:
    """Height of the upper edge over the lower, at equal shares of their common width."""
    low = max(positions[upper, 0].min(), positions[lower, 0].min())
    high = min(positions[upper, 0].max(), positions[lower, 0].max())
    x = low + (high - low) * np.linspace(ends, 1 - ends, SAMPLES)
    return np.asarray(_height(positions[upper], x) - _height(positions[lower], x))


def _height(edge: FloatArray, x: FloatArray) -> FloatArray:
    order = np.argsort(edge[:, 0])
    return np.asarray(np.interp(x, edge[order, 0], edge[order, 1]))
