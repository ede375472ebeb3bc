import io
import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from tests.training.samples import random_pair
from training.data.pairs import PairSet, read_places
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


@given(start=st.integers(0, 2000), count=st.integers(1, 2000), size=st.integers(1, 300))
def test_ranges_cover_every_index_once_and_end_at_multiples(start, count, size):
    ranges = shard_ranges(start, count, size)
    assert [i for r in ranges for i in r] == list(range(start, start + count))
    assert all(r.stop % size == 0 for r in ranges[:-1])
    assert all(0 < len(r) <= size for r in ranges)


def test_ranges_of_two_machines_meet():
    assert shard_ranges(0, 300) + shard_ranges(300, 300) == [
        range(0, 256), range(256, 300), range(300, 512), range(512, 600),
    ]  # fmt: skip


def test_visibility_and_depth_come_back_to_a_tenth_of_a_millimetre(tmp_path):
    depth_m = np.array([[0.31234, np.inf], [6.5, 0.00005]], np.float32)
    pair = replace(random_pair(1), depth_m=depth_m, visible={"nose_tip": True, "chin": False})
    write_shard(tmp_path / "a.tar", [pair])
    (back,) = read_shard(tmp_path / "a.tar")
    assert back.visible == pair.visible
    assert back.landmarks == pair.landmarks
    assert back.depth_m.dtype == np.float32
    np.testing.assert_allclose(back.depth_m[0], depth_m[0], atol=5.1e-5)
    np.testing.assert_allclose(back.depth_m[1, 0], 6.5, atol=5.1e-5)


def test_depth_beyond_its_range_is_nothing(tmp_path):
    pair = replace(random_pair(1), depth_m=np.array([[6.6, 0.0]], np.float32))
    write_shard(tmp_path / "a.tar", [pair])
    (back,) = read_shard(tmp_path / "a.tar")
    assert np.isinf(back.depth_m).all()


def test_count_and_json(tmp_path):
    write_shard(tmp_path / "a.tar", [random_pair(i) for i in range(5)])
    assert count_pairs(tmp_path / "a.tar") == 5
    write_json(tmp_path / "manifest.json", {"b": {"c": float("nan")}, "a": [2]})
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"a": [2], "b": {"c": None}}


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    """Bytes of a shard of two pairs."""
    path = tmp_path_factory.mktemp("shard") / "a.tar"
    write_shard(path, [random_pair(i) for i in range(2)])
    return path.read_bytes()


@given(st.data())
def test_a_shard_that_was_cut_off_anywhere_is_named(shard, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "shard-00000000.tar"
    last = len(shard.rstrip(b"\0"))
    path.write_bytes(shard[: data.draw(st.integers(0, last + 512))])
    for read in (count_pairs, lambda path: list(read_shard(path)), read_places):
        with pytest.raises(SourceError, match=r"shard-00000000\.tar is no whole shard"):
            read(path)


@given(st.data())
def test_a_shard_whose_bytes_were_changed_is_read_or_named(shard, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("changed") / "shard-00000000.tar"
    start = data.draw(st.integers(0, len(shard) - 1))
    other = data.draw(st.binary(min_size=1, max_size=600))
    path.write_bytes((shard[:start] + other + shard[start + len(other) :])[: len(shard)])
    told = "shard-00000000.tar"
    try:
        pairs = list(read_shard(path))
    except SourceError as error:
        pairs, told = [], str(error)
    assert "shard-00000000.tar" in told
    assert len(pairs) <= 3


@pytest.mark.parametrize("suffix", ["jpg", "npy", "json", "mask.png"])
@pytest.mark.parametrize("content", [b"", b"junk" * 9, None])
def test_a_sample_with_a_broken_member_is_named(tmp_path, suffix, content):
    """A member that is empty, junk, or missing."""
    whole, broken = tmp_path / "whole.tar", tmp_path / "shard-00000000.tar"
    write_shard(whole, [random_pair(0)])
    with tarfile.open(whole) as source, tarfile.open(broken, "w") as target:
        for entry in source:
            data = source.extractfile(entry).read()
            if entry.name.endswith(f".{suffix}"):
                data = content
            if data is not None:
                entry.size = len(data)
                target.addfile(entry, io.BytesIO(data))
    write_json(tmp_path / "manifest.json", {"layout_id": load_layout().layout_id, "size": 32})
    pairs = PairSet(tmp_path)
    reads = {"jpg": pairs.image, "npy": pairs.parameters, "json": pairs.landmarks}
    with pytest.raises(SourceError, match=r"sample 0 of .*shard-00000000\.tar"):
        reads.get(suffix, pairs.mask)(0)
    if suffix != "mask.png" or content is not None:  # a pair may have no mask
        with pytest.raises(SourceError, match=r"shard-00000000\.tar is no whole shard"):
            list(read_shard(broken))
