"""Scores against a published worked example and against what a score must never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import channel_scores, f1_score, icc31, pearson

# Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_icc31_is_that_of_shrout_and_fleiss():
    assert icc31(SHROUT_FLEISS) == pytest.approx(0.71, abs=0.005)


def test_icc31_of_two_equal_raters_is_one():
    values = np.arange(10.0)
    assert icc31(np.stack([values, values], axis=1)) == pytest.approx(1)


def test_icc31_of_opposite_raters_is_minus_one():
    values = np.arange(10.0)
    assert icc31(np.stack([values, -values], axis=1)) == pytest.approx(-1)


@given(st.floats(-10, 10))
def test_icc31_ignores_a_raters_constant_offset_but_pearson_ignores_scale_too(offset):
    shifted = SHROUT_FLEISS[:, :2] + np.array([0, offset])
    assert icc31(shifted) == pytest.approx(icc31(SHROUT_FLEISS[:, :2]), abs=1e-9)
    a, b = SHROUT_FLEISS[:, 0], SHROUT_FLEISS[:, 1]
    assert pearson(a, 3 * b + offset) == pytest.approx(pearson(a, b), abs=1e-9)


def test_icc31_punishes_a_wrong_scale():
    values = np.arange(10.0)
    assert icc31(np.stack([values, 3 * values], axis=1)) < 0.7


def test_scores_of_constants_are_nan_not_zero():
    flat = np.ones(5)
    assert np.isnan(icc31(np.stack([flat, flat], axis=1)))
    assert np.isnan(pearson(flat, np.arange(5.0)))


def test_channel_scores_keeps_names_and_columns_together():
    true = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    scores = channel_scores(true + np.array([0, 2]), true, ("AU12_L", "AU26"))
    assert scores["AU12_L"]["mae"] == 0
    assert scores["AU26"]["mae"] == 2


def test_f1_of_a_worked_example():
    found, true = np.array([1, 1, 1, 0, 0], bool), np.array([1, 1, 0, 1, 0], bool)
    assert f1_score(found, true) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))


@given(st.lists(st.booleans(), min_size=1))
def test_f1_is_one_for_the_truth_and_unknown_where_there_is_nothing_to_find(decisions):
    true = np.array(decisions, bool)
    if true.any():
        assert f1_score(true, true) == 1
        assert f1_score(np.zeros_like(true), true) == 0
    else:
        assert np.isnan(f1_score(true, true))
