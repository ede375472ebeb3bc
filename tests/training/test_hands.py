import numpy as np
import pytest

from training.hands import COVERED, cover_face, places

POINTS = {
    "eye_centre_L": (84, 50), "eye_centre_R": (44, 50), "cheek_L": (92, 74), "cheek_R": (36, 74),
    "mouth_corner_L": (76, 90), "mouth_corner_R": (52, 90),
}  # fmt: skip


def grey(level=150):
    return np.full((128, 128, 3), level, np.uint8)


def held(seed, image=None):
    image = grey() if image is None else image
    return cover_face(image, places(image, POINTS), np.random.default_rng(seed))


def test_places_are_where_the_points_are_and_the_skin_is_that_of_the_cheeks():
    image = grey()
    image[60:90] = (200, 120, 90)
    face = places(image, POINTS)
    assert set(face.centres) == set(COVERED)
    assert face.unit == 40
    np.testing.assert_allclose(face.skin, (200, 120, 90))
    np.testing.assert_allclose(face.centres["mouth"], (64, 90))
    np.testing.assert_allclose(face.centres["eyes"], (64, 50))
    assert face.centres["forehead"][1] < 50


def test_the_seed_decides():
    first, again, other = held(3), held(3), held(4)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize("seed", range(12))
def test_a_part_of_the_face_is_hidden_and_what_is_hidden_is_painted(seed):
    out, hidden = held(seed)
    assert 0.02 < hidden.mean() < 0.8
    assert (out[hidden] != 150).any(axis=-1).mean() > 0.9
    assert out.shape == (128, 128, 3)
    assert out.dtype == np.uint8


def test_most_of_the_time_an_eye_or_the_mouth_is_hidden():
    spots = {"eye": [(50, 84), (50, 44)], "mouth": [(90, 64)]}
    shown = [held(seed)[1] for seed in range(60)]
    for name, share in (("eye", 0.4), ("mouth", 0.2)):
        assert np.mean([any(h[spot] for spot in spots[name]) for h in shown]) > share
    assert np.mean([h[50, 84] and h[50, 44] for h in shown]) < 0.5


def test_a_face_out_of_the_picture_is_left_alone_by_hands_that_do_not_reach_it():
    far = {name: (x + 2000, y) for name, (x, y) in POINTS.items()}
    out, hidden = cover_face(grey(), places(grey(), far), np.random.default_rng(0))
    assert out.shape == (128, 128, 3)
    assert hidden.shape == (128, 128)


def test_hands_over_nothing_visible_keep_bytes_in_range():
    for level in (0, 255):
        out, _ = held(1, grey(level))
        assert out.min() >= 0
        assert out.max() <= 255
