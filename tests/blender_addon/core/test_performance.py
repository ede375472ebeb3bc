# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of one face over time: nothing is lost, silence is a lost face, the step sees all of it."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_addon.geface.core.messages import Frame
from blender_addon.geface.core.performance import (
    GAP_END_S,
    GAP_STEP_S,
    MAX_GAP_S,
    FaceLog,
    Performance,
    performances,
    shown,
    steps,
)

TIMES = st.lists(st.floats(0, 100), min_size=1, max_size=30, unique=True).map(sorted)


def performance(times_s, valid=None):
    count = len(times_s)
    rows = np.arange(count, dtype=np.float32)[:, None] + np.zeros(2, np.float32)
    valid = np.ones(count, bool) if valid is None else np.array(valid)
    return Performance("face", np.array(times_s, float), rows, valid)


def frame(subject, time_s, value, valid=True):
    channels = np.full(2, value) if valid else np.zeros(0)
    return Frame(0, subject, time_s, 0.0, valid, 1.0, channels)


@settings(max_examples=20)
@given(st.integers(1, 3000))
def test_a_log_gives_back_what_went_in(count):
    log = FaceLog(1)
    values = np.linspace(0, 1, count)
    for i, value in enumerate(values):
        assert log.add(i / 60, np.array([value]) if i % 3 else None)
    got = log.performance("she")
    assert got.subject == "she"
    assert log.frames == count
    np.testing.assert_array_equal(got.times_s, np.arange(count) / 60)
    np.testing.assert_array_equal(got.valid, np.arange(count) % 3 > 0)
    expected = np.where(got.valid, values, 0).astype(np.float32)
    np.testing.assert_array_equal(got.channels[:, 0], expected)


def test_an_empty_log_is_a_performance_without_frames():
    got = FaceLog(3).performance("face")
    assert got.channels.shape == (0, 3)
    assert not got.seen


def test_time_that_stands_still_or_falls_is_refused():
    log = FaceLog(1)
    assert [log.add(t, np.zeros(1)) for t in (1.0, 1.0, 0.5, 1.1)] == [True, False, False, True]
    np.testing.assert_array_equal(log.performance("face").times_s, [1.0, 1.1])


def test_frames_are_sorted_by_subject():
    frames = [frame(0, 0.0, 1), frame(1, 0.0, 5), frame(0, 0.1, 2, valid=False), frame(7, 0.1, 9)]
    one, two = performances(("a", "b"), 2, frames)
    assert (one.subject, two.subject) == ("a", "b")
    np.testing.assert_array_equal(one.valid, [True, False])
    np.testing.assert_array_equal(one.channels, [[1, 1], [0, 0]])
    np.testing.assert_array_equal(two.channels, [[5, 5]])


@given(TIMES)
def test_every_frame_is_a_step_and_times_rise(times_s):
    found = list(steps(performance(times_s)))
    at = [time_s for time_s, _ in found]
    assert (np.diff(at) > 0).all()
    seen = {time_s: row[0] for time_s, row in found if row is not None}
    assert seen == dict(zip(times_s, range(len(times_s)), strict=True))


@given(TIMES)
def test_silence_is_filled_with_a_lost_face(times_s):
    lost = np.array([time_s for time_s, row in steps(performance(times_s)) if row is None])
    for a, b in itertools.pairwise(times_s):
        inside = lost[(lost > a) & (lost < b)]
        if b - a <= MAX_GAP_S:
            assert len(inside) == 0
        else:
            early = np.concatenate([[a], inside[inside < a + GAP_END_S]])
            assert np.diff(early).max() < 2 * GAP_STEP_S
            assert b - inside[-1] < 2 * GAP_STEP_S
            assert len(inside) <= GAP_END_S / GAP_STEP_S + 1


def test_a_lost_frame_is_none_whatever_stands_in_its_row():
    rows = [row for _, row in steps(performance([0, 0.1, 0.2], [True, False, True]))]
    assert rows[1] is None
    assert rows[0] is not None


def test_the_step_sees_frames_in_order_and_makes_what_is_shown():
    total = np.zeros(2)

    def add_up(channels, time_s):
        nonlocal total
        total = total + (0 if channels is None else channels)
        return total

    times_s, rows = shown(performance([0, 0.1, 0.2, 0.3], [True, True, False, True]), add_up)
    np.testing.assert_array_equal(times_s, [0, 0.1, 0.2, 0.3])
    np.testing.assert_array_equal(rows[:, 0], [0, 1, 1, 4])
