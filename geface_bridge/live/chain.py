"""One picture in, one estimate a subject out: align, estimate, then all that ``Motions`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geface_bridge.align import Subjects
from geface_bridge.estimate import Estimate
from geface_bridge.live.motions import Motions
from rig.layout import Layout

if TYPE_CHECKING:
    from geface_bridge.align import AlignedFace, FaceAligner
    from geface_bridge.capture import Frame
    from geface_bridge.estimate import Estimator


class FaceChain(Motions):
    """Everything between a picture and the wire, for up to ``faces`` subjects.

    Attributes:
        meter: times of the stages align, estimate and motion.

    Args:
        aligner: of at least ``faces`` faces, tracking; the chain does not close it.
        estimator: the network; the chain does not close it.
        faces: number of subjects, >= 1.
        smoothing: 0 for none, outliers and all; else as ``paces``.
        rest_s: take the neutral of a face that rests so long, once; 0 for never.
        layout: defaults to the packaged layout.
    """

    def __init__(
        self,
        aligner: FaceAligner,
        estimator: Estimator,
        faces: int = 1,
        smoothing: float = 1.0,
        layout: Layout | None = None,
        rest_s: float = 0.0,
    ) -> None:
        super().__init__(faces, smoothing, layout, rest_s)
        self._aligner = aligner
        self._estimator = estimator
        self._subjects = Subjects(faces)

    def __call__(self, image_rgb: NDArray[np.uint8], time_s: float) -> list[Estimate | None]:
        """The estimate of each subject, None where its face is not to be seen.

        Args:
            image_rgb: (H, W, 3).
            time_s: source time, never falling between two ``reset``.

        Raises:
            ImageError: the picture cannot be worked on.
        """
        with self.meter.stage("align"):
            slots = self._subjects.assign(self._aligner.align(image_rgb))
        with self.meter.stage("estimate"):
            estimates = self._estimate(slots)
        with self.meter.stage("motion"):
            return [self.settle(i, each, time_s) for i, each in enumerate(estimates)]

    def updates(self, frame: Frame) -> dict[int, Estimate | None]:
        """Subject → estimate of all subjects, for the live loop.

        Raises:
            ImageError: as calling it does.
        """
        return dict(enumerate(self(frame.image_rgb, frame.time_s)))

    def _estimate(self, slots: list[AlignedFace | None]) -> list[Estimate | None]:
        found = iter(self._estimator.estimate([face for face in slots if face is not None]))
        return [None if face is None else next(found) for face in slots]
