"""Curves → channels: the way back through a profile whose file holds ``gram_mm2``.

ARKit's 52 numbers say less than the channels do (a little of AU25 is a little of AU10 and AU16), so
there is no table for the way back. What is looked for is the smallest set of AUs and gaze whose
curves move a face as the given ones do (of several sets the one that moves least in sum, which is
AU25 rather than AU10 with AU16, so that it does not flicker between them): non-negative least
squares by the active set method of Lawson and Hanson 1974 in the metric of the displacements.
Curves that no AU has (mouthLeft, say) are met as well as can be; what has the same curves left and
right (AU01: browInnerUp) is found on both sides. Correctives are products: what those of the
channels found add is taken off the curves, and the rest is solved again.
"""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from rig.layout import load_layout
from rig.profile import Profile, load_profile

FloatArray = NDArray[np.float64]
ROUNDS = 3  # of correctives; a lid that shuts while it looks down needs them all
SMALL = 0.005  # what correctives add of a curve, below which they are left aside
SPARING = 1e-6  # price of displacement, of the largest: where several sets fit, the least moves
RIDGE = 1e-9  # so that there is always one solution
SINGULAR = 1e-5  # of a Cholesky factor's diagonal


class CurveInverse:
    """Finds the channels behind curves.

    It begins where the last call ended, since faces move little from one to the next; what it finds
    does not depend on it.

    Args:
        profile: whose plain drivers make the curves.
        gram: (K, K) inner products of the curves' displacements, in ``profile.curve_names`` order.
    """

    def __init__(self, profile: Profile, gram: FloatArray) -> None:
        self.profile, self.gram = profile, gram
        self._plain = [
            driver
            for driver in profile.drivers
            if len(driver.factors) == 1 and profile.poses[driver.pose].curves
        ]
        index = {name: i for i, name in enumerate(profile.curve_names)}
        table = np.zeros((len(profile.drivers), len(index)))
        for row, driver in enumerate(profile.drivers):
            for name, value in profile.poses[driver.pose].curves.items():
                table[row, index[name]] = value
        single = np.array([len(driver.factors) == 1 for driver in profile.drivers])
        self._corrective = np.where(single[:, None], 0.0, table)
        curves = table[[driver in self._plain for driver in profile.drivers]]
        lengths = np.sqrt(np.einsum("dk,kl,dl->d", curves, gram, curves))
        self._unit = curves / lengths[:, None]  # so that the greatest gain enters first
        self._lengths = lengths
        self._seen = self._unit @ gram
        normal = self._seen @ self._unit.T
        same = normal > 1 - 1e-9
        self._near: FloatArray | None = None
        self._normal = normal + RIDGE * np.eye(len(normal))
        self._shared = same / same.sum(axis=1, keepdims=True)
        layout = load_layout()
        factors = [driver.factors[0] for driver in self._plain]
        self._channel = np.array([layout.channel_index[factor.channel] for factor in factors])
        self._gain = np.array([factor.gain for factor in factors])
        self._low, self._high = np.array([(c.low, c.high) for c in layout.channels]).T

    def channels(self, curves: FloatArray) -> FloatArray:
        """(C,) channels in wire order, within their ranges, for (K,) curves in 0..1.

        Head rotation and translation, of which curves say nothing, are 0.

        Raises:
            ValueError: the curves are not K.
        """
        if curves.shape != (len(self.profile.curve_names),):
            expected = len(self.profile.curve_names)
            raise ValueError(f"curves have shape {curves.shape}, expected ({expected},)")
        found = nonnegative(self._normal, self._sparing(curves), self._near)
        added = np.zeros_like(curves)
        for _ in range(ROUNDS):
            adds = self.profile.weights(self._of_weights(found)) @ self._corrective
            if np.abs(adds - added).max() < SMALL:
                break
            found = nonnegative(self._normal, self._sparing(curves - adds), found)
            added = adds
        self._near = found
        return self._of_weights(found)

    def _sparing(self, curves: FloatArray) -> FloatArray:
        """(D,) what each driver alone makes of the curves, less what sets of several must save."""
        right = self._seen @ curves
        return np.asarray(right - SPARING * np.abs(right).max())

    def _of_weights(self, found: FloatArray) -> FloatArray:
        """(C,) channels of the (D,) weights of ``_unit``."""
        weights = self._shared @ found / self._lengths
        out = np.zeros(len(self._low))
        np.add.at(out, self._channel, weights / self._gain)
        return np.asarray(np.clip(out, self._low, self._high))


def nonnegative(
    normal: FloatArray,
    right: FloatArray,
    near: FloatArray | None = None,
    tolerance: float = 1e-9,
) -> FloatArray:
    """x ≥ 0 that minimises xᵀ N x / 2 − rᵀ x (Lawson and Hanson 1974, chapter 23).

    Args:
        normal: (D, D) symmetric, positive semidefinite, ones on the diagonal.
        right: (D,).
        near: (D,) ≥ 0, to begin at: what solves a problem much like this one; None for zero.
        tolerance: of the gradient, relative to the largest of ``right``.
    """
    x = np.zeros(len(right)) if near is None else near
    free = x > 0
    x = _feasible(normal, right, x, free)
    limit = tolerance * max(float(np.abs(right).max(initial=0.0)), 1e-300)
    for _ in range(3 * len(right)):
        gradient = np.where(free, -np.inf, right - normal @ x)
        if gradient.max(initial=-np.inf) <= limit:
            break
        free[int(gradient.argmax())] = True
        x = _feasible(normal, right, x, free)
    return x


def _feasible(
    normal: FloatArray, right: FloatArray, x: FloatArray, free: NDArray[np.bool_]
) -> FloatArray:
    """Least squares on the free unknowns; those that would fall below zero leave ``free``."""
    while free.any():
        goal = np.zeros_like(x)
        goal[free] = _least_squares(normal[np.ix_(free, free)], right[free])
        falling = free & (goal <= 0)
        if not falling.any():
            return goal
        step = (x[falling] / (x[falling] - goal[falling] + 1e-300)).min()
        x = x + step * (goal - x)
        free &= x > 1e-12
        x[~free] = 0
    return np.zeros_like(x)


def _least_squares(normal: FloatArray, right: FloatArray) -> FloatArray:
    """The shortest solution, by the long way only where there are several."""
    try:
        if np.linalg.cholesky(normal).diagonal().min() > SINGULAR:
            return np.linalg.solve(normal, right)
    except np.linalg.LinAlgError:
        pass
    return np.asarray(np.linalg.lstsq(normal, right, rcond=1e-10)[0])


def load_inverse(name: str = "arkit52") -> CurveInverse:
    """The way back through a packaged profile.

    Raises:
        ValueError: the profile's file has no ``gram_mm2``.
    """
    text = resources.files("rig").joinpath(f"profiles/{name}.json").read_text(encoding="utf-8")
    gram = json.loads(text).get("gram_mm2")
    if gram is None:
        raise ValueError(f"rig/profiles/{name}.json has no gram_mm2: there is no way back")
    return CurveInverse(load_profile(name), np.array(gram, dtype=float))
