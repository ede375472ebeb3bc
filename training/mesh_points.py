"""Which of MediaPipe's landmarks is which of the rig's, and how far beside it lies.

Measured on 217 random renders (seed 41, yaw and pitch within .2 of frontal), aligned as photographs
are: the landmark that follows a point of the rig most closely over people and expressions.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import load_template
from training.losses.landmark import landmark_loss
from training.rig_points import RigPoints

# Point of the rig → landmark, where it lies beside the point (x, y, pixels of the crop), and the
# median distance that remains. A name that ends in "_L" has a mirror image.
MATCHES: dict[str, tuple[int, float, float, float]] = {
    "brow_inner_L": (285, 1.3, 0.4, 1.5),
    "brow_1_L": (336, -0.9, -1.1, 1.7),
    "brow_2_L": (295, 1.2, 1.6, 1.7),
    "brow_3_L": (282, 2.8, 1.0, 1.7),
    "brow_4_L": (334, -1.3, 0.2, 2.0),
    "brow_outer_L": (276, -0.6, 0.1, 2.1),
    "eye_inner_L": (362, 1.0, 1.3, 0.9),
    "eye_outer_L": (359, -0.9, 0.8, 1.1),
    "lid_upper_inner_L": (385, 0.4, 1.6, 1.0),
    "lid_upper_outer_L": (387, -0.7, 0.7, 1.0),
    "lid_lower_inner_L": (380, -1.2, -0.4, 0.8),
    "lid_lower_outer_L": (373, 0.1, -0.5, 0.9),
    "pupil_L": (473, 0.0, 0.5, 1.1),
    "lip_upper_edge": (0, 0.0, 0.4, 1.8),
    "lip_upper_peak_L": (267, 1.1, 0.1, 1.8),
    "lip_upper_side_L": (269, -0.7, 0.1, 1.6),
    "lip_upper_middle": (11, 0.0, -0.8, 1.7),
    "lip_upper_inner": (12, 0.0, -0.2, 1.6),
    "lip_upper_inner_L": (311, 1.0, 0.3, 1.4),
    "lip_lower_inner": (15, 0.0, 0.4, 1.9),
    "lip_lower_inner_L": (316, 0.2, -1.0, 1.7),
    "lip_lower_middle": (16, 0.0, -0.1, 2.0),
    "lip_lower_peak_L": (314, 0.4, -1.1, 1.8),
    "lip_lower_side_L": (405, 0.1, 0.1, 1.7),
    "lip_lower_edge": (17, 0.0, -1.1, 1.9),
    "mouth_corner_L": (291, -0.7, 0.4, 1.0),
    "nose_bridge_1": (168, 0.0, 0.9, 1.7),
    "nose_bridge_2": (197, 0.0, 0.1, 2.2),
    "nose_bridge_3": (5, 0.0, -2.1, 1.8),
    "nose_tip": (1, 0.0, 1.9, 1.7),
    "nose_base": (2, 0.0, -1.1, 1.6),
    "nose_wing_L": (439, 0.4, 1.4, 1.6),
    "nostril_outer_L": (289, 0.3, 0.2, 1.6),
    "nostril_inner_L": (393, 1.3, 1.8, 1.6),
    "cheek_L": (280, -1.4, 0.0, 2.1),
    "chin": (199, 0.0, -1.7, 2.6),
    "chin_bottom": (152, 0.0, -1.7, 2.5),
    "contour_8_L": (400, 1.0, -2.8, 2.6),
}


class MeshPoints(nn.Module):
    """The rig's points of parameters against a tracker's landmarks of a photograph."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = RigPoints()
        rows = list(_both_sides())
        self.places = [self.rig.names.index(name) for name, *_ in rows]
        self.landmarks = [landmark for _, landmark, *_ in rows]
        beside = torch.tensor([(x, y) for _, _, x, y, _ in rows])
        self.register_buffer("beside", beside, persistent=False)
        trust = torch.tensor([1 / left for *_, left in rows])
        self.register_buffer("trust", trust, persistent=False)

    def seen(self, landmarks_crop: NDArray[np.float32]) -> Tensor:
        """(K, 2) where the rig's points should lie, of (478, 2) ``AlignedFace.landmarks_crop``."""
        points = torch.from_numpy(landmarks_crop[self.landmarks] * np.float32(CROP_SIZE))
        return points.to(self.beside) - self.beside

    def forward(self, parameters: Tensor, seen: Tensor) -> Tensor:
        """The landmark loss of (N, P) parameters, pixels."""
        return landmark_loss(self.rig(parameters)[:, self.places], seen, self.trust)


def _both_sides() -> list[tuple[str, int, float, float, float]]:
    """``MATCHES`` with their mirror images: right is the mirror image of left."""
    mirror, out = load_template().mirror, []
    for name, (landmark, x, y, left) in MATCHES.items():
        out.append((name, landmark, x, y, left))
        if name.endswith("_L"):
            out.append((f"{name[:-1]}R", int(mirror[landmark]), -x, y, left))
    return out
