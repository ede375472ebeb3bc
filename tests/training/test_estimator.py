import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from geface_bridge.errors import ModelError
from tests.training.samples import TINY, random_aligned, tiny_config
from training.align_pairs import target_names
from training.estimator import (
    EstimatorNet,
    Run,
    StepBatches,
    beta_nll,
    censored_error,
    evaluate,
    load_averaged,
    mean_scores,
    split_rows,
    train,
)

NAMES = target_names()


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def quiet_train(pairs, config, out, **options):
    return train(pairs, config, out, echo=lambda _: None, **options)


def inputs(count=3):
    pairs = random_aligned(count)
    return torch.from_numpy(pairs.crop), torch.from_numpy(pairs.landmarks_crop)


def test_intensities_stay_in_0_1_and_reach_both_ends():
    net = EstimatorNet(NAMES, TINY).eval()
    with torch.no_grad():
        net.mean_head.bias[:] = torch.linspace(-50, 50, len(NAMES))
        channels, sigma = net(*inputs())
    au = channels[:, net.scale == 1]
    assert au.min() == 0
    assert au.max() == 1
    assert channels[:, -1].abs().max() > 1  # angles are not clamped
    assert sigma.min() > 0


def test_brightness_and_contrast_of_the_whole_crop_do_not_matter():
    net = EstimatorNet(NAMES, TINY).eval()
    crop, landmarks = inputs()
    dim = (crop.float() * 0.5 + 30).to(torch.uint8)
    with torch.no_grad():
        a, b = net.raw(crop, landmarks)[0], net.raw(dim, landmarks)[0]
    assert (a - b).abs().max() < 0.02


def test_the_place_of_the_landmarks_in_the_crop_does_not_matter():
    net = EstimatorNet(NAMES, TINY).eval()
    crop, landmarks = inputs()
    with torch.no_grad():
        a, b = net.raw(crop, landmarks)[0], net.raw(crop, landmarks + 0.1)[0]
    assert (a - b).abs().max() < 1e-4


def test_censored_error_is_silent_only_where_the_clamp_makes_the_answer_right():
    mean = torch.tensor([-0.3, -0.3, 0.2, 1.4, 1.4, -0.3])
    target = torch.tensor([0.0, 0.5, 0.0, 1.0, 0.6, 0.0])
    intensity = torch.tensor([True, True, True, True, True, False])
    expected = torch.tensor([0.0, -0.8, 0.2, 0.0, 0.8, -0.3])
    torch.testing.assert_close(censored_error(mean, target, intensity), expected)


def test_beta_nll_is_least_at_sigma_equal_to_the_error():
    error = torch.full((1,), 0.2)
    for beta in (0.0, 0.5):
        slopes = []
        for value in (0.19, 0.2, 0.21):
            sigma = torch.tensor([value], requires_grad=True)
            beta_nll(error, sigma, beta).backward()
            slopes.append(float(sigma.grad))
        assert slopes[0] < 0 < slopes[2]
        assert slopes[1] == pytest.approx(0, abs=1e-5)


def test_beta_nll_pulls_the_mean_towards_the_target():
    error = torch.tensor([0.3, -0.3], requires_grad=True)
    beta_nll(error, torch.tensor([0.1, 0.1]), 0.5).backward()
    assert error.grad[0] > 0 > error.grad[1]


def test_beta_one_gives_the_mean_the_gradient_of_a_squared_error():
    error = torch.tensor([0.3, 0.3], requires_grad=True)
    beta_nll(error, torch.tensor([0.1, 0.7]), 1.0).backward()
    assert error.grad[0] == pytest.approx(float(error.grad[1]))


def test_batches_cover_an_epoch_once_and_start_anywhere():
    config = tiny_config(batch_size=4)
    batches = list(StepBatches(12, config, 0, 6))
    first, second = (sorted(p for b in half for _, p in b) for half in (batches[:3], batches[3:]))
    assert first == second == list(range(12))
    assert [e for b in batches for e, _ in b] == [0] * 12 + [1] * 12
    assert list(StepBatches(12, config, 2, 6)) == batches[2:]


def test_held_out_samples_are_never_trained_on_however_many_there_are():
    small, large = (split_rows(random_aligned(n))[1] for n in (40, 80))
    np.testing.assert_array_equal(small, [15, 31])
    assert set(small) < set(large)


def test_a_run_that_was_stopped_gives_the_weights_of_one_that_was_not(tmp_path):
    pairs, config = random_aligned(40), tiny_config()
    quiet_train(pairs, config, tmp_path / "whole")
    quiet_train(pairs, config, tmp_path / "parts", stop_at_step=3)
    quiet_train(pairs, config, tmp_path / "parts")
    whole, parts = (load_file(tmp_path / n / "checkpoint.safetensors") for n in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_a_checkpoint_of_other_options_is_refused(tmp_path):
    pairs = random_aligned(24)
    quiet_train(pairs, tiny_config(epochs=1), tmp_path)
    with pytest.raises(ModelError, match="choose another --out"):
        quiet_train(pairs, tiny_config(epochs=1, seed=9), tmp_path)


def test_a_run_can_start_from_the_averaged_weights_of_another(tmp_path):
    pairs = random_aligned(24)
    first = quiet_train(pairs, tiny_config(epochs=1), tmp_path / "first")
    second = Run(tiny_config(epochs=2, seed=9), 2)
    second.start_from(tmp_path / "first" / "checkpoint.safetensors")
    for name, tensor in second.net.state_dict().items():
        assert torch.equal(tensor, first.ema[name]), name


def test_a_file_of_noise_is_no_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_averaged(path)


def test_training_learns_and_the_averaged_weights_are_what_is_scored(tmp_path):
    pairs = random_aligned(96)
    run = quiet_train(pairs, tiny_config(epochs=10, learning_rate=5e-3), tmp_path)
    rows, held_out = split_rows(pairs)
    scores = evaluate(run.averaged(), pairs, rows)
    fresh = evaluate(Run(run.config, 1).averaged(), pairs, rows)
    assert mean_scores(scores)["mae"] < mean_scores(fresh)["mae"]
    net, metadata = load_averaged(tmp_path / "checkpoint.safetensors")
    assert int(metadata["step"]) == run.total_steps
    assert evaluate(net, pairs, held_out) == evaluate(run.averaged(), pairs, held_out)
    assert (tmp_path / "log.csv").read_text().count("\n") == 1 + 10
