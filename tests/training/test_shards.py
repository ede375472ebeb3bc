import json
import tarfile

import numpy as np
import pytest

from tests.training.samples import random_pair
from training.shards import count_pairs, read_shard, shard_ranges, write_json, write_shard


def test_the_same_pairs_give_the_same_bytes(tmp_path):
    for name in ("a.tar", "b.tar"):
        write_shard(tmp_path / name, [random_pair(i) for i in range(3)])
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_members_carry_neither_time_nor_owner_and_webdataset_keys(tmp_path):
    write_shard(tmp_path / "a.tar", [random_pair(7)])
    with tarfile.open(tmp_path / "a.tar") as tar:
        names, entries = tar.getnames(), tar.getmembers()
    assert names == ["00000007.jpg", "00000007.mask.png", "00000007.npy", "00000007.json"]
    assert {(e.mtime, e.uid, e.gid, e.uname, e.gname) for e in entries} == {(0, 0, 0, "", "")}


def test_what_is_written_is_read(tmp_path):
    pairs = [random_pair(i) for i in (4, 5)]
    write_shard(tmp_path / "a.tar", pairs)
    found = list(read_shard(tmp_path / "a.tar"))
    assert [p.index for p in found] == [4, 5]
    for pair, back in zip(pairs, found, strict=True):
        np.testing.assert_array_equal(back.mask, pair.mask)
        np.testing.assert_array_equal(back.parameters, pair.parameters)
        assert back.landmarks == pair.landmarks
        assert back.image_rgb.shape == pair.image_rgb.shape


def test_colours_come_back_in_their_order(tmp_path):
    pair = random_pair(0)
    pair.image_rgb[:] = (200, 100, 20)
    write_shard(tmp_path / "a.tar", [pair])
    (back,) = read_shard(tmp_path / "a.tar")
    np.testing.assert_allclose(back.image_rgb.mean((0, 1)), (200, 100, 20), atol=2)


def test_a_shard_that_fails_halfway_leaves_nothing_under_its_name(tmp_path):
    def broken():
        yield random_pair(0)
        raise RuntimeError("lamp out")

    with pytest.raises(RuntimeError):
        write_shard(tmp_path / "a.tar", broken())
    assert not (tmp_path / "a.tar").exists()


def test_ranges_cover_every_index_once():
    ranges = shard_ranges(600)
    assert [i for r in ranges for i in r] == list(range(600))
    assert [len(r) for r in ranges] == [256, 256, 88]


def test_count_and_json(tmp_path):
    write_shard(tmp_path / "a.tar", [random_pair(i) for i in range(5)])
    assert count_pairs(tmp_path / "a.tar") == 5
    write_json(tmp_path / "manifest.json", {"b": {"c": float("nan")}, "a": [2]})
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"a": [2], "b": {"c": None}}
