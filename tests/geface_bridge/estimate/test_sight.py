from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geface_bridge.align import AlignedFace, HeadPose
from geface_bridge.align.template import CROP_EYE_DISTANCE_PX, CROP_EYE_LINE_PX, load_template
from geface_bridge.estimate import sight
from geface_bridge.estimate.sight import eyes_of, light_of, noise_of, sight_of

HEAD = HeadPose(0, 0, 0, 0, 0, -0.6)
PALE, DARK = (224, 180, 155), (105, 70, 52)


def landmarks() -> np.ndarray:
    template = load_template()
    scale = CROP_EYE_DISTANCE_PX / template.eye_distance_m
    points = template.positions_m[:, :2] * (scale, -scale) + (64, CROP_EYE_LINE_PX)
    return (points / 128).astype(np.float32)


def portrait(skin=PALE, shining: float = 1.2) -> np.ndarray:
    """A drawn face: skin that shines on forehead and nose, whites, irises, lashes, lips."""
    crop, points = np.full((128, 128, 3), skin, np.float32), landmarks() * 128
    for shine in (151, 9, 8, 6, 4, 205, 425):
        _dot(crop, points[shine], 7, np.array(skin) * shining)
    for iris, rim, lower in (
        (468, sight._RIM[0], (163, 144, 145, 153, 154)),
        (473, sight._RIM[1], (390, 373, 374, 380, 381)),
    ):
        outline = np.round(points[[*rim, *lower[::-1]]]).astype(int)
        cv2.fillPoly(crop, [outline], (190, 185, 180))
        _dot(crop, points[iris], 3, (40, 30, 25))
        cv2.polylines(crop, [np.round(points[list(rim)]).astype(int)], False, (30, 22, 20), 2)
    return np.clip(crop, 0, 255)


def _dot(crop, place, radius, colour) -> None:
    cv2.circle(crop, tuple(np.round(place).astype(int).tolist()), radius, [*map(float, colour)], -1)


def face(crop: np.ndarray) -> AlignedFace:
    crop = np.clip(crop, 0, 255).astype(np.uint8)
    return AlignedFace(np.zeros((478, 3), np.float32), crop, np.eye(2, 3), landmarks(), HEAD)


def lit(crop: np.ndarray, share: float, noise: float = 0.0, gain: float = 1.0) -> np.ndarray:
    """The crop in a share of the light, with noise of the sensor (in light), after a gain."""
    light = share * (crop / 255) ** 2.2
    light = (light + np.random.default_rng(0).normal(0, noise, crop.shape)) * gain
    return 255 * np.clip(light, 0, 1) ** (1 / 2.2)


def test_a_face_in_good_light_is_seen():
    assert sight_of(face(portrait())) > 0.9


@pytest.mark.parametrize("noise", [0.0, 0.004])
@pytest.mark.parametrize("skin", [PALE, DARK])
def test_sight_falls_with_every_step_into_the_dark(skin, noise):
    steps = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.015)
    seen = [sight_of(face(lit(portrait(skin, 1.6), step, noise))) for step in steps]
    assert all(later < earlier for earlier, later in pairwise(seen))
    assert seen[-1] < 0.5 * seen[0]


def test_a_gain_does_not_bring_back_what_was_lost_in_noise():
    dark = lit(portrait(), 0.03, 0.004, gain=30)
    assert sight_of(face(dark)) < 0.6 * sight_of(face(portrait()))


def test_dark_skin_in_good_light_is_seen_and_pale_skin_in_bad_light_is_not():
    dark_skin, pale_in_the_dark = face(portrait(DARK, 1.6)), face(lit(portrait(), 0.13))
    cheeks = [f.crop_rgb[80, 40].mean() for f in (dark_skin, pale_in_the_dark)]
    assert cheeks[0] == pytest.approx(cheeks[1], rel=0.15)  # the skins are alike on the picture
    assert sight_of(dark_skin) > 0.9 * sight_of(face(portrait()))
    assert sight_of(pale_in_the_dark) < 0.95 * sight_of(dark_skin)


@pytest.mark.parametrize("skin", [PALE, DARK])
def test_a_hand_over_an_eye_is_told_of_that_eye(skin):
    crop = portrait(skin)
    right, left = landmarks()[[468, 473]] * 128
    covered = crop.copy()
    _dot(covered, left, 18, skin)
    found = eyes_of(face(covered).crop_rgb[..., 1], landmarks())
    assert found[0] == eyes_of(face(crop).crop_rgb[..., 1], landmarks())[0] > 0.9
    assert found[1] < 0.1
    _dot(covered, right, 18, skin)
    one, both = 1 - sight.EYES_SHARE / 2, 1 - sight.EYES_SHARE
    assert both < one < 1
    assert sight_of(face(covered)) < (both + 0.1) * sight_of(face(crop))


def test_behind_dark_glasses_there_are_no_eyes_and_behind_clear_ones_there_are():
    crop = portrait()
    for share, least, most in ((0.25, 0.0, 0.1), (0.9, 0.9, 1.0)):
        worn = crop.copy()
        for eye in landmarks()[[468, 473]] * 128:
            x, y = eye.astype(int)
            lens = worn[y - 14 : y + 14, x - 16 : x + 16]
            lens *= share
        assert all(
            least <= eye <= most for eye in eyes_of(face(worn).crop_rgb[..., 1], landmarks())
        )


def test_shut_eyes_are_eyes():
    crop = np.full((128, 128, 3), PALE, np.float32)
    for rim in sight._RIM:
        line = np.round(landmarks()[list(rim)] * 128).astype(int)
        cv2.polylines(crop, [line], False, (60, 45, 40), 2)
    assert min(eyes_of(face(crop).crop_rgb[..., 1], landmarks())) > 0.9


def test_what_is_behind_a_face_does_not_count():
    crop = portrait()
    outside = cv2.convexHull(np.round(landmarks() * 128).astype(np.int32))
    behind = cv2.fillConvexPoly(np.ones((128, 128)), outside, 0.0)
    behind = cv2.erode(behind, np.ones((5, 5)))[..., None]
    before, white = (face(c) for c in (crop, np.where(behind, 255, crop)))
    assert sight_of(white) == pytest.approx(sight_of(before), abs=0.01)


def test_noise_is_measured_whatever_it_lies_on():
    rng = np.random.default_rng(1)
    slope = np.linspace(40, 200, 128)[None] + np.linspace(0, 40, 128)[:, None]
    for sigma in (3.0, 8.0):
        noisy = np.clip(slope + rng.normal(0, sigma, (128, 128)), 0, 255).astype(np.uint8)
        assert noise_of(noisy) == pytest.approx(sigma, rel=0.15)
    assert noise_of(slope.astype(np.uint8)) < 1


@given(
    arrays.arrays(np.uint8, (128, 128, 3)),
    arrays.arrays(np.float32, (478, 2), elements=st.floats(-3, 3, width=32)),
)
def test_sight_is_a_share_wherever_landmarks_lie(crop, points):
    strange = AlignedFace(np.zeros((478, 3), np.float32), crop, np.eye(2, 3), points, HEAD)
    assert 0.0 <= sight_of(strange) <= 1.0
    assert sight_of(strange) == sight_of(strange)


def test_nothing_is_seen_in_the_black():
    assert sight_of(face(np.zeros((128, 128, 3)))) < 0.01
    assert light_of(np.full((128, 128), 255, np.uint8), landmarks()) > 0.97
