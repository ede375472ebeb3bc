from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.motion import OneEuro

# A cut-off of 1 / (2 pi) Hz at steps of 1 s weighs new and old alike: 1 / (1 + 1).
UNIT_HZ = 1.0 / (2.0 * math.pi)
VALUES = st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=20)


def test_a_step_at_rest_cutoff_in_numbers():
    smooth = OneEuro(UNIT_HZ, 0.0)
    found = [float(smooth([value], time)[0]) for time, value in enumerate([0.0, 1.0, 1.0, 1.0])]
    np.testing.assert_allclose(found, [0.0, 0.5, 0.75, 0.875], atol=1e-12)


def test_speed_raises_the_cutoff_in_numbers():
    # Speed 1 a second, smoothed to 1/2; cut-off (1 + 2 * 1/2) / (2 pi): weight 2 / 3.
    smooth = OneEuro(UNIT_HZ, 2.0 * UNIT_HZ, d_cutoff_hz=UNIT_HZ)
    smooth([0.0], 0.0)
    np.testing.assert_allclose(smooth([1.0], 1.0), [2.0 / 3.0], atol=1e-12)


@given(VALUES, st.floats(0.1, 10.0), st.floats(0.0, 10.0))
def test_never_beyond_what_was_seen(values, min_cutoff_hz, beta):
    smooth = OneEuro(min_cutoff_hz, beta)
    for step, value in enumerate(values):
        found = float(smooth([value], step / 30)[0])
        assert min(values) - 1e-9 <= found <= max(values) + 1e-9


@given(st.floats(-5.0, 5.0), st.integers(2, 30))
def test_what_rests_stays(value, steps):
    smooth = OneEuro(1.0, 1.0)
    for step in range(steps):
        np.testing.assert_allclose(smooth([value], step * 0.04), [value], atol=1e-12)


def test_elements_do_not_touch_each_other():
    both, first, second = OneEuro([1.0, 3.0], [0.0, 2.0]), OneEuro(1.0, 0.0), OneEuro(3.0, 2.0)
    rng = np.random.default_rng(0)
    for step, (a, b) in enumerate(rng.normal(size=(20, 2))):
        alone = [first([a], step / 30)[0], second([b], step / 30)[0]]
        np.testing.assert_allclose(both([a, b], step / 30), alone, atol=1e-12)


def test_noise_at_rest_shrinks_and_a_jump_arrives():
    rng = np.random.default_rng(0)
    smooth = OneEuro(1.0, 5.0)
    rest = [smooth([x], i / 30)[0] for i, x in enumerate(rng.normal(0, 0.02, 300))]
    assert np.std(rest[30:]) < 0.012
    jump = [smooth([1.0], (300 + i) / 30)[0] for i in range(4)]
    assert jump[-1] > 0.9


def test_time_that_does_not_advance_changes_nothing():
    smooth = OneEuro(1.0, 0.0)
    smooth([0.0], 1.0)
    before = smooth([1.0], 1.1)
    np.testing.assert_array_equal(smooth([5.0], 1.1), before)
    np.testing.assert_array_equal(smooth([5.0], 0.5), before)


def test_after_reset_the_next_values_pass():
    smooth = OneEuro(0.1, 0.0)
    smooth([0.0], 0.0)
    smooth.reset()
    np.testing.assert_array_equal(smooth([0.7], 0.1), [0.7])


@pytest.mark.parametrize("settings", [(0.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, 0.0)])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match="expected > 0, >= 0, > 0"):
        OneEuro(*settings)
