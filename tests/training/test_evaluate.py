import json

import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from tests.training.data.made import make_bp4d, make_disfa
from tests.training.samples import random_pair
from training.data.bp4d import AUS
from training.data.disfa import read_disfa
from training.evaluate import Sample, evaluate, main, pairs_samples, sequence_samples
from training.predictors import Prediction
from training.render_pairs import main as render_pairs
from training.shards import shard_path, write_shard

AUS_OF_BP4D = [f"AU{au:02d}" for au in AUS]


def tool_that_says(folder, sequence, rows):
    folder.mkdir(exist_ok=True)
    lines = [",".join(["frame", *(f"{au}_r" for au in AUS_OF_BP4D)])]
    lines += [",".join(map(str, [number, *values])) for number, values in rows]
    (folder / f"{sequence}.csv").write_text("\n".join(lines))
    return folder


def test_a_tool_that_says_the_truth_of_bp4ds_test_people_scores_best(tmp_path):
    root = make_bp4d(tmp_path / "bp4d")
    truth = [(n, [(n + au) % 6 for au in AUS]) for n in range(4, 9)]
    tool = tool_that_says(tmp_path / "tool", "F002_T8", truth)
    path = tmp_path / "scores.json"
    command = ["--bp4d", str(root), "--csv", f"theirs={tool}", "--json", str(path)]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    scores = json.loads(path.read_text())["sets"]["BP4D"]
    assert list(scores["aus"]) == AUS_OF_BP4D
    assert scores["averages"]["BP4D's 5"]["icc31"] == pytest.approx(1)
    assert scores["averages"]["BP4D's 5"]["mae"] == 0
    assert scores["aus"]["AU10"]["count"] == 4
    assert scores["found"] == 1
    assert "face found in 100.0 %" in done.output


def test_only_test_people_are_judged(tmp_path):
    samples = list(sequence_samples(read_disfa(make_disfa(tmp_path))))
    assert {sample.sequence for sample in samples} == {"SN003"}
    assert [sample.number for sample in samples] == list(range(1, 7))


def test_faces_that_were_not_found_lower_the_share_and_not_the_scores():
    class EverySecond:
        name = "every second"

        def predict(self, sequence, number, image_rgb):
            return Prediction({"AU12": float(number)}) if number % 2 else None

    nothing = np.zeros((2, 2, 3), np.uint8)
    samples = [Sample("a", n, nothing, Prediction({"AU12": float(n)})) for n in range(4)]
    result = evaluate(EverySecond(), iter(samples))
    assert result.found == 0.5
    assert result.scores["AU12"].mae == 0
    assert np.isnan(result.pose_error_rad)


def test_a_set_without_any_face_is_an_error():
    class Blind:
        name = "blind"

        def predict(self, sequence, number, image_rgb):
            return None

    sample = Sample("a", 0, np.zeros((2, 2, 3), np.uint8), Prediction({"AU12": 0.0}))
    with pytest.raises(SourceError, match="blind found a face in none of 1 pictures"):
        evaluate(Blind(), iter([sample]))


def test_the_shipped_estimator_judges_renders(tmp_path):
    options = ["--count", "3", "--size", "192", "--seed", "5", "--no-masks", "--out", str(tmp_path)]
    CliRunner().invoke(render_pairs, options, catch_exceptions=False)
    path = tmp_path / "scores.json"
    command = ["--pairs", f"renders={tmp_path}", "--json", str(path)]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    scores = json.loads(path.read_text())["sets"]["renders"]
    assert set(scores["aus"]) == {au.name for au in load_layout().all_aus}
    assert "yaw and pitch off by" in done.output
    assert scores["pose_error_rad"] < 0.35


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "nothing to evaluate on"),
        (["--pairs", "renders"], "no NAME=FOLDER"),
        (["--pairs", "renders=nowhere"], "nowhere holds no shard"),
    ],
)
def test_wrong_options_are_one_line(options, complaint):
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 2
    assert complaint in done.output
    assert "Traceback" not in done.output


def test_renders_of_another_layout_are_named(tmp_path):
    pair = random_pair(0)
    object.__setattr__(pair, "parameters", pair.parameters[:-1])
    write_shard(shard_path(tmp_path, 0), [pair])
    with pytest.raises(SourceError, match=r"shard-00000000\.tar has parameters of shape"):
        list(pairs_samples(tmp_path))
