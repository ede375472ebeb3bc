"""Real renders: what a shard holds, and that stopping, killing and dividing change nothing."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.errors import ConfigError, GefaceError
from rig.layout import load_layout
from rig.sampling import sample_face, sample_face_of_person, sample_plain_face
from training.render_pairs import (
    RenderConfig,
    joined,
    main,
    missing_ranges,
    render_pairs,
    rig_digest,
)
from training.shards import read_shard, shard_path, write_shard

pytest.importorskip("pyrender", reason="rendering needs geface-bridge[render]")

LIMIT_S = 200


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.tar")}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Five faces of 64 pixels in shards of two, by two workers."""
    out = tmp_path_factory.mktemp("pairs")
    config = RenderConfig(
        count=5, size=64, seed=3, out=out, workers=2, depth=True, shard_size=2
    )  # fmt: skip
    assert render_pairs(config) == 3
    return config


def test_a_sample_is_the_face_of_its_seed_and_index(rendered):
    pairs = [p for path in sorted(rendered.out.glob("*.tar")) for p in read_shard(path)]
    assert [p.index for p in pairs] == [0, 1, 2, 3, 4]
    for pair in pairs:
        expected = sample_face(3, pair.index).parameters.astype(np.float32)
        np.testing.assert_array_equal(pair.parameters, expected)
        assert pair.image_rgb.shape == (64, 64, 3)
        assert pair.mask.max() > 0
        assert pair.landmarks.keys() == pair.visible.keys()


@pytest.mark.parametrize(
    ("options", "draw"),
    [
        (["--draw", "plain"], sample_plain_face),
        (["--draw", "people", "--each", "2"], lambda *which: sample_face_of_person(*which, 2)),
    ],
)
def test_a_set_is_of_what_was_asked_for_and_goes_on_with_nothing_else(tmp_path, options, draw):
    command = ["--count", "2", "--size", "32", "--seed", "4", "--no-masks", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, command + options).exit_code == 0
    for pair in read_shard(shard_path(tmp_path, 0)):
        expected = draw(4, pair.index).parameters.astype(np.float32)
        np.testing.assert_array_equal(pair.parameters, expected)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert "has draw" in done.output


def test_depth_is_of_the_faces_in_the_mask(rendered):
    for pair in read_shard(shard_path(rendered.out, 0)):
        there = np.isfinite(pair.depth_m)
        assert (there == (pair.mask > 0)).mean() > 0.98
        assert 0.2 < pair.depth_m[there].min() < pair.depth_m[there].max() < 2.5


def test_the_manifest_says_what_made_the_set(rendered):
    manifest = json.loads((rendered.out / "manifest.json").read_text())
    assert manifest["layout_id"] == load_layout().layout_id
    assert manifest["parameter_names"] == list(load_layout().parameter_names)
    assert manifest["rig"] == rig_digest()
    assert (manifest["seed"], manifest["size"], manifest["depth"]) == (3, 64, True)
    assert manifest["ranges"] == [[0, 5]]
    assert manifest["versions"]["pyrender"] == "0.1.45"
    assert len(manifest["drawn_by"]) == 1


def test_only_what_is_missing_is_rendered_again_and_to_the_same_bytes(rendered):
    before = digests(rendered.out)
    assert render_pairs(rendered) == 0
    shard_path(rendered.out, 2).unlink()
    assert render_pairs(rendered) == 1
    assert digests(rendered.out) == before


def test_a_killed_run_leaves_no_worker_and_goes_on_with_the_same_bytes(rendered, tmp_path):
    words = ["--count", "5", "--size", "64", "--seed", "3", "--depth", "--shard-size", "2"]
    command = [sys.executable, "-m", "training.render_pairs", *words, "--out", str(tmp_path)]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until(lambda: any(tmp_path.glob("*.tar")))
    workers = children(run.pid)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert workers
    wait_until(lambda: not any(map(is_running, workers)))
    left = 3 - len(digests(tmp_path))
    assert left > 0
    assert render_pairs(replace(rendered, out=tmp_path)) == left
    assert digests(tmp_path) == digests(rendered.out)


def wait_until(true):
    end_s = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def children(pid):
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid):
    """Whether a process is there and no zombie that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_any_range_on_any_machine_gives_the_samples_of_the_whole(rendered, tmp_path):
    config = replace(rendered, start=1, count=3, workers=1, out=tmp_path)
    assert render_pairs(config) == 2
    assert sorted(digests(tmp_path)) == ["shard-00000001.tar", "shard-00000002.tar"]
    assert digests(tmp_path)["shard-00000002.tar"] == digests(rendered.out)["shard-00000002.tar"]
    (alone,) = read_shard(shard_path(tmp_path, 1))
    _, amid = read_shard(shard_path(rendered.out, 0))
    np.testing.assert_array_equal(alone.image_rgb, amid.image_rgb)
    np.testing.assert_array_equal(alone.mask, amid.mask)


@pytest.fixture
def held(tmp_path, rendered):
    """A folder with a shard of the samples 2 and 3, and the run that it is part of."""
    write_shard(shard_path(tmp_path, 2), list(read_shard(shard_path(rendered.out, 2))))
    return replace(rendered, out=tmp_path)


def test_what_is_missing_follows_the_range(held):
    def missing(start, count):
        return missing_ranges(replace(held, start=start, count=count))

    assert missing(0, 5) == [range(0, 2), range(4, 5)]
    assert missing(3, 1) == []
    assert missing(3, 2) == [range(4, 5)]


def test_a_shard_that_ends_early_is_redone_when_the_set_grows(held):
    shard_path(held.out, 2).rename(shard_path(held.out, 0))
    longer = replace(held, count=4, shard_size=4)
    assert missing_ranges(longer) == [range(0, 4)]


def test_ranges_that_overlap_a_shard_are_refused(held):
    with pytest.raises(ConfigError, match=r"shard-00000002\.tar holds samples 2 to 3"):
        missing_ranges(replace(held, start=0, count=8, shard_size=8))


def test_ranges_are_joined_where_they_touch():
    assert joined([[5, 7], [0, 2], [2, 3], [6, 9], [20, 21]]) == [[0, 3], [5, 9], [20, 21]]


def test_without_masks_there_are_none(tmp_path):
    render_pairs(RenderConfig(count=1, size=32, seed=3, out=tmp_path, masks=False))
    (pair,) = read_shard(shard_path(tmp_path, 0))
    assert pair.mask is None
    assert pair.depth_m is None
    assert pair.visible == {}


def test_a_folder_of_another_rig_is_not_mixed(rendered, monkeypatch):
    monkeypatch.setattr("training.render_pairs.rig_digest", lambda: "0123456789abcdef")
    with pytest.raises(ConfigError, match="this run 0123456789abcdef"):
        render_pairs(rendered)


@pytest.mark.parametrize("change", [{"seed": 4}, {"depth": False}, {"shard_size": 3}])
def test_a_folder_of_another_set_is_not_mixed(rendered, change):
    with pytest.raises(ConfigError, match=f"has {next(iter(change))} .*choose another --out"):
        render_pairs(replace(rendered, **change))


@pytest.mark.parametrize("manifest", ["", "[1]", "no JSON", '{"ranges": 3}', "{}"])
def test_a_folder_with_a_broken_manifest_is_named_and_kept(tmp_path, manifest):
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigError, match=r"manifest\.json is no manifest of rendered pairs"):
        render_pairs(RenderConfig(count=1, size=32, seed=3, out=tmp_path))
    assert (tmp_path / "manifest.json").read_text() == manifest


@pytest.mark.parametrize("name", ["shard-00000000.tar", "shard-old.tar"])
def test_a_folder_with_what_is_no_shard_is_named_and_kept(tmp_path, name):
    (tmp_path / name).write_bytes(b"no tar")
    with pytest.raises(GefaceError, match=name):
        render_pairs(RenderConfig(count=1, size=32, seed=3, out=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"no tar"


def test_the_command_line_says_what_it_did(rendered):
    words = f"--count 5 --size 64 --seed 3 --depth --shard-size 2 --out {rendered.out}".split()
    done = CliRunner().invoke(main, words)
    assert done.output == f"0 shards rendered, 3 of this range in {rendered.out}\n"
    refused = CliRunner().invoke(main, [*words, "--no-masks"])
    assert refused.exit_code == 2
    assert "has masks True, this run False" in refused.output
