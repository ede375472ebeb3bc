import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.layout import load_layout
from training.scores import (
    DISFA_AUS,
    averages,
    film_averages,
    film_correlations,
    groups,
    mean_score,
    median_scores,
    score_aus,
)

NAMES = ("AU01", "AU12")


def column(*values):
    return np.array(values, float)[:, None]


def test_the_truth_scores_best():
    true = np.array([[0, 1], [2, 5], [4, 3]], float)
    for score in score_aus(true, true, NAMES).values():
        assert (score.icc31, score.mae, score.pearson, score.f1) == pytest.approx((1, 0, 1, 1))
        assert score.count == 3


def test_answering_nothing_has_a_fair_mae_and_no_icc():
    true = column(0, 0, 0, 0, 3)
    score = score_aus(np.zeros_like(true), true, ("AU12",))["AU12"]
    assert score.mae == pytest.approx(0.6)
    assert score.icc31 == pytest.approx(0)
    assert score.f1 == 0


def test_a_worked_example_of_f1_counts_from_two_on():
    score = score_aus(column(2, 1.99, 5, 0), column(2, 3, 1, 0), ("AU12",))["AU12"]
    assert score.f1 == pytest.approx(2 / (2 + 1 + 1))


def test_samples_that_one_side_does_not_know_do_not_count():
    estimated, true = column(0, 1, np.nan, 3), column(0, np.nan, 2, 3)
    score = score_aus(estimated, true, ("AU12",))["AU12"]
    assert score.count == 2
    assert score.mae == 0
    assert score_aus(estimated[1:3], true[1:3], ("AU12",)) == {}


def test_an_au_that_never_appears_has_an_error_and_no_correlation():
    score = score_aus(column(0, 1), column(0, 0), ("AU12",))["AU12"]
    assert score.mae == 0.5
    assert np.isnan([score.icc31, score.pearson, score.f1]).all()


@given(st.lists(st.floats(0, 5), min_size=2, max_size=30), st.randoms())
def test_the_order_of_samples_does_not_matter(values, random):
    true = column(*values)
    estimated = 5 - true
    order = list(range(len(values)))
    random.shuffle(order)
    one, other = (
        score_aus(estimated[rows], true[rows], ("AU12",))["AU12"] for rows in (slice(None), order)
    )
    assert (one.icc31, one.mae) == pytest.approx((other.icc31, other.mae), nan_ok=True, abs=1e-9)


def test_means_pass_over_what_is_not_known():
    scores = score_aus(np.array([[0, 1], [4, 1.0]]), np.array([[0, 0], [4, 0.0]]), NAMES)
    mean = mean_score(scores, NAMES)
    assert mean.icc31 == pytest.approx(1)
    assert mean.mae == pytest.approx(0.5)
    assert mean.count == 1
    assert mean_score(scores, ("AU26",)) is None


def test_a_published_groups_mean_stands_only_where_all_of_it_was_scored():
    true = np.tile(np.array([[0.0], [3.0]]), (1, 12))
    assert set(averages(score_aus(true, true, DISFA_AUS))) == {"DISFA's 12", "all"}
    assert set(averages(score_aus(true[:, :11], true[:, :11], DISFA_AUS[:11]))) == {"all"}


def test_the_groups_are_of_the_layout_and_of_the_papers_size():
    known = {au.name for au in load_layout().all_aus}
    assert {name: len(aus) for name, aus in groups().items()} == {
        "DISFA's 12": 12,
        "BP4D's 5": 5,
        "AU block's 23": 23,
    }
    assert all(set(aus) <= known for aus in groups().values())


def test_a_film_counts_where_the_opinion_varies_and_a_constant_answer_agrees_with_nothing():
    opinion = np.array([[0, 0, 0, 0.0], [1, 0.1, 1, 0.01], [2, 0, 2, 0], [np.nan, 5, np.nan, 9]])
    said = np.array([[3, 0, 1, 1], [2, 0.1, 1, 2], [1, 0, 1, 1], [9, 9, 9, np.nan]], float)
    found = film_correlations(said, opinion[:, :], ("AU01", "AU02", "AU04", "yaw"))
    assert found == {"AU01": pytest.approx(-1), "AU02": pytest.approx(0.999, abs=0.01), "AU04": 0}
    assert "AU02" not in film_correlations(said[:3], opinion[:3], ("AU01", "AU02", "AU04", "yaw"))


def test_the_median_leaves_out_films_in_which_nothing_varies():
    films = {"a": {"AU12": 0.5, "AU04": 0.1}, "b": {"AU12": 0.7}, "c": {}}
    medians = median_scores(films)
    assert medians == {"AU04": pytest.approx(0.1), "AU12": pytest.approx(0.6)}
    assert film_averages(medians) == {
        "DISFA's 12, mean": pytest.approx(0.35),
        "DISFA's 12, median": pytest.approx(0.35),
        "DISFA's 12, of which vary": 2,
    }
    assert film_averages({"AU45": 1.0}) == {}
