import cv2
import numpy as np
import pytest

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
        ("picture,AU12_r\na.png,inf\n", "AU12 at inf"),
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
