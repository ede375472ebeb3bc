"""Fits the 208 identity numbers to shapes of heads.

Bounded least squares by Gauss-Newton: each step solves for all 208 numbers with the
Jacobian of the neutral face and is judged by the real evaluation, skeleton and skinning
(the chord method; identity is nearly linear). A small ridge keeps numbers that hardly
matter at rest, so that their statistics mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from rig.author.fit import ranking
from rig.head import Head
from rig.layout import Layout, load_layout
from rig.profile import Profile
from rig.skeleton import Skeleton
from rig.skinning import skin

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STEPS = 5
# What an offset costs in the fit, as if it were an error of RIDGE_M for one UNIT (m, rad, factor).
RIDGE_M = 0.006
UNITS = {"t": 0.010, "r": 0.25, "s": 0.35}
STEP = 0.05  # of the central differences, on the scale -1..1
NECK = 0.05  # what has a greater share of the neck is no part of the face


@dataclass(frozen=True)
class Rigged:
    """Skinned vertices whose shape identity changes.

    Attributes:
        skeleton: evaluates identity.
        positions: (V, 3) at rest, rig frame; joints, weights: (V, 4).
    """

    skeleton: Skeleton
    positions: FloatArray
    joints: IntArray
    weights: FloatArray

    def shape(self, numbers: FloatArray) -> FloatArray:
        """(V, 3) positions at identity numbers (208,) on the scale -1..1, expression at rest."""
        return skin(self.positions, self.joints, self.weights, self.matrices(numbers))

    def matrices(self, numbers: FloatArray) -> FloatArray:
        """(J, 4, 4) posed_from_rest at identity numbers (208,) on the scale -1..1."""
        still = np.zeros(len(self.skeleton.layout.channels))
        return self.skeleton.skin_matrices(still, (numbers + 1) / 2)

    @cached_property
    def jacobian(self) -> FloatArray:
        """(V * 3, 208) at the neutral face."""
        count = len(self.skeleton.layout.identity_names)
        columns = []
        for step in STEP * np.eye(count):
            columns.append((self.shape(step) - self.shape(-step)).ravel() / (2 * STEP))
        return np.stack(columns, axis=1)


class Fitter:
    """Best identity numbers for head shapes.

    Args:
        rig: what moves.
        counts: (V,) weight of each vertex' error in the fit.
        bound: numbers stay within ± this; 1 is the whole range, more asks what a wider
            range would give.
    """

    def __init__(self, rig: Rigged, counts: FloatArray, bound: float = 1.0) -> None:
        self.rig, self.bound = rig, bound
        self.roots = np.repeat(np.sqrt(counts), 3)
        weighted = rig.jacobian * self.roots[:, None]
        ridge = np.diag((RIDGE_M * extents_in_units(rig.skeleton.layout)) ** 2)
        self.factor = np.linalg.cholesky(weighted.T @ weighted + ridge).T
        self.project = np.linalg.solve(self.factor.T, weighted.T)

    def fit(self, shape: FloatArray) -> FloatArray:
        """(208,) numbers on the scale -1..1 whose head is nearest to ``shape`` (V, 3)."""
        numbers = np.zeros(self.factor.shape[1])
        for _ in range(STEPS):
            residual = (shape - self.rig.shape(numbers)).ravel() * self.roots
            # least squares of J (new - numbers) = residual with the ridge on new
            wanted = residual + self.roots * (self.rig.jacobian @ numbers)
            numbers = self._bounded(self.project @ wanted)
        return numbers

    def _bounded(self, right: FloatArray) -> FloatArray:
        free = np.linalg.solve(self.factor, right)
        if np.abs(free).max() <= self.bound:
            return np.asarray(free)
        found = lsq_linear(self.factor, right, (-self.bound, self.bound), method="bvls")
        return np.asarray(found.x)


def extents_in_units(layout: Layout) -> FloatArray:
    """(208,) how many ``UNITS`` each number moves its component at the end of its range."""
    return np.array(
        [
            extent / UNITS[dof[0]]
            for component in layout.identity
            for dof, extent in zip(component.dofs, component.ranges, strict=True)
        ]
    )


def explained(shapes: FloatArray, fitted: FloatArray, centre: FloatArray) -> float:
    """1 - SSE / SST over people, vertices and axes; SST is about ``centre`` (V, 3)."""
    return float(1 - np.square(shapes - fitted).sum() / np.square(shapes - centre).sum())


class IdentityShapes:
    """Shapes that people differ by, as targets of the skin weights beside the action units.

    Args:
        names, parents, pivots: the rig's bones, MakeHuman's frame; (B,), (B,), (B, 3).
        points: (V, 3) at rest, same frame; shapes: (S, V, 3) displacements.
        neck: (V,) how much of the skinning is the neck's: identity leaves the weights there.
        strength: of an identity shape against an action unit.
        bound: numbers may leave their range, to say what a wider one would ask of the weights.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        parents: tuple[int, ...],
        pivots: FloatArray,
        points: FloatArray,
        shapes: FloatArray,
        neck: FloatArray,
        strength: float = 0.8,
        bound: float = 1.5,
    ) -> None:
        above = np.array(parents)[:, None]
        rest = pivots - np.where(above >= 0, pivots[above[:, 0]], 0)
        profile = Profile("", load_layout().layout_id, "head", (), {})
        self._skeleton = Skeleton(Head({}, names, parents, rest), profile)
        self._points, self._shapes, self._bound = points, shapes, bound
        self._face = (neck < NECK).astype(float)
        self._strength = strength

    @property
    def targets(self) -> FloatArray:
        """(S, V, 3) displacements, 0 on the neck."""
        return np.asarray(self._strength * self._shapes * self._face[:, None])

    def moved(self, weights: FloatArray, rows: IntArray) -> FloatArray:
        """(S, R, B, 3) what each bone does to the points of ``rows`` in the best fit so far."""
        fitter = self._fitter(weights)
        points, face = self._points[rows], self._face[rows, None, None]
        out = []
        for shape in self._shapes:
            numbers = fitter.fit(self._points + shape)
            matrices = fitter.rig.matrices(numbers)[:, :3]
            placed = np.einsum("bij,vj->vbi", matrices[..., :3], points) + matrices[..., 3]
            out.append(self._strength * face * (placed - points[:, None]))
        return np.stack(out)

    def _fitter(self, weights: FloatArray) -> Fitter:
        joints = ranking(weights)[:, :-5:-1]
        strongest = np.take_along_axis(weights, joints, axis=1)
        rig = Rigged(self._skeleton, self._points, joints, strongest)
        return Fitter(rig, np.maximum(self._face, 0.05), self._bound)
