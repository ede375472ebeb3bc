"""Named landmarks of the rig: points that ride on the skin or on joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rig.head import Head

FloatArray = NDArray[np.float64]

# Rest places in the rig's frame (metres), left side; the right is the mirror image.
_ON_SKIN = {
    "nose_tip": (0.0, 0.003, 0.2),
    "mouth_corner_L": (0.0222, -0.0290, 0.2),
    "lip_upper_middle": (0.0, -0.0233, 0.2),
    "lip_lower_middle": (0.0, -0.0330, 0.2),
    "chin": (0.0, -0.055, 0.2),
    "eye_inner_L": (0.0148, 0.0360, 0.2),
    "eye_outer_L": (0.0460, 0.0375, 0.2),
    "brow_inner_L": (0.012, 0.0490, 0.2),
    "brow_outer_L": (0.050, 0.0490, 0.2),
    "nose_wing_L": (0.0165, 0.0010, 0.2),
}


class Landmarks:
    """Finds the vertices once and reads their places from posed vertices."""

    def __init__(self, head: Head) -> None:
        skin = head.primitives["skin"].positions
        self._skin_vertex: dict[str, int] = {}
        for name, place in _ON_SKIN.items():
            for twin, flip in ((name, 1.0), (name[:-1] + "R", -1.0)):
                if twin == name or name.endswith("_L"):
                    self._skin_vertex[twin] = _foremost(skin, place[0] * flip, place[1])
        eyes = head.primitives["eyes"].positions
        # once each: the texture's seam has vertices twice and would pull the mean to its side
        _, once = np.unique(eyes, axis=0, return_index=True)
        self._eye = {"L": once[eyes[once, 0] > 0], "R": once[eyes[once, 0] < 0]}

    def positions(self, vertices: dict[str, FloatArray]) -> dict[str, FloatArray]:
        """Landmark name → (3,) rig frame; "eye_centre_L/R" is the middle of the eyeball."""
        out = {name: vertices["skin"][i] for name, i in self._skin_vertex.items()}
        for side, rows in self._eye.items():
            out[f"eye_centre_{side}"] = vertices["eyes"][rows].mean(axis=0)
        return out


def _foremost(points: FloatArray, x: float, y: float) -> int:
    """Vertex nearest to (x, y) in the frontal view among those in front."""
    distance = np.hypot(points[:, 0] - x, points[:, 1] - y) + 1.0 * (points[:, 2] < 0.04)
    near = np.flatnonzero(distance < distance.min() + 0.0015)
    return int(near[np.argmax(points[near, 2])])
