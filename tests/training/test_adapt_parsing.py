import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tests.training.parsing_toy import TINY, Colours, make_pairs, make_task
from tests.training.toy import config
from training.adapt_parsing import Mixture, PhotoSamples, label_photos, main, started_task
from training.augment import neutral_landmarks
from training.data.faces import FaceSet
from training.data.parsing_samples import CLASSES, ParsingVariation
from training.data.photo_masks import UNKNOWN, contour_classes
from training.loop import CHECKPOINT, run_loop
from training.parsing import ParsingNet, load_parsing

NOTHING = ParsingVariation(rotation_deg=0, log_scale=0, shift_px=0, cover_p=0)


@pytest.fixture
def start(tmp_path):
    run_loop(make_task, Colours(), config(1), tmp_path / "start")
    return tmp_path / "start" / CHECKPOINT


def faces(count=2):
    rng = np.random.default_rng(0)
    return FaceSet(
        crops=rng.integers(0, 256, (count, 128, 128, 3), dtype=np.uint8),
        landmarks=np.repeat(neutral_landmarks()[None], count, axis=0),
        pose=np.full((count, 2), 0.5, np.float32),
        names=np.array([f"{n}.png" for n in range(count)]),
    )


class Fixed:
    def __init__(self, value, count=4):
        self.value, self.count = value, count

    def __len__(self):
        return self.count

    def sample(self, position, rng):
        return (np.array([self.value, position]),)


@pytest.mark.parametrize(("share", "photos"), [(0.0, 0), (0.25, 100), (1.0, 400)])
def test_a_mixture_has_its_share_of_photographs(share, photos):
    mixture = Mixture(Fixed(0), Fixed(1, 3), share)
    found = [mixture.sample(k % 4, np.random.default_rng(k))[0] for k in range(400)]
    assert len(mixture) == 4
    assert abs(sum(value for value, _ in found) - photos) < 40
    assert all(position == k % 4 for k, (value, position) in enumerate(found) if not value)


def test_labels_move_with_the_photograph():
    """A white square stays under its class; what comes in from outside has none."""
    crop, classes = np.zeros((128, 128, 3), np.uint8), np.zeros((128, 128), np.uint8)
    crop[40:80, 30:70], classes[40:80, 30:70] = 255, 5
    variation = ParsingVariation(cover_p=0)
    samples = PhotoSamples(crop[None], classes[None], variation)
    for seed in range(6):
        picture, moved = samples.sample(0, np.random.default_rng(seed))
        bright = picture.mean(0)
        assert np.median(bright[moved == 5]) > np.median(bright[moved == 0])
        assert set(np.unique(moved)) <= {0, 5, UNKNOWN}


def test_contours_decide_in_the_labels_of_photographs():
    torch.manual_seed(0)
    labels = label_photos(ParsingNet(TINY).eval(), faces(), batch=1)
    drawn = contour_classes(neutral_landmarks())
    lips = np.isin(drawn, [CLASSES.index("upper_lip"), CLASSES.index("lower_lip")])
    assert labels.shape == (2, 128, 128)
    assert (labels[:, lips] == drawn[lips]).mean() > 0.9


def test_learning_begins_where_the_start_ended(start):
    theirs, ours = load_parsing(start), started_task(start).net
    assert all(torch.equal(v, ours.state_dict()[k]) for k, v in theirs.state_dict().items())
    assert all(p.requires_grad for p in ours.parameters())


def test_the_command_adapts_and_its_checkpoint_loads(tmp_path, start, monkeypatch):
    monkeypatch.setattr("training.adapt_parsing.read_faces", lambda paths, cache: faces(6))
    cv2.imwrite(str(tmp_path / "face.png"), np.zeros((64, 64, 3), np.uint8))
    command = ["--start", str(start), "--data", str(make_pairs(tmp_path / "pairs"))]
    command += ["--photos", str(tmp_path), "--out", str(tmp_path / "out"), "--held-out", "1"]
    command += ["--steps", "2", "--batch-size", "2", "--device", "cpu"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    before, after = load_parsing(start), load_parsing(tmp_path / "out" / CHECKPOINT)
    key = "head.conv.0.weight"
    assert not torch.equal(before.state_dict()[key], after.state_dict()[key])


def test_a_folder_without_photographs_is_one_line(tmp_path, start):
    (tmp_path / "empty").mkdir()
    command = ["--start", str(start), "--data", str(make_pairs(tmp_path / "pairs"))]
    command += ["--photos", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code != 0
    assert "holds no photograph and no video" in done.output
    assert not (tmp_path / "out").exists()
