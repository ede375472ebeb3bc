import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.training.samples import TINY, random_aligned, tiny_config
from training.compare_clips import main
from training.estimator import train
from training.export import export

CLIPS = Path(__file__).parents[3] / "shared" / "clips"


def test_a_folder_without_clips_is_one_line_and_exit_code_2(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path), "--model", str(tmp_path / "none.onnx")])
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.skipif(not CLIPS.is_dir(), reason="../shared/clips is absent")
def test_head_roll_of_a_real_clip_follows_the_reference(tmp_path):
    """The head's turn comes from alignment, whatever an untrained network says of the rest."""
    train(random_aligned(20), tiny_config(steps=1), tmp_path, model=TINY)
    checkpoint, model = tmp_path / "checkpoint.safetensors", tmp_path / "estimator.onnx"
    export([checkpoint], model, "noise", "test", without=("head_yaw", "head_pitch"))
    clips = tmp_path / "clips"
    (clips / "reference").mkdir(parents=True)
    (clips / "wink_talk.mp4").symlink_to(CLIPS / "wink_talk.mp4")
    opinion = CLIPS / "reference" / "wink_talk.csv"
    (clips / "reference" / "wink_talk.csv").symlink_to(opinion)
    path = tmp_path / "scores.json"
    command = [str(clips), "--model", str(model), "--json", str(path)]
    CliRunner().invoke(main, command, catch_exceptions=False)
    found = json.loads(path.read_text())
    assert found["found"] > 0.99
    assert found["films"]["wink_talk"]["roll"] > 0.8
    assert "AU43" in found["medians"]
