"""Records stand on their own: whatever is cut off or spoilt costs what it touches."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import TakeError
from geface_bridge.protocol import MAX_MESSAGE_BYTES
from geface_bridge.takes.records import MAGIC, SYNC, Damage, record_of, records_in

PAYLOADS = st.lists(st.binary(max_size=40) | st.just(SYNC * 3), max_size=8)


def file_of(payloads):
    return MAGIC + b"".join(record_of(payload) for payload in payloads)


def test_a_record_is_sync_length_checksum_payload():
    checksum = zlib.crc32(b"abc").to_bytes(4, "little")
    assert record_of(b"abc") == b"\xf7GFR" + b"\x03\0\0\0" + checksum + b"abc"


@given(PAYLOADS)
def test_what_is_written_is_read(payloads):
    assert list(records_in(file_of(payloads))) == payloads


@given(PAYLOADS, st.data())
def test_a_file_cut_anywhere_loses_the_record_that_was_cut(payloads, data):
    whole = file_of(payloads)
    cut = data.draw(st.integers(len(MAGIC), len(whole)))
    found = [item for item in records_in(whole[:cut]) if isinstance(item, bytes)]
    complete = [p for i, p in enumerate(payloads) if len(file_of(payloads[: i + 1])) <= cut]
    assert found == complete


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=3, max_size=6), st.data())
def test_a_spoilt_byte_loses_one_record_and_says_so(payloads, data):
    whole = bytearray(file_of(payloads))
    victim = data.draw(st.integers(0, len(payloads) - 2))
    start = len(file_of(payloads[:victim]))
    end = len(file_of(payloads[: victim + 1]))
    whole[data.draw(st.integers(start, end - 1))] ^= 0x40
    found = list(records_in(bytes(whole)))
    assert [item for item in found if isinstance(item, bytes)] == (
        payloads[:victim] + payloads[victim + 1 :]
    )
    assert Damage(start, end, at_end=False) in found


@given(st.binary(max_size=200))
def test_rubbish_after_the_magic_never_raises(data):
    for item in records_in(MAGIC + data):
        assert isinstance(item, bytes | Damage)


def test_another_file_is_refused_with_the_way_out():
    with pytest.raises(TakeError, match=r"expected a take .*--record FILE"):
        list(records_in(b"RIFF...."))


def test_a_payload_has_a_limit():
    with pytest.raises(TakeError, match=f"expected at most {MAX_MESSAGE_BYTES}"):
        record_of(bytes(MAX_MESSAGE_BYTES + 1))
