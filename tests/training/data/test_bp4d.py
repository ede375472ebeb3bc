import numpy as np
import pytest

from geface_bridge.errors import SourceError
from tests.training.data.made import make_bp4d
from training.data.bp4d import AUS, read_bp4d, split_of

PEOPLE = [f"F{n:03d}" for n in range(1, 24)] + [f"M{n:03d}" for n in range(1, 19)]


def test_films_and_labels_come_together(tmp_path):
    train, test = read_bp4d(make_bp4d(tmp_path))
    assert (train.name, train.split, test.name, test.split) == (
        "F001_T1",
        "train",
        "F002_T8",
        "test",
    )
    np.testing.assert_array_equal(train.frame_numbers, range(4, 9))
    np.testing.assert_array_equal(train.intensities[0], [(4 + au) % 6 for au in AUS])
    assert [round(image.mean() / 10) for _, image in train.scored_pictures()] == [4, 5, 6, 7, 8]


def test_a_frame_that_could_not_be_scored_is_nan_in_that_au_alone(tmp_path):
    sequence = read_bp4d(make_bp4d(tmp_path))[0]
    unscored = np.isnan(sequence.intensities)
    assert unscored.sum() == 1
    assert unscored[2, AUS.index(10)]


def test_the_paper_trains_on_21_and_tests_on_20_people():
    splits = [split_of(person) for person in PEOPLE]
    assert (splits.count("train"), splits.count("test")) == (21, 20)


def test_an_empty_folder_is_no_bp4d(tmp_path):
    with pytest.raises(SourceError, match="expected BP4D with its intensities"):
        read_bp4d(tmp_path)


def test_missing_parts_are_named(tmp_path):
    root = make_bp4d(tmp_path / "a", films=(("F001", "T1"),))
    (root / "AUCoding/AU_INT/AU12/F001_T1_AU12.csv").unlink()
    with pytest.raises(SourceError, match=r"F001_T1_AU12\.csv"):
        read_bp4d(root)
    root = make_bp4d(tmp_path / "b", films=(("F001", "T1"),))
    (root / "2D+3D/F001/T1").rename(root / "elsewhere")
    with pytest.raises(SourceError, match="no folder F001/T1"):
        read_bp4d(root)
