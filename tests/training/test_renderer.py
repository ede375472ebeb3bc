import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from geface_bridge.errors import ModelError
from rig.layout import load_layout
from tests.training.data.test_pairs import make_set
from training.data.pairs import PairSet
from training.loop import CHECKPOINT, LoopConfig, Run, World
from training.render_pairs import main as render_pairs
from training.renderer import (
    Coded,
    RendererConfig,
    RendererNet,
    RendererTask,
    RigDraw,
    _Blots,
    agreement,
    au_agreement,
    begin_with,
    drawn_by,
    fewer_turned,
    frontal,
    load_renderer,
    main,
    pixel_weights,
    split,
)
from training.shipped import RENDERER

LAYOUT = load_layout()
COUNT = len(LAYOUT.parameter_names)
TINY = RendererConfig(code=16, widths=(16, 8, 8, 8, 8, 8, 8))


def neutral(count=1):
    return torch.from_numpy(LAYOUT.neutral_parameters()).float().repeat(count, 1)


@pytest.mark.parametrize("guided", [True, False])
def test_a_picture_has_its_size_and_g_eight_transposed_convolutions(guided):
    net = RendererNet(replace(TINY, guided=guided))
    with torch.no_grad():
        found = net(torch.rand(2, COUNT))
    assert found.shape == (2, 3, 128, 128)
    assert found.min() >= 0
    assert found.max() <= 1
    assert sum(isinstance(layer, nn.ConvTranspose2d) for layer in net.modules()) == 8


def test_blots_are_where_points_are():
    blots = _Blots(2, 1, 32)
    blots.weight.data = torch.tensor([[1.0, -1.0]])
    with torch.no_grad():
        found = blots(torch.tensor([[[10.0, 50.0], [102.0, 26.0]]]))[0, 0]
    assert divmod(int(found.argmax()), 32) == (12, 2)  # row, column: 4 pixels each
    assert divmod(int(found.argmin()), 32) == (6, 25)
    assert float(found.max()) == pytest.approx(4, rel=0.01)
    assert float(found[0, 31].abs()) < 1e-6


def test_a_pictures_neighbours_in_a_batch_do_not_change_it():
    torch.manual_seed(0)
    net, y = RendererNet(TINY).train(), torch.rand(3, COUNT)
    with torch.no_grad():
        torch.testing.assert_close(net(y)[1:2], net(y[1:2]), atol=1e-5, rtol=1e-4)


def test_the_base_face_is_near_the_middle_of_what_the_network_takes():
    coded = Coded()
    values = coded(neutral())[0]
    assert (values[LAYOUT.blocks["identity"]] == 0).all()
    assert (values[LAYOUT.blocks["pose"]] == 0).all()
    assert values[LAYOUT.parameter_index["gaze_yaw"]] == 0
    assert values[LAYOUT.parameter_index["AU12.asymmetry"]] == 0
    assert values.shape == (coded.count,)


def test_sides_are_coded_as_the_layout_defines_them():
    """As far as ``channels_from_parameters``, which is the definition, has it."""
    from rig.layout import channels_from_parameters

    y = torch.rand(4, COUNT)
    for au in LAYOUT.sided_aus:
        at = LAYOUT.parameter_index[f"{au.name}.asymmetry"]
        y[:, at] = 2 * y[:, at] - 1
    channels = channels_from_parameters(y.double().numpy())
    names = [au.channels[side] for side in (0, 1) for au in LAYOUT.sided_aus]
    expected = channels[:, [LAYOUT.channel_index[name] for name in names]]
    found = Coded()(y)[:, COUNT:] * 0.28 + 0.15
    np.testing.assert_allclose(found, expected, atol=1e-5)


class Thirds(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 2, 3)

    def forward(self, generated, real):
        return (self.first(generated) - self.first(real).detach()).square().mean()


def test_the_loss_is_weighted_content_and_perceptual_and_reaches_the_renderer():
    task = RendererTask(TINY, Thirds().requires_grad_(False), perceptual_weight=2.0)
    y, image = torch.rand(2, COUNT), torch.rand(2, 3, 128, 128)
    losses = task(y, image)
    off = (task.net(y) - image).abs()
    expected = (off * pixel_weights(128, 3.0)).mean() + 2 * losses["perceptual"]
    torch.testing.assert_close(losses["loss"], expected)
    torch.testing.assert_close(losses["content"], off.mean())
    losses["loss"].backward()
    assert all(p.grad is None for p in task.perceptual.parameters())
    assert all(p.grad is not None for p in task.net.parameters())


def test_eyes_and_mouth_count_as_much_more_as_asked():
    weights = pixel_weights(128, 3.0)
    assert float(weights.mean()) == pytest.approx(1)
    corner, mouth, eye = weights[127, 0], weights[85, 64], weights[34, 43]
    assert float(mouth / corner) == pytest.approx(3, rel=0.15)
    assert float(eye / corner) == pytest.approx(3, rel=0.1)
    np.testing.assert_allclose(weights, weights.flip(1), atol=0.02)
    assert float(pixel_weights(128, 1.0).std()) == 0


def test_what_is_held_out_depends_on_the_number_alone(tmp_path):
    sets = (
        PairSet(make_set(tmp_path / "a", [62, 63, 64, 127])),
        PairSet(make_set(tmp_path / "b", [63, 5], size=48)),
    )
    learned, held_out = (
        [pairs.places[p].index for pairs, p in part.places] for part in split(sets)
    )
    assert learned == [62, 64, 5]
    assert held_out == [63, 127, 63]


def test_frontal_faces_are_kept_and_of_the_others_a_share(tmp_path):
    pairs = PairSet(make_set(tmp_path, range(40)))
    learned, _ = split([pairs])
    ahead = {p for p in range(40) if frontal(pairs.parameters(p))}
    assert 0 < len(ahead) < 40
    for share in (0.0, 0.25, 1.0):
        kept = {at for _, at in fewer_turned(learned, share).places}
        assert ahead <= kept
        assert len(kept - ahead) == pytest.approx(share * (40 - len(ahead)), abs=1)


@pytest.mark.parametrize(
    ("yaw", "pitch", "expected"),
    [(0.5, 0.5, True), (0.75, 0.25, True), (0.85, 0.5, False), (0.5, 0.1, False)],
)
def test_frontal_is_less_than_36_and_24_degrees(yaw, pitch, expected):
    y = LAYOUT.neutral_parameters()
    y[:2] = yaw, pitch
    assert frontal(y) is expected


def saved(folder, config):
    torch.manual_seed(5)
    path = folder / "renderer.safetensors"
    Run(RendererTask(config), LoopConfig(1), World()).save(path)
    return path


def test_a_renderer_begins_with_anothers_layers(tmp_path):
    path = saved(tmp_path, TINY)
    torch.manual_seed(6)
    same, wider = RendererNet(TINY), RendererNet(replace(TINY, widths=(*TINY.widths[:6], 12)))
    for net in (same, wider):
        begin_with(net, path)
    y, theirs = torch.rand(2, COUNT), load_renderer(path)
    with torch.no_grad():
        torch.testing.assert_close(same(y), theirs(y))
        torch.testing.assert_close(wider.code(wider.coded(y)), theirs.code(theirs.coded(y)))
        assert (wider(y) - theirs(y)).abs().max() > 0.01


def test_a_renderer_of_other_widths_is_no_start(tmp_path):
    other = RendererNet(RendererConfig(12, (6,) * 7, guided=False))
    path = saved(tmp_path, TINY)
    before = {k: v.clone() for k, v in other.state_dict().items()}
    with pytest.raises(ModelError, match="none of its layers"):
        begin_with(other, path)
    for key, value in other.state_dict().items():
        torch.testing.assert_close(value, before[key])


def test_its_checkpoint_says_what_it_is(tmp_path):
    net = load_renderer(saved(tmp_path, TINY))
    assert not any(p.requires_grad for p in net.parameters())
    assert not net.training
    assert net(torch.rand(1, COUNT)).shape == (1, 3, 128, 128)


@pytest.mark.parametrize("content", [b"", b"something else" * 9])
def test_what_is_no_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.safetensors"):
        load_renderer(path)


def test_agreement_of_worked_examples():
    change = np.array([[0.0, 3.0], [-3.0, 0.0]])
    same = agreement(change, change)
    assert (same.correlation, same.size) == pytest.approx((1, 1))
    half = agreement(change / 2, change)
    assert (half.correlation, half.size) == pytest.approx((1, 0.5))
    assert agreement(-change, change).correlation == pytest.approx(-1)
    elsewhere = agreement(change[::-1] ** 2, change)
    assert elsewhere.correlation == pytest.approx(0)
    assert agreement(0 * change, change) == agreement(0 * change, 2 * change)


def test_the_measure_of_action_units_tells_the_rig_from_one_that_moves_otherwise():
    """The rig agrees with itself; one whose smile is a frown, or weak, or absent, does not."""
    at = LAYOUT.parameter_index
    rig = RigDraw()

    def moved(target, amount):
        def draw(parameters):
            other = parameters.copy()
            other[at["AU12"]] = 0
            other[at[target]] = amount * parameters[at["AU12"]]
            return rig(other)

        return draw

    found = {
        name: au_agreement(draw, rig, ["AU12"])["AU12"]
        for name, draw in {
            "same": rig,
            "frown": moved("AU15", 1.0),
            "brows": moved("AU04", 1.0),
            "half": moved("AU12", 0.5),
            "still": moved("AU12", 0.0),
        }.items()
    }
    rig.close()
    assert (found["same"].correlation, found["same"].size) == pytest.approx((1, 1))
    assert found["frown"].correlation < 0.3
    assert abs(found["brows"].correlation) < 0.2
    assert found["half"].correlation > 0.4
    assert 0.3 < found["half"].size < 0.8
    assert (found["still"].correlation, found["still"].size) == (0, 0)


def test_it_learns_where_what_it_is_told_of_is():
    """A spot rides on a mouth corner: in pictures G never saw it is where the smile puts it."""
    torch.manual_seed(3)
    task = RendererTask(replace(TINY, code=4, widths=(4, 4, 4, 4, 4, 8, 8)))
    corner = task.net.points.names.index("mouth_corner_L")
    middles = torch.arange(128) + 0.5
    usual = neutral(1)

    def batch(count):
        y = usual.repeat(count, 1)
        y[:, LAYOUT.parameter_index["AU12"]] = torch.rand(count)
        y[:, LAYOUT.blocks["pose"]] = 0.3 + 0.4 * torch.rand(count, 2)
        off = task.net.points(y)[:, corner, :, None] - middles
        across, down = (-off.square() / 32).exp().unbind(1)
        return y, (0.9 * down[:, :, None] * across[:, None])[:, None].repeat(1, 3, 1, 1)

    optimizer = torch.optim.Adam(task.net.parameters(), lr=0.02)
    for _ in range(80):
        optimizer.zero_grad()
        (10 * task(*batch(4))["loss"]).backward()
        optimizer.step()
    with torch.no_grad():
        y, image = batch(16)
        error = (task.net(y) - image).abs().mean()
    assert error < 0.6 * (image - image.mean(0)).abs().mean()


@pytest.fixture(scope="module")
def changes():
    """AU → what it changes on the base face: (G's, the render's) difference image."""
    net, rig, names = load_renderer(RENDERER), RigDraw(), [au.name for au in LAYOUT.all_aus]
    g = drawn_by(net)
    rest = LAYOUT.neutral_parameters()
    faces = [rest] + [
        np.where(np.arange(COUNT) == LAYOUT.parameter_index[n], 1, rest) for n in names
    ]
    pictures = [np.stack([draw(face) for face in faces]).astype(float) for draw in (g, rig)]
    rig.close()
    ours, theirs = (each[1:] - each[0] for each in pictures)
    return dict(zip(names, zip(ours, theirs, strict=True), strict=True))


@pytest.mark.parametrize("name", [au.name for au in LAYOUT.all_aus])
def test_an_action_unit_moves_the_shipped_picture_as_it_moves_the_render(changes, name):
    ours, theirs = changes[name]
    found = agreement(ours, theirs)
    assert found.correlation > 0.5
    assert 0.6 < found.size < 1.3


def test_no_other_action_unit_moves_the_shipped_picture_so(changes):
    """The render whose change is most like G's is the same AU's."""
    theirs = {name: render for name, (_, render) in changes.items()}
    wrong = [
        name
        for name, (ours, _) in changes.items()
        if max(theirs, key=lambda other: agreement(ours, theirs[other]).correlation) != name
    ]
    assert set(wrong) <= {"AU20"}  # .862, and .864 with AU15, whose change is much the same


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A few steps of G on four tiny renders, and one held out."""
    folder = tmp_path_factory.mktemp("renderer")
    options = ["--draw", "plain", "--size", "32", "--start", "60", "--count", "5", "--no-masks"]
    CliRunner().invoke(render_pairs, [*options, "--out", str(folder / "data")])
    command = ["--data", str(folder / "data"), "--out", str(folder / "out")]
    command += ["--steps", "3", "--batch-size", "2", "--device", "cpu", "--threads", "1"]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder, command, done.output


def test_what_a_run_leaves_behind(trained):
    folder, _, output = trained
    out = folder / "out"
    metrics = json.loads((out / "metrics.json").read_text())
    render, drawn, off = np.vsplit(cv2.imread(str(out / "sheet.png")).astype(float), 3)
    assert render.shape == (128, 128, 3)
    error = drawn - render
    np.testing.assert_array_equal(off, np.clip(128 + error, 0, 255))
    assert metrics["psnr_db"] == pytest.approx(10 * np.log10(255**2 / np.square(error).mean()))
    assert metrics["pairs"] == 1
    assert set(metrics["au_agreement"]) == {au.name for au in LAYOUT.all_aus}
    assert "AU12" in output


def test_what_is_shipped_draws_the_same_and_is_half_as_large_as_the_weights(trained):
    folder, command, output = trained
    small = folder / "models" / "renderer.safetensors"
    again = CliRunner().invoke(main, [*command, "--report-only", "--ship", str(small)])
    assert again.exit_code == 0
    assert again.output == output
    ours, theirs = load_renderer(folder / "out" / CHECKPOINT), load_renderer(small)
    y = torch.rand(2, COUNT)
    torch.testing.assert_close(theirs(y), ours(y), atol=0.01, rtol=0)
    weights = sum(value.numel() for value in ours.state_dict().values())
    assert small.stat().st_size < 2.1 * weights + 50_000


def test_a_user_sees_one_line_of_what_is_wrong(trained):
    folder, command, _ = trained
    (folder / "foreign").write_bytes(b"no checkpoint")
    for option in ("--start", "--perceptual"):
        out = ["--out", str(folder / "other"), option, str(folder / "foreign")]
        done = CliRunner().invoke(main, [*command, *out])
        assert done.exit_code not in (0, 1)
        assert "foreign is no checkpoint" in done.output
    assert not (folder / "other" / CHECKPOINT).exists()
