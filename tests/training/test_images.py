import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.images import picture, planes, psnr_db, resized, ssim


def noise(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


@given(st.integers(0, 999))
def test_a_picture_survives_being_planes(seed):
    np.testing.assert_array_equal(picture(planes(noise(8, seed))), noise(8, seed))


def test_planes_are_red_green_blue():
    image = np.zeros((2, 2, 3), np.uint8)
    image[..., 0] = 255
    np.testing.assert_array_equal(planes(image)[:, 0, 0], [1, 0, 0])


def test_half_the_size_is_the_mean_of_four():
    image = noise(8)
    expected = image.reshape(4, 2, 4, 2, 3).mean((1, 3))
    np.testing.assert_allclose(resized(image, 4), expected, atol=0.51)
    assert resized(image, 8) is image


def test_psnr_of_a_worked_example():
    image = np.full((4, 4, 3), 100, np.uint8)
    assert psnr_db(image, image + 5) == pytest.approx(20 * np.log10(255 / 5))
    assert psnr_db(image, image) == np.inf


def test_ssim_is_one_for_equal_and_falls_with_noise():
    image = np.tile(np.linspace(0, 200, 32).astype(np.uint8)[:, None, None], (1, 32, 3))
    some, much = (np.clip(image + (noise(32) % n), 0, 255).astype(np.uint8) for n in (20, 120))
    assert ssim(image, image) == pytest.approx(1)
    assert 1 > ssim(image, some) > ssim(image, much) > 0
