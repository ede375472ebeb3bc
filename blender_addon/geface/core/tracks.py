# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples at the source's times to keys at the scene's frames, on arrays.

Times are seconds, frames are Blender's (``start + (t - t0) · fps / fps_base``, fractions allowed).
Between samples everything is a straight line, beyond the first and last there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FRAME_EPSILON = 1e-6
"""A time this close to a whole frame, in frames, is on it."""
PATIENCE = 64
"""Samples that simplification looks beyond the last key it could set."""


@dataclass(frozen=True)
class Timing:
    """Where source times fall on the scene's timeline.

    Attributes:
        fps: ``scene.render.fps``, > 0.
        fps_base: ``scene.render.fps_base``, > 0; 1.001 with fps 24 is 24000/1001 a second.
        start_frame: frame that ``start_s`` falls on.
        start_s: source time.

    Raises:
        ValueError: a rate is not > 0.
    """

    fps: float
    fps_base: float = 1.0
    start_frame: float = 0.0
    start_s: float = 0.0

    def __post_init__(self) -> None:
        if not (self.fps > 0 and self.fps_base > 0):
            raise ValueError(f"fps is {self.fps}, fps_base {self.fps_base}; expected > 0")

    def frames(self, times_s: ArrayLike) -> FloatArray:
        """Frames, with fractions, of source times."""
        elapsed_s = np.asarray(times_s, np.float64) - self.start_s
        return np.asarray(self.start_frame + elapsed_s * self.fps / self.fps_base)

    def times_s(self, frames: ArrayLike) -> FloatArray:
        """Source times of frames; the inverse of ``frames``."""
        passed = np.asarray(frames, np.float64) - self.start_frame
        return np.asarray(self.start_s + passed * self.fps_base / self.fps)

    def whole_frames(self, first_s: float, last_s: float) -> IntArray:
        """Whole frames from one source time to another, both included."""
        first, last = self.frames([first_s, last_s])
        low, high = np.ceil(first - FRAME_EPSILON), np.floor(last + FRAME_EPSILON)
        return np.arange(int(low), int(high) + 1, dtype=np.int64)


def resample(times_s: ArrayLike, values: ArrayLike, at_s: ArrayLike) -> FloatArray:
    """Values at other times, on straight lines between the samples.

    Args:
        times_s: (N,) strictly rising, N >= 1.
        values: (N, ...) samples.
        at_s: (M,) times; before the first and after the last sample these are held.

    Returns:
        (M, ...).

    Raises:
        ValueError: there are no samples, or times do not rise.
    """
    values = np.asarray(values, np.float64)
    before, after, share = _neighbours(np.asarray(times_s, np.float64), at_s)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values[before] + share * (values[after] - values[before]))


def continuous_quaternions(values: ArrayLike) -> FloatArray:
    """(N, ..., 4) the same rotations with signs such that each is nearest to the one before.

    F-curves go through each number on its own: q after −q would pass by no rotation at all.
    """
    values = np.array(values, np.float64)
    if len(values) > 1:
        turns = np.sum(values[1:] * values[:-1], axis=-1, keepdims=True) < 0
        values[1:] *= np.where(np.cumsum(turns, axis=0) % 2, -1.0, 1.0)
    return values


def _neighbours(times_s: FloatArray, at_s: ArrayLike) -> tuple[IntArray, IntArray, FloatArray]:
    """(M,) samples before and after each time, and the share of the way between them."""
    if len(times_s) == 0 or not (np.diff(times_s) > 0).all():
        raise ValueError(f"{len(times_s)} times, expected at least one, strictly rising")
    at_s = np.clip(np.asarray(at_s, np.float64), times_s[0], times_s[-1])
    after = np.clip(np.searchsorted(times_s, at_s, side="left"), 1, None)
    after = np.minimum(after, len(times_s) - 1)
    before = np.maximum(after - 1, 0)
    length_s = np.where(after > before, times_s[after] - times_s[before], 1.0)
    return before, after, np.asarray((at_s - times_s[before]) / length_s)


# Simplification ----------------------------------------------------------------------------------


def simplified(frames: ArrayLike, values: ArrayLike, tolerance: ArrayLike) -> BoolArray:
    """Which keys to keep so that straight lines between them pass all others closely.

    From each key kept the next is the farthest that a line reaches while it stays within
    ``tolerance`` of all samples in between (the cone that all of them leave open; Imai and Iri
    1988 call the problem polygonal approximation). All curves go in step, each at its own place.

    Args:
        frames: (N,) strictly rising.
        values: (N, T) samples of T curves.
        tolerance: >= 0, scalar or (T,), in each curve's own unit.

    Returns:
        (N, T) True for the keys to keep, the first and last of each curve among them.
    """
    frames, values = np.asarray(frames, np.float64), np.asarray(values, np.float64)
    kept = np.zeros(values.shape, bool)
    if kept.size == 0:
        return kept
    kept[[0, -1]] = True
    if len(frames) > 2:
        tolerance = np.broadcast_to(np.asarray(tolerance, np.float64), values.shape[1:])
        _Cones(frames, values, tolerance).keep(kept)
    return kept


class _Cones:
    """One open cone a curve: from its last key, the slopes that pass all samples since."""

    def __init__(self, frames: FloatArray, values: FloatArray, tolerance: FloatArray) -> None:
        self.frames, self.values = frames, values
        self.curve = np.arange(values.shape[1])
        self.tolerance = tolerance
        self.key = np.zeros(len(self.curve), np.int64)  # the last that is kept
        self.reach = self.key + 1  # the farthest that can be the next
        self.place = self.key + 1  # the sample to look at
        self.low = np.full(len(self.curve), -np.inf)
        self.high = np.full(len(self.curve), np.inf)

    def keep(self, kept: BoolArray) -> None:
        while len(self.curve):
            self._narrow()
            last = self.place == len(self.frames) - 1
            done = last & (self.reach == self.place)
            closed = (self.low > self.high) | last | (self.place - self.reach > PATIENCE)
            self.place += 1
            if closed.any():
                self._cut(np.flatnonzero(closed & ~done), kept)
                if done.any():
                    self._leave(~done)

    def _narrow(self) -> None:
        length = self.frames[self.place] - self.frames[self.key]
        rise = self.values[self.place, self.curve] - self.values[self.key, self.curve]
        slope, opening = rise / length, self.tolerance / length
        reached = (slope >= self.low) & (slope <= self.high)
        np.copyto(self.reach, self.place, where=reached)
        np.maximum(self.low, slope - opening, out=self.low)
        np.minimum(self.high, slope + opening, out=self.high)

    def _cut(self, rows: IntArray, kept: BoolArray) -> None:
        reach = self.reach[rows]
        kept[reach, self.curve[rows]] = True
        self.key[rows], self.place[rows], self.reach[rows] = reach, reach + 1, reach + 1
        self.low[rows], self.high[rows] = -np.inf, np.inf

    def _leave(self, rows: BoolArray) -> None:
        for name in ("curve", "tolerance", "key", "reach", "place", "low", "high"):
            setattr(self, name, getattr(self, name)[rows])
