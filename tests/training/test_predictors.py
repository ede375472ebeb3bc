import numpy as np
import pytest

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from training.predictors import CsvPredictor, prediction_from_channels, read_predictions

NO_PICTURE = np.zeros((2, 2, 3), np.uint8)


def write(folder, text, name="film.csv"):
    (folder / name).write_text(text)
    return folder / name


def test_channels_become_the_mean_of_the_sides_on_the_scale_of_files():
    index = load_layout().channel_index
    channels = np.zeros(len(index), np.float32)
    for name, value in {"AU12_L": 0.8, "AU12_R": 0.4, "AU26": 0.5, "head_yaw": 0.3}.items():
        channels[index[name]] = value
    prediction = prediction_from_channels(channels)
    assert prediction.aus["AU12"] == pytest.approx(3)
    assert prediction.aus["AU26"] == pytest.approx(2.5)
    assert prediction.yaw_rad == pytest.approx(0.3)


def test_another_tool_is_read_by_sequence_and_frame(tmp_path):
    write(tmp_path, "frame, success, AU12_r, AU12_c\n1, 1, 2.5, 1\n2, 0, 5, 1\n")
    tool = CsvPredictor("theirs", tmp_path)
    assert tool.predict("film", 1, NO_PICTURE).aus == {"AU12": 2.5}
    assert tool.predict("film", 2, NO_PICTURE) is None
    assert tool.predict("film", 3, NO_PICTURE) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected frame and AU01_r"),
        ("frame,AU12_c\n1,1\n", "expected frame and AU01_r"),
        ("AU12_r\n1\n", "expected frame and AU01_r"),
        ("frame,AU12_r\n1,much\n", "not a number"),
        ("frame,AU12_r\n1\n", "not a number"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, complaint):
    path = write(tmp_path, text)
    with pytest.raises(SourceError, match=complaint) as error:
        read_predictions(path)
    assert str(path) in str(error.value)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"absent\.csv"):
        CsvPredictor("theirs", tmp_path).predict("absent", 1, NO_PICTURE)
    with pytest.raises(SourceError, match="nowhere"):
        CsvPredictor("theirs", tmp_path / "nowhere")
