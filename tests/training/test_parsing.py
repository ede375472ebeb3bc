"""F_seg: where the parts are, and features of each."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from geface_bridge.errors import ModelError
from tests.training.parsing_toy import TINY, Colours, make_pairs, make_task
from tests.training.toy import Fit, Lines, config
from training.data.parsing_samples import CLASSES
from training.loop import CHECKPOINT, read_checkpoint, run_loop
from training.parsing import (
    GROUPS,
    ParsingNet,
    ParsingTask,
    attention,
    load_parsing,
    main,
    masked_features,
    split,
)

ROOT = Path(__file__).parents[2]


def tiny_net(seed=0):
    torch.manual_seed(seed)
    return ParsingNet(TINY).eval()


def sure_of(classes):
    """(1, K, H, W) logits that leave no doubt about (H, W) class names."""
    numbers = torch.tensor([[CLASSES.index(name) for name in row] for row in classes])
    return 40 * nn.functional.one_hot(numbers, len(CLASSES)).permute(2, 0, 1)[None].float()


def test_logits_are_of_the_pictures_size_and_features_of_the_stages():
    parsing = tiny_net()(torch.rand(2, 3, 128, 128))
    assert parsing.logits.shape == (2, len(CLASSES), 128, 128)
    features = parsing.features
    assert features.whole.shape == (2, 8, 32, 32)
    assert features.brows.shape == features.eyes.shape == (2, 4, 32, 32)
    assert features.nose.shape == features.mouth.shape == (2, 8, 16, 16)
    assert features.outline.shape == (2, 8, 8, 8)


@pytest.mark.parametrize("part", ["whole", *GROUPS])
def test_the_gradient_of_every_part_reaches_the_picture(part):
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    getattr(tiny_net().features(picture), part).square().sum().backward()
    assert picture.grad.abs().sum() > 0


def test_a_part_is_where_its_classes_are():
    """Eyes in the upper half, iris among them; a quarter of a cell counts as a quarter."""
    logits = sure_of([["eyes", "iris", "skin", "nose"], ["skin"] * 4] * 2)
    masks = attention(logits, dict.fromkeys(GROUPS, (2, 2)))
    torch.testing.assert_close(masks["eyes"][0, 0], torch.tensor([[0.5, 0.0], [0.5, 0.0]]))
    torch.testing.assert_close(masks["nose"][0, 0], torch.tensor([[0.0, 0.25], [0.0, 0.25]]))
    torch.testing.assert_close(masks["outline"][0, 0], torch.tensor([[0.5, 0.75], [0.5, 0.75]]))
    assert masks["mouth"].max() < 1e-6


def test_features_are_weight_times_mask_times_stage():
    """T_i = β_i A_i C_i with C of 3, 5 and 7."""
    logits = sure_of([["brows", "eyes"], ["nose", "lower_lip"]])
    stages = [torch.full((1, 1, 2, 2), value) for value in (3.0, 5.0, 7.0)]
    betas = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    features = masked_features(stages[0], stages, logits, betas)
    for part, expected in {
        "brows": [[3.0, 0.0], [0.0, 0.0]],
        "eyes": [[0.0, 6.0], [0.0, 0.0]],
        "nose": [[0.0, 0.0], [15.0, 0.0]],
        "mouth": [[0.0, 0.0], [0.0, 20.0]],
        "outline": [[0.0, 0.0], [0.0, 0.0]],
    }.items():
        torch.testing.assert_close(getattr(features, part)[0, 0], torch.tensor(expected))


def test_parts_come_to_speak_equally_loud():
    """β follows the features seen in training: inside its mask each part has mean magnitude 1."""
    net, pictures = tiny_net().train(), torch.rand(2, 3, 32, 32)
    for _ in range(200):
        net(pictures)
    features, masks = net.features(pictures), net(pictures).logits.softmax(1)
    for name, classes in GROUPS.items():
        found = getattr(features, name)
        chosen = masks[:, [CLASSES.index(c) for c in classes]].sum(1, keepdim=True)
        area = nn.functional.adaptive_avg_pool2d(chosen, found.shape[-2:]).sum()
        assert 0.85 < found.abs().sum() / (area * found.shape[1]) < 1.15, name
    weights = net.eval().magnitude.clone()
    net(pictures)
    assert torch.equal(net.magnitude, weights)


def test_it_learns_what_tells_the_classes_apart(tmp_path):
    run = run_loop(make_task, Colours(), config(60), tmp_path)
    pictures, classes = map(torch.from_numpy, Colours().sample(0, np.random.default_rng(0)))
    guess = run.averaged()(pictures[None].float() / 255).logits.argmax(1)
    inner = (slice(None), slice(2, -2), [2, 3, 4, 5, 26, 27, 28, 29])
    assert (guess[inner] == classes[None][inner]).float().mean() > 0.8


def test_pixels_without_a_label_count_for_nothing():
    torch.manual_seed(0)
    task = ParsingTask(TINY).eval()
    pictures = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    classes = torch.zeros(1, 32, 32, dtype=torch.uint8)
    classes[:, :16] = 255
    half = task(pictures, classes)["loss"]
    logits = task.net(pictures.float() / 255).logits[:, :, 16:]
    expected = nn.functional.cross_entropy(logits, torch.zeros(1, 16, 32, dtype=torch.long))
    torch.testing.assert_close(half, expected / 2)


def test_the_same_seed_gives_the_same_weights(tmp_path):
    runs = {"a": 0, "b": 0, "c": 1}
    found = {}
    for name, seed in runs.items():
        run_loop(make_task, Colours(), config(3, seed=seed), tmp_path / name)
        found[name] = read_checkpoint(tmp_path / name / CHECKPOINT)[1]
    assert all(torch.equal(value, found["b"][key]) for key, value in found["a"].items())
    key = "net.head.conv.0.weight"
    assert not torch.equal(found["a"][key], found["c"][key])


def test_two_processes_find_the_gradient_of_one(tmp_path):
    """By the optimiser's memory: its steps would blow up what rounding leaves of zero."""
    run_loop(make_task, Colours(), config(1), tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    command += ["-m", "tests.training.parsing_toy", str(tmp_path / "two"), "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    two = read_checkpoint(tmp_path / "two" / CHECKPOINT)[1]
    for name, value in read_checkpoint(tmp_path / "one" / CHECKPOINT)[1].items():
        if name.endswith(("exp_avg", "running_mean", "running_var", "magnitude")):
            torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-5, msg=name)


def test_a_checkpoint_gives_the_averaged_net_frozen(tmp_path):
    run = run_loop(make_task, Colours(), config(3), tmp_path)
    net = load_parsing(tmp_path / CHECKPOINT)
    assert net.config == TINY
    assert not any(p.requires_grad for p in net.parameters())
    picture = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(net(picture).logits, run.averaged()(picture).logits)


@pytest.mark.parametrize("made", ["missing", "text", "task", "classes"])
def test_another_file_is_refused_by_name(tmp_path, made, monkeypatch):
    path = tmp_path / CHECKPOINT
    if made == "text":
        path.write_text("no tensors")
    elif made == "task":
        run_loop(Fit, Lines(), config(1), tmp_path)
    elif made == "classes":
        with monkeypatch.context() as changed:
            changed.setattr("training.parsing.described", lambda c: {"net": {}, "classes": ["all"]})
            run_loop(make_task, Colours(), config(1), tmp_path)
    with pytest.raises(ModelError) as error:
        load_parsing(path)
    assert str(path) in str(error.value)


def test_the_last_samples_are_held_out():
    seen, kept = split(10, 3)
    assert kept.tolist() == [7, 8, 9]
    assert seen.tolist() == list(range(7))
    assert [len(part) for part in split(2, 3)] == [0, 2]


def test_the_command_trains_and_goes_on(tmp_path):
    pairs, out = make_pairs(tmp_path / "pairs"), tmp_path / "out"
    command = ["--data", str(pairs), "--out", str(out), "--held-out", "1", "--batch-size", "2"]
    for _ in range(2):
        done = CliRunner().invoke(main, [*command, "--steps", "1", "--device", "cpu"])
        assert done.exit_code == 0, done.output
    load_parsing(out / CHECKPOINT)
    done = CliRunner().invoke(main, [*command, "--steps", "1", "--device", "cpu", "--seed", "3"])
    assert done.exit_code != 0
    assert "choose another --out" in done.output
    assert "Traceback" not in done.output


def test_a_folder_without_pairs_is_one_line(tmp_path):
    done = CliRunner().invoke(main, ["--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert done.exit_code != 0
    assert "run python -m training.render_pairs" in done.output
