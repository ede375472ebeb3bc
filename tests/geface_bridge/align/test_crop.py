from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align.crop import crop_transform, warp_crop
from geface_bridge.align.faces import CROP_SIZE
from geface_bridge.align.geometry import transform_points
from geface_bridge.align.template import crop_points, five_points, load_template


def similarity(scale: float, angle: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


@given(st.floats(0.2, 20.0), st.floats(-3.0, 3.0), st.floats(-500, 500), st.floats(-500, 500))
def test_any_upright_or_tilted_face_lands_on_the_crop_points(scale, angle, x, y):
    flat = load_template().positions_m[:, :2] * (1000.0, -1000.0)
    landmarks = transform_points(similarity(scale, angle, x, y), flat)
    five = transform_points(crop_transform(landmarks), five_points(landmarks))
    np.testing.assert_allclose(five, crop_points(), atol=1e-6)


def test_identity_leaves_pixels_alone():
    image = np.random.default_rng(0).integers(0, 256, (CROP_SIZE, CROP_SIZE, 3)).astype(np.uint8)
    np.testing.assert_array_equal(warp_crop(image, similarity(1.0, 0.0, 0.0, 0.0)), image)


@pytest.mark.parametrize("scale", [1.0, 0.7, 0.5, 0.26, 0.1, 0.05])
def test_pixel_centres_stay_where_the_transform_puts_them(scale):
    # A horizontal ramp whose value at continuous coordinate x is x * slope.
    width = int(CROP_SIZE / scale) + 40
    slope = 250.0 / width
    ramp = np.round((np.arange(width) + 0.5) * slope).astype(np.uint8)
    image = np.repeat(np.repeat(ramp[None, :, None], width, axis=0), 3, axis=2)
    crop = warp_crop(image, similarity(scale, 0.0, -10.0 * scale, -10.0 * scale))
    expected = ((np.arange(CROP_SIZE) + 0.5) / scale + 10.0) * slope
    np.testing.assert_allclose(crop[64, 2:-2, 0], expected[2:-2], atol=1.1)


@pytest.mark.parametrize("scale", [0.3, 0.13, 0.06])
def test_fine_detail_is_averaged_when_a_large_face_is_reduced(scale):
    checks = (np.indices((2400, 2400)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = warp_crop(np.repeat(checks[:, :, None], 3, axis=2), similarity(scale, 0.1, 20.0, 0.0))
    inner = crop[50:80, 50:80].astype(float)
    assert abs(inner.mean() - 127.5) < 2.0
    assert inner.std() < 45.0, "sampling single pixels of the checks would give 127"


def test_outside_the_image_is_black():
    white = np.full((100, 100, 3), 255, np.uint8)
    crop = warp_crop(white, similarity(0.5, 0.0, 40.0, 0.0))
    assert (crop[10:40, 45:85] == 255).all()
    assert (crop[:, :38] == 0).all()
    assert (crop[55:] == 0).all()
    assert (warp_crop(white, similarity(0.1, 0.0, 5000.0, 0.0)) == 0).all()
