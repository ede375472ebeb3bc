"""A take in time: what is due when, at any speed, over loops, seeks and pauses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.protocol import Playback
from geface_bridge.takes import Playhead
from geface_bridge.takes.playback import MAX_BURST
from tests.geface_bridge.takes.made import LAYOUT, made_take

TAKE = made_take(10, rate_hz=10.0, begin_s=5.0)
SMILE = LAYOUT.channel_index["AU12_L"]


def numbers(frames):
    """Which frames of the take these are; the smile rises with them, the lost one is 2."""
    return [round(9 * float(f.channels[SMILE])) if f.valid else 2 for f in frames]


def test_frames_come_when_their_time_comes():
    head = Playhead(TAKE, 100.0)
    assert numbers(head.due(100.0)) == [0]
    assert head.due(100.05) == []
    assert head.wait_s(100.05) == pytest.approx(0.05)
    assert numbers(head.due(100.35)) == [1, 2, 3]
    assert numbers(head.due(200.0)) == [4, 5, 6, 7, 8, 9]
    assert head.ended
    assert head.wait_s(200.0) == float("inf")


@given(st.floats(0.01, 100))
def test_speed_divides_the_time(speed):
    head = Playhead(TAKE, 0.0, speed=speed)
    assert numbers(head.due(0.45 / speed)) == [0, 1, 2, 3, 4]
    assert head.position_s(0.45 / speed) == pytest.approx(5.45)


def test_what_is_given_counts_from_0_and_was_captured_now():
    frames = Playhead(TAKE, 100.0).due(100.25)
    assert [f.sequence for f in frames] == [0, 1, 2]
    assert [f.time_s for f in frames] == pytest.approx([0.0, 0.1, 0.2])
    assert {f.captured_at_s for f in frames} == {100.25}


@given(st.lists(st.floats(0.0, 0.7), min_size=1, max_size=40))
def test_a_loop_gives_every_frame_in_turn_with_times_that_rise_evenly(steps):
    head = Playhead(TAKE, 0.0, loop=True)
    now_s, given_ = 0.0, []
    for step in steps:
        now_s += step
        given_ += head.due(now_s)
    assert numbers(given_) == [i % 10 for i in range(len(given_))]
    assert [f.sequence for f in given_] == list(range(len(given_)))
    assert [f.time_s for f in given_] == pytest.approx([0.1 * i for i in range(len(given_))])
    assert len(given_) == pytest.approx(now_s / 0.1, abs=1.01)


def test_after_a_long_sleep_only_the_newest_come():
    many = made_take(500, rate_hz=100.0)
    assert len(Playhead(many, 0.0).due(1000.0)) == MAX_BURST
    looping = Playhead(TAKE, 0.0, loop=True)
    assert len(looping.due(1e7)) <= MAX_BURST
    assert len(looping.due(1e7 + 0.15)) in (1, 2)


def test_pause_and_go_on():
    head = Playhead(TAKE, 0.0)
    head.due(0.25)
    head.obey(Playback(paused=True), 0.25)
    assert head.due(50.0) == []
    assert head.wait_s(50.0) == float("inf")
    head.obey(Playback(paused=False), 60.0)
    assert numbers(head.due(60.06)) == [3]


def test_seek_forward_and_back_keeps_times_and_numbers_rising():
    head = Playhead(TAKE, 0.0)
    frames = head.due(0.0)
    head.obey(Playback(position_s=5.7), 0.01)
    frames += head.due(0.01)
    head.obey(Playback(position_s=5.2, speed=2.0), 0.02)
    frames += head.due(0.02 + 0.11)
    assert numbers(frames) == [0, 7, 2, 3, 4]
    assert [f.sequence for f in frames] == [0, 1, 2, 3, 4]
    assert [f.time_s for f in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_seek_revives_an_ended_take_and_stays_within_it():
    head = Playhead(TAKE, 0.0)
    head.due(99.0)
    head.obey(Playback(position_s=-3.0), 99.0)
    assert numbers(head.due(99.0)) == [0]
    head.obey(Playback(position_s=1e9), 99.1)
    assert numbers(head.due(99.1)) == [9]


def test_frames_recorded_out_of_order_are_played_in_order():
    shuffled = replace(TAKE, frames=TAKE.frames[::-1])
    assert numbers(Playhead(shuffled, 0.0).due(10.0)) == list(range(10))


def test_a_single_frame_loops_at_the_usual_rate():
    head = Playhead(made_take(1), 0.0, loop=True)
    assert len(head.due(0.0) + head.due(0.034) + head.due(0.068)) == 3


@pytest.mark.parametrize(
    ("wish", "frame"),
    [
        (Playback(skip_s=0.3), 6),
        (Playback(skip_s=-0.2), 1),
        (Playback(5.5, skip_s=0.2), 7),
        (Playback(skip_s=-100.0), 0),
        (Playback(skip_s=1e9), 9),
    ],
)
def test_a_skip_is_from_where_it_stands(wish, frame):
    head = Playhead(TAKE, 0.0)
    head.due(0.31)  # at 5.31 s; frame 3 is shown
    head.obey(wish, 0.31)
    assert numbers(head.due(0.31 + 0.1))[0] == frame + (0 if frame in (0, 7, 9) else 1)


def test_a_skip_knows_where_it_stands_after_a_loop_and_a_seek():
    """What frames' own times do not tell: they go on rising."""
    head = Playhead(TAKE, 0.0, loop=True)
    head.due(2.5)  # in the third round, at 5.5 s
    head.obey(Playback(skip_s=0.25), 2.5)
    assert head.position_s(2.5) == pytest.approx(5.75)
    head.obey(Playback(position_s=5.2), 2.6)
    head.obey(Playback(skip_s=-0.1), 2.65)
    assert head.position_s(2.65) == pytest.approx(5.15)


def test_a_skip_back_from_beyond_the_end_is_from_the_end():
    head = Playhead(TAKE, 0.0)
    head.due(50.0)
    head.obey(Playback(skip_s=-0.2), 50.0)
    assert numbers(head.due(50.0)) == [7]
    assert not head.ended
