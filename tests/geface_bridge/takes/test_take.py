"""Takes in bytes and back, whole, cut off, spoilt."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geface_bridge.errors import TakeError
from geface_bridge.takes import Marker, parse_take, read_take, take_bytes, write_take
from geface_bridge.takes.records import MAGIC, record_of
from tests.geface_bridge.takes.made import frame, made_take

TAKE = made_take(20)
BYTES = take_bytes(TAKE)


def test_a_take_survives_the_disk(tmp_path):
    write_take(tmp_path / "a.geface", TAKE)
    assert read_take(tmp_path / "a.geface") == TAKE


@given(st.integers(0, len(BYTES)))
@settings(max_examples=60)
def test_cut_anywhere_it_loses_one_frame_at_most_or_says_that_it_is_no_take(cut):
    try:
        found = parse_take(BYTES[:cut])
    except TakeError:
        assert cut < 3000  # header and channel list are gone
        return
    count = len(found.frames)
    assert found.frames == TAKE.frames[:count]
    assert BYTES[:cut] == BYTES or len(found.damage) <= 1
    frames_in_full = len(take_bytes(replace(TAKE, frames=TAKE.frames[: count + 1])))
    assert count == len(TAKE.frames) or cut < frames_in_full


@given(st.binary(max_size=400), st.integers(0, 400))
@settings(max_examples=80)
def test_spoilt_bytes_never_raise_anything_but_take_errors(rubbish, place):
    spoilt = BYTES[:place] + rubbish + BYTES[place + len(rubbish) :]
    with suppress(TakeError):
        assert len(parse_take(spoilt).frames) <= len(TAKE.frames)


def test_facts_of_a_take():
    take = made_take(11, rate_hz=10.0, begin_s=3.0)
    assert (take.begin_s, take.end_s) == (3.0, 4.0)
    assert take.rate_hz == pytest.approx(10.0)


def test_the_rate_is_of_one_subject_and_outlives_a_gap():
    two = [frame(i, i * 0.04, subject=s) for i in range(30) if i != 12 for s in (0, 1)]
    hello = replace(made_take().hello, subjects=("a", "b"))
    assert replace(TAKE, hello=hello, frames=tuple(two)).rate_hz == pytest.approx(25.0)


def test_a_part_is_half_open_and_keeps_times_and_markers():
    part = made_take(10, 10.0).between(0.1, 0.5)
    assert [f.time_s for f in part.frames] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert part.markers == (Marker(0.1, "go"),)
    with pytest.raises(TakeError, match=r"no frame lies from 5 s .* within 0\.00 to 0\.90 s"):
        made_take(10, 10.0).between(5.0, 6.0)


def test_without_header_or_hello_nothing_can_be_read():
    with pytest.raises(TakeError, match="lost its header"):
        parse_take(MAGIC)
    header_only = MAGIC + record_of(BYTES[len(MAGIC) + 12 : BYTES.index(b"\xf7GFR", 40)])
    with pytest.raises(TakeError, match="lost its channel list"):
        parse_take(header_only)


def test_a_missing_file_and_a_subject_that_is_not_there(tmp_path):
    with pytest.raises(TakeError, match="cannot be read"):
        read_take(tmp_path / "none.geface")
    with pytest.raises(TakeError, match="subject is 1, expected less than 1"):
        TAKE.of_subject(1)
