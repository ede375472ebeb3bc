"""Noise, tiles and blending."""

import numpy as np
import pytest

from rig.texture import extent, hair_stubs, mix, noise, smoothstep, spots, strokes, to_bytes


@pytest.mark.parametrize("low_high", [(0.2, 0.7), (0.7, 0.2)])
def test_smoothstep_goes_from_0_to_1_in_either_direction(low_high):
    x = np.float32([low_high[0], np.mean(low_high), low_high[1]])
    np.testing.assert_allclose(smoothstep(*low_high, x), [0, 0.5, 1], atol=1e-6)


def test_noise_has_unit_variance_and_follows_its_generator():
    fields = [noise(np.random.default_rng(s), 400, (1, 1)) for s in (1, 1, 2)]
    assert fields[0].std() == pytest.approx(1, abs=0.05)
    assert np.array_equal(fields[0], fields[1])
    assert not np.array_equal(fields[0], fields[2])


def test_a_window_of_a_tile_covers_more_where_hairs_are_denser():
    sparse, dense = (
        hair_stubs(np.random.default_rng(1), 300, 3.0, spacing).mean() for spacing in (6.0, 2.0)
    )
    assert 0 < sparse < 0.4 * dense < 0.5


def test_stubs_stand_upright():
    stubs = hair_stubs(np.random.default_rng(1), 300, 4.0, 6.0)
    down, across = (np.abs(np.diff(stubs, axis=axis)).mean() for axis in (0, 1))
    assert down < 0.85 * across


def test_spots_are_soft_and_apart():
    field = spots(np.random.default_rng(1), 300, 1.5, 20)
    assert 0 <= field.min() < field.max() <= 1
    assert (field < 0.01).mean() > 0.8


def test_a_stroke_covers_about_its_length():
    image = np.zeros((40, 40), np.uint8)
    strokes(image, np.array([[[5.0, 5.0], [5.0, 30.0]]]))
    assert 26 < image.sum() / 255 < 26 * 1.4
    assert image[:, 12:].max() == 0


def test_mixing_blends_by_the_opacity_and_nowhere_else():
    image = np.zeros((8, 8, 3), np.float32)
    amount = np.zeros((8, 8), np.float32)
    amount[2:4, 5:7] = 0.25
    mix(image, (1.0, 0.8, 0.4), amount)
    np.testing.assert_allclose(image[3, 6], [0.25, 0.2, 0.1], atol=1e-6)
    assert image[amount == 0].max() == 0
    assert extent(amount) == (slice(2, 4), slice(5, 7))
    assert extent(np.zeros((3, 3), np.float32)) is None


def test_bytes_are_rounded_and_clipped():
    assert to_bytes(np.float32([-1, 0, 0.5, 1, 2])).tolist() == [0, 0, 128, 255, 255]
