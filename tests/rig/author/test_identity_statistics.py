"""Statistics of fitted people: they give back the distribution that made the numbers."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the rig is authored with scipy: run make test-author")

from rig.author.identity_statistics import FACTORS, Fitted, report, statistics
from rig.identities import load_statistics, person_features, sample_person
from tests.rig.support import LAYOUT

COUNT = len(LAYOUT.identity_names)


def people(count=4000):
    """Fitted people whose numbers follow a known law, and that law."""
    rng = np.random.default_rng(0)
    features = np.array([person_features(sample_person(rng)) for _ in range(count)])
    regression = 0.1 * rng.normal(size=(features.shape[1], COUNT))
    loading = 0.2 * rng.normal(size=(3, COUNT))
    noise = 0.05 * rng.normal(size=(count, COUNT))
    numbers = features @ regression + rng.normal(size=(count, 3)) @ loading + noise
    return Fitted(features, numbers, 0.9, 0.88, 0.5, 100), regression, loading


def test_regression_factors_and_spread_are_recovered():
    fitted, regression, loading = people()
    found = statistics(fitted)
    np.testing.assert_allclose(found["regression"], regression, atol=0.05)
    covariance = found["factors"].T @ found["factors"] + np.diag(found["spread"] ** 2)
    expected = loading.T @ loading + 0.05**2 * np.eye(COUNT)
    assert np.linalg.norm(covariance - expected) < 0.1 * np.linalg.norm(expected)
    residual = fitted.numbers - fitted.features @ found["regression"]
    np.testing.assert_allclose(np.diag(covariance), residual.var(0), atol=0.005)


def test_what_is_packaged_has_the_shape_that_is_made():
    made, packaged = statistics(people(300)[0]), load_statistics()
    for name, value in made.items():
        assert getattr(packaged, name).shape == value.shape
    assert packaged.factors.shape == (FACTORS, COUNT)


def test_the_report_says_both_figures(capsys):
    report(people(50)[0])
    printed = capsys.readouterr().out
    assert "about the base head 0.900" in printed
    assert "about the mean head 0.880" in printed
