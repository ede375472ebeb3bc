"""Keeps several faces apart from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align.faces import AlignedFace

MAX_STEP = 0.75
"""A face that moves further than this part of its size between frames is another face."""


class Subjects:
    """Gives each face a slot of its own, 0 to count - 1, for as long as it is followed.

    A face keeps the slot whose last face was nearest; a new face takes the slot that has been
    empty longest, the largest face first.

    Args:
        count: number of slots, >= 1.
    """

    def __init__(self, count: int) -> None:
        self._last: list[NDArray[np.float64] | None] = [None] * count
        self._missing = [0] * count

    def assign(self, faces: Sequence[AlignedFace]) -> list[AlignedFace | None]:
        """The face of each slot in this frame, None where there is none.

        Args:
            faces: of one frame, the largest first; those beyond the slots are left out.
        """
        boxes = [_centre_and_size(face) for face in faces]
        slot_of = self._keep(boxes)
        for face in range(len(faces)):
            free = [s for s in range(len(self._last)) if s not in slot_of.values()]
            if face not in slot_of and free:
                slot_of[face] = max(free, key=lambda slot: (self._missing[slot], -slot))
        found: list[AlignedFace | None] = [None] * len(self._last)
        self._missing = [count + 1 for count in self._missing]
        for face, slot in slot_of.items():
            found[slot], self._last[slot], self._missing[slot] = faces[face], boxes[face], 0
        return found

    def _keep(self, boxes: list[NDArray[np.float64]]) -> dict[int, int]:
        """Face → slot for the faces that were there before, nearest pairs first."""
        steps = [
            (float(np.linalg.norm(box[:2] - last[:2]) / max(box[2], last[2])), face, slot)
            for face, box in enumerate(boxes)
            for slot, last in enumerate(self._last)
            if last is not None
        ]
        slot_of: dict[int, int] = {}
        for step, face, slot in sorted(steps):
            if step <= MAX_STEP and face not in slot_of and slot not in slot_of.values():
                slot_of[face] = slot
        return slot_of


def _centre_and_size(face: AlignedFace) -> NDArray[np.float64]:
    low, high = face.landmarks_px[:, :2].min(axis=0), face.landmarks_px[:, :2].max(axis=0)
    return np.array([*(low + high) / 2, (high - low).max()], np.float64)
