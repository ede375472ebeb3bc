import csv

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import SourceError
from training.data.pictures import read_pictures


def folder_with(tmp_path, text):
    (tmp_path / "labels.csv").write_text(text)
    return tmp_path


def test_pictures_and_scores_come_together(tmp_path):
    folder = folder_with(
        tmp_path, "picture,AU12_r,AU01_r,yaw_rad,pitch_rad\na.png,2.5,,0.25,-0.5\nb.png,0,5,,\n"
    )
    cv2.imwrite(str(folder / "a.png"), np.full((4, 6, 3), (10, 20, 30), np.uint8))
    first, second = read_pictures(folder)
    assert first.aus == {"AU12": 2.5}
    assert (first.yaw_rad, first.pitch_rad) == (0.25, -0.5)
    assert first.read().shape == (4, 6, 3)
    np.testing.assert_array_equal(first.read()[0, 0], (30, 20, 10))
    assert second.aus == {"AU12": 0, "AU01": 5}
    assert np.isnan(second.yaw_rad)
    with pytest.raises(SourceError, match=r"b\.png is no picture"):
        second.read()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected picture and AU01_r"),
        ("picture\na.png\n", "expected picture and AU01_r"),
        ("AU12_r\n1\n", "expected picture and AU01_r"),
        ("picture,AU99_r\na.png,1\n", "scores AU99, which the layout does not have"),
        ("picture,AU12_r\na.png,6\n", "line 2 has AU12 at 6, expected 0 to 5"),
        ("picture,AU12_r\na.png,inf\n", "line 2 holds 'inf', expected a number"),
        ("picture,AU12_r\n,2\n", "line 2 names no picture"),
        ("AU12_r,picture\n1,a.png\n2\n", "line 3 names no picture"),
        ("picture,AU12_r\na.png,much\n", "line 2 holds 'much'"),
    ],
)
def test_a_broken_table_is_named(tmp_path, text, complaint):
    with pytest.raises(SourceError, match=complaint) as error:
        read_pictures(folder_with(tmp_path, text))
    assert "labels.csv" in str(error.value)


def test_a_folder_without_table_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"labels\.csv cannot be read"):
        read_pictures(tmp_path)


ROWS = st.lists(st.lists(st.text(max_size=5) | st.floats().map(str), max_size=4), max_size=5)


@given(ROWS)
def test_any_table_is_read_or_named(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("any")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["picture", "AU12_r", "yaw_rad"], *rows])
    try:
        found = read_pictures(folder)
    except SourceError as error:
        found = []
        told = str(error)
    else:
        told = "labels.csv"
    assert "labels.csv" in told
    assert all(0 <= value <= 5 for picture in found for value in picture.aus.values())


@given(st.binary(max_size=100))
def test_any_bytes_are_a_table_or_a_named_error(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    (folder / "labels.csv").write_bytes(content)
    with pytest.raises(SourceError, match=r"labels\.csv"):
        read_pictures(folder)
