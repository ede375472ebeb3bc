"""The One Euro filter: still when the signal rests, quick when it moves.

Source: Casiez, Roussel, Vogel 2012, "1€ Filter: a simple speed-based low-pass filter for noisy
input in interactive systems", CHI 2012, equations 1 to 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class OneEuro:
    """Filters a vector, each element on its own.

    Args:
        min_cutoff_hz: cut-off at rest, scalar or (C,), > 0; lower is stiller.
        beta: how much the cut-off rises with speed, hertz per unit a second, scalar or (C,),
            >= 0; higher lags less.
        d_cutoff_hz: cut-off of the speed's own filter, > 0.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(self, min_cutoff_hz: ArrayLike, beta: ArrayLike, d_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz = np.asarray(min_cutoff_hz, np.float64)
        self._beta = np.asarray(beta, np.float64)
        self._d_cutoff_hz = d_cutoff_hz
        if (self._min_cutoff_hz <= 0).any() or (self._beta < 0).any() or d_cutoff_hz <= 0:
            raise ValueError(
                f"min_cutoff_hz is {min_cutoff_hz!r}, beta {beta!r}, d_cutoff_hz {d_cutoff_hz}; "
                "expected > 0, >= 0, > 0"
            )
        self._time_s: float | None = None
        self._filtered = self._speed = np.zeros(0)

    def __call__(self, values: ArrayLike, time_s: float) -> FloatArray:
        """Filtered values (C,) at a time.

        The first values pass as they are; values of a time that does not advance are ignored
        and the last result comes again.
        """
        values = np.asarray(values, np.float64)
        if self._time_s is None:
            self._filtered, self._speed = values.copy(), np.zeros_like(values)
        elif (elapsed_s := time_s - self._time_s) > 0.0:
            self._advance(values, elapsed_s)
        else:
            return self._filtered.copy()
        self._time_s = time_s
        return self._filtered.copy()

    def reset(self) -> None:
        """Forget the past, for instance when a face was lost."""
        self._time_s = None

    def _advance(self, values: FloatArray, elapsed_s: float) -> None:
        speed = (values - self._filtered) / elapsed_s
        weight = smoothing_weight(np.asarray(self._d_cutoff_hz), elapsed_s)
        self._speed = self._speed + weight * (speed - self._speed)
        cutoff_hz = self._min_cutoff_hz + self._beta * np.abs(self._speed)
        weight = smoothing_weight(cutoff_hz, elapsed_s)
        self._filtered = self._filtered + weight * (values - self._filtered)


def smoothing_weight(cutoff_hz: FloatArray, elapsed_s: float) -> FloatArray:
    """Weight 0..1 of the new sample in a first-order low-pass: 1 / (1 + tau / elapsed)."""
    turn = 2.0 * np.pi * cutoff_hz * elapsed_s
    return np.asarray(turn / (turn + 1.0))
