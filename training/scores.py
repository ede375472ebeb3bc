"""Scores of estimated against scored intensities, an AU a row.

ICC(3,1) and MAE are judged together: who answers 0 for ever has a fair MAE and no ICC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from rig.layout import load_layout
from training.metrics import f1_score, icc31, pearson

FloatArray = NDArray[np.float64]
F1_THRESHOLD = 2.0  # of 0..5: FACS level B, as published F1 scores count
DISFA_AUS = tuple(f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26))
BP4D_AUS = tuple(f"AU{n:02d}" for n in (6, 10, 12, 14, 17))


@dataclass(frozen=True)
class Score:
    """Of one AU, or the mean over several; NaN where the truth does not vary.

    Attributes:
        icc31: Shrout and Fleiss' ICC(3,1).
        mae: mean absolute error, on 0..5.
        pearson: correlation.
        f1: of "at least 2".
        count: scored samples, or of a mean how many AUs have an ICC.
    """

    icc31: float
    mae: float
    pearson: float
    f1: float
    count: int


def score_aus(estimated: FloatArray, true: FloatArray, names: tuple[str, ...]) -> dict[str, Score]:
    """AU → score of (N, K) intensities 0..5; samples where either is NaN do not count."""
    out = {}
    for column, name in enumerate(names):
        scored = np.isfinite(true[:, column]) & np.isfinite(estimated[:, column])
        if scored.any():
            out[name] = _score(estimated[scored, column], true[scored, column])
    return out


def _score(estimated: FloatArray, true: FloatArray) -> Score:
    varies = float(true.std()) > 1e-9
    return Score(
        icc31=icc31(np.stack([estimated, true], axis=1)) if varies else float("nan"),
        mae=float(np.abs(estimated - true).mean()),
        pearson=pearson(estimated, true),
        f1=f1_score(estimated >= F1_THRESHOLD, true >= F1_THRESHOLD),
        count=len(true),
    )


def mean_score(scores: dict[str, Score], names: Iterable[str]) -> Score | None:
    """Mean over those of the names that were scored; None if none was."""
    found = [scores[name] for name in names if name in scores]
    if not found:
        return None
    rows = np.array([list(asdict(score).values())[:-1] for score in found], np.float64)
    known = np.isfinite(rows)
    sums = np.where(known, rows, 0).sum(axis=0)
    means = np.divide(sums, known.sum(axis=0), out=np.full(4, np.nan), where=known.any(axis=0))
    icc, mae, correlation, f1 = map(float, means)
    return Score(icc, mae, correlation, f1, count=int(known[:, 0].sum()))


def groups() -> dict[str, tuple[str, ...]]:
    """The groups of AUs that averages are told of, but for "all" that were scored."""
    paper = tuple(au.name for au in load_layout().aus)
    return {"DISFA's 12": DISFA_AUS, "BP4D's 5": BP4D_AUS, f"AU block's {len(paper)}": paper}


def averages(scores: dict[str, Score]) -> dict[str, Score]:
    """Means over the groups of which every AU was scored, and over all that were."""
    whole = {name: aus for name, aus in groups().items() if set(aus) <= set(scores)}
    means = {name: mean_score(scores, aus) for name, aus in {**whole, "all": scores}.items()}
    return {name: mean for name, mean in means.items() if mean is not None}


# Films, beside another tool's opinion ----------------------------------------------------------

MIN_DEVIATION_AU = 0.2
MIN_DEVIATION_ANGLE_RAD = 0.02


def film_correlations(
    said: FloatArray, opinion: FloatArray, columns: tuple[str, ...]
) -> dict[str, float]:
    """Column → Pearson's r over the frames of one film, where the opinion varies at all.

    Args:
        said: (N, K) what is judged, NaN where it is silent.
        opinion: (N, K) what it is held against, NaN where that is silent.
        columns: K names, AUs and angles; what varies by less than MIN_DEVIATION_AU, or
            MIN_DEVIATION_ANGLE_RAD, is left out. r is 0 of an answer that does not vary.
    """
    out = {}
    for column, name in enumerate(columns):
        both = np.isfinite(said[:, column]) & np.isfinite(opinion[:, column])
        mine, theirs = said[both, column], opinion[both, column]
        least = MIN_DEVIATION_AU if name.startswith("AU") else MIN_DEVIATION_ANGLE_RAD
        if len(theirs) > 1 and theirs.std() > least:
            out[name] = float(np.nan_to_num(pearson(mine, theirs)))
    return out


def median_scores(films: dict[str, dict[str, float]]) -> dict[str, float]:
    """Median over films of each column, in the columns' order; films without it are left out."""
    columns = sorted({column for scores in films.values() for column in scores})
    values = {c: [s[c] for s in films.values() if c in s] for c in columns}
    return {column: float(np.median(found)) for column, found in values.items()}


def film_averages(medians: dict[str, float]) -> dict[str, float]:
    """Mean and median over DISFA's AUs of the films' medians, of those that vary anywhere."""
    found = [medians[name] for name in DISFA_AUS if name in medians]
    if not found:
        return {}
    return {
        "DISFA's 12, mean": float(np.mean(found)),
        "DISFA's 12, median": float(np.median(found)),
        "DISFA's 12, of which vary": float(len(found)),
    }
