import numpy as np
import pytest

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import crop_points
from training.augment import neutral_landmarks
from training.data.parsing_samples import CLASSES
from training.data.photo_masks import UNKNOWN, contour_classes, pseudo_classes
from training.face_mesh import mirror_permutation

SKIN, LIP, EYES, GLASSES = (CLASSES.index(n) for n in ("skin", "lower_lip", "eyes", "glasses"))


def says(name, sure=1.0):
    """(K, 128, 128): a parser that says the same of every pixel."""
    rest = (1 - sure) / (len(CLASSES) - 1)
    probabilities = np.full((len(CLASSES), CROP_SIZE, CROP_SIZE), rest, np.float32)
    probabilities[CLASSES.index(name)] = sure
    return probabilities


def at(classes, point):
    x, y = np.floor(point).astype(int)
    return CLASSES[classes[y, x]]


def test_contours_name_what_lies_at_known_places():
    classes, landmarks = contour_classes(neutral_landmarks()), neutral_landmarks() * CROP_SIZE
    right, left, nose, *_ = crop_points()
    assert at(classes, right) in ("eyes", "iris")
    assert at(classes, left) in ("eyes", "iris")
    assert at(classes, nose) == "nose"
    assert at(classes, landmarks[[70, 63, 105, 66, 46, 53, 52, 65]].mean(0)) == "brows"
    assert at(classes, landmarks[[0, 13]].mean(0)) == "upper_lip"
    assert at(classes, landmarks[[17, 14]].mean(0)) == "lower_lip"
    assert at(classes, landmarks[50]) == "skin"
    assert at(classes, (1, 127)) == "background"


def test_a_mirrored_face_has_mirrored_classes():
    landmarks = neutral_landmarks() + np.array([[0.01, -0.02]], np.float32)
    flipped = landmarks[mirror_permutation()] * (-1, 1) + (1, 0)
    mirrored = contour_classes(flipped.astype(np.float32))[:, ::-1]
    assert (contour_classes(landmarks) == mirrored).mean() > 0.98


def test_an_open_mouth_has_an_inside():
    landmarks = neutral_landmarks().copy()
    landmarks[[14, 17, 87, 317, 84, 314, 178, 402, 181, 405]] += (0, 0.08)
    inside = (contour_classes(landmarks) == CLASSES.index("mouth_interior")).sum()
    shut = (contour_classes(neutral_landmarks()) == CLASSES.index("mouth_interior")).sum()
    assert inside > shut + 50


def test_a_shut_eye_has_no_iris():
    landmarks = neutral_landmarks().copy()
    lids = [7, 163, 144, 145, 153, 154, 155, 173, 157, 158, 159, 160, 161, 246]
    landmarks[lids, 1] = landmarks[[33, 133], 1].mean()
    iris = contour_classes(landmarks) == CLASSES.index("iris")
    assert not iris[:, : CROP_SIZE // 2].any()


def test_a_parser_that_is_not_sure_is_not_asked():
    classes = pseudo_classes(neutral_landmarks(), says("skin", 0.5))
    drawn = contour_classes(neutral_landmarks())
    parts = ~np.isin(drawn, [SKIN, CLASSES.index("background")])
    np.testing.assert_array_equal(classes[parts], drawn[parts])
    assert (classes[~parts] == UNKNOWN).all()


def test_a_sure_parser_has_its_say_outside_the_contours():
    classes = pseudo_classes(neutral_landmarks(), says("hair", 0.9))
    assert (classes[:5] == CLASSES.index("hair")).all()


def test_what_lies_before_the_face_stays():
    classes = pseudo_classes(neutral_landmarks(), says("glasses", 0.9))
    assert (classes == GLASSES).all()


def test_lips_where_landmarks_have_none_are_doubted():
    classes = pseudo_classes(neutral_landmarks(), says("lower_lip", 0.99))
    drawn = contour_classes(neutral_landmarks())
    outside = np.isin(drawn, [SKIN, CLASSES.index("background")])
    assert (classes[outside] == UNKNOWN).all()
    assert (classes[drawn == EYES] == EYES).all()


@pytest.mark.parametrize("name", ["skin", "lower_lip"])
def test_the_rim_of_a_part_has_no_label(name):
    landmarks = neutral_landmarks()
    classes = pseudo_classes(landmarks, says(name))
    lips = np.isin(contour_classes(landmarks), [LIP])
    bottom = np.flatnonzero(lips[:, 64])[-1] + 1
    assert classes[bottom, 64] == UNKNOWN
