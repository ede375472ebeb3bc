# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the recording's clock: a source's own time, which goes on when the source starts anew."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.sourceclock import SourceClock

RISING = st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True).map(
    lambda ms: [t / 1000 for t in sorted(ms)]
)


@given(RISING, st.sampled_from([0.0, 5.0]))
def test_one_source_keeps_its_times(times_s, now_s):
    clock = SourceClock()
    assert [clock("a", 0, t, now_s) for t in times_s] == times_s


def test_a_restarted_server_goes_on_after_the_pause():
    clock = SourceClock()
    clock("a", 0, 10.0, now_s=100.0)
    assert clock("b", 0, 0.5, now_s=103.0) == pytest.approx(13.0)
    assert clock("b", 0, 0.6, now_s=103.5) == pytest.approx(13.1)


def test_a_clip_that_loops_goes_on():
    clock = SourceClock()
    clock("a", 0, 9.9, now_s=100.0)
    assert clock("a", 0, 0.0, now_s=100.04) == pytest.approx(9.94)
    assert clock("a", 0, 0.04, now_s=100.08) == pytest.approx(9.98)


def test_faces_of_one_moment_stay_together_through_a_restart():
    clock = SourceClock()
    for subject in (0, 1):
        clock("a", subject, 9.9, now_s=100.0)
    assert clock("a", 0, 0.0, now_s=100.04) == clock("a", 1, 0.0, now_s=100.04)
    assert clock("a", 0, 0.1, now_s=100.14) == clock("a", 1, 0.1, now_s=100.14)


@given(RISING, RISING)
def test_time_rises_over_a_restart_even_within_one_tick(before, after):
    clock = SourceClock()
    times = [clock("a", 0, t, 7.0) for t in before] + [clock("b", 0, t, 7.0) for t in after]
    assert all(a < b for a, b in itertools.pairwise(times))
