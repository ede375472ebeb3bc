"""F_reg: embeddings of unit length, blind to light, learnt by a run that can be stopped."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from geface_bridge.errors import ModelError
from rig.layout import load_layout
from tests.training.identity_toy import TINY, Strangers, make_people, make_task
from tests.training.toy import Fit, Lines, config
from training.identity import (
    IdentityNet,
    IdentityTask,
    face_window,
    load_identity,
    neutral_shape,
    normalised,
)
from training.loop import CHECKPOINT, read_checkpoint, run_loop
from training.rig_points import RigPoints

ROOT = Path(__file__).parents[2]


def net(seed=0):
    torch.manual_seed(seed)
    return IdentityNet(TINY).eval()


def pictures(count=3, seed=0):
    return torch.rand(count, 3, 128, 128, generator=torch.Generator().manual_seed(seed))


def test_embeddings_are_of_unit_length():
    assert IdentityNet().eval()(pictures(2)).shape == (2, 256)
    lengths = net()(pictures()).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(3))


def test_pictures_do_not_see_each_other():
    one, three = net()(pictures()[:1]), net()(pictures())
    torch.testing.assert_close(one, three[:1], rtol=1e-4, atol=1e-5)


def test_brighter_and_stronger_is_the_same_person():
    found = net()(torch.cat([pictures(1) * 0.5, pictures(1) * 0.4 + 0.3]))
    assert float((found[0] @ found[1]).detach()) > 0.999


def test_what_is_behind_a_person_is_nobody():
    window = face_window(64)
    behind = (window == 0).expand(1, 3, -1, -1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    changed = torch.where(behind, torch.rand(1), pictures(1))
    torch.testing.assert_close(net()(changed), net()(pictures(1)))
    assert window[32, 32] == 1
    assert window.min() == 0


def test_normalised_pictures_have_mean_0_and_deviation_1_in_the_window():
    window = face_window(64)
    grey = normalised(pictures(2)[..., ::2, ::2], window)
    inside = grey[:, 0, window == 1]
    assert inside.mean().abs() < 0.02
    assert float(inside.std()) == pytest.approx(1, abs=0.02)
    assert grey[:, 0, window == 0].abs().max() == 0


def test_a_black_picture_is_no_number_but_a_finite_one():
    assert net()(torch.zeros(1, 3, 128, 128)).isfinite().all()


def test_the_gradient_reaches_the_picture():
    x = pictures(1).requires_grad_()
    net()(x)[0, 0].backward()
    assert x.grad[0, :, 40:90, 40:90].abs().sum() > 0


def test_maps_halve_from_one_to_the_next():
    sizes = [x.shape[-1] for x in net().content(pictures(1))]
    assert sizes == [32, 16, 8, 4]


def test_a_run_learns_who_is_who_and_their_shape(tmp_path):
    strangers = Strangers()
    run = run_loop(make_task, strangers, config(30), tmp_path)
    batch = [strangers.sample(k, np.random.default_rng(k)) for k in range(12)]
    tensors = [torch.from_numpy(np.stack(column)) for column in zip(*batch, strict=True)]
    torch.manual_seed(0)
    with torch.no_grad():
        before = make_task().eval()(*tensors)
        run.task.net.load_state_dict(run.ema)
        after = run.task.eval()(*tensors)
    assert float(after["accuracy"]) == 1
    assert float(after["margin"]) < 0.5 * float(before["margin"])
    assert float(after["shape"]) < 0.5 * float(before["shape"])


def test_a_shape_is_where_a_person_differs_from_the_base_face():
    numbers = torch.full((2, 208), 0.5)
    width = load_layout().parameter_names.index("face.sx")
    numbers[1, width - load_layout().blocks["identity"].start] = 1
    points = RigPoints()
    found = neutral_shape(points, numbers)
    assert found.shape == (2, 2 * points.count)
    assert found[0].abs().max() == 0
    assert found[1].abs().max() > 0.5


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("identity")
    return run_loop(make_task, Strangers(), config(6), out), out / CHECKPOINT


def test_a_run_that_was_stopped_goes_on_bit_for_bit(trained, tmp_path):
    run_loop(make_task, Strangers(), config(6), tmp_path, stop_at_step=3)
    run_loop(make_task, Strangers(), config(6), tmp_path)
    whole, parts = read_checkpoint(trained[1])[1], read_checkpoint(tmp_path / CHECKPOINT)[1]
    assert whole.keys() == parts.keys()
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def test_two_processes_take_the_steps_of_one(tmp_path):
    run_loop(make_task, Strangers(), config(3), tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    command += ["-m", "tests.training.identity_toy", str(tmp_path / "two"), "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    two = read_checkpoint(tmp_path / "two" / CHECKPOINT)[1]
    for name, value in read_checkpoint(tmp_path / "one" / CHECKPOINT)[1].items():
        if not name.startswith("optimizer"):
            torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-3, msg=name)


def test_what_is_loaded_is_the_average_without_the_people(trained):
    run, path = trained
    loaded = load_identity(path)
    assert torch.equal(loaded(pictures()), run.averaged().identity(pictures()))
    assert not any(p.requires_grad for p in loaded.parameters())
    assert not hasattr(loaded, "centres")


def test_a_run_begins_with_anothers_average(trained, tmp_path):
    run, path = trained
    task = make_task(start=path)
    for name, value in task.net.state_dict().items():
        assert torch.equal(value, run.ema[name]), name
    assert task.net.training
    assert all(p.requires_grad for p in task.net.parameters())


def test_a_beginning_of_other_people_is_refused(trained):
    with pytest.raises(ModelError, match="another network"):
        IdentityTask(5, TINY, start=trained[1])


def test_another_tasks_checkpoint_is_refused(tmp_path):
    run_loop(Fit, Lines(), config(1), tmp_path)
    with pytest.raises(ModelError, match="task toy, expected identity"):
        load_identity(tmp_path / CHECKPOINT)


def test_the_command_trains_and_goes_on(tmp_path):
    from click.testing import CliRunner

    from training.identity import main

    data = make_people(tmp_path / "people", people=11)
    words = ["--data", str(data), "--out", str(tmp_path / "out"), "--steps", "1"]
    words += ["--batch-size", "2", "--device", "cpu"]
    for _ in range(2):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
    assert load_identity(tmp_path / "out" / CHECKPOINT)(pictures(1)).shape == (1, 256)
