# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoothing: none at 0, calm at 1, quick where a face is quick."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.smoothing import Smoothing, paces
from geface_bridge.motion import OneEuro
from tests.blender_addon.core.faces import CHANNELS, COUNT, NAMES, face, faces

STRENGTHS = st.floats(0, 1, exclude_min=True)
RATE_HZ = 60


def run(strength, values):
    smoothing = Smoothing(CHANNELS, strength)
    return np.array([smoothing(v, i / RATE_HZ) for i, v in enumerate(values)])


@given(st.lists(faces, min_size=1, max_size=5))
def test_at_0_channels_pass_as_they_are(values):
    np.testing.assert_array_equal(run(0.0, values), values)


@given(STRENGTHS, st.lists(faces, min_size=1, max_size=5))
def test_it_is_the_bridges_filter_with_these_paces(strength, values):
    theirs = OneEuro(*paces(CHANNELS, strength))
    expected = [theirs(v, i / RATE_HZ) for i, v in enumerate(values)]
    np.testing.assert_allclose(run(strength, values), expected, atol=1e-12)


@given(STRENGTHS, st.lists(faces, min_size=2, max_size=8))
def test_it_stays_between_what_came(strength, values):
    shown = run(strength, values)
    assert (shown >= np.min(values, axis=0) - 1e-12).all()
    assert (shown <= np.max(values, axis=0) + 1e-12).all()


def test_more_strength_is_calmer():
    noise = np.random.default_rng(0).normal(0.3, 0.01, (600, COUNT))
    left = [run(strength, noise)[60:].std() for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert (np.diff(left) < 0).all()
    assert left[-1] < 0.35 * left[0]


def test_lids_and_gaze_are_quicker_than_the_rest():
    """A blink of 0.15 s at full smoothing."""
    shape = np.sin(np.linspace(0, np.pi, 9))[:, None]
    pulse = np.vstack([np.zeros((30, COUNT)), shape * np.ones(COUNT), np.zeros((30, COUNT))])
    passed = dict(zip(NAMES, run(1.0, pulse).max(axis=0), strict=True))
    assert passed["AU43_L"] > 0.7
    assert passed["gaze_yaw"] > 0.65
    assert passed["AU12_L"] < passed["gaze_yaw"] < passed["AU43_L"]


@pytest.mark.parametrize("strength", [5e-324, 1.0])
@pytest.mark.parametrize("elapsed_s", [5e-324, 1e300])
def test_no_strength_and_no_time_however_small_or_large_gives_what_is_no_number(
    strength, elapsed_s
):
    smoothing = Smoothing(CHANNELS, strength)
    for step, value in enumerate((0.0, 1.0, 0.5)):
        shown = smoothing(face(AU12_L=value), step * elapsed_s)
        assert 0 <= shown[NAMES.index("AU12_L")] <= 1


def test_a_time_that_stands_still_changes_nothing():
    smoothing = Smoothing(CHANNELS, 0.5)
    first = smoothing(face(AU12_L=0.2), 1.0)
    np.testing.assert_array_equal(smoothing(face(AU12_L=0.9), 1.0), first)


def test_after_a_reset_or_without_strength_the_past_is_forgotten():
    smoothing = Smoothing(CHANNELS, 1.0)
    smoothing(face(), 0.0)
    smoothing.reset()
    np.testing.assert_array_equal(smoothing(face(AU12_L=1), 0.01), face(AU12_L=1))
    smoothing.set_strength(0.0)
    np.testing.assert_array_equal(smoothing(face(AU26=1), 0.02), face(AU26=1))


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ValueError, match="expected 0 to 1"):
        Smoothing(CHANNELS, strength)
