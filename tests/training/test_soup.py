"""Averaged weights are the mean of what went in, and only of one network."""

import pytest
import torch
from click.testing import CliRunner

from geface_bridge.errors import ConfigError, ModelError
from tests.training.samples import TINY, random_aligned, tiny_config
from tests.training.toy import Fit, Lines, config
from training.estimator import load_averaged, train
from training.loop import CHECKPOINT, read_averaged, run_loop
from training.soup import averaged, main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two trainings of one small estimator."""
    folder, pairs = tmp_path_factory.mktemp("runs"), random_aligned(24)
    train(pairs, tiny_config(), folder / "a", model=TINY)
    train(pairs, tiny_config(seed=1), folder / "b", model=TINY)
    return [folder / name / CHECKPOINT for name in "ab"]


def weights_of(path):
    return read_averaged(path, "estimator")[1]


def test_every_weight_is_the_weighted_mean(runs):
    first, second = map(weights_of, runs)
    _, found = averaged([(3.0, runs[0]), (1.0, runs[1])])
    assert found.keys() == first.keys()
    for name, value in found.items():
        if value.is_floating_point():
            expected = 0.75 * first[name] + 0.25 * second[name]
            torch.testing.assert_close(value, expected, msg=name)


def test_all_of_one_part_is_that_part(runs):
    _, found = averaged([(0.0, runs[0]), (2.0, runs[1])])
    for name, value in weights_of(runs[1]).items():
        torch.testing.assert_close(found[name], value, msg=name)


def test_the_command_writes_what_reads_as_a_checkpoint(runs, tmp_path):
    out = tmp_path / "deep" / CHECKPOINT
    told = ["--part", 0.5, runs[0], "--part", 0.5, runs[1], "--out", out]
    result = CliRunner().invoke(main, [str(word) for word in told])
    assert result.exit_code == 0, result.output
    net, _ = load_averaged(out)
    expected = (weights_of(runs[0])["mean_head.bias"] + weights_of(runs[1])["mean_head.bias"]) / 2
    torch.testing.assert_close(net.mean_head.bias.data, expected)


def test_another_network_is_named(runs, tmp_path):
    run_loop(Fit, Lines(), config(), tmp_path)
    with pytest.raises(ModelError, match=str(tmp_path)):
        averaged([(0.5, runs[0]), (0.5, tmp_path / CHECKPOINT)])


def test_no_share_at_all_is_a_clear_error(runs):
    with pytest.raises(ConfigError, match="expected more than 0"):
        averaged([(0.0, runs[0]), (0.0, runs[1])])
