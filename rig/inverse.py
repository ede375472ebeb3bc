"""Curves → channels: the way back through a profile whose file holds ``gram_mm2``.

ARKit's 52 numbers say less than the channels do (a little of AU25 is a little of AU10 and AU16), so
there is no table for the way back. What is looked for is the smallest set of AUs and gaze whose
curves move a face as the given ones do: non-negative least squares by the active set method of
Lawson and Hanson 1974, which takes up one AU after the other, in the metric of the displacements.
Curves that no AU has (mouthLeft, say) are met as well as can be; what has the same curves left and
right (AU01: browInnerUp) is found on both sides. Correctives are left aside: they
are products, and small.
"""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from rig.layout import load_layout
from rig.profile import Profile, load_profile

FloatArray = NDArray[np.float64]


class CurveInverse:
    """Finds the channels behind curves. Stateless between calls.

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
        curves = np.zeros((len(self._plain), len(index)))
        for row, driver in enumerate(self._plain):
            for name, value in profile.poses[driver.pose].curves.items():
                curves[row, index[name]] = value
        lengths = np.sqrt(np.einsum("dk,kl,dl->d", curves, gram, curves))
        self._unit = curves / lengths[:, None]  # so that the greatest gain enters first
        self._lengths = lengths
        self._normal = self._unit @ gram @ self._unit.T
        same = self._normal > 1 - 1e-9
        self._shared = same / same.sum(axis=1, keepdims=True)

    def channels(self, curves: FloatArray) -> FloatArray:
        """(C,) channels in wire order, within their ranges, for (K,) curves in 0..1.

        Head rotation and translation, of which curves say nothing, are 0.

        Raises:
            ValueError: the curves are not K.
        """
        if curves.shape != (len(self.profile.curve_names),):
            expected = len(self.profile.curve_names)
            raise ValueError(f"curves have shape {curves.shape}, expected ({expected},)")
        found = nonnegative(self._normal, self._unit @ self.gram @ curves)
        weights = self._shared @ found / self._lengths
        layout = load_layout()
        out = np.zeros(len(layout.channels))
        for weight, driver in zip(weights, self._plain, strict=True):
            factor = driver.factors[0]
            out[layout.channel_index[factor.channel]] += weight / factor.gain
        low, high = np.array([(c.low, c.high) for c in layout.channels]).T
        return np.asarray(np.clip(out, low, high))


def nonnegative(normal: FloatArray, right: FloatArray, tolerance: float = 1e-9) -> FloatArray:
    """x ≥ 0 that minimises xᵀ N x / 2 − rᵀ x (Lawson and Hanson 1974, chapter 23).

    Args:
        normal: (D, D) symmetric, positive semidefinite, ones on the diagonal.
        right: (D,).
        tolerance: of the gradient, relative to the largest of ``right``.
    """
    x, free = np.zeros(len(right)), np.zeros(len(right), bool)
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
        goal[free] = np.linalg.lstsq(normal[np.ix_(free, free)], right[free], rcond=1e-10)[0]
        falling = free & (goal <= 0)
        if not falling.any():
            return goal
        step = (x[falling] / (x[falling] - goal[falling] + 1e-300)).min()
        x = x + step * (goal - x)
        free &= x > 1e-12
        x[~free] = 0
    return np.zeros_like(x)


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
