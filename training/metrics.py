"""Agreement between predicted and true intensities.

ICC(3,1) after Shrout & Fleiss, "Intraclass correlations", Psychological Bulletin 86(2), 1979:
two fixed raters, single ratings, consistency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def icc31(ratings: FloatArray) -> float:
    """ICC(3,1) of (targets, raters) ratings: (BMS - EMS) / (BMS + (k - 1) EMS).

    NaN where nothing varies, or of fewer than two targets.
    """
    n, k = ratings.shape
    if n < 2:
        return float("nan")
    total = ratings - ratings.mean()
    between = k * np.square(total.mean(1)).sum()
    raters = n * np.square(total.mean(0)).sum()
    residual = np.square(total).sum() - between - raters
    bms, ems = between / (n - 1), residual / ((n - 1) * (k - 1))
    denominator = bms + (k - 1) * ems
    return float((bms - ems) / denominator) if denominator > 1e-12 else float("nan")


def pearson(a: FloatArray, b: FloatArray) -> float:
    """Pearson's r of two (N,) series; NaN where either does not vary."""
    if len(a) < 2 or a.std() < 1e-9 or b.std() < 1e-9:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def f1_score(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """F1 of (N,) decisions: 2 TP / (2 TP + FP + FN); NaN where there is nothing to find."""
    if not true.any():
        return float("nan")
    hits = int((found & true).sum())
    return 2 * hits / int(found.sum() + true.sum())


def channel_scores(
    predicted: FloatArray, true: FloatArray, names: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """Per channel: icc31, pearson and mae, of (N, K) values in the unit given."""
    return {
        name: {
            "icc31": icc31(np.stack([predicted[:, i], true[:, i]], axis=1)),
            "pearson": pearson(predicted[:, i], true[:, i]),
            "mae": float(np.abs(predicted[:, i] - true[:, i]).mean()),
        }
        for i, name in enumerate(names)
    }
