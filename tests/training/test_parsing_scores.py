import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.align import CROP_SIZE
from tests.training.parsing_toy import Colours, make_pairs, make_task
from tests.training.toy import config
from training.augment import neutral_landmarks
from training.data.faces import FaceSet
from training.data.pairs import PairSet
from training.data.parsing_samples import CLASSES
from training.data.photo_masks import contour_classes
from training.loop import CHECKPOINT, run_loop
from training.parsing_scores import (
    confusion,
    contour_scores,
    held_out_photos,
    intersection_over_union,
    main,
    render_crops,
    sheet,
)


def test_overlap_on_worked_numbers():
    """Class 0: 2 of 4; class 1: 1 of 4; class 2 nowhere; a pixel without truth is left out."""
    truth = np.array([[0, 0, 0, 1], [1, 1, 255, 255]], np.uint8)
    guess = np.array([[0, 0, 1, 0], [1, 1, 2, 0]], np.uint8)
    table = confusion(truth, guess, 3)
    assert table.tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    scores = intersection_over_union(table)
    assert scores[:2].tolist() == [0.5, 0.5]
    assert np.isnan(scores[2])


def test_a_class_that_is_guessed_wrongly_scores_nothing():
    scores = intersection_over_union(confusion(np.zeros(4, np.uint8), np.ones(4, np.uint8), 2))
    assert scores.tolist() == [0.0, 0.0]


def test_contours_overlap_wholly_with_themselves_and_less_when_moved():
    landmarks = neutral_landmarks()[None]
    classes = np.stack([contour_classes(points) for points in landmarks])
    own = contour_scores(landmarks, classes)
    moved = contour_scores(landmarks, np.roll(classes, 2, axis=1))
    assert all(value == 1 for name, value in own.items() if name != "mouth_interior")
    for name in ("brows", "eyes", "nose", "upper_lip", "lower_lip", "face"):
        assert 0 < moved[name] < 0.97, name
    assert moved["face"] > moved["nose"] > moved["brows"]


def test_hair_before_the_face_is_no_face():
    landmarks = neutral_landmarks()[None]
    classes = np.stack([contour_classes(points) for points in landmarks])
    half = classes.copy()
    half[:, :, : CROP_SIZE // 2] = CLASSES.index("hair")
    assert contour_scores(landmarks, half)["face"] == pytest.approx(0.5, abs=0.03)


def test_every_fifth_photo_is_held_out():
    faces = FaceSet(*(np.zeros((11, 1)) for _ in range(4)))
    assert held_out_photos(faces).tolist() == [0, 5, 10]


def test_held_out_renders_are_the_last(tmp_path):
    crops, classes = render_crops(PairSet(make_pairs(tmp_path / "pairs")), 2)
    assert crops.shape == (2, CROP_SIZE, CROP_SIZE, 3)
    assert classes.shape == (2, CROP_SIZE, CROP_SIZE)


def test_a_sheet_has_a_column_a_face():
    crops = np.full((3, CROP_SIZE, CROP_SIZE, 3), 200, np.uint8)
    classes = np.full((3, CROP_SIZE, CROP_SIZE), CLASSES.index("occluder"), np.uint8)
    picture = sheet(crops, classes, columns=2)
    assert picture.shape == (2 * 3 * CROP_SIZE, 2 * CROP_SIZE, 3)
    assert (picture[:CROP_SIZE, :CROP_SIZE] == 200).all()
    assert (picture[-CROP_SIZE:, CROP_SIZE:] == 0).all()  # the place of the fourth


def test_the_command_prints_a_row_a_class_and_draws(tmp_path):
    run_loop(make_task, Colours(), config(1), tmp_path / "net")
    command = [str(tmp_path / "net" / CHECKPOINT), "--data", str(make_pairs(tmp_path / "pairs"))]
    command += ["--held-out", "2", "--sheet", str(tmp_path / "sheet.png")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    rows = done.output.splitlines()
    assert [row.split()[0] for row in rows[:-1]] == list(CLASSES)
    assert rows[-1].startswith("mean IoU on 2 held-out renders: ")
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[0] == 3 * CROP_SIZE


def test_no_network_is_one_line(tmp_path):
    done = CliRunner().invoke(main, [str(tmp_path / "none.safetensors")])
    assert done.exit_code != 0
    assert "none.safetensors is no checkpoint of this program" in done.output
