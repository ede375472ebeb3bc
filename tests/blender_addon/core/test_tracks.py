# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys lie where the source's times fall, and few of them tell the same as all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core.tracks import (
    Timing,
    continuous_quaternions,
    resample,
    simplified,
)

rates = st.tuples(st.floats(1, 240), st.floats(0.5, 2))
moments = st.floats(0, 100)


@st.composite
def samples(draw, most=30):
    """Times that rise unevenly, with gaps, and values of two tracks."""
    count = draw(st.integers(1, most))
    steps = draw(arrays(float, count, elements=st.floats(0.001, 3)))
    values = draw(arrays(float, (count, 2), elements=st.floats(-1, 1)))
    return np.cumsum(steps), values


# Time --------------------------------------------------------------------------------------------


@given(rates, st.floats(-100, 1000), moments, moments)
def test_frames_and_times_are_inverse(rate, start_frame, start_s, time_s):
    timing = Timing(*rate, start_frame, start_s)
    assert timing.frames(start_s) == pytest.approx(start_frame)
    assert timing.times_s(timing.frames(time_s)) == pytest.approx(time_s, abs=1e-6)


def test_film_through_television_has_24000_frames_in_1001_seconds():
    timing = Timing(24, 1.001, start_frame=1, start_s=5.0)
    assert timing.frames(5.0 + 1001) == pytest.approx(24001)
    assert timing.whole_frames(5.0, 6.001).tolist() == list(range(1, 26))
    assert timing.whole_frames(5.0, 6.0).tolist() == list(range(1, 25))


@given(rates, moments, moments)
def test_whole_frames_lie_within_what_was_recorded(rate, start_s, length_s):
    timing = Timing(*rate, 1, start_s)
    found = timing.times_s(timing.whole_frames(start_s, start_s + length_s))
    slack_s = 1e-5 * rate[1] / rate[0]
    assert ((found >= start_s - slack_s) & (found <= start_s + length_s + slack_s)).all()
    assert len(found) in (int(length_s * rate[0] / rate[1]) + i for i in (0, 1, 2))


def test_a_time_that_rounding_put_beside_a_frame_is_on_it():
    timing = Timing(24, 1.001, start_frame=1, start_s=5.0)
    assert timing.whole_frames(5.0 + 1e-9, 6.001 - 1e-9).tolist() == list(range(1, 26))


@pytest.mark.parametrize("rate", [(0, 1), (24, 0), (float("nan"), 1)])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="expected > 0"):
        Timing(*rate)


# Resampling --------------------------------------------------------------------------------------


@given(samples(), arrays(float, 20, elements=moments))
def test_values_lie_on_straight_lines_and_are_held_at_the_ends(track, at_s):
    times_s, values = track
    found = resample(times_s, values, at_s)
    for column in range(2):
        expected = np.interp(at_s, times_s, values[:, column])
        np.testing.assert_allclose(found[:, column], expected, atol=1e-9)


@given(samples())
def test_at_the_samples_themselves_nothing_changes(track):
    times_s, values = track
    np.testing.assert_allclose(resample(times_s, values, times_s), values, atol=1e-9)


def test_a_jittered_ramp_at_30_becomes_the_ramp_at_24000_by_1001():
    """Drops, a gap of a second and jitter of the source change nothing of a steady motion."""
    rng = np.random.default_rng(0)
    times_s = np.arange(300) / 30 + rng.uniform(-0.012, 0.012, 300)
    kept = (rng.uniform(size=300) > 0.2) & ((times_s < 3) | (times_s > 4))
    timing = Timing(24, 1.001, 1, 0.0)
    frames = timing.whole_frames(times_s[kept][0], times_s[kept][-1])
    found = resample(times_s[kept], 0.1 * times_s[kept], timing.times_s(frames))
    np.testing.assert_allclose(found, 0.1 * (frames - 1) * 1001 / 24000, atol=1e-12)


@pytest.mark.parametrize("times_s", [[], [1.0, 1.0], [2.0, 1.0]])
def test_times_that_do_not_rise_are_refused(times_s):
    with pytest.raises(ValueError, match="expected at least one, strictly rising"):
        resample(times_s, np.zeros(len(times_s)), [0.0])


@given(arrays(float, (12, 2, 4), elements=st.floats(-1, 1)), arrays(bool, (12, 2, 1)))
def test_neighbours_have_like_signs_and_the_rotations_stay(values, flipped):
    values = values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-3)
    signed = np.where(flipped, -values, values)
    found = continuous_quaternions(signed)
    assert (np.sum(found[1:] * found[:-1], axis=-1) >= 0).all()
    np.testing.assert_array_equal(np.abs(found), np.abs(values))
    np.testing.assert_array_equal(found[0], signed[0])
    rotation = found[..., :, None] * found[..., None, :]  # which of q and −q does not show in it
    np.testing.assert_allclose(rotation, values[..., :, None] * values[..., None, :])


# Simplification ----------------------------------------------------------------------------------


def worst(frames, values, kept):
    """How far the lines between the keys kept pass the samples, by curve."""
    return np.array(
        [
            np.abs(np.interp(frames, frames[keys], column[keys]) - column).max()
            for column, keys in zip(values.T, kept.T, strict=True)
        ]
    )


@given(samples(), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_lines_between_the_keys_pass_every_sample_within_the_tolerance(track, tolerance):
    frames, values = track
    kept = simplified(frames, values, tolerance)
    assert kept[[0, -1]].all()
    assert (worst(frames, values, kept) <= np.array(tolerance) + 1e-9).all()


@given(st.integers(2, 200), st.floats(-1, 1), st.floats(-1, 1))
def test_a_straight_line_keeps_its_ends_alone(count, first, last):
    values = np.linspace(first, last, count)[:, None]
    assert simplified(np.arange(count), values, 1e-6).sum() == 2


def test_noise_within_the_tolerance_is_not_kept():
    """No sample but the last can be the key after the first, so one has to look that far."""
    values = 0.9 * (-1.0) ** np.arange(60)[:, None]
    values[[0, -1]] = 0
    assert simplified(np.arange(60), values, 1.0).sum() == 2


def test_a_polyline_keeps_its_corners():
    frames = np.arange(41.0)
    values = np.interp(frames, [0, 10, 15, 32, 40], [0, 1, 0.2, 0.7, 0])[:, None]
    kept = simplified(frames, values, 1e-9)
    assert np.flatnonzero(kept).tolist() == [0, 10, 15, 32, 40]


def test_each_curve_is_simplified_as_if_it_were_alone():
    frames = np.arange(300.0)
    values = np.random.default_rng(2).normal(size=(300, 7)).cumsum(axis=0)
    together = simplified(frames, values, 1.0)
    alone = [simplified(frames, values[:, [i]], 1.0)[:, 0] for i in range(7)]
    np.testing.assert_array_equal(together, np.transpose(alone))
    assert together.mean() < 0.5


def test_a_face_at_60_hz_needs_a_fraction_of_its_keys():
    """A blink every 4 s and a slow smile, to a hundredth of an intensity."""
    frames = np.arange(3600.0)
    blink = np.clip(1 - np.abs(frames % 240 - 120) / 6, 0, 1)
    smile = 0.5 - 0.5 * np.cos(frames / 3600 * 12 * np.pi)
    kept = simplified(frames, np.stack([blink, smile], axis=1), 0.01)
    assert kept[:, 0].sum() <= 2 + 15 * 4
    assert kept[:, 1].sum() <= 120


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_samples_are_all_kept(count):
    assert simplified(np.arange(count), np.zeros((count, 3)), 0.1).all()


def test_no_curves_are_no_keys():
    assert simplified(np.arange(5), np.zeros((5, 0)), 0.1).shape == (5, 0)
