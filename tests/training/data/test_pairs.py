import json
import pickle

import numpy as np
import pytest

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from tests.training.samples import random_pair
from training.data.pairs import PairSet, read_places
from training.shards import read_shard, shard_path, write_json, write_shard


def make_set(folder, numbers=range(6), each=2, size=32):
    folder.mkdir(parents=True, exist_ok=True)
    numbers = list(numbers)
    for start in range(0, len(numbers), each):
        part = numbers[start : start + each]
        write_shard(shard_path(folder, part[0]), [random_pair(n, size) for n in part])
    write_json(folder / "manifest.json", {"layout_id": load_layout().layout_id, "size": size})
    return folder


def test_every_sample_is_what_reading_the_shard_from_its_start_gives(tmp_path):
    pairs = PairSet(make_set(tmp_path / "a"), make_set(tmp_path / "b", [9, 7, 8]))
    shards = [*sorted((tmp_path / "a").glob("*.tar")), *sorted((tmp_path / "b").glob("*.tar"))]
    expected = [pair for shard in shards for pair in read_shard(shard)]
    expected[6:] = sorted(expected[6:], key=lambda pair: pair.index)
    assert sorted(p.index for p in pairs.places) == sorted(p.index for p in expected)
    by_index = {pair.index: pair for pair in expected}
    for position in reversed(range(len(pairs))):
        pair = by_index[pairs.places[position].index]
        np.testing.assert_array_equal(pairs.image(position), pair.image_rgb)
        np.testing.assert_array_equal(pairs.mask(position), pair.mask)
        np.testing.assert_array_equal(pairs.parameters(position), pair.parameters)
        assert pairs.landmarks(position) == pair.landmarks


def test_another_process_reads_the_same(tmp_path):
    pairs = PairSet(make_set(tmp_path))
    there = pickle.loads(pickle.dumps(pairs))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(there.image(3), pairs.image(3))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_shard_that_was_cut_off_is_named(tmp_path, share):
    shard = sorted(make_set(tmp_path).glob("*.tar"))[1]
    last = max(m.offset + m.size for p in read_places(shard) for m in p.members.values())
    shard.write_bytes(shard.read_bytes()[: int(share * last)])
    with pytest.raises(SourceError, match="remove it and render again") as error:
        PairSet(tmp_path)
    assert str(shard) in str(error.value)


def test_a_shard_that_is_something_else_is_named(tmp_path):
    shard = sorted(make_set(tmp_path).glob("*.tar"))[0]
    shard.write_bytes(b"something else" * 100)
    with pytest.raises(SourceError, match="no whole shard"):
        PairSet(tmp_path)


def test_a_shard_that_is_cut_off_later_is_named_when_it_is_read(tmp_path):
    pairs = PairSet(make_set(tmp_path))
    shard = pairs.places[0].shard
    shard.write_bytes(shard.read_bytes()[:600])
    with pytest.raises(SourceError, match=r"sample 0 of .* ends within its"):
        pairs.image(0)


def test_what_a_set_does_not_have_is_said(tmp_path):
    folder = make_set(tmp_path)
    pair = random_pair(0)
    object.__setattr__(pair, "mask", None)
    write_shard(shard_path(folder, 0), [pair])
    with pytest.raises(SourceError, match=r"has no mask\.png: was the set rendered without it"):
        PairSet(folder).mask(0)


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        ("{}", "is no manifest"),
        ("no json", "is no manifest"),
        (json.dumps({"layout_id": "0123", "size": 32}), "is of layout 0123"),
    ],
)
def test_a_folder_of_something_else_is_named(tmp_path, manifest, complaint):
    folder = make_set(tmp_path)
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(SourceError, match=complaint) as error:
        PairSet(folder)
    assert str(folder) in str(error.value)


def test_sets_of_different_sizes_do_not_mix(tmp_path):
    folders = make_set(tmp_path / "a"), make_set(tmp_path / "b", size=16)
    with pytest.raises(SourceError, match="different sizes"):
        PairSet(*folders)
