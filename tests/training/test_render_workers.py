"""Engines: a local Ray gives the bytes that processes give, and failures reach the caller."""

import sys
from dataclasses import replace

import pytest

from geface_bridge.errors import MissingDependencyError
from tests.training.test_render_pairs import digests
from training.render_pairs import RenderConfig, render_pairs
from training.render_workers import RAY_THIS_MACHINE, by_processes, by_ray

pytest.importorskip("pyrender", reason="rendering needs geface-bridge[render]")


@pytest.fixture
def config(tmp_path):
    out = tmp_path / "processes"
    return RenderConfig(count=3, size=32, seed=9, out=out, workers=2, shard_size=2)


def test_ray_gives_the_same_bytes(config, tmp_path):
    pytest.importorskip("ray", reason="needs geface-bridge[ray]")
    assert render_pairs(config) == 2
    elsewhere = replace(config, out=tmp_path / "ray")
    assert render_pairs(elsewhere, by_ray(RAY_THIS_MACHINE)) == 2
    assert digests(elsewhere.out) == digests(config.out)
    assert render_pairs(elsewhere, by_ray(RAY_THIS_MACHINE)) == 0


def test_without_ray_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'geface-bridge\[ray\]'"):
        by_ray("auto")


def test_faces_are_counted_while_shards_are_rendered(config):
    config.out.mkdir()
    reached = []
    shards = list(by_processes(config, [range(0, 2), range(2, 3)], reached.append))
    assert sorted(shard.indices.start for shard in shards) == [0, 2]
    assert reached == sorted(reached)
    assert reached[-1] == 3


def test_a_workers_failure_is_the_runs(config):
    with pytest.raises(FileNotFoundError):  # its folder is not there
        list(by_processes(config, [range(0, 2)], lambda _: None))
