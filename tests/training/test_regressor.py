"""R and its task: ranges, what each loss moves, what stays as it is, how a run goes on."""

import subprocess
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from tests.training.paper_toy import batch, config, frozen, make_task, samples, tiny
from training import regressor
from training.loop import CHECKPOINT, read_checkpoint, run_loop
from training.losses.features import FaceFeatures
from training.losses.supervised import expression_seen, supervised_loss
from training.parameters import base
from training.regressor import (
    LOSSES,
    PAPERS,
    WARM,
    NetPaths,
    Regressor,
    RenderedSamples,
    Weights,
    load_regressor,
    main,
    weights_from,
)
from training.regressor import make_task as task_with_start

ROOT = Path(__file__).parents[2]
LAYOUT = load_layout()
NOTHING = Weights(0, 0, 0, 0, 0)


def weights_of(out):
    return read_checkpoint(out / CHECKPOINT)[1]


def gradients(weights):
    """R's gradient under some weights, one tensor."""
    task = make_task(weights)
    task.net.train()
    task(*batch())["loss"].backward()
    return torch.cat([p.grad.flatten() for p in task.net.regressor.parameters()])


def features(nets, count=3, scale=1.0):
    found = nets.parsing.eval().features(torch.rand(count, 3, 128, 128))
    return FaceFeatures(*(scale * getattr(found, f.name) for f in fields(FaceFeatures)))


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_answers_stay_within_the_layouts_ranges(scale):
    nets = frozen()
    y = Regressor(tiny(nets)).eval()(features(nets, scale=scale))
    signed = torch.tensor([n.endswith(".asymmetry") for n in LAYOUT.parameter_names])
    assert y.shape == (3, len(LAYOUT.parameter_names))
    assert torch.isfinite(y).all()
    assert y[:, ~signed].min() >= 0
    assert y.abs().max() <= 1


def test_it_begins_near_the_base_face():
    nets = frozen()
    y = Regressor(tiny(nets)).eval()(features(nets))
    rest = LAYOUT.blocks["brow_style"]
    away = (y - base(y)).abs()
    away[:, rest] = 0
    assert away.mean() < 0.1


def test_one_brow_style_is_answered_and_all_are_learned():
    nets = frozen()
    net = Regressor(tiny(nets))
    y = net(features(nets))[:, LAYOUT.blocks["brow_style"]]
    assert torch.equal(y.detach().sort(dim=1).values[:, :-1], torch.zeros(3, y.shape[1] - 1))
    assert torch.allclose(y.sum(dim=1), torch.ones(3))
    (y * torch.rand_like(y)).sum().backward()
    assert (net.brows.out.bias.grad != 0).all()


@pytest.mark.parametrize(
    ("part", "sees"),
    [
        ("whole", {"pose"}),
        ("brows", {"brow_style", "au", "extension"}),
        ("mouth", {"identity", "au", "extension"}),
        ("outline", {"identity", "au", "extension"}),
    ],
)
def test_each_sub_network_reads_its_own_parts(part, sees):
    nets = frozen()
    net = Regressor(tiny(nets)).eval()
    found = features(nets)
    maps = {f.name: getattr(found, f.name) for f in fields(FaceFeatures)}
    maps[part] = (5 * maps[part].detach()).requires_grad_()
    y = net(FaceFeatures(**maps))
    for name, at in LAYOUT.blocks.items():
        (gradient,) = torch.autograd.grad(y[:, at].square().sum(), maps[part], retain_graph=True,
                                          allow_unused=True)  # fmt: skip
        moved = gradient is not None and bool(gradient.abs().sum() > 0)
        assert moved == (name in sees), name


def test_the_papers_inputs_keep_the_brows_from_the_aus():
    nets = frozen()
    assert "brows" not in Regressor(tiny(nets, expression_sees_brows=False)).expression.parts


@pytest.mark.parametrize("name", PAPERS)
def test_a_loss_that_is_off_is_not_reckoned_and_changes_the_gradient(name):
    whole = make_task(Weights())(*batch())
    without = make_task(replace(Weights(), **{name: 0.0}))(*batch())
    assert set(whole) == {"loss", *PAPERS}
    assert set(without) == {"loss", *PAPERS} - {name}
    change = gradients(Weights()) - gradients(replace(Weights(), **{name: 0.0}))
    alone = gradients(replace(NOTHING, **{name: getattr(Weights(), name)}))
    assert alone.abs().sum() > 0
    torch.testing.assert_close(change, alone, rtol=1e-3, atol=1e-5 * float(alone.abs().max()))


def test_the_loss_is_the_weighted_sum():
    found = make_task(Weights(generated=0.5, rendered=0.2))(*batch())
    expected = sum(getattr(Weights(generated=0.5, rendered=0.2), n) * found[n] for n in LOSSES)
    assert float(found["loss"].detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_steps_lower_each_loss(name):
    task = make_task(replace(NOTHING, **{name: 1.0}))
    optimizer = torch.optim.Adam(task.net.parameters(), lr=3e-3)
    task.net.train()
    pictures, values = batch(), []
    for _ in range(15):
        loss = task(*pictures)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(float(loss.detach()))
    assert values[-1] < values[0]


@pytest.mark.parametrize("name", ["identity", "disentangling"])
def test_no_head_turns_to_look_like_somebody(name):
    task = make_task(replace(NOTHING, **{name: 1.0}))
    task.net.train()
    task(*batch())["loss"].backward()
    assert all(p.grad.abs().sum() == 0 for p in task.net.regressor.pose.parameters())
    assert any(p.grad.abs().sum() > 0 for p in task.net.regressor.identity.parameters())


def test_every_loss_off_is_an_error():
    with pytest.raises(ConfigError, match="every loss is left out"):
        make_task(NOTHING)(*batch())


def test_the_frozen_networks_stay_untouched(tmp_path):
    made = []
    run_loop(lambda: made.append(make_task()) or made[0], samples(), config(3), tmp_path)
    task = made[0]
    fresh = make_task().frozen
    assert not any(p.requires_grad for p in task.frozen.parameters())
    assert not any(m.training for m in task.frozen.modules())
    for (name, ours), theirs in zip(
        task.frozen.state_dict().items(), fresh.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name
    assert all(name.startswith(("net.", "ema.", "optimizer.")) for name in weights_of(tmp_path))


def test_running_statistics_are_the_photographs(tmp_path):
    pictures = batch()
    with_loopback, without = make_task(), make_task(replace(Weights(), loopback=0.0))
    for task in (with_loopback, without):
        task.net.train()
        task(*pictures)
    for (name, ours), theirs in zip(
        with_loopback.net.named_buffers(), without.net.buffers(), strict=True
    ):
        assert torch.equal(ours, theirs), name


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    run_loop(make_task, samples(), config(6), tmp_path / "whole")
    run_loop(make_task, samples(), config(6), tmp_path / "parts", stop_at_step=3)
    run_loop(make_task, samples(), config(6), tmp_path / "parts")
    parts = weights_of(tmp_path / "parts")
    for name, value in weights_of(tmp_path / "whole").items():
        assert torch.equal(value, parts[name]), name


def test_two_processes_take_the_steps_of_one(tmp_path):
    task = partial(make_task, Weights(generated=0.5))
    run_loop(task, samples(), config(2), tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    command += ["-m", "tests.training.paper_toy", str(tmp_path / "two"), "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    one, two = weights_of(tmp_path / "one"), weights_of(tmp_path / "two")
    for name, value in one.items():
        if name.startswith(("net.", "ema.")):
            torch.testing.assert_close(two[name], value, rtol=1e-3, atol=2e-4, msg=name)


def test_another_variants_checkpoint_is_refused(tmp_path):
    run_loop(make_task, samples(), config(1), tmp_path)
    with pytest.raises(ModelError, match="has described"):
        run_loop(partial(make_task, Weights(identity=0)), samples(), config(1), tmp_path)


def test_a_regressor_is_read_back_and_can_be_started_from(tmp_path):
    run = run_loop(make_task, samples(), config(2), tmp_path)
    nets = frozen()
    pictures = batch()[0]
    net = load_regressor(tmp_path / CHECKPOINT, frozen(seed=6).parsing)
    assert torch.equal(net(pictures), run.averaged()(pictures))
    started = task_with_start(nets, tiny(nets), Weights(), tmp_path / CHECKPOINT)
    assert torch.equal(started.net.eval()(pictures), net(pictures))
    assert all(p.requires_grad for p in started.net.regressor.parameters())
    with pytest.raises(ModelError, match="describes no regressor"):
        load_regressor(tmp_path / CHECKPOINT)
    with pytest.raises(ModelError, match="another network"):
        task_with_start(nets, tiny(nets, width=12), Weights(), tmp_path / CHECKPOINT)


def test_the_warm_start_asks_for_no_photograph():
    task = make_task(WARM["generated"])
    pictures, pose, random = batch()
    one = task(pictures, pose, random)
    other = task(torch.zeros_like(pictures), 0 * pose, random)
    assert set(one) == {"loss", "generated"}
    assert torch.equal(one["loss"], other["loss"])


class Pairs:
    def parameters(self, position):
        return np.full(len(LAYOUT.parameter_names), 0.1 * position, np.float32)


def test_renders_come_with_their_own_parameters(monkeypatch):
    grey = np.full((128, 128, 3), 120, np.uint8)
    monkeypatch.setattr(regressor, "aligned", lambda pairs, position, jitter: grey)
    pairs = Pairs()
    picture, pose, known = RenderedSamples(pairs).sample(1, np.random.default_rng(0))
    assert picture.shape == (3, 128, 128)
    np.testing.assert_array_equal(known, pairs.parameters(1))
    np.testing.assert_array_equal(pose, known[:2])


def test_asymmetry_of_a_muscle_at_rest_is_not_asked_for():
    true = base(torch.zeros(1))[None].clone()
    read = true.clone()
    read[:, LAYOUT.parameter_index["AU12.asymmetry"]] = 0.7
    assert supervised_loss(read, true) == 0
    true[:, LAYOUT.parameter_index["AU12"]] = 0.5
    read[:, LAYOUT.parameter_index["AU12"]] = 0.5
    assert supervised_loss(read, true) > 0


def test_expression_is_seen_as_the_channels_say():
    from rig.layout import channels_from_parameters

    parameters = np.random.default_rng(3).uniform(0, 1, (2, len(LAYOUT.parameter_names)))
    channels = channels_from_parameters(parameters)
    seen = expression_seen(torch.from_numpy(parameters))
    sided = [au for au in LAYOUT.all_aus if au.sided]
    for k, side in enumerate("LR"):
        expected = channels[:, [LAYOUT.channel_index[f"{au.name}_{side}"] for au in sided]]
        np.testing.assert_allclose(seen[:, k * len(sided) : (k + 1) * len(sided)], expected)


def test_weights_by_name():
    found = weights_from(("base_au=0.3", "identity=2"), ("loopback",))
    assert found == Weights(base_au=0.3, identity=2, loopback=0)
    with pytest.raises(ConfigError, match=r"no weight .*beard"):
        weights_from(("beard=1",), ())
    with pytest.raises(ConfigError, match="no NAME=NUMBER"):
        weights_from(("identity",), ())
    with pytest.raises(ConfigError, match="no known parameters"):
        weights_from(("rendered=1",), ())


def test_a_network_that_a_loss_asks_for_must_be_given(tmp_path):
    NetPaths(None, tmp_path, None).check(WARM["rendered"])
    NetPaths(tmp_path, tmp_path, None).check(Weights(identity=0))
    with pytest.raises(ConfigError, match="give --renderer"):
        NetPaths(None, tmp_path, tmp_path).check(WARM["generated"])
    with pytest.raises(ConfigError, match="give --identity"):
        NetPaths(tmp_path, tmp_path, None).check(Weights())


def test_a_checkpoint_that_is_none_is_named(tmp_path):
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes(b"nothing of the kind")
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    for name in ("renderer", "parsing", "identity"):
        arguments += [f"--{name}", str(wrong)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == ModelError.exit_code
    assert str(wrong) in done.output
    assert not (tmp_path / "out").exists()
