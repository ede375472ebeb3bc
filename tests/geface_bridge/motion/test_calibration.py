from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.motion import CalibrationState, NeutralCalibration
from rig.layout import load_layout

LAYOUT = load_layout()


def channels(**values: float) -> np.ndarray:
    out = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in values.items():
        out[LAYOUT.channel_index[name]] = value
    return out


def value(vector: np.ndarray, name: str) -> float:
    return float(vector[LAYOUT.channel_index[name]])


def calibrated(resting: np.ndarray) -> NeutralCalibration:
    calibration = NeutralCalibration()
    calibration.start(1.0)
    for step in range(31):
        calibration.feed(resting, 5.0 + step / 30)
    assert calibration.state is CalibrationState.READY
    return calibration


@pytest.mark.parametrize(("seen", "expected"), [(0.2, 0.0), (0.6, 0.5), (1.0, 1.0), (0.1, 0.0)])
def test_intensities_are_stretched_over_what_is_left(seen, expected):
    calibration = calibrated(channels(AU04_L=0.2))
    found = calibration.apply(channels(AU04_L=seen))
    assert value(found, "AU04_L") == pytest.approx(expected, abs=1e-6)


def test_angles_and_position_become_relative_to_rest():
    calibration = calibrated(channels(head_pitch=-0.1, gaze_yaw=0.05, head_z=-0.6))
    found = calibration.apply(channels(head_pitch=0.2, gaze_yaw=0.05, head_z=-0.5))
    assert value(found, "head_pitch") == pytest.approx(0.3, abs=1e-6)
    assert value(found, "gaze_yaw") == pytest.approx(0.0, abs=1e-6)
    assert value(found, "head_z") == pytest.approx(0.1, abs=1e-6)


def test_closed_eyes_during_calibration_do_not_open_the_characters():
    calibration = calibrated(channels(AU43_L=0.9, AU12_L=0.95))
    found = calibration.apply(channels(AU43_L=1.0, AU12_L=0.6))
    assert value(found, "AU43_L") == pytest.approx(1.0)
    half = calibration.apply(channels(AU43_L=0.55))
    assert value(half, "AU43_L") == pytest.approx(0.5, abs=1e-6)  # (0.55 - 0.1) / 0.9
    assert value(found, "AU12_L") == pytest.approx(0.0, abs=1e-6)  # capped at 0.6


def test_a_blink_and_a_glance_do_not_spoil_the_window():
    calibration = NeutralCalibration()
    calibration.start(1.0)
    for step in range(31):
        busy = 10 <= step < 18
        seen = channels(AU01_L=0.9, head_yaw=0.5) if busy else channels(AU01_L=0.1)
        calibration.feed(seen, step / 30)
    assert value(calibration.neutral, "AU01_L") == pytest.approx(0.1)
    assert value(calibration.neutral, "head_yaw") == 0.0


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=2, max_size=2))
def test_order_of_intensities_is_kept_within_range(pair):
    calibration = calibrated(channels(AU12_L=0.3))
    low, high = (value(calibration.apply(channels(AU12_L=seen)), "AU12_L") for seen in sorted(pair))
    assert 0.0 <= low <= high <= 1.0


def test_before_and_without_calibration_channels_pass():
    calibration = NeutralCalibration()
    seen = channels(AU12_L=0.4, head_yaw=0.3)
    assert calibration.state is CalibrationState.IDLE
    calibration.feed(channels(AU12_L=1.0), 0.0)
    np.testing.assert_allclose(calibration.apply(seen), seen)


def test_the_window_begins_with_the_first_face_and_the_old_neutral_holds_until_its_end():
    calibration = calibrated(channels(AU12_L=0.2))
    calibration.start(1.0)
    for step in range(30):
        calibration.feed(channels(AU12_L=0.5), 100.0 + step / 30)
        assert calibration.state is CalibrationState.COLLECTING
        assert value(calibration.neutral, "AU12_L") == pytest.approx(0.2)
    calibration.feed(channels(AU12_L=0.5), 101.0)
    assert calibration.state is CalibrationState.READY
    assert value(calibration.neutral, "AU12_L") == pytest.approx(0.5)
    calibration.clear()
    assert calibration.state is CalibrationState.IDLE
    assert not calibration.neutral.any()


def test_too_few_frames_are_not_a_neutral():
    calibration = NeutralCalibration()
    calibration.start(0.5)
    for time_s in (0.0, 1.0, 2.0, 3.0):
        calibration.feed(channels(), time_s)
        assert calibration.state is CalibrationState.COLLECTING
    calibration.feed(channels(), 4.0)
    assert calibration.state is CalibrationState.READY


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_window_needs_length(seconds):
    with pytest.raises(ValueError, match="expected > 0"):
        NeutralCalibration().start(seconds)
