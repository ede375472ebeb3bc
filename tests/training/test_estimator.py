import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from torch import nn

from geface_bridge.errors import ModelError
from tests.training.estimator_toy import of_one_and_of_two
from tests.training.samples import TINY, random_aligned, tiny_config
from training.align_pairs import target_names
from training.estimator import (
    EstimatorNet,
    evaluate,
    load_averaged,
    main,
    mean_scores,
    model_of,
    split_rows,
    start_from,
    train,
)
from training.face_backbone import FaceFrontEnd, load_face_backbone
from training.norm import SharedBatchNorm1d, SharedBatchNorm2d, SharedNorm

NAMES = target_names()
TORCHS = {SharedBatchNorm1d: nn.BatchNorm1d, SharedBatchNorm2d: nn.BatchNorm2d}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


def test_held_out_samples_are_never_trained_on_however_many_there_are():
    small, large = (split_rows(random_aligned(n))[1] for n in (40, 80))
    np.testing.assert_array_equal(small, [15, 31])
    assert set(small) < set(large)


def test_a_run_that_was_stopped_gives_the_weights_of_one_that_was_not(tmp_path):
    pairs, config = random_aligned(40), tiny_config()
    train(pairs, config, tmp_path / "whole", model=TINY)
    train(pairs, config, tmp_path / "parts", model=TINY, stop_at_step=3)
    train(pairs, config, tmp_path / "parts", model=TINY)
    whole, parts = (load_file(tmp_path / n / "checkpoint.safetensors") for n in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name


def test_two_processes_find_the_gradient_of_one(tmp_path):
    """By the optimiser's memory: its steps would blow up what rounding leaves of zero."""
    one, two = of_one_and_of_two("crop", tmp_path, steps=1)
    for name, value in one.items():
        if name.endswith(("exp_avg", "running_mean", "running_var")):
            tolerance = 2e-3 * float(value.abs().max())
            torch.testing.assert_close(two[name], value, rtol=0, atol=tolerance, msg=name)


def test_two_processes_take_the_steps_of_one(tmp_path):
    """With MediaPipe's own weights among those that learn."""
    pytest.importorskip("tflite")
    one, two = of_one_and_of_two("tuned", tmp_path, steps=2)
    for name, value in one.items():
        if name.startswith(("net.", "ema.")):
            torch.testing.assert_close(two[name], value, rtol=1e-3, atol=2e-5, msg=name)


def test_weights_of_before_batches_were_shared_are_read_and_answer_the_same():
    """Names and shapes are torch's own norms', so that older checkpoints and exports go on."""
    net = EstimatorNet(NAMES, replace(TINY, front_features=4)).eval()
    older = copy.deepcopy(net)
    for parent in older.modules():
        for name, norm in parent.named_children():
            if isinstance(norm, SharedNorm):
                plain = TORCHS[type(norm)](norm.num_features, affine=norm.affine)
                setattr(parent, name, plain.eval())
    assert not any(isinstance(module, SharedNorm) for module in older.modules())
    randomised = {
        k: torch.rand_like(v) if v.is_floating_point() else v for k, v in older.state_dict().items()
    }
    older.load_state_dict(randomised)
    net.load_state_dict(randomised)
    with torch.no_grad():
        for ours, theirs in zip(net.raw(*inputs()), older.raw(*inputs()), strict=True):
            assert torch.equal(ours, theirs)


def test_a_checkpoint_of_other_options_is_refused(tmp_path):
    pairs = random_aligned(24)
    train(pairs, tiny_config(steps=1), tmp_path, model=TINY)
    with pytest.raises(ModelError, match="choose another --out"):
        train(pairs, tiny_config(steps=1, seed=9), tmp_path, model=TINY)
    with pytest.raises(ModelError, match="choose another"):
        train(pairs, tiny_config(steps=1), tmp_path, model=replace(TINY, crop_features=4))


def test_a_run_can_start_from_the_averaged_weights_of_another_that_fit(tmp_path):
    first = train(random_aligned(24), tiny_config(steps=2), tmp_path / "first", model=TINY)
    net = EstimatorNet(NAMES, replace(TINY, landmark_features=4))
    start_from(net, tmp_path / "first" / "checkpoint.safetensors")
    found, fusion = net.state_dict(), "fusion.0.weight"
    assert torch.equal(found["crop_net.0.0.weight"], first.ema["crop_net.0.0.weight"])
    assert found[fusion].shape != first.ema[fusion].shape


def test_a_start_that_fits_nowhere_is_refused(tmp_path):
    train(random_aligned(24), tiny_config(steps=1), tmp_path, model=TINY)
    net = torch.nn.Linear(2, 2)
    with pytest.raises(ModelError, match="none of its weights"):
        start_from(net, tmp_path / "checkpoint.safetensors")


def test_a_file_of_noise_is_no_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match="no checkpoint"):
        load_averaged(path)


def test_training_learns_and_the_averaged_weights_are_what_is_scored(tmp_path):
    pairs, config = random_aligned(96), tiny_config(steps=40, learning_rate=5e-3)
    run = train(pairs, config, tmp_path, model=TINY)
    rows, held_out = split_rows(pairs)
    scores = evaluate(run.averaged(), pairs, rows)
    fresh = evaluate(EstimatorNet(NAMES, TINY).eval(), pairs, rows)
    assert mean_scores(scores)["mae"] < mean_scores(fresh)["mae"]
    net, described = load_averaged(tmp_path / "checkpoint.safetensors")
    assert described["channel_names"] == list(NAMES)
    assert evaluate(net, pairs, held_out) == evaluate(run.averaged(), pairs, held_out)
    assert json.loads((tmp_path / "metrics.json").read_text())["step"] == 40


def test_only_what_is_left_in_the_network_is_asked():
    landmarks_only = EstimatorNet(NAMES, model_of("landmarks")).eval()
    crop, landmarks = inputs()
    with torch.no_grad():
        a = landmarks_only.raw(crop, landmarks)[0]
        b = landmarks_only.raw(255 - crop, landmarks)[0]
        c = landmarks_only.raw(crop, landmarks.flip(0))[0]
    assert torch.equal(a, b)
    assert not torch.allclose(a, c)


def test_the_front_ends_own_weights_stay_unless_they_are_to_be_tuned(tmp_path):
    pytest.importorskip("tflite")
    for is_tuned in (False, True):
        model = replace(TINY, crop_features=0, front_features=4, front_tuned=is_tuned)
        run = train(random_aligned(20), tiny_config(steps=1), tmp_path / str(is_tuned), model=model)
        before = FaceFrontEnd(load_face_backbone()).state_dict()
        after = run.task.net.front.state_dict()
        assert is_tuned != all(torch.equal(before[k], after[k]) for k in before)


def test_parts_that_nobody_knows_are_refused(tmp_path):
    result = CliRunner().invoke(
        main, ["--data", str(tmp_path), "--out", str(tmp_path), "--parts", "ears"]
    )
    assert result.exit_code == 2
    assert "crop+front" in result.output
