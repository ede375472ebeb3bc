"""Camera faults and backgrounds: deterministic, and each fault does what it says."""

import numpy as np
import pytest

from rig.photograph import Photo, expose, random_background

GREY = np.full((32, 32, 3), 128, np.uint8)
STEP = np.zeros((32, 32, 3), np.uint8)
STEP[:, 16:] = 200


def test_a_faultless_photo_is_the_picture():
    np.testing.assert_array_equal(expose(STEP, Photo()), STEP)


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        (Photo(gain=0.5), 64),
        (Photo(gain=3.0), 255),
        (Photo(gamma=2.0), 64),
        (Photo(tint=(0.5, 0.5, 0.5)), 64),
    ],
)
def test_gain_gamma_and_tint_on_a_middle_grey(photo, expected):
    np.testing.assert_allclose(expose(GREY, photo), expected, atol=1)


def test_a_tint_acts_on_its_own_channel():
    found = expose(GREY, Photo(tint=(1.0, 0.5, 1.0)))
    assert found[0, 0].tolist() == [128, 64, 128]


def test_blur_softens_an_edge_and_keeps_its_mean():
    found = expose(STEP, Photo(blur_px=2.0)).astype(int)
    assert 40 < found[16, 15, 0] < found[16, 16, 0] < 160
    assert found.mean() == pytest.approx(STEP.mean(), abs=1)


def test_noise_has_the_strength_it_says():
    found = expose(np.full((200, 200, 3), 128, np.uint8), Photo(noise=6.0)).astype(float)
    assert found.std() == pytest.approx(6, abs=0.2)
    assert found.mean() == pytest.approx(128, abs=1)


def test_compression_leaves_the_shape_and_changes_little():
    ramp = np.arange(32 * 32 * 3).reshape(32, 32, 3).astype(np.uint8)
    found = expose(ramp, Photo(jpeg_quality=45)).astype(int)
    assert found.shape == ramp.shape
    assert 0 < np.abs(found - ramp).mean() < 12


def test_noise_and_background_follow_their_seed():
    shots = [expose(GREY, Photo(noise=5.0, seed=s)) for s in (1, 1, 2)]
    rooms = [random_background(64, s) for s in (1, 1, 2)]
    for one, same, other in (shots, rooms):
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("size", [16, 64, 225])
def test_a_background_fills_the_picture(size):
    found = random_background(size, 3)
    assert found.shape == (size, size, 3)
    assert found.dtype == np.uint8


def test_backgrounds_run_from_dark_to_light():
    means = [random_background(32, seed).mean() for seed in range(60)]
    assert min(means) < 70
    assert max(means) > 180
