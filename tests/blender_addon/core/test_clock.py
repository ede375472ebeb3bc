# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's clock and the rate of frames, in worked numbers and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.clock import RateMeter, ServerClock
from blender_addon.geface.core.messages import Pong

DELAYS = st.floats(0.001, 0.5)


def test_no_offset_before_an_answer():
    assert ServerClock().offset_s is None


def test_offset_of_an_exchange_as_rfc_5905_has_it():
    clock = ServerClock()
    clock.add(Pong(10.0, 110.25, 110.5), 11.0)  # there 0.25 s, held 0.25 s, back 0.5 s
    assert clock.offset_s == pytest.approx(99.875)


@given(st.lists(st.tuples(DELAYS, DELAYS, DELAYS), min_size=1, max_size=20))
def test_it_is_off_by_half_the_quickest_of_the_last_eight_at_most(exchanges):
    clock, now_s = ServerClock(), 0.0
    for there_s, held_s, back_s in exchanges:
        sent_s, now_s = now_s, now_s + there_s + held_s + back_s
        clock.add(Pong(sent_s, sent_s + there_s + 500, now_s - back_s + 500), now_s)
    quickest_s = min(there_s + back_s for there_s, _, back_s in exchanges[-8:])
    assert abs(clock.offset_s - 500) <= quickest_s / 2 + 1e-9


def test_it_follows_a_clock_that_drifts():
    clock = ServerClock()
    for i in range(100):
        clock.add(Pong(float(i), i + 50 + i * 0.01, i + 50 + i * 0.01), i + (0.001 if i else 0.0))
    assert clock.offset_s == pytest.approx(50 + 0.92, abs=0.001)  # the first of the last eight


def test_a_coarse_clock_may_see_an_exchange_end_before_it_began():
    clock = ServerClock()
    clock.add(Pong(10.0, 60.0, 60.01), 10.0)
    assert clock.offset_s == pytest.approx(50.005)


@pytest.mark.parametrize(
    "pong", [Pong(20.0, 1.0, 1.0), Pong(0.0, 5.0, 4.0)], ids=["not_asked_yet", "sent_before_heard"]
)
def test_an_answer_that_cannot_be_is_left_out(pong):
    clock = ServerClock()
    clock.add(pong, 10.0)
    assert clock.offset_s is None


@given(st.floats(2, 240), st.floats(0, 1000))
def test_rate_of_even_frames(rate_hz, begin_s):
    meter = RateMeter()
    times = [begin_s + i / rate_hz for i in range(int(3 * rate_hz))]
    for time_s in times:
        meter.add(time_s)
    assert meter.rate_hz(times[-1]) == pytest.approx(rate_hz, rel=1e-6)


def test_rate_falls_to_zero_when_frames_end():
    meter = RateMeter()
    for i in range(100):
        meter.add(i / 50)
    assert meter.rate_hz(3.0) == pytest.approx(50)
    assert meter.rate_hz(4.1) == 0
    assert RateMeter().rate_hz(0.0) == 0


def test_frames_at_one_instant_have_no_rate():
    meter = RateMeter()
    meter.add(1.0)
    meter.add(1.0)
    assert meter.rate_hz(1.0) == 0
