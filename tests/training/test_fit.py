import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from geface_bridge.align import CROP_SIZE, AlignedFace
from geface_bridge.align.faces import HeadPose
from geface_bridge.errors import ImageError, ModelError, SourceError
from rig.layout import load_layout
from training import fit
from training.fit import FitConfig, Objective, Photograph, fit_photograph
from training.losses.features import FaceFeatures
from training.mesh_points import MeshPoints
from training.parameters import base

LAYOUT = load_layout()
COUNT = len(LAYOUT.parameter_names)
SHOWN = ("head_yaw", "head_pitch", "AU01", "AU04", "AU12", "AU25", "AU26", "AU43")


class ToyRenderer(nn.Module):
    """Smooth and without noise; of the parameters ``SHOWN`` and the brow style are to be seen."""

    def __init__(self, seed=3):
        super().__init__()
        torch.manual_seed(seed)
        pixels = 0.3 * torch.randn(COUNT, 3 * 16 * 16)
        seen = torch.zeros(COUNT)
        seen[[LAYOUT.parameter_index[name] for name in SHOWN]] = 1
        seen[LAYOUT.blocks["brow_style"]] = 1
        self.register_buffer("pixels", pixels * seen[:, None])

    def forward(self, y):
        small = (y @ self.pixels).view(-1, 3, 16, 16).sigmoid()
        return functional.interpolate(small, size=(CROP_SIZE, CROP_SIZE))


class ToyParsing(nn.Module):
    def features(self, pictures):
        small = functional.avg_pool2d(pictures, 8)
        return FaceFeatures(small, *(small[:, :, 3 * k : 3 * k + 4] for k in range(5)))


class ToyReader(nn.Module):
    """A regressor that is sure of a smile."""

    def forward(self, pictures):
        return face_of(AU12=0.9)[None].repeat(len(pictures), 1)


RENDERER, PARSING = ToyRenderer(), ToyParsing()
CONFIG = FitConfig(
    steps=60, starts=1, parameter_weight=0.0, landmark_weight=0.0, learning_rate=0.05, pose_rate=1.0
)


def face_of(style=None, **values):
    y = base(torch.zeros(1)).clone()
    for name, value in values.items():
        y[LAYOUT.parameter_index[name]] = value
    if style is not None:
        y[LAYOUT.blocks["brow_style"]] = functional.one_hot(torch.tensor(style), 36).float()
    return y


def picture_of(y, pose=(0.5, 0.5)):
    with torch.no_grad():
        return Photograph(RENDERER(y[None]), torch.tensor([pose]))


def objective(photograph, config=CONFIG):
    return Objective(RENDERER, PARSING, photograph, config)


@pytest.mark.parametrize("aus", [{"AU12": 0.8, "AU25": 0.5}, {"AU04": 0.6, "AU43": 1.0}, {}])
def test_parameters_of_a_picture_that_the_renderer_made_are_found(aus):
    true = face_of(head_yaw=0.62, **aus)
    photograph = picture_of(true, (0.55, 0.5))
    config = replace(CONFIG, steps=150)
    found = fit_photograph(objective(photograph), fit.base_start(photograph), config)
    seen = [LAYOUT.parameter_index[name] for name in SHOWN]
    assert found.parameters[seen].numpy() == pytest.approx(true[seen].numpy(), abs=0.04)
    assert found.after < 0.1 * found.before


def test_the_brow_style_of_a_picture_is_found_and_is_one_of_them():
    photograph = picture_of(face_of(style=20))
    found = fit_photograph(objective(photograph), face_of(), CONFIG)
    style = found.parameters[LAYOUT.blocks["brow_style"]]
    assert style.argmax() == 20
    assert sorted(style.unique().tolist()) == [0, 1]


@pytest.mark.parametrize("rate", [0.01, 0.5, 20.0])
def test_the_end_is_never_worse_than_the_start(rate):
    true = face_of(AU12=0.5, AU26=0.4)
    config = replace(CONFIG, learning_rate=rate, steps=12)
    for start in (face_of(), true, face_of(AU12=0.9, AU04=1.0, style=3)):
        found = fit_photograph(objective(picture_of(true)), start, config)
        assert found.after <= found.before
    assert fit_photograph(objective(picture_of(true)), true, config).after == 0


def test_without_steps_the_start_is_the_answer():
    start = face_of(AU12=0.3)
    found = fit_photograph(objective(picture_of(face_of())), start, replace(CONFIG, steps=0))
    assert (found.parameters == start).all()
    assert found.after == found.before


def test_what_is_found_lies_within_the_ranges_even_if_the_start_does_not():
    start = face_of(AU12=3.0, AU04=-2.0)
    config = replace(CONFIG, learning_rate=5.0, steps=8, starts=3)
    y = fit_photograph(objective(picture_of(face_of(AU26=1.0))), start, config).parameters
    asymmetry = torch.tensor([name.endswith(".asymmetry") for name in LAYOUT.parameter_names])
    assert y.max() <= 1
    assert y[~asymmetry].min() >= 0
    assert y.min() >= -1


def test_the_person_moves_before_the_expression():
    config = replace(CONFIG, steps=10, person_share=0.5)
    early, late = fit._rates(4, config), fit._rates(5, config)
    assert (early[LAYOUT.blocks["au"]] == 0).all()
    assert (early[LAYOUT.blocks["identity"]] > 0).all()
    assert (late[LAYOUT.blocks["au"]] > 0).all()


def test_the_prior_keeps_what_cannot_be_seen_where_it_is_and_shrinks_what_can():
    photograph = picture_of(face_of(AU12=0.8))
    free = fit_photograph(objective(photograph), face_of(), CONFIG)
    config = replace(CONFIG, parameter_weight=1.0)
    held = fit_photograph(objective(photograph, config), face_of(), config)
    at = LAYOUT.parameter_index["AU12"]
    assert 0 < held.parameters[at] < free.parameters[at]
    assert (held.parameters[LAYOUT.blocks["identity"]] == 0.5).all()


def test_the_loss_of_several_faces_is_that_of_each_alone():
    photograph, config = picture_of(face_of(AU12=0.8)), FitConfig(base_au=0.1)
    several = torch.stack([face_of(), face_of(AU12=0.8), face_of(AU04=1.0, head_yaw=0.9)])
    losses, contents = objective(photograph, config)(several)
    alone = [objective(photograph, config)(y[None]) for y in several]
    assert losses.numpy() == pytest.approx([float(loss) for loss, _ in alone])
    assert contents[1] == 0
    assert losses[1] == pytest.approx(0.1 * 0.1 * 0.8**2)


def test_pictures_of_a_smaller_renderer_are_drawn_up():
    class Small(ToyRenderer):
        def forward(self, y):
            return functional.avg_pool2d(super().forward(y), 4)

    with torch.no_grad():
        made = fit.shown(Small(), face_of(AU12=0.4)[None])
        full = RENDERER(face_of(AU12=0.4)[None])
    assert made.shape == full.shape
    assert (made - full).abs().mean() < 0.1


def test_landmarks_find_what_the_renderer_does_not_show():
    true, mesh = face_of(AU10=0.7), MeshPoints()
    with torch.no_grad():
        placed = mesh.rig(true[None])[0, mesh.places] + mesh.beside
    landmarks = np.zeros((478, 2), np.float32)
    landmarks[mesh.landmarks] = placed.numpy() / CROP_SIZE
    photograph = replace(picture_of(true), landmarks=landmarks)
    config = replace(CONFIG, parameter_weight=0.02, landmark_weight=0.2)
    at = LAYOUT.parameter_index["AU10"]
    blind = fit_photograph(objective(photograph), face_of(), CONFIG)
    found = fit_photograph(objective(photograph, config), face_of(), config)
    assert blind.parameters[at] == 0
    assert found.parameters[at] > 0.3
    assert found.parameters[LAYOUT.blocks["au"]].argmax() == at - LAYOUT.blocks["au"].start


def test_equal_seeds_find_the_same_and_more_starts_do_not_find_worse():
    photograph = picture_of(face_of(AU12=0.8, AU25=0.4))
    config = replace(CONFIG, steps=15, starts=3)
    first, again = (fit_photograph(objective(photograph), face_of(), config) for _ in range(2))
    assert (first.parameters == again.parameters).all()
    alone = fit_photograph(objective(photograph), face_of(), replace(config, starts=1))
    assert first.after <= alone.after


def test_every_step_is_reported():
    told = []
    config = replace(CONFIG, steps=5)
    photograph = picture_of(face_of(AU12=0.8))
    fit_photograph(objective(photograph), face_of(), config, lambda *seen: told.append(seen))
    assert [step for step, _ in told] == [1, 2, 3, 4, 5]
    losses = [loss for _, loss in told]
    assert losses == sorted(losses, reverse=True)


def test_a_renderer_that_breaks_down_leaves_the_start():
    class Broken(ToyRenderer):
        def forward(self, y):
            return super().forward(y) + torch.where(y[:, 2:3] > 0, torch.nan, 0.0)[..., None, None]

    photograph = picture_of(face_of(AU01=0.8))
    spoilt = Objective(Broken(), PARSING, photograph, CONFIG)
    found = fit_photograph(spoilt, face_of(), replace(CONFIG, person_share=0.0))
    assert found.parameters.isfinite().all()
    assert found.after <= found.before


def test_a_fit_begins_where_the_regressor_ends():
    photograph = picture_of(face_of(AU12=0.8))
    start = fit.regressor_start(ToyReader(), photograph)
    assert start[LAYOUT.parameter_index["AU12"]] == pytest.approx(0.9)
    found = fit_photograph(objective(photograph), start, CONFIG)
    expected, _ = objective(photograph)(start[None])
    assert found.before == pytest.approx(float(expected))


# Files -----------------------------------------------------------------------------------------


def toy_face():
    crop = (255 * RENDERER(face_of(AU12=0.7)[None])[0]).numpy().transpose(1, 2, 0).astype(np.uint8)
    head = HeadPose(0.1, 0.0, 0.0, 0.0, 0.0, -0.6)
    return AlignedFace(
        np.zeros((478, 3), np.float32), crop, np.eye(2, 3), np.zeros((478, 2), np.float32), head
    )


@pytest.fixture
def toy_photo(monkeypatch):
    monkeypatch.setattr(fit, "read_face", lambda path: toy_face())
    monkeypatch.setattr(fit, "rig_crop", lambda y: np.zeros((128, 128, 3), np.uint8))


def test_a_fit_is_written_as_json_and_as_a_picture(tmp_path, toy_photo):
    networks = fit.Networks(RENDERER, PARSING)
    config = replace(CONFIG, steps=80)
    found = fit.fit_file(tmp_path / "anna.jpg", networks, config, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "anna.json").read_text())
    assert told["layout_id"] == LAYOUT.layout_id
    assert list(told["parameters"]) == list(LAYOUT.parameter_names)
    assert told["aus"]["AU12"] == pytest.approx(3.5, abs=0.3)
    assert told["loss_after"] == pytest.approx(found.after)
    assert told["loss_after"] < 0.2 * told["loss_before"]
    picture = cv2.imread(str(tmp_path / "out" / "anna.png"))
    assert picture.shape[1] > 2.5 * picture.shape[0] / 1.5


def checkpoint(path):
    save_file({"ema.weight": torch.zeros(1)}, path, metadata={"task": "other"})
    return path


def run(*arguments):
    return CliRunner().invoke(fit.main, [str(a) for a in arguments])


def test_a_missing_or_foreign_checkpoint_is_named_and_nothing_is_written(tmp_path):
    none, other = tmp_path / "none.safetensors", checkpoint(tmp_path / "other.safetensors")
    for path in (none, other):
        result = run("a.jpg", "--renderer", path, "--parsing", none, "--out", tmp_path / "out")
        assert result.exit_code == ModelError.exit_code
        assert path.name in result.output
        assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_start_from_the_regressor_wants_one(tmp_path):
    result = run("a.jpg", "--renderer", "g", "--parsing", "f", "--start", "regressor")
    assert result.exit_code == 2
    assert "--regressor" in result.output


def test_photos_that_would_overwrite_each_other_are_refused():
    result = run("x/a.jpg", "y/a.png", "--renderer", "g", "--parsing", "f")
    assert result.exit_code == 2
    assert "two photos are called a" in result.output


def test_a_device_that_is_not_there_is_told():
    with pytest.raises(fit.ConfigError, match="nowhere"):
        fit._device("nowhere")


def test_what_is_no_picture_and_a_picture_without_a_face_are_named(tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(ImageError, match=r"text\.jpg"):
        fit.read_face(tmp_path / "text.jpg")
    with pytest.raises(SourceError, match=r"no face is found in .*grey\.png"):
        fit.read_face(tmp_path / "grey.png")
    with pytest.raises(SourceError, match=r"absent\.jpg"):
        fit.read_face(tmp_path / "absent.jpg")
    with pytest.raises(ImageError, match="folder"):
        fit.read_face(tmp_path)


def test_the_strongest_aus_come_first():
    assert fit.strongest({"AU01": 0.1, "AU12": 3.0, "AU25": 1.0}) == "AU12 3.0  AU25 1.0"
    assert fit.strongest({"AU01": 0.1}) == "no AU"
