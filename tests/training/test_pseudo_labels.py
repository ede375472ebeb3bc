"""What a teacher says of photographs becomes what is learned, and never what is scored by."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from geface_bridge import capture
from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout, parameter_from_angle
from tests.training.paper_toy import warm_run
from tests.training.samples import TINY, random_aligned, tiny_config
from training.align_pairs import load_aligned, target_names, targets_from_parameters
from training.augment import neutral_landmarks
from training.calibration import answers
from training.data.faces import FaceSet, picture_from_crop
from training.ensemble import Ensemble
from training.estimator import load_averaged, split_rows, train
from training.loop import CHECKPOINT
from training.pseudo_labels import (
    FILE,
    LEAST_WINK,
    POSE_CHANNELS,
    main,
    pseudo_labelled,
    read_teacher,
)
from training.regressor import load_regressor

COUNT, COPIES = 3, 3


@pytest.fixture(scope="module")
def faces():
    rng = np.random.default_rng(5)
    crops = rng.integers(0, 256, (COUNT, 128, 128, 3), dtype=np.uint8)
    landmarks = np.stack([neutral_landmarks()] * COUNT)
    pose = rng.random((COUNT, 2), dtype=np.float32)
    return FaceSet(crops, landmarks, pose, np.array(["a", "b", "c"]))


@pytest.fixture(scope="module")
def teacher_path(tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher")
    train(random_aligned(24), tiny_config(), out, model=TINY)
    return out / CHECKPOINT


@pytest.fixture(scope="module")
def teacher(teacher_path):
    return load_averaged(teacher_path)[0]


@pytest.fixture(scope="module")
def labelled(teacher, faces):
    return pseudo_labelled(teacher, teacher.channel_names, faces, COPIES)


@pytest.fixture
def winks(monkeypatch):
    """winks(chance): how often an eye is shut."""
    return lambda chance: monkeypatch.setattr("training.pseudo_labels.WINK_CHANCE", chance)


def test_targets_are_what_the_teacher_says_of_the_very_picture(teacher, faces, winks):
    winks(0)
    labelled = pseudo_labelled(teacher, teacher.channel_names, faces, COPIES)
    said = answers(teacher, labelled.crop, labelled.landmarks_crop)
    columns = [i for i, name in enumerate(target_names()) if name not in POSE_CHANNELS]
    np.testing.assert_allclose(labelled.targets[:, columns], said[:, columns], atol=1e-6)


def test_the_head_turns_as_the_landmarks_say(labelled, faces):
    for axis, name in enumerate(POSE_CHANNELS):
        column = labelled.targets[:, target_names().index(name)].astype(np.float64)
        found = parameter_from_angle(column, load_layout().raw["pose"][axis])
        np.testing.assert_allclose(found, np.tile(faces.pose[:, axis], COPIES), atol=1e-5)


def test_the_first_copy_is_the_photograph_and_others_have_other_expressions(labelled, faces):
    np.testing.assert_array_equal(labelled.crop[:COUNT], faces.crops)
    np.testing.assert_array_equal(labelled.landmarks_crop[:COUNT], faces.landmarks)
    moved = np.abs(labelled.landmarks_crop[COUNT:] - neutral_landmarks()).max((1, 2))
    assert (moved > 0).all()
    assert len(np.unique(labelled.landmarks_crop.reshape(len(labelled.index), -1), axis=0)) == 7


def test_a_wink_is_known_from_the_warp_and_the_rest_from_the_open_eye(teacher, faces, winks):
    winks(0)
    open_eyed = pseudo_labelled(teacher, teacher.channel_names, faces, COPIES)
    winks(1)
    winking = pseudo_labelled(teacher, teacher.channel_names, faces, COPIES)
    rose = winking.targets - open_eyed.targets
    columns = [target_names().index(name) for name in ("AU43_L", "AU43_R")]
    left_open = 1 - winking.targets[:, columns]
    shut = 1 - left_open / (1 - open_eyed.targets[:, columns])
    assert not shut[:COUNT].any()  # the photographs as they are
    assert ((shut[COUNT:] >= LEAST_WINK - 1e-6).sum(1) == 1).all()
    assert ((np.abs(shut[COUNT:]) < 1e-6).sum(1) == 1).all()
    apart = [name[:4] in ("AU05", "AU43") for name in target_names()]
    assert not rose[:, ~np.array(apart)].any()
    assert (rose[:, [name[:4] == "AU05" for name in target_names()]] <= 0).all()
    # and the lid went down on that side: MediaPipe's points of upper and lower lid
    gaps = [
        np.hypot(*np.moveaxis(pairs.landmarks_crop[:, u] - pairs.landmarks_crop[:, d], -1, 0))
        for pairs in (winking, open_eyed)
        for u, d in ((386, 374), (159, 145))
    ]
    narrowed = np.stack([1 - gaps[0] / gaps[2], 1 - gaps[1] / gaps[3]], 1)[COUNT:]
    np.testing.assert_array_equal(narrowed.argmax(1), shut[COUNT:].argmax(1))
    assert narrowed.max(1).min() > 0.4


def test_none_of_them_is_held_out(labelled):
    learned, held_out = split_rows(labelled)
    assert len(learned) == COUNT * COPIES
    assert not len(held_out)


def test_seeds_decide_the_expressions(labelled, teacher, faces):
    again = pseudo_labelled(teacher, teacher.channel_names, faces, COPIES)
    other = pseudo_labelled(teacher, teacher.channel_names, faces, COPIES, seed=1)
    np.testing.assert_array_equal(again.landmarks_crop, labelled.landmarks_crop)
    assert (other.landmarks_crop[COUNT:] != labelled.landmarks_crop[COUNT:]).any()


@pytest.fixture(scope="module")
def regressor_path(tmp_path_factory):
    out = tmp_path_factory.mktemp("regressor")
    warm_run(out)
    return out / CHECKPOINT


def test_a_regressor_teaches_what_its_parameters_mean(regressor_path, faces):
    said = answers(read_teacher(regressor_path), faces.crops, faces.landmarks)
    pictures = np.stack([picture_from_crop(crop) for crop in faces.crops])
    with torch.no_grad():
        parameters = load_regressor(regressor_path)(torch.from_numpy(pictures)).numpy()
    np.testing.assert_allclose(said, targets_from_parameters(parameters), atol=1e-5)


def test_of_an_estimator_and_a_regressor_the_mean_counts(teacher_path, regressor_path, faces):
    each = [read_teacher(path) for path in (teacher_path, regressor_path)]
    both = answers(Ensemble(each).eval(), faces.crops, faces.landmarks)
    apart = [answers(one, faces.crops, faces.landmarks) for one in each]
    np.testing.assert_allclose(both, np.clip(np.mean(apart, axis=0), -2, 1), atol=1e-5)


def test_another_networks_checkpoint_is_refused_by_name(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata={"task": "renderer"})
    with pytest.raises(ModelError, match=r"other\.safetensors has task renderer"):
        read_teacher(path)


def test_no_face_is_a_clear_error(teacher, faces):
    none = FaceSet(*(part[:0] for part in (faces.crops, faces.landmarks, faces.pose, faces.names)))
    with pytest.raises(ConfigError, match="no photograph with a face"):
        pseudo_labelled(teacher, teacher.channel_names, none)


def test_the_command_writes_what_a_training_reads(teacher_path, tmp_path, face_photograph):
    out = tmp_path / "photographs"
    told = ["--faces", face_photograph, "--teacher", teacher_path, "--copies", 2, "--out", out]
    told += ["--teacher", f"{teacher_path}=AU09,AU17"]
    result = CliRunner().invoke(main, [str(word) for word in told])
    assert result.exit_code == 0, result.output
    assert "2 pictures of 1 photographs" in result.output
    read = load_aligned([out])
    assert (out / FILE).exists()
    assert len(read.index) == 2
    assert torch.from_numpy(read.targets).isfinite().all()


@pytest.fixture(scope="module")
def face_photograph(tmp_path_factory):
    """A frame of the bundled performance, as a picture file."""
    film = cv2.VideoCapture(str(Path(capture.__file__).with_name("performance.mp4")))
    found, frame = film.read()
    assert found
    path = tmp_path_factory.mktemp("photograph") / "face.png"
    cv2.imwrite(str(path), frame)
    return path
