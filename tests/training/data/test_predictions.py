from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align import openface_angles_from_head_angles
from geface_bridge.errors import SourceError
from rig.layout import load_layout
from training.data.predictions import (
    head_angles_from_openface,
    prediction_from_channels,
    read_predictions,
)


def write(folder, text, name="film.csv"):
    (folder / name).write_text(text)
    return folder / name


def test_channels_become_the_mean_of_the_sides_on_the_scale_of_files():
    index = load_layout().channel_index
    channels = np.zeros(len(index), np.float32)
    values = {"AU12_L": 0.8, "AU12_R": 0.4, "AU26": 0.5, "head_yaw": 0.3, "head_roll": -0.1}
    for name, value in values.items():
        channels[index[name]] = value
    prediction = prediction_from_channels(channels)
    assert prediction.aus["AU12"] == pytest.approx(3)
    assert prediction.aus["AU26"] == pytest.approx(2.5)
    assert (prediction.yaw_rad, prediction.roll_rad) == pytest.approx((0.3, -0.1))


@given(st.tuples(*[st.floats(-1.2, 1.2)] * 3))
def test_openfaces_angles_and_the_layouts_are_each_others_inverse(angles):
    there = openface_angles_from_head_angles(*angles)
    assert head_angles_from_openface(*there) == pytest.approx(angles, abs=1e-9)


def test_openfaces_blink_is_the_closing_of_lids_and_its_pose_is_read(tmp_path):
    angles = openface_angles_from_head_angles(0.3, -0.2, 0.1)
    text = "frame,AU45_r,pose_Rx,pose_Ry,pose_Rz\n7,3.5," + ",".join(map(str, angles)) + "\n"
    found = read_predictions(write(tmp_path, text))[7]
    assert found.aus == {"AU43": 3.5}
    assert (found.yaw_rad, found.pitch_rad, found.roll_rad) == pytest.approx((0.3, -0.2, 0.1))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected frame and AU01_r"),
        ("frame,AU12_c\n1,1\n", "expected frame and AU01_r"),
        ("AU12_r\n1\n", "expected frame and AU01_r"),
        ("frame,AU12_r\n1,much\n", "line 2 holds 'much', what is not a number"),
        ("frame,AU12_r\n1\n", "not a number"),
        ("frame,AU12_r\n1,2\n2,inf\n", "line 3 holds 'inf', expected a finite number"),
        ("frame,AU12_r\n1.5,2\n", "frame 1.5, expected a whole number"),
        ("frame,AU12_r\n1,2\n1,2\n", "line 3 has frame 1 a second time"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, complaint):
    path = write(tmp_path, text)
    with pytest.raises(SourceError, match=complaint) as error:
        read_predictions(path)
    assert str(path) in str(error.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_named_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(b"frame,AU12_r\n" + content)
    found = None
    with suppress(SourceError):
        found = read_predictions(path)
    for prediction in (found or {}).values():
        assert np.isfinite(list(prediction.aus.values())).all()


@given(st.dictionaries(st.integers(1, 9999), st.floats(0, 5), min_size=1))
def test_what_is_written_is_read(tmp_path_factory, said):
    rows = "".join(f"{frame},{value!r}\n" for frame, value in said.items())
    path = write(tmp_path_factory.mktemp("table"), f"frame,AU12_r\n{rows}")
    assert {n: p.aus["AU12"] for n, p in read_predictions(path).items()} == said
