import numpy as np
import pytest

from geface_bridge.errors import SourceError
from tests.training.data.made import make_disfa
from training.data.disfa import AUS, TEST_SUBJECTS, read_disfa

SUBJECTS = [f"SN{n:03d}" for n in (*range(1, 14), *range(16, 19), 21, *range(23, 33))]


def test_people_films_and_labels_come_together(tmp_path):
    train, test = read_disfa(make_disfa(tmp_path))
    assert (train.subject, train.split, test.subject, test.split) == (
        "SN001",
        "train",
        "SN003",
        "test",
    )
    assert train.au_names == tuple(f"AU{au:02d}" for au in AUS)
    np.testing.assert_array_equal(train.frame_numbers, range(1, 7))
    np.testing.assert_array_equal(train.intensities[3], [(4 + au) % 6 for au in AUS])
    pictures = list(train.scored_pictures())
    assert [row for row, _ in pictures] == list(range(6))
    assert [round(image.mean() / 10) for _, image in pictures] == list(range(1, 7))


def test_nine_of_the_27_people_are_for_testing():
    assert len(SUBJECTS) == 27
    assert len(TEST_SUBJECTS & set(SUBJECTS)) == 9


def test_an_empty_folder_is_no_disfa(tmp_path):
    with pytest.raises(SourceError, match="expected DISFA as it is unpacked"):
        read_disfa(tmp_path)


def test_missing_parts_are_named(tmp_path):
    root = make_disfa(tmp_path, subjects=("SN001",))
    (root / "ActionUnit_Labels/SN001/SN001_au9.txt").unlink()
    with pytest.raises(SourceError, match=r"SN001_au9\.txt"):
        read_disfa(root)
    make_disfa(tmp_path, subjects=("SN001",))
    (root / "Videos_LeftCamera/LeftVideoSN001_comp.avi").unlink()
    with pytest.raises(SourceError, match="LeftVideoSN001_comp"):
        read_disfa(root)
