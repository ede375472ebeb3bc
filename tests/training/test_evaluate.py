import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge import capture
from geface_bridge.errors import SourceError
from rig.layout import load_layout
from tests.training.data.made import make_bp4d, write_film
from tests.training.paper_toy import warm_run
from tests.training.samples import TINY, random_aligned, tiny_config
from training.data.bp4d import AUS
from training.data.judged import FaceSample, film_frames
from training.data.predictions import Prediction
from training.ensemble import Member
from training.estimator import model_of, train
from training.evaluate import evaluate, main
from training.export import export
from training.loop import CHECKPOINT
from training.shards import Pair, shard_path, write_json, write_shard

CLIP = Path(capture.__file__).with_name("performance.mp4")
CLIPS = Path(__file__).parents[3] / "shared" / "clips"
AUS_OF_BP4D = [f"AU{au:02d}" for au in AUS]


class Says:
    """Answers with a function of the sample's number."""

    def __init__(self, name, answer):
        self.name, self._answer = name, answer

    def predict(self, samples):
        return [self._answer(sample.number) for sample in samples]


def tool_that_says(folder, sequence, rows):
    folder.mkdir(exist_ok=True)
    lines = [",".join(["frame", *(f"{au}_r" for au in AUS_OF_BP4D)])]
    lines += [",".join(map(str, [number, *values])) for number, values in rows]
    (folder / f"{sequence}.csv").write_text("\n".join(lines))
    return folder


def samples(count, sequence="a", au="AU12"):
    return [FaceSample(sequence, n, Prediction({au: float(n)}), None) for n in range(count)]


def test_a_tool_that_says_the_truth_of_bp4ds_test_people_scores_best(tmp_path):
    root = make_bp4d(tmp_path / "bp4d")
    truth = [(n, [(n + au) % 6 for au in AUS]) for n in range(4, 9)]
    nothing = [(n, [0 for _ in AUS]) for n, _ in truth]
    right = tool_that_says(tmp_path / "right", "F002_T8", truth)
    wrong = tool_that_says(tmp_path / "wrong", "F002_T8", nothing)
    path = tmp_path / "scores.json"
    tools = ["--csv", f"right={right}", "--csv", f"wrong={wrong}"]
    done = CliRunner().invoke(main, ["--bp4d", str(root), *tools, "--json", str(path)])
    assert done.exit_code == 0, done.output
    scores = json.loads(path.read_text())["sets"]["BP4D"]
    assert list(scores) == ["right", "wrong"]
    assert list(scores["right"]["aus"]) == AUS_OF_BP4D
    assert scores["right"]["averages"]["BP4D's 5"]["icc31"] == pytest.approx(1)
    assert scores["right"]["averages"]["BP4D's 5"]["mae"] == 0
    assert scores["right"]["aus"]["AU10"]["count"] == 4
    assert scores["wrong"]["averages"]["BP4D's 5"]["icc31"] == pytest.approx(0, abs=1e-9)
    assert scores["right"]["found"] == 1
    assert "100.0 %" in done.output


def test_faces_that_were_not_found_lower_the_share_and_not_the_scores():
    second = Says("every second", lambda n: Prediction({"AU12": float(n)}) if n % 2 else None)
    (result,) = evaluate([second], iter(samples(4)))
    assert result.found == 0.5
    assert result.scores["AU12"].mae == 0
    assert np.isnan(result.pose_error_rad)


def test_a_set_without_any_face_is_an_error():
    with pytest.raises(SourceError, match="blind found a face in none of 1 pictures"):
        evaluate([Says("blind", lambda n: None)], iter(samples(1)))
    with pytest.raises(SourceError, match="in none of 0 pictures"):
        evaluate([Says("idle", lambda n: None)], iter([]))


def test_of_films_only_the_correlation_within_each_counts():
    """A tool that is twice as loud, and louder still in one film, agrees all the same."""
    louder = Says("louder", lambda n: Prediction({"AU12": 2.0 * n}, yaw_rad=0.1 * n))
    films = [*samples(9, "a"), *samples(5, "b"), *samples(7, "b", au="AU04")]
    (result,) = evaluate([louder], iter(films), films=True)
    assert result.films == {"a": {"AU12": pytest.approx(1)}, "b": {"AU12": pytest.approx(1)}}
    assert result.as_json()["medians"] == {"AU12": pytest.approx(1)}


def test_figures_that_somebody_reports_stand_beside_those_of_films(tmp_path):
    write_film(tmp_path / "films" / "a.avi", 4)
    (tmp_path / "films" / "reference").mkdir()
    said = "frame,AU12_r\n1,0\n2,1\n3,2\n4,4\n"
    for folder in (tmp_path / "films" / "reference", tmp_path):
        (folder / "a.csv").write_text(said)
    (tmp_path / "theirs.json").write_text('{"AU12": 0.5, "AU45": 0.25}')
    command = ["--clips", f"films={tmp_path / 'films'}", "--csv", f"same={tmp_path}"]
    command += ["--figures", f"theirs={tmp_path / 'theirs.json'}", "--markdown"]
    done = CliRunner().invoke(main, [*command, "--json", str(tmp_path / "scores.json")])
    assert done.exit_code == 0, done.output
    assert "| AU12 | 1.00 | .50 |" in done.output
    assert "| AU43 | . | .25 |" in done.output
    found = json.loads((tmp_path / "scores.json").read_text())["sets"]["films"]
    assert found["theirs"]["found"] is None
    (tmp_path / "theirs.json").write_text("[1]")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert "theirs.json is no JSON object" in done.output


def pairs_of_the_bundled_clip(folder):
    """Three frames of a face that hardly does anything yet, as if they were rendered pairs."""
    neutral = load_layout().neutral_parameters().astype(np.float32)
    frames = islice(film_frames(CLIP), 3)
    pairs = [Pair(number, image_rgb, None, neutral, {}) for number, image_rgb in frames]
    folder.mkdir()
    write_shard(shard_path(folder, 0), pairs)
    write_json(folder / "manifest.json", {"layout_id": load_layout().layout_id, "size": 480})


def test_the_shipped_estimator_judges_renders_and_the_cache_gives_the_same(tmp_path):
    renders = tmp_path / "renders"
    pairs_of_the_bundled_clip(renders)
    found = []
    for number in range(2):
        path = tmp_path / f"{number}.json"
        command = ["--pairs", f"renders={renders}", "--cache", str(tmp_path / "cache")]
        done = CliRunner().invoke(main, [*command, "--model", "ours=", "--json", str(path)])
        assert done.exit_code == 0, done.output
        found.append(json.loads(path.read_text())["sets"]["renders"]["ours"])
    assert found[0] == found[1]
    assert set(found[0]["aus"]) == {au.name for au in load_layout().all_aus}
    assert "AU block's 23" in found[0]["averages"]
    assert found[0]["averages"]["AU block's 23"]["mae"] < 0.5
    assert found[0]["pose_error_rad"] < 0.2
    assert found[0]["found"] == 1


def test_one_command_judges_every_kind_of_system_on_the_same_pictures(tmp_path):
    """What ships, landmarks alone, R with its F_seg, and fit, which takes seconds a picture."""
    pairs_of_the_bundled_clip(tmp_path / "renders")
    train(random_aligned(20), tiny_config(steps=1), tmp_path / "peer", model=model_of("landmarks"))
    warm_run(tmp_path / "warm")
    command = ["--pairs", f"renders={tmp_path / 'renders'}", "--every", "2", "--model", "ships="]
    command += ["--model", f"landmarks={tmp_path / 'peer' / CHECKPOINT}"]
    command += ["--model", f"R={tmp_path / 'warm' / CHECKPOINT}", "--model", "search=fit:1"]
    done = CliRunner().invoke(main, [*command, "--brief", "--json", str(tmp_path / "scores.json")])
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "scores.json").read_text())
    found = told["sets"]["renders"]
    assert list(found) == ["ships", "landmarks", "R", "search"]
    assert told["every"] == 2
    for result in found.values():
        assert {score["count"] for score in result["aus"].values()} == {2}
        assert np.isfinite(result["averages"]["AU block's 23"]["mae"])


def test_fit_is_searched_with_the_networks_that_are_told(tmp_path):
    pairs_of_the_bundled_clip(tmp_path / "renders")
    command = ["--pairs", f"renders={tmp_path / 'renders'}", "--limit", "1", "--model", "fit:0"]
    for option in ("--renderer", "--parsing"):
        (tmp_path / "broken.safetensors").write_bytes(b"none")
        done = CliRunner().invoke(main, [*command, option, str(tmp_path / "broken.safetensors")])
        assert done.exit_code == 2
        assert "broken.safetensors is no checkpoint" in done.output
    done = CliRunner().invoke(main, [*command, "--brief"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1].startswith("fit ")


@pytest.mark.skipif(not CLIPS.is_dir(), reason="../shared/clips is absent")
def test_head_roll_of_a_real_clip_follows_the_reference(tmp_path):
    """The head's turn comes from alignment, whatever an untrained network says of the rest."""
    train(random_aligned(20), tiny_config(steps=1), tmp_path, model=TINY)
    model = tmp_path / "estimator.onnx"
    export(
        [Member(tmp_path / CHECKPOINT)], model, "noise", "test", without=("head_yaw", "head_pitch")
    )
    clips = tmp_path / "clips"
    (clips / "reference").mkdir(parents=True)
    for name in ("wink_talk.mp4", "reference/wink_talk.csv"):
        (clips / name).symlink_to(CLIPS / name)
    path = tmp_path / "scores.json"
    command = ["--clips", f"clips={clips}", "--model", f"noise={model}", "--json", str(path)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    found = json.loads(path.read_text())["sets"]["clips"]["noise"]
    assert found["found"] > 0.99
    assert found["films"]["wink_talk"]["roll"] > 0.8
    assert "AU43" in found["medians"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "nothing to evaluate on"),
        (["--pairs", "renders"], "no NAME=PATH"),
        (["--pairs", "renders=nowhere"], "nowhere/manifest.json is no manifest"),
        (["--pictures", "a=nowhere"], "labels.csv cannot be read"),
        (["--clips", "a=nowhere"], "nowhere holds no"),
        (["--pairs", "a=b", "--model", "absent.onnx"], "absent.onnx does not exist"),
        (["--pairs", "a=b", "--model", "absent.safetensors"], "absent.safetensors is no check"),
        (["--pairs", "a=b", "--model", "a=", "--model", "a="], "two models have one name"),
        (["--pairs", "a=b", "--model", "fit", "--model", "fit:9"], "two models have one name"),
        (["--pairs", "a=b", "--model", "fit:x"], "fit:x does not exist"),
        (["--pairs", "a=b", "--model", "./fit"], "fit does not exist"),
    ],
)
def test_wrong_options_are_one_line(options, complaint):
    done = CliRunner().invoke(main, options)
    assert done.exit_code == 2
    assert complaint in done.output
    assert "Traceback" not in done.output
