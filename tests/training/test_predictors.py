import numpy as np
import pytest

from geface_bridge.align import AlignedFace, HeadPose
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import ConfigError, ModelError, SourceError
from rig.layout import load_layout
from tests.training.samples import TINY, random_aligned, tiny_config
from training import predictors
from training.data.judged import FaceSample
from training.data.predictions import Prediction
from training.estimator import train
from training.export import export
from training.predictors import CsvPredictor, NetPredictor, OwnPredictor, read_predictor

TURNED = HeadPose(0.1, 0.2, 0.3, 0.0, 0.0, -0.6)


def face(seed=0, head=TURNED):
    rng = np.random.default_rng(seed)
    return AlignedFace(
        landmarks_px=rng.random((478, 3), dtype=np.float32),
        crop_rgb=rng.integers(0, 256, (128, 128, 3), dtype=np.uint8),
        crop_from_image=np.eye(3)[:2],
        landmarks_crop=rng.random((478, 2), dtype=np.float32),
        head=head,
    )


def sample(number=1, face=None):
    return FaceSample("film", number, Prediction(), face)


def channels_with(**values):
    channels = np.zeros(len(load_layout().channels), np.float32)
    for name, value in values.items():
        channels[load_layout().channel_index[name]] = value
    return channels


def test_faces_that_are_not_there_get_no_answer_and_take_nobody_elses():
    heights = iter([0.2])
    net = NetPredictor("net", lambda faces: channels_with(AU26=next(heights))[None])
    assert net.predict([sample()]) == [None]
    (nothing, answer) = net.predict([sample(), sample(2, face())])
    assert nothing is None
    assert answer.aus["AU26"] == pytest.approx(1)


def test_a_networks_turn_is_as_seen_in_the_crop_and_alignments_in_the_picture():
    row = channels_with(head_yaw=0.4, head_pitch=-0.1)
    head = HeadPose(0.1, 0.2, 0.3, 0.05, 0.1, -0.6)
    for turns, expected in (
        (True, head_angles_with(head, 0.4, -0.1)),
        (False, (0.1, 0.2, 0.3)),
    ):
        net = NetPredictor("net", lambda faces: row[None], turns)
        (answer,) = net.predict([sample(1, face(head=head))])
        angles = (answer.yaw_rad, answer.pitch_rad, answer.roll_rad)
        assert angles == pytest.approx(expected, abs=1e-6)


def test_a_checkpoint_answers_as_its_export_does(tmp_path):
    folder = tmp_path / "some_run"
    train(random_aligned(20), tiny_config(steps=1), folder, model=TINY)
    export([folder / "checkpoint.safetensors"], tmp_path / "estimator.onnx", "noise", "test")
    before = read_predictor(None, folder / "checkpoint.safetensors")
    after = read_predictor(None, tmp_path / "estimator.onnx")
    samples = [sample(1, face(1)), sample(2), sample(3, face(3))]
    for one, other in zip(before.predict(samples), after.predict(samples), strict=True):
        assert (one is None) == (other is None)
        if one and other:
            assert one.aus == pytest.approx(other.aus, abs=1e-3)
            assert one.yaw_rad == pytest.approx(other.yaw_rad, abs=1e-3)
    assert before.name == "some_run"
    assert isinstance(after, OwnPredictor)


def test_a_checkpoint_of_a_network_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("training.loop.read_checkpoint", lambda path: ({"task": "renderer"}, {}))
    with pytest.raises(ConfigError, match="holds a network for 'renderer', expected one of"):
        read_predictor(None, tmp_path / "a.safetensors")
    assert "regressor" in predictors.READERS


def test_broken_weights_are_named(tmp_path):
    for name in ("a.safetensors", "a.onnx"):
        (tmp_path / name).write_bytes(b"no weights")
        with pytest.raises(ModelError, match=r"a\."):
            read_predictor(None, tmp_path / name)


def test_another_tool_is_read_by_sequence_and_frame(tmp_path):
    (tmp_path / "film.csv").write_text("frame, success, AU12_r, AU12_c\n1, 1, 2.5, 1\n2, 0, 5, 1\n")
    tool = CsvPredictor("theirs", tmp_path)
    said, unsuccessful, absent = tool.predict([sample(1), sample(2), sample(3)])
    assert said.aus == {"AU12": 2.5}
    assert unsuccessful is None
    assert absent is None


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(SourceError, match=r"film\.csv"):
        CsvPredictor("theirs", tmp_path).predict([sample()])
    with pytest.raises(SourceError, match="nowhere"):
        CsvPredictor("theirs", tmp_path / "nowhere")
