from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from geface_bridge.align import AlignedFace, HeadPose
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import ConfigError, ModelError, SourceError
from rig.layout import channels_from_parameters, load_layout
from tests.training.paper_toy import warm_run
from tests.training.parsing_toy import TINY as TINY_PARSING
from tests.training.samples import TINY, random_aligned, tiny_config
from training.data.judged import FaceSample
from training.data.predictions import Prediction, prediction_from_channels
from training.ensemble import Member
from training.estimator import model_of, train
from training.export import export
from training.fit import FitConfig, Networks, search_face
from training.loop import CHECKPOINT
from training.parsing import ParsingNet
from training.predictors import (
    CsvPredictor,
    NetPredictor,
    OwnPredictor,
    fit_predictor,
    pictures_of,
    read_predictor,
)
from training.renderer import RendererConfig, RendererNet

TINY_RENDERER = RendererConfig(code=16, widths=(16, 8, 8, 8, 8, 8, 8))
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
    export([Member(folder / CHECKPOINT)], tmp_path / "estimator.onnx", "noise", "test")
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


def test_landmarks_alone_answer_whatever_the_picture_shows(tmp_path):
    """The peer: MediaPipe's landmarks with a regressor trained on them."""
    train(random_aligned(20), tiny_config(steps=1), tmp_path, model=model_of("landmarks"))
    peer = read_predictor("peer", tmp_path / CHECKPOINT)
    one = face(1)
    dark = replace(one, crop_rgb=np.zeros_like(one.crop_rgb))
    moved = replace(one, landmarks_crop=face(2).landmarks_crop)
    seen, unseen, other = peer.predict([sample(1, one), sample(2, dark), sample(3, moved)])
    assert peer.name == "peer"
    assert seen == unseen
    assert seen.aus != other.aus


def test_r_answers_by_the_parameters_that_it_finds_with_the_f_seg_of_its_checkpoint(tmp_path):
    run = warm_run(tmp_path / "warm")
    reader = read_predictor(None, tmp_path / "warm" / CHECKPOINT)
    shown = face(1)
    (answer,) = reader.predict([sample(1, shown)])
    with torch.no_grad():
        (parameters,) = run.averaged()(pictures_of([shown])).double().numpy()
    expected = prediction_from_channels(channels_from_parameters(parameters).astype(np.float32))
    assert reader.name == "warm"
    assert answer.aus == expected.aus
    angles = head_angles_with(shown.head, expected.yaw_rad, expected.pitch_rad)
    assert (answer.yaw_rad, answer.pitch_rad, answer.roll_rad) == angles


def test_fit_answers_by_the_parameters_that_its_search_ends_at():
    torch.manual_seed(0)
    networks = Networks(RendererNet(TINY_RENDERER).eval(), ParsingNet(TINY_PARSING).eval())
    config = FitConfig(steps=3, starts=1, landmark_weight=0.0)
    shown = face(1)
    nobody, answer = fit_predictor("fit", networks, config).predict([sample(1), sample(2, shown)])
    parameters = search_face(shown, networks, config).parameters.double().numpy()
    expected = prediction_from_channels(channels_from_parameters(parameters).astype(np.float32))
    assert nobody is None
    assert answer.aus == expected.aus
    unmoved = fit_predictor("fit", networks, replace(config, steps=0)).predict([sample(1, shown)])
    assert set(unmoved[0].aus.values()) == {0.0}


def test_a_checkpoint_of_a_network_that_does_not_answer_is_told(tmp_path):
    save_file({}, tmp_path / "a.safetensors", metadata={"task": "renderer"})
    with pytest.raises(ConfigError, match="holds a network for 'renderer', expected one of"):
        read_predictor(None, tmp_path / "a.safetensors")


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
