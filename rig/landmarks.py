"""Named landmarks of the rig: points that ride on the skin, on the eyes or on joints.

The names follow the 68 points that face alignment has long used (contour, brows, nose, lids,
lips), with cheeks, forehead and eyes added. ``ALIGNMENT`` are the five a face is aligned by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rig.head import Head

FloatArray = NDArray[np.float64]

ALIGNMENT = ("eye_centre_L", "eye_centre_R", "nose_tip", "mouth_corner_L", "mouth_corner_R")

# Rest places in the frontal view (x to the left, y up; metres). A name that ends in "_L" has a
# mirror image. The foremost skin there is meant.
_ON_SKIN = {
    "contour_1_L": (0.0645, 0.0321),
    "contour_2_L": (0.0640, 0.0184),
    "contour_3_L": (0.0625, 0.0050),
    "contour_4_L": (0.0592, -0.0108),
    "contour_5_L": (0.0574, -0.0266),
    "contour_6_L": (0.0481, -0.0465),
    "contour_7_L": (0.0382, -0.0544),
    "contour_8_L": (0.0203, -0.0648),
    "chin": (0.0, -0.055),
    "chin_bottom": (0.0, -0.0670),
    "brow_inner_L": (0.012, 0.0490),
    "brow_1_L": (0.0152, 0.0545),
    "brow_2_L": (0.0240, 0.0560),
    "brow_3_L": (0.0340, 0.0580),
    "brow_4_L": (0.0440, 0.0570),
    "brow_outer_L": (0.050, 0.0490),
    "nose_bridge_1": (0.0, 0.0418),
    "nose_bridge_2": (0.0, 0.0258),
    "nose_bridge_3": (0.0, 0.0120),
    "nose_tip": (0.0, 0.003),
    "nose_base": (0.0, -0.0075),
    "nose_wing_L": (0.0165, 0.0010),
    "nostril_outer_L": (0.0129, -0.0024),
    "nostril_inner_L": (0.0055, -0.0080),
    "eye_inner_L": (0.0148, 0.0360),
    "eye_outer_L": (0.0460, 0.0375),
    "lid_upper_inner_L": (0.0250, 0.0418),
    "lid_upper_outer_L": (0.0361, 0.0414),
    "lid_lower_inner_L": (0.0260, 0.0330),
    "lid_lower_outer_L": (0.0334, 0.0328),
    "mouth_corner_L": (0.0222, -0.0290),
    "lip_upper_edge": (0.0, -0.0188),
    "lip_upper_peak_L": (0.0049, -0.0182),
    "lip_upper_side_L": (0.0137, -0.0203),
    "lip_upper_middle": (0.0, -0.0233),
    "lip_upper_inner": (0.0, -0.0265),
    "lip_upper_inner_L": (0.0080, -0.0270),
    "lip_lower_inner": (0.0, -0.0299),
    "lip_lower_inner_L": (0.0080, -0.0299),
    "lip_lower_middle": (0.0, -0.0330),
    "lip_lower_side_L": (0.0125, -0.0355),
    "lip_lower_peak_L": (0.0061, -0.0398),
    "lip_lower_edge": (0.0, -0.0402),
    "cheek_L": (0.0450, 0.0050),
    "cheek_low_L": (0.0420, -0.0250),
    "forehead": (0.0, 0.0800),
    "forehead_L": (0.0300, 0.0780),
}
_PUPIL_V = 0.97  # the eye's polar picture: v runs from its back (0) to the pupil (1)


class Landmarks:
    """Finds the vertices once and reads their places from posed vertices."""

    def __init__(self, head: Head) -> None:
        skin = head.primitives["skin"].positions
        self._skin_vertex: dict[str, int] = {}
        for name, place in _ON_SKIN.items():
            for twin, flip in ((name, 1.0), (name[:-1] + "R", -1.0)):
                if twin == name or name.endswith("_L"):
                    self._skin_vertex[twin] = _foremost(skin, place[0] * flip, place[1])
        eyes = head.primitives["eyes"]
        # once each: the texture's seam has vertices twice and would pull the mean to its side
        _, once = np.unique(eyes.positions, axis=0, return_index=True)
        front = once[eyes.uvs[once, 1] > _PUPIL_V]
        self._eye, self._pupil = (_by_side(eyes.positions, rows) for rows in (once, front))

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of ``positions``."""
        eyes = (f"{kind}_{side}" for kind in ("eye_centre", "pupil") for side in "LR")
        return (*self._skin_vertex, *eyes)

    def positions(self, vertices: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """Landmark name → (3,) rig frame.

        "eye_centre_L/R" is the middle of the eyeball, "pupil_L/R" that of the cornea's front.
        """
        out = {name: vertices["skin"][i] for name, i in self._skin_vertex.items()}
        for kind, rows in (("eye_centre", self._eye), ("pupil", self._pupil)):
            for side, which in rows.items():
                out[f"{kind}_{side}"] = vertices["eyes"][which].mean(axis=0)
        return out


def _by_side(points: FloatArray, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    return {"L": rows[points[rows, 0] > 0], "R": rows[points[rows, 0] < 0]}


def _foremost(points: FloatArray, x: float, y: float) -> int:
    """Vertex nearest to (x, y) in the frontal view among those in front; on the middle for x 0."""
    unfit = (points[:, 2] < 0.04) | ((x == 0) & (np.abs(points[:, 0]) > 1e-4))
    distance = np.hypot(points[:, 0] - x, points[:, 1] - y) + 1.0 * unfit
    near = np.flatnonzero(distance < distance.min() + 0.0015)
    return int(near[np.argmax(points[near, 2])])
