"""Outliers are held, moves are believed, doubt slows down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.motion import Plausible, PlausibleConfig
from rig.layout import load_layout

LAYOUT = load_layout()
SMILE, YAW, PLACE = (LAYOUT.channel_index[n] for n in ("AU12_L", "head_yaw", "head_x"))


def seen(smile=0.0, yaw=0.0, x=0.0):
    out = np.zeros(len(LAYOUT.channels), np.float32)
    out[[SMILE, YAW, PLACE]] = smile, yaw, x
    return out


@pytest.mark.parametrize("outlier", [seen(1.0, yaw=1.2), seen(1.0, x=0.4)])
def test_a_frame_in_which_the_head_jumps_is_held_whole(outlier):
    believe = Plausible()
    believe(seen(0.2), 1.0, 0.0)
    np.testing.assert_array_equal(believe(outlier, 1.0, 1 / 30), seen(0.2))
    np.testing.assert_array_equal(believe(seen(0.3), 1.0, 2 / 30), seen(0.3))


def test_a_jump_that_stays_is_another_place():
    believe = Plausible()
    believe(seen(), 1.0, 0.0)
    found = [believe(seen(yaw=1.2), 1.0, k / 30)[YAW] for k in range(1, 6)]
    assert found[0] == 0.0
    assert found[-1] == pytest.approx(1.2)


def test_the_fastest_expressions_and_shakes_of_real_faces_pass_untouched():
    believe = Plausible()
    for k in range(30):
        wanted = seen(smile=k % 2, yaw=0.15 * np.sin(k), x=0.01 * k)
        np.testing.assert_array_equal(believe(wanted, 1.0, k / 30), wanted)


@given(st.floats(0, 1))
def test_confidence_says_how_far_a_measurement_counts(confidence):
    config = PlausibleConfig(trusted=0.6, distrusted=0.2)
    believe = Plausible(config)
    believe(seen(0.0), 1.0, 0.0)
    share = min(max((confidence - 0.2) / 0.4, 0.0), 1.0)
    assert believe(seen(0.8), confidence, 0.033)[SMILE] == pytest.approx(0.8 * share, abs=1e-6)


def test_doubt_does_not_hold_for_ever():
    believe = Plausible()
    believe(seen(0.0), 1.0, 0.0)
    values = [believe(seen(0.8), 0.0, k / 30)[SMILE] for k in range(1, 10)]
    assert values[0] == 0.0
    assert values[-1] == pytest.approx(0.8)


def test_after_reset_anything_is_believed():
    believe = Plausible()
    believe(seen(), 1.0, 0.0)
    believe.reset()
    np.testing.assert_array_equal(believe(seen(yaw=1.2), 0.0, 0.01), seen(yaw=1.2))
