import hashlib
import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from tests.training.samples import TINY, random_aligned, tiny_config
from training.align_pairs import target_names
from training.ensemble import Ensemble, Member
from training.estimator import load_averaged, train
from training.export import COMPACT_TOLERANCE, disagreement, export, random_inputs


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    train(random_aligned(32), tiny_config(), folder, model=TINY)
    checkpoint = folder / "checkpoint.safetensors"
    path = folder / "estimator.onnx"
    card = export([Member(checkpoint)], path, "noise", "python -m training.estimator")
    return folder / "estimator.onnx", card, checkpoint


@pytest.fixture
def whole(monkeypatch):
    """Graphs are left as torch writes them."""
    monkeypatch.setattr("training.export.compact", lambda path: None)


@pytest.mark.usefixtures("whole")
def test_onnxruntime_answers_what_torch_answers(exported, tmp_path):
    checkpoint = exported[2]
    export([Member(checkpoint)], tmp_path / "m.onnx", "noise", "command")
    assert disagreement(load_averaged(checkpoint)[0], tmp_path / "m.onnx") < 1e-4


def test_what_is_made_small_answers_it_to_what_8_bits_hold(exported):
    model, _, checkpoint = exported
    assert 0 < disagreement(load_averaged(checkpoint)[0], model) < COMPACT_TOLERANCE


@pytest.mark.parametrize("count", [1, 7])
def test_the_graph_takes_any_batch(exported, count):
    session = onnxruntime.InferenceSession(str(exported[0]), providers=["CPUExecutionProvider"])
    crop, landmarks = random_inputs(count)
    channels, sigma = session.run(["channels", "sigma"], {"crop": crop, "landmarks": landmarks})
    assert channels.shape == sigma.shape == (count, len(target_names()))
    assert channels.dtype == np.float32


def test_the_file_and_its_card_say_what_they_are(exported):
    model, card, _ = exported
    graph = onnx.load(str(model))
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    assert properties["layout_id"] == card["layout_id"] == load_layout().layout_id
    assert json.loads(properties["channel_names"]) == card["channel_names"] == list(target_names())
    assert graph.opset_import[0].version == 17
    assert card["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert json.loads(model.with_suffix(".json").read_text()) == card
    assert (card["licence"], card["data"], card["seed"]) == ("Apache-2.0", "noise", 0)


def test_the_same_checkpoint_gives_the_same_bytes(exported, tmp_path):
    model, _, checkpoint = exported
    export([Member(checkpoint)], tmp_path / model.name, "noise", "again")
    assert (tmp_path / model.name).read_bytes() == model.read_bytes()


@pytest.mark.parametrize("bound", ["TOLERANCE", "COMPACT_TOLERANCE"])
def test_a_graph_that_answers_something_else_is_not_written(exported, tmp_path, monkeypatch, bound):
    checkpoint = exported[2]
    monkeypatch.setattr(f"training.export.{bound}", -1.0)
    with pytest.raises(ModelError, match="differ by"):
        export([Member(checkpoint)], tmp_path / "estimator.onnx", "noise", "again")
    assert not (tmp_path / "estimator.onnx").exists()


def test_channels_left_out_are_gone_and_the_others_unchanged(exported, tmp_path):
    model, _, checkpoint = exported
    without = ("head_yaw", "AU12_R")
    card = export([Member(checkpoint)], tmp_path / model.name, "noise", "command", without)
    kept = [name for name in target_names() if name not in without]
    assert card["channel_names"] == kept
    crop, landmarks = random_inputs(3)
    answers = []
    for path in (model, tmp_path / model.name):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        answers.append(session.run(["channels"], {"crop": crop, "landmarks": landmarks})[0])
    columns = [target_names().index(name) for name in kept]
    np.testing.assert_allclose(answers[1], answers[0][:, columns], atol=1e-6)


@pytest.mark.usefixtures("whole")
def test_several_checkpoints_give_the_mean_of_their_answers(exported, tmp_path):
    checkpoint = exported[2]
    train(random_aligned(20), tiny_config(steps=2, seed=5), tmp_path, model=TINY)
    paths = [checkpoint, tmp_path / "checkpoint.safetensors"]
    card = export([*map(Member, paths)], tmp_path / "both.onnx", "noise", "command")
    ensemble = Ensemble([load_averaged(path)[0] for path in paths])
    assert disagreement(ensemble, tmp_path / "both.onnx") < 1e-4
    assert [network["seed"] for network in card["networks"]] == [0, 5]


@pytest.mark.usefixtures("whole")
def test_a_network_that_is_asked_of_some_aus_alone_answers_no_others(exported, tmp_path):
    checkpoint = exported[2]
    train(random_aligned(20), tiny_config(steps=2, seed=5), tmp_path, model=TINY)
    other = tmp_path / "checkpoint.safetensors"
    members = [Member(checkpoint), Member(other, ("AU01", "AU30L"))]
    card = export(members, tmp_path / "m.onnx", "noise", "command")
    nets = [load_averaged(path)[0] for path in (checkpoint, other)]
    ensemble = Ensemble(nets, [(), ("AU01", "AU30L")])
    assert disagreement(ensemble, tmp_path / "m.onnx") < 1e-4
    assert [network.get("aus") for network in card["networks"]] == [None, ["AU01", "AU30L"]]


def test_leaving_out_a_channel_that_is_not_there_is_refused(exported, tmp_path):
    with pytest.raises(ConfigError, match="no channels"):
        export([Member(exported[2])], tmp_path / "m.onnx", "noise", "command", ("AU99",))


@pytest.fixture(scope="module")
def with_front(tmp_path_factory):
    pytest.importorskip("tflite")
    folder = tmp_path_factory.mktemp("front")
    train(random_aligned(20), tiny_config(steps=1), folder, model=replace(TINY, front_features=8))
    return folder / "checkpoint.safetensors"


@pytest.mark.usefixtures("whole")
def test_the_front_end_is_in_the_graph_and_on_the_card(with_front, tmp_path):
    card = export([Member(with_front)], tmp_path / "m.onnx", "noise", "command")
    assert "MediaPipe" in card["front_end"]
    assert disagreement(load_averaged(with_front)[0], tmp_path / "m.onnx") < 1e-4
