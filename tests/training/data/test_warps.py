"""Warps move what they say, on the side they say, and nothing at the border."""

import cv2
import numpy as np
import pytest

from geface_bridge.align import CROP_SIZE
from training.augment import neutral_landmarks
from training.data.warps import (
    IBUG_68,
    LEAST_GAP_PX,
    LID_PAIRS,
    MOVES,
    moved,
    random_moves,
    warp_along,
    warp_expression,
)
from training.face_mesh import mirror_permutation

POINTS = neutral_landmarks().astype(np.float64) * CROP_SIZE
START = POINTS[list(IBUG_68)]


def spot(x, y):
    """A grey crop with one bright, soft spot."""
    crop = np.full((CROP_SIZE, CROP_SIZE, 3), 40, np.uint8)
    cv2.circle(crop, (int(x), int(y)), 3, (255, 255, 255), -1)
    return cv2.GaussianBlur(crop, (0, 0), 1.0)


def brightest(crop):
    weight = np.maximum(crop[..., 0].astype(float) - 60, 0)
    rows, columns = np.mgrid[:CROP_SIZE, :CROP_SIZE] + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_the_68_points_are_a_face():
    assert len(IBUG_68) == len(set(IBUG_68)) == 68
    # iBUG's right half lies on the left of the picture, and mirrors into its left half
    mirror = mirror_permutation()
    for right, left in ((48, 54), (37, 44), (17, 26), (21, 22), (31, 35), (50, 52), (58, 56)):
        assert START[right, 0] < START[left, 0]
        assert np.hypot(*(POINTS[mirror[IBUG_68[right]]] - START[left])) < 3


def test_no_move_changes_nothing():
    crop = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    crop = crop.repeat(8, axis=0).repeat(8, axis=1)
    out, landmarks = warp_along(crop, POINTS, START)
    # the template's own crop is aligned as it is
    np.testing.assert_allclose(landmarks * CROP_SIZE, POINTS, atol=1e-3)
    assert np.abs(out.astype(int) - crop).max() <= 2


@pytest.mark.parametrize("index", [8, 19, 24, 57])
def test_the_picture_goes_where_its_point_goes(index):
    near = np.exp(-((START - START[index]) ** 2).sum(axis=1) / 300)  # and its neighbours, softly
    target = START + near[:, None] * (1.0, 4.0)
    crop = spot(*START[index])
    out, landmarks = warp_along(crop, POINTS, target)
    here = landmarks[IBUG_68[index]] * CROP_SIZE
    np.testing.assert_allclose(here, target[index], atol=1.0)
    np.testing.assert_allclose(brightest(out), here, atol=1.2)


@pytest.mark.parametrize("name", MOVES)
def test_moves_are_mirror_images_of_each_other(name):
    right, left = moved(name, POINTS, 1, 0), moved(name, POINTS, 0, 1)
    assert np.abs(right).max() > 0.3
    np.testing.assert_allclose(np.sort(np.hypot(*right.T)), np.sort(np.hypot(*left.T)), atol=0.7)
    centre = START[27, 0]
    assert START[np.abs(right).sum(axis=1) > 0, 0].mean() < centre
    assert START[np.abs(left).sum(axis=1) > 0, 0].mean() > centre


@pytest.mark.parametrize(
    ("name", "index", "x", "y"),
    [("smile", 48, -1, -1), ("smile", 54, 1, -1), ("pout", 48, 1, 0), ("jaw drop", 57, 0, 1),
     ("inner brow up", 21, 0, -1), ("frown", 21, 1, 1), ("lids down", 37, 0, 1)],
)  # fmt: skip
def test_moves_go_their_way(name, index, x, y):
    shift = moved(name, POINTS, 1, 1)[index]
    assert np.sign(np.round(shift, 1)).tolist() == [x, y]


def test_lids_stop_at_each_other():
    moves = moved("lids down", POINTS, 50, 50)
    for upper, lower in ((37, 41), (43, 47)):
        assert (START + moves)[upper, 1] < START[lower, 1]


def openings(landmarks):
    """(4,) distances of lid from lid, over that of the eyes' outer corners."""
    points = landmarks[list(IBUG_68)]
    lids = [np.hypot(*(points[lower] - points[upper])) for upper, lower in LID_PAIRS]
    return np.array(lids) / np.hypot(*(points[45] - points[36]))


class Still:
    """A generator that draws no move."""

    def random(self):
        return 1.0


@pytest.mark.parametrize(("right", "left"), [(0.0, 1.0), (1.0, 0.0), (0.5, 0.7)])
def test_shut_eyes_open_by_what_is_left(right, left):
    crop = np.full((CROP_SIZE, CROP_SIZE, 3), 90, np.uint8)
    _, landmarks = warp_expression(crop, POINTS / CROP_SIZE, Still(), (right, left))
    least = LEAST_GAP_PX / np.hypot(*(START[45] - START[36]))
    left_open = np.maximum(openings(POINTS) * (1 - np.array([right, right, left, left])), least)
    np.testing.assert_allclose(openings(landmarks), left_open, atol=1e-3)


def test_no_expression_folds_the_picture():
    """Lids that met or changed places would tear nose and brow with them."""
    crop = np.full((CROP_SIZE, CROP_SIZE, 3), 90, np.uint8)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        _, landmarks = warp_expression(crop, POINTS / CROP_SIZE, rng, (seed % 2, 0.0))
        points = landmarks[list(IBUG_68)] * CROP_SIZE
        gaps = np.array([points[lower] - points[upper] for upper, lower in LID_PAIRS])
        assert gaps[:, 1].min() > 0.2
        assert np.hypot(*gaps.T).min() > 0.9 * LEAST_GAP_PX  # the crop is aligned anew


def test_random_moves_are_the_generators():
    one, other = (random_moves(POINTS, np.random.default_rng(s)) for s in (1, 2))
    np.testing.assert_array_equal(one, random_moves(POINTS, np.random.default_rng(1)))
    assert not np.array_equal(one, other)


def test_a_warped_crop_is_aligned_and_keeps_its_form():
    crop = np.random.default_rng(3).integers(0, 256, (CROP_SIZE, CROP_SIZE, 3), dtype=np.uint8)
    out, landmarks = warp_expression(crop, POINTS / CROP_SIZE, np.random.default_rng(4))
    assert out.shape == crop.shape
    assert out.dtype == np.uint8
    eyes = landmarks[[33, 263]] * CROP_SIZE
    np.testing.assert_allclose(eyes, POINTS[[33, 263]], atol=4)
