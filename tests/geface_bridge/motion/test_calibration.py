from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.motion import Calibration, CalibrationState, Performer
from rig.layout import load_layout

LAYOUT = load_layout()


def channels(**values: float) -> np.ndarray:
    out = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in values.items():
        out[LAYOUT.channel_index[name]] = value
    return out


def value(vector: np.ndarray, name: str) -> float:
    return float(vector[LAYOUT.channel_index[name]])


def calibrated(resting: np.ndarray) -> Calibration:
    calibration = Calibration()
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
    calibration = Calibration()
    calibration.start(1.0)
    for step in range(31):
        busy = 10 <= step < 18
        seen = channels(AU01_L=0.9, head_yaw=0.5) if busy else channels(AU01_L=0.1)
        calibration.feed(seen, step / 30)
    assert value(calibration.performer.neutral, "AU01_L") == pytest.approx(0.1)
    assert value(calibration.performer.neutral, "head_yaw") == 0.0


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=2, max_size=2))
def test_order_of_intensities_is_kept_within_range(pair):
    calibration = calibrated(channels(AU12_L=0.3))
    low, high = (value(calibration.apply(channels(AU12_L=seen)), "AU12_L") for seen in sorted(pair))
    assert 0.0 <= low <= high <= 1.0


def test_before_and_without_calibration_channels_pass():
    calibration = Calibration()
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
        assert value(calibration.performer.neutral, "AU12_L") == pytest.approx(0.2)
    calibration.feed(channels(AU12_L=0.5), 101.0)
    assert calibration.state is CalibrationState.READY
    assert value(calibration.performer.neutral, "AU12_L") == pytest.approx(0.5)
    calibration.clear()
    assert calibration.state is CalibrationState.IDLE
    assert not calibration.performer.neutral.any()


def performed(calibration: Calibration, *seen: np.ndarray, chosen: tuple[str, ...] = ()) -> None:
    """Take the range of these faces, each held as long."""
    calibration.start(1.0, "range", chosen)
    for step in range(31):
        calibration.feed(seen[step * len(seen) // 31], 200.0 + step / 30)
    assert calibration.state is CalibrationState.READY


@pytest.mark.parametrize(("seen", "expected"), [(0.1, 0.0), (0.3, 0.5), (0.5, 1.0), (0.9, 1.0)])
def test_the_performers_own_full_movement_becomes_1(seen, expected):
    calibration = calibrated(channels(AU12_L=0.1))
    performed(calibration, channels(AU12_L=0.1), channels(AU12_L=0.5))
    found = calibration.apply(channels(AU12_L=seen))
    assert value(found, "AU12_L") == pytest.approx(expected, abs=1e-6)


def test_the_range_of_lids_is_left_alone_and_of_what_was_not_performed():
    calibration = calibrated(channels())
    performed(calibration, channels(AU43_L=0.5, AU05_L=0.4, AU07_R=0.4, AU04_L=0.1))
    np.testing.assert_array_equal(calibration.performer.maximum, 1.0)


def test_only_the_chosen_channels_get_a_range():
    calibration = calibrated(channels())
    performed(calibration, channels(AU12_L=0.5, AU12_R=0.5), chosen=("AU12_R",))
    assert value(calibration.performer.maximum, "AU12_L") == 1.0
    assert value(calibration.performer.maximum, "AU12_R") == pytest.approx(0.5)


def test_a_spike_is_no_range_and_a_twitch_is_not_amplified_without_bound():
    calibration = calibrated(channels())
    performed(calibration, *[channels(AU12_L=0.2)] * 30, channels(AU12_L=1.0))
    assert value(calibration.performer.maximum, "AU12_L") == pytest.approx(0.25)  # MIN_RANGE


def test_angles_have_no_range():
    calibration = calibrated(channels())
    performed(calibration, channels(head_yaw=0.5, gaze_yaw=0.5, AU12_L=0.5))
    found = calibration.apply(channels(head_yaw=0.4, gaze_yaw=0.2))
    assert value(found, "head_yaw") == pytest.approx(0.4)
    assert value(found, "gaze_yaw") == pytest.approx(0.2)


def test_a_saved_performer_is_put_in_force():
    calibration = calibrated(channels(AU12_L=0.2))
    other = Calibration()
    other.performer = calibration.performer
    assert other.performer == calibration.performer != Performer.unknown()
    seen = channels(AU12_L=0.6)
    np.testing.assert_array_equal(other.apply(seen), calibration.apply(seen))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_whatever_was_learned_order_and_range_are_kept(rest, full, seen):
    calibration = calibrated(channels(AU10_L=rest))
    performed(calibration, channels(AU10_L=full))
    low, high = (
        value(calibration.apply(channels(AU10_L=v)), "AU10_L") for v in sorted((seen, 0.5))
    )
    assert 0.0 <= low <= high <= 1.0


def test_too_few_frames_are_not_a_neutral():
    calibration = Calibration()
    calibration.start(0.5)
    for time_s in (0.0, 1.0, 2.0, 3.0):
        calibration.feed(channels(), time_s)
        assert calibration.state is CalibrationState.COLLECTING
    calibration.feed(channels(), 4.0)
    assert calibration.state is CalibrationState.READY


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_window_needs_length(seconds):
    with pytest.raises(ValueError, match="expected > 0"):
        Calibration().start(seconds)
