"""Source time as a law, and who gets which subject."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.inputs import Devices, FacePacket
from geface_bridge.inputs.devices import FORGOTTEN_S, MAX_REFUSALS, SILENT_S, SourceClock

VALUES = np.zeros(61)


def packet(device="a", time_s=None, values=VALUES, name="anna"):
    return FacePacket(device, name, time_s, values)


@pytest.fixture
def told():
    return []


@pytest.fixture
def devices(told):
    return lambda subjects=1: Devices(subjects, lambda *event: told.append(event), 100.0)


def test_time_is_even_although_packets_jitter():
    rng = np.random.default_rng(0)
    sent = np.arange(600) / 60
    arrived = np.maximum.accumulate(5.0 + sent + rng.exponential(0.004, 600))
    clock = SourceClock(5.0)
    times = [clock.advance(1000 + s, a) for s, a in zip(sent, arrived, strict=True)]
    assert np.abs(np.diff(times) - 1 / 60).max() < 1e-4  # of 16.7 ms
    assert np.abs(arrived - 5.0 - times).max() < 0.06


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_eight_hours_of_drift_stay_within_a_frame(drift):
    """At 10 Hz, which changes nothing: the law is of the time constant alone."""
    clock, worst_s = SourceClock(0.0), 0.0
    for step in range(8 * 36_000):
        arrived_s = step / 10
        worst_s = max(worst_s, abs(clock.advance(arrived_s * (1 + drift), arrived_s) - arrived_s))
    assert worst_s < 1 / 60


def test_midnight_a_timecode_that_stands_and_one_that_jumps_go_by_arrival():
    clock, now_s = SourceClock(0.0), 0.0
    for timecode_s in (86399.9, 86399.95, 0.0, 0.05, 0.05, 0.05, 500.0, 500.05, None, None, 7.0):
        found_s = clock.advance(timecode_s, now_s)
        assert found_s == pytest.approx(now_s, abs=1e-9)
        now_s += 0.05


def test_a_packet_that_comes_late_is_none_and_changes_nothing():
    clock = SourceClock(0.0)
    clock.advance(10.0, 0.0)
    assert clock.advance(10.05, 0.05) == pytest.approx(0.05)
    assert clock.advance(10.02, 0.06) is None
    assert clock.advance(10.1, 0.1) == pytest.approx(0.1)


@given(st.lists(st.tuples(st.none() | st.floats(0, 1e5), st.floats(0, 20)), max_size=40))
def test_time_never_falls_and_stays_near_the_time_of_arrival(steps):
    clock, now_s, before_s = SourceClock(0.0), 0.0, 0.0
    for timecode_s, wait_s in steps:
        now_s += wait_s
        time_s = clock.advance(timecode_s, now_s)
        if time_s is not None:
            assert time_s >= before_s
            assert time_s >= now_s - 1.001
            before_s = time_s


def test_devices_get_subjects_in_the_order_they_come(devices, told):
    two = devices(2)
    assert [two.take(packet(d), 100.0).subject for d in "abab"] == [0, 1, 0, 1]
    assert two.take(packet("c", name="carl"), 100.1) is None
    assert two.take(packet("c", name="carl"), 100.2) is None
    assert told == [
        ("info", "'anna' is subject 1 of 2"),
        ("info", "'anna' is subject 2 of 2"),
        ("warning", "'carl' sends too, but the subjects are taken: start with --faces 3"),
    ]


def test_what_a_stranger_calls_itself_cannot_write_on_the_terminal(devices, told):
    devices().take(packet(name="\x1b[2J" + "x" * 200), 100.0)
    assert "\x1b" not in told[0][1]
    assert len(told[0][1]) < 80


def test_strangers_without_end_are_not_told_without_end(devices, told):
    one = devices()
    for number in range(1000):
        assert (one.take(packet(str(number)), 100.0) is None) == (number > 0)
    assert len(told) == 1 + MAX_REFUSALS


def test_a_device_that_falls_silent_is_lost_and_comes_back(devices, told):
    one = devices()
    (nobody,) = one.silent(100.0)
    assert (nobody.subject, nobody.time_s, nobody.values) == (0, 0.0, None)
    one.take(packet(time_s=50.0), 101.0)
    assert one.silent(101.0 + 0.9 * SILENT_S) == []
    (lost,) = one.silent(102.0)
    assert (lost.values, lost.time_s) == (None, pytest.approx(2.0))
    one.silent(102.1)
    back = one.take(packet(time_s=51.2), 102.2)
    assert (back.subject, back.time_s) == (0, pytest.approx(2.2))
    assert [text for _, text in told[1:]] == [
        "'anna' sends nothing; waiting for it",
        "'anna' is back",
    ]


def test_a_device_that_sees_no_face_is_not_silent(devices):
    one = devices()
    for step in range(10):
        frame = one.take(packet(values=None), 100.0 + 0.1 * step)
        assert frame.values is None
        assert one.silent(100.05 + 0.1 * step) == []


@pytest.mark.parametrize("tells_loss", [True, False])
def test_a_face_that_never_changes_is_lost_where_the_device_cannot_tell(devices, tells_loss):
    one, seen = devices(), []
    for step, smile in enumerate([0.1, 0.2, *[0.3] * 10, 0.4]):
        values = np.full(61, smile)
        frame = one.take(FacePacket("a", "a", None, values, None, tells_loss), 100.0 + 0.1 * step)
        seen.append(frame.values is not None)
    assert seen == ([True] * 13 if tells_loss else [True] * 7 + [False] * 5 + [True])


def test_another_phone_takes_the_place_of_one_that_left(devices):
    one = devices()
    one.take(packet("a"), 100.0)
    assert one.take(packet("b"), 100.0 + 0.9 * FORGOTTEN_S) is None
    found = one.take(packet("b"), 100.0 + FORGOTTEN_S)
    assert (found.subject, found.time_s) == (0, pytest.approx(FORGOTTEN_S))
