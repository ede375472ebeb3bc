from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.align import AlignedFace, HeadPose
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import ModelError
from geface_bridge.estimate import Estimator
from geface_bridge.estimate.estimator import UNIFORM_SIGMA, confidence_of
from geface_bridge.estimate.sight import sight_of
from tests.geface_bridge.estimate.tiny_model import LAYOUT, NAMES, write_card, write_tiny_model

HEAD = HeadPose(0.1, 0.2, 0.3, 0.04, 0.05, -0.6)


def face(level: int = 0, in_frame: float = 1.0) -> AlignedFace:
    return AlignedFace(
        landmarks_px=np.zeros((478, 3), np.float32),
        crop_rgb=np.full((128, 128, 3), level, np.uint8),
        crop_from_image=np.eye(2, 3),
        landmarks_crop=np.zeros((478, 2), np.float32),
        head=HEAD,
        in_frame=in_frame,
    )


def by_name(channels: np.ndarray) -> dict[str, float]:
    return dict(zip(LAYOUT.channel_names, channels.tolist(), strict=True))


def test_outputs_reach_their_channels_by_name(tmp_path):
    values = {"AU12_L": 0.5, "AU43_R": 0.25, "gaze_yaw": -0.2, "head_yaw": 0.7}
    names = tuple(reversed(NAMES))
    path = write_tiny_model(tmp_path, values, names=names)
    (estimate,) = Estimator.load(path).estimate([face(level=51)])
    found = by_name(estimate.channels)
    yaw, pitch, roll = head_angles_with(HEAD, 0.7, 0.0)
    head = {"head_yaw": yaw, "head_pitch": pitch, "head_roll": roll, "head_x": 0.04, "head_z": -0.6}
    expected = {**values, "AU26": 0.2, **head}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    assert found["AU12_R"] == 0.0
    assert estimate.channels.dtype == np.float32


def test_head_comes_from_alignment_where_the_network_is_silent(tmp_path):
    path = write_tiny_model(tmp_path, names=LAYOUT.au_channel_names)
    (estimate,) = Estimator.load(path).estimate([face()])
    head = [by_name(estimate.channels)[f"head_{part}"] for part in ("yaw", "pitch", "roll")]
    np.testing.assert_allclose(head, (0.1, 0.2, 0.3), atol=1e-6)


def test_several_faces_in_one_run_are_each_alone(tmp_path):
    estimator = Estimator.load(write_tiny_model(tmp_path, {"AU04_L": 0.3}))
    faces = [face(level=51), face(level=204), face(level=0, in_frame=0.5)]
    together = estimator.estimate(faces)
    for one, both in zip(faces, together, strict=True):
        (alone,) = estimator.estimate([one])
        np.testing.assert_allclose(both.channels, alone.channels, atol=1e-6)
        assert both.confidence == pytest.approx(alone.confidence)
    assert estimator.estimate([]) == []


def test_channels_stay_in_the_layouts_ranges(tmp_path):
    values = {"AU12_L": 1.7, "AU12_R": -0.4, "gaze_pitch": 9.0, "AU04_L": math.nan}
    (estimate,) = Estimator.load(write_tiny_model(tmp_path, values)).estimate([face()])
    found = by_name(estimate.channels)
    assert (found["AU12_L"], found["AU12_R"], found["AU04_L"]) == (1.0, 0.0, 0.0)
    high = LAYOUT.channels[LAYOUT.channel_index["gaze_pitch"]].high
    assert found["gaze_pitch"] == pytest.approx(high)


def test_confidence_in_numbers(tmp_path):
    assert confidence_of(0.0, 1.0) == 1.0
    assert confidence_of(UNIFORM_SIGMA / 2, 0.5) == pytest.approx(0.25)
    assert confidence_of(UNIFORM_SIGMA * 3, 1.0) == 0.0
    assert confidence_of(math.nan, 1.0) == 0.0
    assert confidence_of(0.0, 0.5, 0.5) == 0.25
    estimator = Estimator.load(write_tiny_model(tmp_path, sigma=UNIFORM_SIGMA / 4))
    shown = face(level=200, in_frame=0.5)
    (estimate,) = estimator.estimate([shown])
    assert estimate.confidence == pytest.approx(0.375 * sight_of(shown), abs=1e-6)
    assert 0.1 < estimate.confidence < 0.375


share = st.floats(0.0, 1.0)


@given(st.floats(0.0, 2.0), share, share)
def test_confidence_is_a_share_and_falls_with_doubt(sigma, in_frame, sight):
    sure, doubtful = (confidence_of(s, in_frame, sight) for s in (sigma, sigma + 0.01))
    assert 0.0 <= doubtful <= sure <= confidence_of(sigma, in_frame) <= 1.0


def test_a_missing_model_names_the_way_out(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx does not exist; give another with --model"):
        Estimator.load(tmp_path / "none.onnx")


def test_a_model_without_card_is_not_used(tmp_path):
    path = write_tiny_model(tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=r"tiny\.json does not exist"):
        Estimator.load(path)


def test_one_flipped_bit_is_found(tmp_path):
    path = write_tiny_model(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is corrupt: sha256 .*…, its card says .*again"):
        Estimator.load(path)


def test_another_layout_is_refused_with_both_ids(tmp_path):
    path = write_tiny_model(tmp_path, layout_id="0123456789abcdef")
    expected = f"layout 0123456789abcdef, this installation has {LAYOUT.layout_id}"
    with pytest.raises(ModelError, match=expected):
        Estimator.load(path)


def test_unknown_channels_are_named(tmp_path):
    path = write_tiny_model(tmp_path, names=("AU12_L", "AU99"))
    with pytest.raises(ModelError, match="gives channels AU99 that layout"):
        Estimator.load(path)


def test_card_and_file_must_agree(tmp_path):
    path = write_tiny_model(tmp_path)
    write_card(path, names=NAMES[:-1])
    with pytest.raises(ModelError, match=f"{len(NAMES)} and {len(NAMES) - 1} channels"):
        Estimator.load(path)


def test_a_file_that_is_no_onnx_is_refused_in_one_line(tmp_path, capfd):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"not a network" * 50)
    write_card(path)
    with pytest.raises(ModelError, match="cannot be loaded") as error:
        Estimator.load(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_another_network_is_refused_with_its_interface(tmp_path):
    from onnx import TensorProto, helper, save

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "neg", [value], [result])
    opset = [helper.make_opsetid("", 13)]
    path = tmp_path / "other.onnx"
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    write_card(path)
    with pytest.raises(ModelError, match=r"maps \('x',\) to \('y',\), expected \('crop'"):
        Estimator.load(path)
