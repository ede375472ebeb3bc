"""What a run promises: it goes on bit for bit, and many processes take the step of one."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from tests.training.toy import Fit, Lines, config
from training.loop import (
    CHECKPOINT,
    LoopConfig,
    StepKeys,
    World,
    load_averaged,
    read_averaged,
    read_checkpoint,
    read_metadata,
    run_loop,
    schedule,
    under,
)

ROOT = Path(__file__).parents[2]


def weights(out):
    return read_checkpoint(out / CHECKPOINT)[1]


def test_it_learns(tmp_path):
    lines = Lines()
    run = run_loop(Fit, lines, config(300), tmp_path)
    x = torch.from_numpy(lines.x)
    error = run.averaged()(x)[:, 0] - (2 * x[:, 0] - x[:, 1])
    assert error.square().mean() < 0.01 * (2 * x[:, 0] - x[:, 1]).var()


@pytest.mark.parametrize("stop", [1, 10, 23])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path, stop):
    task = partial(Fit, dropout=0.3)
    run_loop(task, Lines(), config(), tmp_path / "whole")
    run_loop(task, Lines(), config(), tmp_path / "parts", stop_at_step=stop)
    run_loop(task, Lines(), config(), tmp_path / "parts")
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name


def test_processes_that_read_samples_change_nothing(tmp_path):
    run_loop(Fit, Lines(), config(12), tmp_path / "here")
    run_loop(Fit, Lines(), config(12), tmp_path / "there", loader_workers=2)
    there = weights(tmp_path / "there")
    for name, value in weights(tmp_path / "here").items():
        assert torch.equal(value, there[name]), name


def test_two_processes_take_the_steps_of_one(tmp_path):
    run_loop(Fit, Lines(), config(12), tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    command += ["-m", "tests.training.toy", str(tmp_path / "two"), "12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    two = weights(tmp_path / "two")
    for name, value in weights(tmp_path / "one").items():
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_the_average_is_not_the_last_weights(tmp_path):
    run_loop(Fit, Lines(), config(12), tmp_path)
    tensors = weights(tmp_path)
    net, ema = under(tensors, "net"), under(tensors, "ema")
    assert not torch.equal(net["0.weight"], ema["0.weight"])


def test_losses_are_written_for_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_loop(Fit, Lines(), config(20), tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {"loss", "root"}
    assert [event.step for event in events.Scalars("loss")] == [5, 10, 15, 20]


@pytest.mark.parametrize(
    ("changes", "complaint"), [({"seed": 1}, "has config"), ({"steps": 41}, "has config")]
)
def test_another_runs_checkpoint_is_refused_and_kept(tmp_path, changes, complaint):
    run_loop(Fit, Lines(), config(), tmp_path, stop_at_step=10)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(ModelError, match=complaint):
        run_loop(Fit, Lines(), config(**{"steps": 40, **changes}), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_metadata_alone_are_those_of_the_whole_and_a_cut_off_file_has_none(tmp_path):
    run_loop(Fit, Lines(), config(), tmp_path)
    path = tmp_path / CHECKPOINT
    assert read_metadata(path) == read_checkpoint(path)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is no checkpoint of this program"):
        read_metadata(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_checkpoint_that_was_cut_off_is_named_and_kept(tmp_path, share):
    run_loop(Fit, Lines(), config(), tmp_path, stop_at_step=10)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    before = path.read_bytes()
    with pytest.raises(ModelError, match="is no checkpoint of this program") as error:
        run_loop(Fit, Lines(), config(), tmp_path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == before


def test_a_batch_that_cannot_be_shared_out_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="a batch of 8 cannot be shared by 3 processes"):
        run_loop(Fit, Lines(), config(), tmp_path, world=World(0, 3))


def test_nothing_to_learn_from_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="no samples"):
        run_loop(Fit, Lines(0), config(), tmp_path)


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5))
def test_every_epoch_sees_every_sample_once(count, batch, seed):
    keys = StepKeys(count, LoopConfig(steps=1, batch_size=batch, seed=seed), World(), 0, 3 * count)
    seen = [key for step in keys for key in step]
    for epoch in range(3):
        assert sorted(p for e, p in seen if e == epoch)[:count] == list(range(count))


@given(st.integers(1, 40), st.integers(1, 4), st.integers(1, 4), st.integers(0, 20))
def test_processes_share_out_the_batch_of_one(count, size, each, first):
    made = LoopConfig(steps=1, batch_size=size * each)
    alone = list(StepKeys(count, made, World(), first, first + 3))
    parts = [list(StepKeys(count, made, World(r, size), first, first + 3)) for r in range(size)]
    for step, whole in enumerate(alone):
        assert sorted(key for part in parts for key in part[step]) == sorted(whole)
        assert {len(part[step]) for part in parts} == {each}


def test_the_schedule_rises_straight_and_falls_to_nothing():
    made = LoopConfig(steps=100, warmup_steps=10)
    rates = np.array([schedule(step, made) for step in range(101)])
    np.testing.assert_allclose(np.diff(rates[:10]), 0.1)
    assert rates[10] == 1
    assert (np.diff(rates[10:]) < 0).all()
    assert rates[100] == pytest.approx(0)


def test_the_averaged_network_is_read_back(tmp_path):
    run = run_loop(Fit, Lines(), config(), tmp_path)
    described, averaged = read_averaged(tmp_path / CHECKPOINT, "toy")
    net = load_averaged(Fit().net, averaged, tmp_path / CHECKPOINT)
    x = torch.from_numpy(Lines().x)
    assert described == {}
    assert torch.equal(net(x), run.averaged()(x))
    assert not any(p.requires_grad for p in net.parameters())


def test_the_network_of_another_task_is_refused(tmp_path):
    run_loop(Fit, Lines(), config(1), tmp_path)
    with pytest.raises(ModelError, match="task toy, expected renderer"):
        read_averaged(tmp_path / CHECKPOINT, "renderer")
    with pytest.raises(ModelError, match="another network"):
        load_averaged(
            torch.nn.Linear(3, 1), read_averaged(tmp_path / CHECKPOINT, "toy")[1], tmp_path
        )


def test_a_checkpoint_that_does_not_describe_its_network_is_named(tmp_path):
    path = tmp_path / "a.safetensors"
    told = {"task": "toy", "layout_id": load_layout().layout_id}
    for wrong in ({}, {"described": "no JSON"}, {"described": "3"}):
        save_file({"ema.a": torch.zeros(1)}, path, metadata={**told, **wrong})
        with pytest.raises(ModelError, match=r"a\.safetensors does not say"):
            read_averaged(path, "toy")
