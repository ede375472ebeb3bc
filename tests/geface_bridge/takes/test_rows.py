from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from geface_bridge.estimate import Estimate
from geface_bridge.takes import CsvWriter, JsonWriter, Row
from rig.layout import load_layout

LAYOUT = load_layout()


def estimate(**values: float) -> Estimate:
    channels = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in values.items():
        channels[LAYOUT.channel_index[name]] = value
    return Estimate(channels, 0.75)


def written(*rows: Row, **options: bool) -> list[dict[str, str]]:
    stream = io.StringIO()
    writer = CsvWriter(stream, **options)
    for row in rows:
        writer.write(row)
    stream.seek(0)
    return list(csv.DictReader(stream))


def test_columns_begin_as_openfaces_do_and_hold_every_au_and_side():
    stream = io.StringIO()
    CsvWriter(stream)
    header = stream.getvalue().strip().split(",")
    begin = "frame,timestamp,success,confidence,pose_Rx,pose_Ry,pose_Rz"
    assert ",".join(header[:7]) == begin
    wholes = [f"{au.name}_r" for au in LAYOUT.all_aus]
    sides = [f"{name}_r" for au in LAYOUT.sided_aus for name in au.channels]
    assert {*wholes, *sides} <= set(header)
    assert len(set(header)) == len(header)


def test_intensities_are_on_the_facs_scale_and_a_whole_au_is_the_mean_of_its_sides():
    (row,) = written(Row("a", 0, 3, 0.1, estimate(AU12_L=1.0, AU12_R=0.2, AU26=0.5)))
    found = {name: float(row[name]) for name in ("AU12_r", "AU12_L_r", "AU12_R_r", "AU26_r")}
    assert found == pytest.approx({"AU12_r": 3.0, "AU12_L_r": 5.0, "AU12_R_r": 1.0, "AU26_r": 2.5})
    assert (row["frame"], row["timestamp"], row["success"]) == ("3", "0.100", "1")
    assert row["confidence"] == "0.750"


@pytest.mark.parametrize(
    ("channel", "value", "column", "expected"),
    [
        ("head_pitch", 0.2, "pose_Rx", 0.2),
        ("head_yaw", 0.2, "pose_Ry", -0.2),
        ("head_roll", 0.2, "pose_Rz", -0.2),
        ("head_x", 0.1, "pose_Tx", 100.0),
        ("head_y", 0.1, "pose_Ty", -100.0),
        ("head_z", -0.5, "pose_Tz", 500.0),
        ("gaze_yaw", 0.2, "gaze_yaw", 0.2),
        ("gaze_pitch", -0.1, "gaze_pitch", -0.1),
    ],
)
def test_pose_is_in_openfaces_camera_frame_and_gaze_in_ours(channel, value, column, expected):
    (row,) = written(Row("a", 0, 1, 0.0, estimate(**{channel: value})))
    assert float(row[column]) == pytest.approx(expected, abs=1e-4)
    others = {name for name in row if name.startswith(("pose", "gaze"))} - {column}
    assert {row[name] for name in others} <= {"0.0000", "0.0"}, "and no negative zero"


def test_no_face_is_a_row_of_zeros():
    (row,) = written(Row("a", 0, 7, 0.2, None))
    assert (row.pop("frame"), row.pop("timestamp")) == ("7", "0.200")
    assert set(row.values()) == {"0"}


def test_several_inputs_and_faces_get_leading_columns():
    (row,) = written(Row("a,b.mp4", 1, 1, 0.0, estimate()), with_file=True, with_face=True)
    assert list(row)[:3] == ["file", "face", "frame"]
    assert (row["file"], row["face"]) == ("a,b.mp4", "1")


def test_json_lines_hold_the_wires_channels():
    stream = io.StringIO()
    writer = JsonWriter(stream)
    writer.write(Row("a.mp4", 0, 1, 0.04, estimate(AU12_L=0.5, head_yaw=-0.25)))
    writer.write(Row("a.mp4", 0, 2, 0.08, None))
    found, lost = map(json.loads, stream.getvalue().splitlines())
    assert tuple(found["channels"]) == LAYOUT.channel_names
    assert (found["channels"]["AU12_L"], found["channels"]["head_yaw"]) == (0.5, -0.25)
    assert (found["success"], found["confidence"], found["timestamp"]) == (1, 0.75, 0.04)
    assert (lost["success"], lost["channels"], lost["frame"]) == (0, None, 2)
