from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.errors import SourceError
from geface_bridge.estimate import Estimator
from rig.layout import load_layout
from tests.training.samples import random_aligned, tiny_config
from training.compare_clips import (
    as_columns,
    compare_clip,
    format_comparison,
    main,
    median_scores,
    read_reference,
)
from training.estimator import train
from training.export import export

CLIPS = Path(__file__).parents[3] / "shared" / "clips"


def channels_with(**values):
    channels = np.zeros(len(load_layout().channels), np.float32)
    for name, value in values.items():
        channels[load_layout().channel_index[name]] = value
    return channels


def test_a_column_is_the_mean_of_both_sides_on_the_scale_of_files():
    columns = as_columns(channels_with(AU12_L=0.8, AU12_R=0.4, AU26=0.5))
    assert columns["AU12_r"] == pytest.approx(3)
    assert columns["AU26_r"] == pytest.approx(2.5)


def test_closed_lids_are_openfaces_blink():
    columns = as_columns(channels_with(AU43_L=1, AU43_R=1))
    assert columns["AU45_r"] == pytest.approx(5)
    assert "AU43_r" not in columns


def test_head_pitch_is_openfaces_rotation_about_x():
    columns = as_columns(channels_with(head_pitch=0.3))
    assert abs(columns["pose_Rx"]) == pytest.approx(0.3)
    assert columns["pose_Ry"] == columns["pose_Rz"] == pytest.approx(0)


def test_reference_columns_may_have_spaces(tmp_path):
    (tmp_path / "a.csv").write_text("frame, success, AU12_r\n1,1,0.5\n2,0,1.5\n")
    series = read_reference(tmp_path / "a.csv")
    np.testing.assert_array_equal(series["AU12_r"], [0.5, 1.5])


def test_a_reference_without_rows_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("frame,success\n")
    with pytest.raises(SourceError, match="no rows"):
        read_reference(tmp_path / "a.csv")


def test_the_median_leaves_out_clips_in_which_nothing_varies():
    clips = {"a": {"AU12_r": 0.5}, "b": {"AU12_r": 0.7, "AU04_r": float("nan")}, "c": {}}
    assert median_scores(clips) == {"AU12_r": pytest.approx(0.6)}
    assert "AU12_r" in format_comparison(clips)


def test_a_folder_without_clips_is_one_line_and_exit_code_2(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path), "--model", str(tmp_path / "none.onnx")])
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.skipif(not CLIPS.is_dir(), reason="../shared/clips is absent")
def test_head_roll_of_a_real_clip_follows_the_reference(tmp_path):
    """Roll comes from alignment, whatever an untrained network says of the rest."""
    train(random_aligned(20), tiny_config(epochs=1), tmp_path, echo=lambda _: None)
    export(tmp_path / "checkpoint.safetensors", tmp_path / "estimator.onnx", "noise", "test")
    reference = CLIPS / "reference" / "wink_talk.csv"
    estimator = Estimator.load(tmp_path / "estimator.onnx")
    scores = compare_clip(CLIPS / "wink_talk.mp4", reference, estimator)
    assert scores["face_found"] > 0.99
    assert scores["pose_Rz"] > 0.8
    assert scores.keys() - {"face_found"} <= read_reference(reference).keys()
