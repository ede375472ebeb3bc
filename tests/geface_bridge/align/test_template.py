from __future__ import annotations

import numpy as np

from geface_bridge.align.faces import CROP_SIZE
from geface_bridge.align.template import (
    LEFT_EYE,
    LEFT_MOUTH_CORNER,
    NOSE_TIP,
    RIGHT_EYE,
    crop_points,
    five_points,
    load_template,
)

FOREHEAD, CHIN = 10, 152


def test_template_is_its_own_mirror_image():
    template = load_template()
    mirrored = template.positions_m[template.mirror] * (-1.0, 1.0, 1.0)
    np.testing.assert_allclose(mirrored, template.positions_m, atol=1.1e-5)
    np.testing.assert_array_equal(template.mirror[template.mirror], np.arange(478))
    assert set(template.mirror[list(RIGHT_EYE)]) == set(LEFT_EYE)


def test_template_has_human_size_and_the_layouts_axes():
    positions = load_template().positions_m
    np.testing.assert_allclose(load_template().eye_distance_m, 0.063, atol=2e-5)
    np.testing.assert_allclose(five_points(positions)[:2].mean(axis=0), 0.0, atol=2e-5)
    assert positions[LEFT_MOUTH_CORNER, 0] > 0.02, "x is to the person's left"
    assert positions[FOREHEAD, 1] > 0.03 > -0.1 > positions[CHIN, 1], "y is up"
    assert positions[:, 2].argmax() in (NOSE_TIP, 4), "the nose is in front"


def test_stable_landmarks_come_in_mirror_pairs_and_leave_out_the_mouth():
    template = load_template()
    assert set(template.mirror[template.stable]) == set(template.stable)
    assert template.positions_m[template.stable, 1].min() > -0.03
    assert len(set(template.stable)) == len(template.stable) == 40


def test_crop_holds_the_face_with_room_for_an_open_jaw():
    template = load_template()
    scale = 42.0 / template.eye_distance_m
    points = template.positions_m[:, :2] * (scale, -scale) + (CROP_SIZE / 2, 34.0)
    np.testing.assert_allclose(five_points(points), crop_points(), atol=0.05)
    assert -3.0 < points[FOREHEAD, 1] < 3.0
    assert 8.0 < points[:, 0].min() < points[:, 0].max() < CROP_SIZE - 8.0
    assert points[CHIN, 1] + 12.0 < CROP_SIZE
