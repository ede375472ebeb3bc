from __future__ import annotations

import csv
import json
import os

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from geface_bridge.commands.estimate import Options, estimate, run
from geface_bridge.errors import ConfigError, ImageError, ModelError, SourceError
from tests.geface_bridge.align.shared_faces import CLIPS, PHOTO, needs_clips, needs_faces
from tests.geface_bridge.capture.clips import write_clip
from tests.geface_bridge.estimate.tiny_model import write_tiny_model


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    return Options(model=write_tiny_model(folder, {"AU12_L": 0.6, "AU12_R": 0.2}))


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "out.csv"


def rows(path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_video_without_a_face_has_every_frame_and_no_success(tmp_path, options, out):
    clip = write_clip(tmp_path / "grey.mp4", count=5)
    assert run((str(clip),), out, options) == 0
    found = rows(out)
    assert [row["frame"] for row in found] == ["1", "2", "3", "4", "5"]
    assert [row["timestamp"] for row in found] == ["0.000", "0.040", "0.080", "0.120", "0.160"]
    assert {row["success"] for row in found} == {"0"}
    assert "file" not in found[0]


def test_one_bad_file_among_many_is_reported_and_the_others_are_written(tmp_path, options, out):
    clip, bad = write_clip(tmp_path / "grey.mp4", count=2), tmp_path / "bad.jpg"
    bad.write_text("no image")
    inputs = (str(tmp_path / "missing.mp4"), str(bad), str(clip))
    command = [*inputs, "-o", str(out), "--model", str(options.model)]
    result = CliRunner().invoke(estimate, command)
    assert result.exit_code == 2
    reports = [line for line in result.stderr.splitlines() if "error" in line]
    assert len(reports) == 2
    assert reports[0].startswith("geface-bridge: error: video ")
    assert "missing.mp4 does not exist" in reports[0]
    assert "bad.jpg cannot be read as an image" in reports[1]
    assert [row["file"] for row in rows(out)] == [str(clip)] * 2


def test_a_folder_gives_its_images_and_videos_by_name(tmp_path, options, out):
    folder = tmp_path / "in"
    folder.mkdir()
    write_clip(folder / "b.mp4", count=2)
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(folder / "c.png")
    Image.fromarray(np.zeros((60, 30, 3), np.uint8)).save(folder / "a.jpg")
    (folder / "notes.txt").write_text("")
    assert run((str(folder),), out, options) == 0
    names = [os.path.basename(row["file"]) for row in rows(out)]
    assert names == ["a.jpg", "b.mp4", "b.mp4", "c.png"]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("none.mp4", SourceError, "does not exist"),
        ("vast.png", ImageError, "is 20000x20 pixels"),
        ("empty", SourceError, "holds no image and no video"),
    ],
)
def test_a_single_bad_input_is_an_error_and_leaves_no_file(
    tmp_path, options, out, name, error, message
):
    (tmp_path / "empty").mkdir()
    Image.new("L", (20000, 20)).save(tmp_path / "vast.png")
    with pytest.raises(error, match=message):
        run((str(tmp_path / name),), out, options)
    assert os.listdir(out.parent) == []


def test_when_every_input_fails_there_is_no_file(options, out):
    with pytest.raises(SourceError, match=r"none of 2 inputs can be read; the first: video a\.mp4"):
        run(("a.mp4", "b.mp4"), out, options)
    assert os.listdir(out.parent) == []


def test_model_and_output_are_checked_first(tmp_path, options, out):
    with pytest.raises(ModelError, match="does not exist"):
        run(("a.mp4",), out, Options(model=tmp_path / "none.onnx"))
    with pytest.raises(ConfigError, match="create its folder"):
        run(("a.mp4",), tmp_path / "missing" / "out.csv", options)


@needs_faces
def test_a_photograph_as_json_on_standard_output(options):
    command = [str(PHOTO), "--json", "--model", str(options.model)]
    result = CliRunner().invoke(estimate, command)
    assert result.exit_code == 0
    line = json.loads(result.stdout)
    assert (line["success"], line["frame"], line["file"]) == (1, 1, str(PHOTO))
    assert line["channels"]["AU12_L"] == pytest.approx(0.6, abs=1e-4)


@needs_faces
def test_two_faces_get_a_row_each(tmp_path, options, out):
    photo = Image.open(PHOTO).convert("RGB")
    pair = Image.new("RGB", (2 * photo.width, photo.height))
    pair.paste(photo, (0, 0))
    pair.paste(photo, (photo.width, 0))
    pair.save(tmp_path / "pair.png")
    two = Options(faces=2, model=options.model)
    assert run((str(tmp_path / "pair.png"),), out, two) == 0
    found = rows(out)
    assert [row["face"] for row in found] == ["0", "1"]
    assert abs(float(found[0]["pose_Tx"]) - float(found[1]["pose_Tx"])) > 50


@needs_clips
def test_no_face_is_found_where_there_is_none(options, out):
    assert run((str(CLIPS / "no_face.mp4"),), out, options) == 0
    assert {row["success"] for row in rows(out)} == {"0"}


@needs_clips
def test_smoothing_makes_a_real_head_shake_less(options, out):
    clip = str(CLIPS / "low_light.mp4")
    jitter = []
    for smooth in (False, True):
        assert run((clip,), out, Options(model=options.model, smooth=smooth)) == 0
        found = rows(out)
        assert {row["success"] for row in found} == {"1"}
        roll = np.array([float(row["pose_Rz"]) for row in found])
        jitter.append(np.abs(np.diff(roll, n=2)).mean())
    assert jitter[1] < 0.7 * jitter[0]
