from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import SourceError
from tests.training.data.made import write_film
from training.data.labelled import LabelledSequence, frame_number, read_scores, table


def sequence(film, numbers):
    intensities = np.zeros((len(numbers), 1))
    return LabelledSequence("a", "a", "test", film, ("AU12",), np.array(numbers), intensities)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("1,0\n1,2\n", "line 2 scores frame 1 a second time"),
        ("1,0\n2,6\n", "line 2 has intensity 6, expected 0 to 5"),
        ("1,0\n2,-1\n", "intensity -1"),
        ("1,nan\n", "intensity nan"),
        ("1.5,0\n", "frame 1.5, expected a whole number"),
        ("frame,AU\n", "expected FRAME,INTENSITY"),
        ("1,2,3\n", "expected FRAME,INTENSITY"),
        ("inf,0\n", "expected FRAME,INTENSITY"),
    ],
)
def test_a_broken_label_file_is_named_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "SN001_au1.txt"
    path.write_text(text)
    with pytest.raises(SourceError, match=complaint) as error:
        read_scores(path)
    assert str(path) in str(error.value)


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="cannot be read as text"):
        read_scores(path)


@given(st.dictionaries(st.integers(0, 9999), st.integers(0, 5), min_size=1))
def test_scores_are_read_as_written(tmp_path_factory, scores):
    path = tmp_path_factory.mktemp("scores") / "a.txt"
    path.write_text("\n".join(f"{n},{v}" for n, v in scores.items()))
    assert read_scores(path) == scores


LINES = st.lists(st.text("0123456789,.-e naif\t", max_size=12), max_size=6)


@given(st.binary(max_size=100) | LINES.map(lambda lines: "\n".join(lines).encode()))
def test_any_bytes_are_scores_or_a_named_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "SN001_au1.txt"
    path.write_bytes(content)
    scores = {}
    try:
        scores = read_scores(path)
    except SourceError as error:
        told = str(error)
    else:
        told = "SN001_au1.txt"
    assert "SN001_au1.txt" in told
    assert all(0 <= value <= 5 for value in scores.values())


def test_the_code_for_unscored_is_no_intensity(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,9\n2,5\n")
    scores = read_scores(path, missing=9)
    assert np.isnan(scores[1])
    assert scores[2] == 5


def test_a_table_leaves_out_frames_that_nobody_scored():
    numbers, values = table({"AU01": {1: 0.0, 2: np.nan}, "AU02": {2: np.nan, 3: 4.0}})
    np.testing.assert_array_equal(numbers, [1, 3])
    np.testing.assert_array_equal(values, [[0, np.nan], [np.nan, 4]])


def test_a_film_gives_the_scored_frames_with_their_rows(tmp_path):
    write_film(tmp_path / "a.avi", 6)
    found = list(sequence(tmp_path / "a.avi", [2, 5]).scored_pictures())
    assert [row for row, _ in found] == [0, 1]
    assert [round(image.mean() / 10) for _, image in found] == [2, 5]


def test_a_film_shorter_than_its_labels_is_told(tmp_path):
    write_film(tmp_path / "a.avi", 3)
    with pytest.raises(SourceError, match="holds 1 of the 2 frames"):
        list(sequence(tmp_path / "a.avi", [2, 5]).scored_pictures())


def test_a_picture_that_is_none_is_named(tmp_path):
    (tmp_path / "0002.jpg").write_text("no picture")
    with pytest.raises(SourceError, match=r"0002\.jpg is no picture"):
        list(sequence(tmp_path, [2]).scored_pictures())


@pytest.mark.parametrize(
    ("name", "number"), [("0007.jpg", 7), ("F001_T1_0123.PNG", 123), ("a.jpg", -1), ("7.txt", -1)]
)
def test_frame_numbers_stand_at_the_end_of_names(name, number):
    assert frame_number(Path(name)) == number
