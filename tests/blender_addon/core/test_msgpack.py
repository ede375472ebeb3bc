# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's msgpack against the library's, against its limits, and against noise."""

from __future__ import annotations

import struct

import msgpack as library
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from blender_addon.geface.core.errors import ProtocolError
from blender_addon.geface.core.msgpack import MAX_BYTES, MAX_DEPTH, pack, show, unpack

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | st.binary(max_size=300)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(TEXT, inner, max_size=20)
)


def depth(value):
    """Levels of maps and arrays in a value."""
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


def nested(levels):
    """A map with arrays in it, ``levels`` levels in all."""
    return b"\x81\xa1a" + b"\x91" * (levels - 2) + b"\x90"


@given(st.dictionaries(TEXT, VALUES, max_size=64))
def test_it_writes_what_the_library_writes_and_reads_it_back(value):
    data = pack(value)
    assert data == library.packb(value)
    assume(depth(value) <= MAX_DEPTH and len(data) <= MAX_BYTES)
    assert unpack(data) == value


@given(st.floats(width=32, allow_nan=False))
def test_a_float32_is_read_exactly(value):
    assert unpack(b"\x81\xa1a\xca" + struct.pack(">f", value)) == {"a": value}


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xcc\x05", 5),
        (b"\xcd\x00\x05", 5),
        (b"\xcf" + bytes(7) + b"\x05", 5),
        (b"\xd0\xff", -1),
        (b"\xd3" + b"\xff" * 8, -1),
        (b"\xd9\x01b", "b"),
        (b"\xdb\x00\x00\x00\x01b", "b"),
        (b"\xc6\x00\x00\x00\x01b", b"b"),
        (b"\xdd\x00\x00\x00\x01\x01", [1]),
        (b"\xdf\x00\x00\x00\x01\xa1b\x01", {"b": 1}),
    ],
)
def test_longer_forms_than_needed_are_read(data, value):
    assert unpack(b"\x81\xa1a" + data) == {"a": value}


def test_eight_levels_are_read_and_nine_refused():
    assert unpack(nested(8))
    with pytest.raises(ProtocolError, match="deeper than 8 levels"):
        unpack(nested(9))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"\x80\x00", "goes on after 1 bytes"),
        (b"\x90", "is \\[\\], expected a msgpack map"),
        (b"\x81\xa1a\xc1", "no msgpack \\(0xc1 at byte 3\\)"),
        (b"\x81\xa1a\xd4\x01\x00", "an extension type \\(0xd4"),
        (b"\x81\xa1a\xdd\xff\xff\xff\xff", "an array of 4294967295, expected at most 256"),
        (b"\x81\xa1a\xdc\x01\x01", "an array of 257"),
        (b"\xde\x00\x41", "a map of 65, expected at most 64"),
        (b"\x81\xa1a\xdb\xff\xff\xff\xff", "4294967295 more bytes"),
        (b"\x82\xa1a\x01\xa1a\x02", "key 'a' stands twice"),
        (b"\x81\x01\x02", "a key is 1, expected a string"),
        (b"\x81\xc4\x01a\x02", "a key is b'a'"),
        (b"\x81\xa1a\xa1\xff", "expected UTF-8"),
        (b"\x81\xa1a\xa3\xed\xa0\x80", "expected UTF-8"),  # half of a surrogate pair
        (b"\x81\xa1a\xda\xff\xff" + bytes(MAX_BYTES), "has 65542 bytes, expected at most 65536"),
    ],
)
def test_what_is_not_allowed_is_refused_in_words(data, reason):
    with pytest.raises(ProtocolError, match=reason):
        unpack(data)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"\x83" + tail))
def test_noise_is_read_as_the_library_reads_it_or_refused(data):
    try:
        found = unpack(data)
    except ProtocolError:
        return
    assert library.packb(found) == library.packb(library.unpackb(data))


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**64])
def test_integers_beyond_64_bits_cannot_be_written(value):
    with pytest.raises(OverflowError, match=r"beyond 64 bits|too large"):
        pack(value)


def test_what_has_no_form_cannot_be_written():
    with pytest.raises(TypeError, match="set has no form"):
        pack({1})


@given(st.binary(max_size=10**4) | st.text(max_size=10**4))
def test_what_is_shown_of_a_peers_value_is_short(value):
    assert len(show(value)) <= 48
