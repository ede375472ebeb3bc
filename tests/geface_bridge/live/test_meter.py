from __future__ import annotations

import time

import pytest

from geface_bridge.live.meter import WINDOW, StageMeter


def test_stages_keep_their_order_and_hold_what_was_spent():
    meter = StageMeter()
    for _ in range(2):
        with meter.stage("align"):
            time.sleep(0.03)
        with meter.stage("motion"):
            pass
    assert list(meter.milliseconds) == ["align", "motion"]
    assert meter.milliseconds["align"] >= 30.0 > meter.milliseconds["motion"]


def test_a_stage_that_raises_is_counted_and_raises():
    meter = StageMeter()
    with pytest.raises(KeyError), meter.stage("align"):
        raise KeyError
    assert list(meter.milliseconds) == ["align"]


def test_old_passes_are_forgotten():
    meter = StageMeter()
    with meter.stage("align"):
        time.sleep(0.02)
    for _ in range(WINDOW):
        with meter.stage("align"):
            pass
    assert meter.milliseconds["align"] < 10.0


def test_rate_needs_two_frames():
    meter = StageMeter()
    assert meter.rate_hz == 0.0
    meter.tick()
    assert meter.rate_hz == 0.0
    time.sleep(0.002)
    meter.tick()
    assert 0.0 < meter.rate_hz <= 500.0


def test_the_newest_pass_of_each_stage_stands_alone():
    meter = StageMeter()
    for pause_s in (0.1, 0.0):
        with meter.stage("align"):
            time.sleep(pause_s)
    assert meter.latest_s["align"] < 0.1 <= 2 * meter.milliseconds["align"] / 1000
