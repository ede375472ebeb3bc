"""The camera: its curve and each of its faults does what it says, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.photograph import Photo, compressed, develop, expose, metered_gain, sample_photo

MIDDLE = 0.2140  # linear light of sRGB 127.5
GREY = np.full((64, 64, 3), MIDDLE, np.float32)
STEP = np.zeros((64, 64, 3), np.float32)
STEP[:, 32:] = 0.5


def shown(light, **faults):
    return expose(light, Photo(**faults)).astype(int)


# The curve -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("light", "expected"), [(0.0, 0), (0.0031308, 10), (MIDDLE, 128), (0.5, 188), (0.6, 203)]
)
def test_the_curve_is_srgb_below_its_shoulder(light, expected):
    assert develop(np.full((1, 1, 3), light, np.float32)) == pytest.approx(expected, abs=1.0)


def test_highlights_roll_off_and_never_wrap():
    light = np.array([[0.6, 0.8, 1.0, 1.5, 2.5, 9.0, 1e6]], np.float32)
    found = develop(light)[0].astype(int)
    assert (np.diff(found) >= 0).all()
    assert 203 <= found[0] < found[1] < found[2] < 240
    assert found[-1] == 255


@given(st.floats(0.5, 2), st.floats(-0.3, 0.9))
def test_the_curve_rises_whatever_gamma_and_contrast(gamma, contrast):
    light = np.linspace(0, 4, 500, dtype=np.float32).reshape(1, -1)
    assert (np.diff(develop(light, gamma, contrast)[0].astype(int)) >= 0).all()


def test_contrast_spreads_dark_and_light_about_the_middle():
    light = np.array([[0.05, MIDDLE, 0.5]], np.float32)
    flat, steep = (develop(light, 1.0, c)[0].astype(int) for c in (0.0, 0.6))
    assert steep[0] < flat[0] - 4
    assert abs(steep[1] - flat[1]) <= 1
    assert steep[2] > flat[2] + 4


# Faults ----------------------------------------------------------------------------------------


def test_a_perfect_camera_only_develops():
    np.testing.assert_array_equal(expose(STEP, Photo()), develop(STEP))


def test_gain_and_tint_act_on_light():
    np.testing.assert_array_equal(shown(GREY, gain=0.5), develop(GREY * 0.5))
    tinted = shown(GREY, tint=(1.0, 0.5, 1.0))
    np.testing.assert_array_equal(tinted[..., 1], develop(GREY * 0.5)[..., 1])
    np.testing.assert_array_equal(tinted[..., ::2], develop(GREY)[..., ::2])


def test_metering_evens_pictures_out():
    for light in (0.02, 0.27, 0.9):
        picture = np.full((32, 32, 3), light, np.float32)
        assert light * metered_gain(picture, 1.0) == pytest.approx(0.27, rel=1e-5)
        assert metered_gain(picture, 0.0) == 1.0
        assert metered_gain(picture, 0.5) == pytest.approx((0.27 / light) ** 0.5, rel=1e-5)


def test_blur_softens_an_edge_and_keeps_light():
    sharp, soft = shown(STEP), shown(STEP, blur_px=8.0)
    assert (np.diff(sharp[32, :, 0]) > 0).sum() == 1
    assert (np.diff(soft[32, :, 0]) > 0).sum() >= 6


def test_motion_blurs_along_its_direction_only():
    across, along = (shown(STEP, motion_px=30.0, motion_rad=a) for a in (0.0, np.pi / 2))
    assert (np.diff(across[32, :, 0]) > 0).sum() >= 5
    np.testing.assert_array_equal(along, shown(STEP))


def test_noise_has_the_strength_it_says():
    found = shown(np.full((256, 256, 3), MIDDLE, np.float32), noise=6.0)
    assert found.std() == pytest.approx(6, rel=0.3)
    assert found.mean() == pytest.approx(127.5, abs=1.5)


def test_denoising_leaves_coarse_blotches_of_colour():
    plain = np.full((256, 256, 3), MIDDLE, np.float32)
    fine, coarse = (shown(plain, noise=8.0, denoise=d) for d in (0.0, 1.0))

    def likeness(picture):  # of neighbours
        a = picture[..., 0] - picture[..., 1]
        return np.corrcoef(a[:, :-1].ravel(), a[:, 1:].ravel())[0, 1]

    assert coarse.std() < fine.std()
    assert likeness(fine) < 0.1
    assert likeness(coarse) > 0.6


def test_a_vignette_darkens_corners():
    found = shown(GREY, vignette=0.5)[..., 0]
    assert found[32, 32] == pytest.approx(127, abs=2)
    assert found[0, 0] == pytest.approx(develop(GREY * 0.5)[0, 0, 0], abs=2)


def test_flicker_bands_are_rows():
    found = shown(GREY, flicker=0.08, seed=3)[..., 0]
    assert (found.max(1) - found.min(1) == 0).all()
    assert found.max() - found.min() >= 6


def test_sharpening_overshoots_at_an_edge():
    plain, sharp = shown(STEP)[32, :, 0], shown(STEP, sharpening=1.0)[32, :, 0]
    assert sharp[33] > plain[33] + 10
    assert sharp[60] == plain[60]


def test_without_saturation_all_channels_are_one():
    colour = np.broadcast_to(np.float32([0.4, 0.2, 0.1]), (32, 32, 3))
    grey = shown(colour, saturation=0.0)
    assert (grey.max(-1) - grey.min(-1) == 0).all()
    full = shown(colour, saturation=1.4)
    assert np.ptp(full[0, 0]) > np.ptp(shown(colour)[0, 0])


def test_a_small_sensor_loses_detail_and_keeps_the_size():
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::2] = 0.6
    found = shown(stripes, scale=0.4)
    assert found.shape == (64, 64, 3)
    assert np.ptp(found[32, 8:-8, 0]) < 60 < np.ptp(shown(stripes)[32, :, 0])


@pytest.mark.parametrize("quality", [25, 60, 90])
def test_compression_leaves_the_shape_and_changes_little(quality):
    ramp = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    found = compressed(ramp, quality).astype(int)
    assert found.shape == ramp.shape
    assert 0 < np.abs(found - ramp).mean() < 6
    assert np.array_equal(compressed(ramp, 95), ramp)


def test_compression_keeps_colours_apart():
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_allclose(compressed(red, 80)[8, 8], [200, 0, 0], atol=4)


# Randomness ------------------------------------------------------------------------------------


def test_noise_follows_its_seed():
    one, same, other = (shown(GREY, noise=5.0, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_random_cameras_mostly_expose_a_face_well():
    means = []
    for seed in range(300):
        photo = sample_photo(np.random.default_rng(seed))
        assert photo == sample_photo(np.random.default_rng(seed))
        plain = replace(photo, noise=0.0, jpeg_quality=95, scale=1.0)
        means.append(expose(np.full((32, 32, 3), 0.2, np.float32), plain).mean())
    assert 105 < np.median(means) < 165
    assert (np.array(means) > 235).mean() < 0.03
    assert (np.array(means) < 35).mean() < 0.03
