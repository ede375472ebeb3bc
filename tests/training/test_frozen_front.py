import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from geface_bridge.errors import ModelError
from tests.training.estimator_toy import of_one_and_of_two
from tests.training.samples import TINY, random_aligned, tiny_config
from training.data.faces import FaceSet
from training.estimator import AugmentedPairs, load_averaged, model_of
from training.estimator import train as train_estimator
from training.face_backbone import FRONT_END_FEATURES, FaceFrontEnd, load_face_backbone
from training.frozen_front import FrontFeatures, FrozenFrontTask, front_of, main, train
from training.loop import CHECKPOINT, LoopConfig

pytest.importorskip("tflite")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pairs():
    return random_aligned(20)


@pytest.fixture(scope="module")
def front():
    return FaceFrontEnd(load_face_backbone())


def test_kept_features_give_the_loss_that_the_pixels_give(pairs, front):
    samples = AugmentedPairs(pairs, np.arange(4))
    kept = FrontFeatures(front, samples, seed=0, batch_size=3)
    features, landmarks, targets = (
        torch.from_numpy(np.stack(part))
        for part in zip(*(kept.sample(p, None) for p in range(4)), strict=True)
    )
    task = FrozenFrontTask(model_of("front")).eval()
    crops = np.stack([samples.sample(p, np.random.default_rng((0, p)))[0] for p in range(4)])
    with torch.no_grad():
        found = task(features, landmarks, targets)["loss"]
        pixels = task.losses(*task.net.raw(torch.from_numpy(crops), landmarks), targets)["loss"]
    assert features.shape == (4, FRONT_END_FEATURES)
    torch.testing.assert_close(found, pixels, atol=1e-3, rtol=1e-3)


def test_the_front_end_stays_and_the_heads_learn(pairs, front, tmp_path):
    faces = FaceSet(
        pairs.crop[:3], pairs.landmarks_crop[:3].astype(np.float32),
        np.zeros((3, 2), np.float32), np.array(["a", "b", "c"]),
    )  # fmt: skip
    train(pairs, tiny_config(), tmp_path, faces=faces)
    net, _ = load_averaged(tmp_path / CHECKPOINT)
    for name, weights in front.state_dict().items():
        assert torch.equal(net.front.state_dict()[name], weights), name
    torch.manual_seed(tiny_config().seed)
    untrained = FrozenFrontTask(model_of("front")).net.mean_head.weight
    assert not torch.equal(net.mean_head.weight, untrained)
    assert net.front_shift.shift.abs().max() > 0


def test_a_run_that_was_stopped_gives_the_weights_of_one_that_was_not(pairs, tmp_path):
    train(pairs, tiny_config(), tmp_path / "whole")
    train(pairs, tiny_config(), tmp_path / "parts", stop_at_step=2)
    train(pairs, tiny_config(), tmp_path / "parts")
    whole, parts = (load_file(tmp_path / n / CHECKPOINT) for n in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_two_processes_take_the_steps_of_one(tmp_path):
    one, two = of_one_and_of_two("frozen", tmp_path, steps=2)
    for name, value in one.items():
        if name.startswith(("net.", "ema.")):
            torch.testing.assert_close(two[name], value, rtol=1e-3, atol=2e-5, msg=name)


def test_the_command_goes_on_with_a_run_that_was_stopped_bit_for_bit(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("training.frozen_front.load_aligned", lambda folders: pairs)
    config = LoopConfig(3, 4, 1.5e-3, weight_decay=0.05, ema_decay=0.99, warmup_steps=1)
    train(pairs, config, tmp_path / "whole")
    train(pairs, config, tmp_path / "parts", stop_at_step=1)
    words = ["--data", str(tmp_path), "--out", str(tmp_path / "parts"), "--steps", "3"]
    done = CliRunner().invoke(main, [*words, "--batch-size", "4", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "mean" in done.output
    whole, parts = (load_file(tmp_path / n / CHECKPOINT) for n in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_further_heads_of_a_run_s_front_end_keep_it(pairs, tmp_path):
    tuned = model_of("front", front_tuned=True)
    train_estimator(pairs, tiny_config(learning_rate=1e-3), tmp_path / "tuned", model=tuned)
    front = front_of(tmp_path / "tuned" / CHECKPOINT)
    train(pairs, tiny_config(seed=1), tmp_path / "more", front=front)
    kept = front_of(tmp_path / "more" / CHECKPOINT)
    own = FaceFrontEnd(load_face_backbone()).state_dict()
    for name, weights in front.state_dict().items():
        assert torch.equal(kept.state_dict()[name], weights), name
    assert any(not torch.equal(own[name], weights) for name, weights in kept.state_dict().items())


def test_an_estimator_without_a_front_end_is_refused_by_name(pairs, tmp_path):
    train_estimator(pairs, tiny_config(), tmp_path / "crop", model=TINY)
    with pytest.raises(ModelError, match="crop"):
        front_of(tmp_path / "crop" / CHECKPOINT)
