# SPDX-License-Identifier: GPL-3.0-or-later
"""Each law of how a character follows its face, and their order."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blender_addon.geface.core.calibration import Calibration
from blender_addon.geface.core.layout_generated import MIRROR
from blender_addon.geface.core.messages import Channel
from blender_addon.geface.core.motion import JITTER_S, Motion, MotionSettings
from tests.blender_addon.core.faces import CHANNELS, COUNT, NAMES, face, faces

PLAIN = MotionSettings()
HEAD = [i for i, name in enumerate(NAMES) if name.startswith("head_")]
ANGLES = [i for i, channel in enumerate(CHANNELS) if channel.unit != "intensity"]
INTENSITIES = [i for i, channel in enumerate(CHANNELS) if channel.unit == "intensity"]
RATE_HZ = 60
gains = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 10))
settings = st.builds(
    MotionSettings,
    gains=gains,
    strength=st.floats(0, 10),
    smoothing=st.floats(0, 1),
    mirror=st.booleans(),
    head=st.booleans(),
    on_lost=st.sampled_from(["FADE", "HOLD"]),
    calibration=st.none() | st.just(Calibration({"AU12_L": 0.3, "head_yaw": 1.0}, {"AU26": 0.4})),
)


def shown(values, how=PLAIN):
    """What one frame becomes."""
    return Motion(CHANNELS, eased_start=False)(values, 0.0, how)


def run(frames, how=PLAIN, eased_start=False, rate_hz=RATE_HZ):
    """(N, C) shown of frames or None."""
    motion = Motion(CHANNELS, eased_start)
    return np.array([motion(values, i / rate_hz, how) for i, values in enumerate(frames)])


def mirrored(values):
    """The mirror image, name by name."""
    by_name = dict(zip(NAMES, values, strict=True))
    return np.array([sign * by_name[twin] for twin, sign in (MIRROR[name] for name in NAMES)])


# Laws --------------------------------------------------------------------------------------------


@given(faces)
def test_without_settings_a_face_is_shown_as_it_is(values):
    np.testing.assert_array_equal(shown(values), values)


@given(faces, gains, st.floats(0, 4))
def test_gains_are_factors(values, factors, more):
    by_name = np.array([factors.get(name, 1.0) for name in NAMES])
    found = shown(values, MotionSettings(gains=factors))
    np.testing.assert_allclose(found, by_name * values, atol=1e-12)
    double = {name: min(more * factor, 10.0) for name, factor in factors.items()}
    ratio = np.array([double.get(name, 1.0) for name in NAMES])
    np.testing.assert_allclose(shown(values, MotionSettings(gains=double)), ratio * values)


@given(faces, st.floats(0, 10))
def test_strength_scales_intensities_and_calms_the_rest(values, strength):
    found = shown(values, MotionSettings(strength=strength))
    np.testing.assert_allclose(found[INTENSITIES], strength * values[INTENSITIES])
    np.testing.assert_allclose(found[ANGLES], min(strength, 1) * values[ANGLES])


@given(st.lists(faces | st.none(), min_size=1, max_size=10), settings)
def test_strength_0_is_rest(frames, how):
    assert not run(frames, replace(how, strength=0.0)).any()


@given(faces)
def test_mirrored_twice_is_as_it_was(values):
    mirror = MotionSettings(mirror=True)
    np.testing.assert_array_equal(shown(values, mirror), mirrored(values))
    np.testing.assert_array_equal(shown(shown(values, mirror), mirror), values)


@given(st.lists(faces | st.none(), min_size=1, max_size=10), settings)
def test_the_mirrored_face_moves_as_the_face_would(frames, how):
    """Smoothing and presence treat both sides alike."""
    other = replace(how, mirror=not how.mirror)
    expected = [mirrored(values) for values in run(frames, how)]
    np.testing.assert_allclose(run(frames, other), expected, atol=1e-12)


@given(st.lists(faces | st.none(), min_size=1, max_size=10), settings)
def test_without_the_head_its_channels_are_0_and_the_others_as_they_were(frames, how):
    with_head, without = (run(frames, replace(how, head=head)) for head in (True, False))
    assert not without[:, HEAD].any()
    rest = np.setdiff1d(np.arange(COUNT), HEAD)
    np.testing.assert_array_equal(without[:, rest], with_head[:, rest])


odd = arrays(float, COUNT, elements=st.floats(allow_nan=True, allow_infinity=True))
times = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=8, max_size=8)


@given(st.lists(odd | st.none(), min_size=1, max_size=8), times, settings, st.booleans())
def test_whatever_comes_what_is_shown_is_finite(frames, when, how, eased_start):
    motion = Motion(CHANNELS, eased_start)
    for values, time_s in zip(frames, when[: len(frames)], strict=True):
        assert np.isfinite(motion(values, time_s, how)).all()


@given(st.lists(st.booleans(), min_size=2, max_size=150), st.sampled_from(["HOLD", "FADE"]))
def test_a_still_face_that_comes_and_goes_never_jumps(seen, on_lost):
    """By no more than easing at its quickest: 1.5 times the way in 0.25 s."""
    still = face(AU12_L=0.8, gaze_yaw=-0.5)
    frames = [still if here else None for here in seen]
    found = run(frames, MotionSettings(on_lost=on_lost), eased_start=True)
    assert np.abs(np.diff(found, axis=0)).max() <= 0.8 * 1.5 / 0.25 / RATE_HZ + 1e-9


# Order, state and time ---------------------------------------------------------------------------


def test_calibration_comes_before_gains_before_the_mirror():
    """Rest 0.2 and full 0.7 make 0.45 a half; the gain is of the performer's left."""
    how = MotionSettings(
        calibration=Calibration({"AU12_L": 0.2}, {"AU12_L": 0.7}),
        gains={"AU12_L": 3.0},
        strength=2.0,
        mirror=True,
    )
    found = shown(face(AU12_L=0.45, AU12_R=0.1), how)
    np.testing.assert_allclose(found, face(AU12_R=3.0, AU12_L=0.2), atol=1e-12)


def test_a_lost_face_is_held_or_fades():
    frames = [face(AU12_L=0.8)] + [None] * 90
    held, faded = (run(frames, MotionSettings(on_lost=o))[-1] for o in ("HOLD", "FADE"))
    np.testing.assert_array_equal(held, face(AU12_L=0.8))
    assert not faded.any()


def test_a_number_that_is_none_counts_as_unchanged():
    motion = Motion(CHANNELS, eased_start=False)
    motion(face(AU12_L=0.6, AU26=0.2), 0.0, PLAIN)
    found = motion(face(AU12_L=np.nan, AU26=0.3), 0.1, PLAIN)
    np.testing.assert_array_equal(found, face(AU12_L=0.6, AU26=0.3))


def test_a_channel_is_believed_up_to_a_ranges_length_beyond_its_range():
    found = shown(face(AU12_L=1.7, AU26=1e30, AU25=-1e30))
    np.testing.assert_array_equal(found, face(AU12_L=1.7, AU26=2.0, AU25=-1.0))


def test_after_a_long_loss_smoothing_knows_nothing_of_the_past():
    how = MotionSettings(smoothing=1.0)
    frames = [face(AU12_L=1.0)] * 30 + [None] * 120 + [face(AU26=1.0)] * 30
    np.testing.assert_allclose(run(frames, how)[-1], face(AU26=1.0), atol=1e-12)


@pytest.mark.parametrize("away", [5, 120])
def test_after_a_loss_short_or_long_smoothing_goes_on(away):
    how = MotionSettings(smoothing=1.0)
    frames = [face()] * 30 + [None] * away + [face()] * 60 + [face(AU26=1.0)]
    assert 0 < run(frames, how)[-1][NAMES.index("AU26")] < 0.6


def test_a_source_that_begins_anew_is_eased_in_from_what_is_shown():
    motion = Motion(CHANNELS, eased_start=False)
    how = MotionSettings(smoothing=0.5)
    motion(face(AU12_L=0.8), 100.0, how)
    np.testing.assert_array_equal(motion(face(AU26=0.8), 3.0, how), face(AU12_L=0.8))
    found = motion(face(AU26=0.8), 3.125, how)
    np.testing.assert_allclose(found, face(AU12_L=0.4, AU26=0.4))
    np.testing.assert_allclose(motion(face(AU26=0.8), 3.25, how), face(AU26=0.8))


def test_time_that_falls_a_little_stands_still():
    motion = Motion(CHANNELS, eased_start=False)
    motion(face(AU12_L=0.8), 5.0, PLAIN)
    found = motion(face(AU12_L=0.7), 5.0 - 0.9 * JITTER_S, PLAIN)
    np.testing.assert_array_equal(found, face(AU12_L=0.7))


def test_a_copy_goes_on_exactly_alike():
    rng = np.random.default_rng(0)
    frames = [None if i % 7 == 3 else rng.uniform(0, 0.5, COUNT) for i in range(40)]
    how = MotionSettings(smoothing=0.7, mirror=True)
    live = Motion(CHANNELS)
    for i, values in enumerate(frames[:20]):
        live(values, i / RATE_HZ, how)
    baked = copy.deepcopy(live)
    for i, values in enumerate(frames[20:], 20):
        one, other = (motion(values, i / RATE_HZ, how) for motion in (live, baked))
        np.testing.assert_array_equal(one, other)


def test_settings_may_change_between_frames():
    motion = Motion(CHANNELS, eased_start=False)
    motion(face(AU12_L=0.5), 0.0, PLAIN)
    found = motion(face(AU12_L=0.5), 0.1, MotionSettings(gains={"AU12_L": 2.0}))
    np.testing.assert_array_equal(found, face(AU12_L=1.0))


def test_channels_that_this_version_does_not_know_pass_unchanged():
    strangers = (*CHANNELS, Channel("AU99", "intensity", 0.0, 1.0))
    values = np.append(face(AU12_L=0.5), 0.25)
    found = Motion(strangers, eased_start=False)(values, 0.0, MotionSettings(mirror=True))
    np.testing.assert_array_equal(found, np.append(face(AU12_R=0.5), 0.25))


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"gains": {"AU12_L": -1.0}}, "factor of AU12_L is -1.0, expected 0 to 10"),
        ({"gains": {"AU12_L": float("nan")}}, "factor of AU12_L is nan"),
        ({"strength": 11.0}, "factor of strength is 11.0"),
        ({"smoothing": 1.5}, "smoothing is 1.5, expected 0 to 1"),
        ({"on_lost": "EXPLODE"}, "on_lost is 'EXPLODE', expected FADE or HOLD"),
    ],
)
def test_settings_out_of_range_are_refused(how, message):
    with pytest.raises(ValueError, match=message):
        MotionSettings(**how)


def test_a_frame_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"channels are \(3,\), expected"):
        shown(np.zeros(3))
