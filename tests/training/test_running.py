"""The options of a run reach the loop, and only those that were told differ from the script's."""

import click
import pytest
from click.testing import CliRunner

from tests.training.toy import Fit, Lines, config
from training.loop import CHECKPOINT, LoopConfig, read_checkpoint
from training.running import running

OWN = LoopConfig(steps=7, batch_size=4, learning_rate=0.5, weight_decay=0.25, ema_decay=0.9)


def asked(arguments, own=OWN, least_batch=1):
    seen = []

    @click.command()
    @click.option("--extra", default="none")
    @running(own, least_batch)
    def main(extra, running):
        seen.append((extra, running))

    result = CliRunner().invoke(main, arguments)
    return result, seen


def test_what_is_not_told_is_the_scripts_own(tmp_path):
    _, [(extra, how)] = asked(["--out", str(tmp_path), "--extra", "x"])
    assert extra == "x"
    assert how.config == OWN
    assert (how.out, how.device, how.loader_workers) == (tmp_path, None, 0)


def test_what_is_told_replaces_it_and_nothing_else(tmp_path):
    told = ["--steps", "9", "--batch-size", "2", "--learning-rate", "0.1", "--seed", "3"]
    _, [(_, how)] = asked(["--out", str(tmp_path), *told, "--mixed-precision"])
    assert how.config == LoopConfig(
        steps=9, batch_size=2, learning_rate=0.1, weight_decay=0.25, ema_decay=0.9, seed=3,
        mixed_precision=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [["--steps", "0"], ["--batch-size", "1"], ["--learning-rate", "0"], ["--threads", "none"]],
)
def test_what_makes_no_sense_is_refused(tmp_path, wrong):
    result, seen = asked(["--out", str(tmp_path), *wrong], least_batch=2)
    assert result.exit_code == 2
    assert wrong[0] in result.output
    assert not seen


def test_the_run_is_the_loops(tmp_path):
    _, [(_, how)] = asked(["--out", str(tmp_path), "--device", "cpu"], config(3))
    with how.world() as world:
        run = how.run(Fit, Lines(), world)
    assert run.step == 3
    assert read_checkpoint(tmp_path / CHECKPOINT)[0]["step"] == "3"
