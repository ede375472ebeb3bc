# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes as geface-bridge writes them, whole, cut off, spoilt, and none at all."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_addon.geface.core.errors import TakeError
from blender_addon.geface.core.msgpack import pack, unpack
from blender_addon.geface.core.take import MAGIC, Marker, parse_take, read_take
from geface_bridge import takes
from geface_bridge.protocol import FaceFrame
from geface_bridge.takes.take import take_bytes
from tests.blender_addon.core.golden import mutated
from tests.geface_bridge.takes.made import made_take

WHOLE = made_take(20)
DATA = take_bytes(WHOLE)


def record(payload):
    return b"\xf7GFR" + struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


def starts(data):
    """Where the records begin."""
    return [place for place in range(len(data)) if data.startswith(b"\xf7GFR", place)]


STARTS = starts(DATA)


def same(ours, theirs):
    """Whether a frame is the reference's, bit for bit."""
    keys = ("sequence", "subject", "time_s", "captured_at_s", "valid", "confidence")
    return (
        all(getattr(ours, key) == getattr(theirs, key) for key in keys)
        and ours.channels.astype("<f4").tobytes() == theirs.channels.tobytes()
    )


def test_a_whole_take_bit_for_bit(tmp_path):
    random = np.random.default_rng(1)
    count = len(WHOLE.hello.channels)
    frames = tuple(
        replace(frame, channels=random.normal(size=count).astype(np.float32))
        if frame.valid
        else frame
        for frame in WHOLE.frames
    )
    takes.write_take(tmp_path / "a.geface", replace(WHOLE, frames=frames))
    found = read_take(str(tmp_path / "a.geface"))
    assert len(found.frames) == 20
    assert all(map(same, found.frames, frames))
    assert found.hello.layout_id == WHOLE.hello.layout_id
    assert [c.name for c in found.hello.channels] == [c.name for c in WHOLE.hello.channels]
    assert (found.performer, found.audio, found.audio_offset_s) == ("Zoë", "take.wav", 0.25)
    assert found.markers == (Marker(0.04, "go"),)
    assert found.notes == ()


@pytest.mark.parametrize("cut", [1, 11, 12, 100])
def test_a_take_cut_off_keeps_what_was_written(cut):
    found = parse_take(DATA[:-cut])
    assert len(found.frames) == 19
    assert found.notes == (f"the last {len(DATA) - cut - STARTS[-1]} bytes are cut off",)


@pytest.mark.parametrize("offset", [0, 5, 9, 40])  # sync, length, checksum, payload
def test_a_spoilt_record_costs_itself_and_is_told(offset):
    place = STARTS[5]
    data = bytearray(DATA)
    data[place + offset] ^= 0x10
    found = parse_take(bytes(data))
    assert len(found.frames) + len(found.markers) == 20
    assert found.notes == (f"{STARTS[6] - place} bytes at {place} are unreadable",)


def test_without_its_first_record_frames_are_still_there():
    found = parse_take(MAGIC + DATA[STARTS[1] :])
    assert len(found.frames) == 20
    assert found.performer == ""
    assert found.notes == ("performer and sound are unknown: the first record is lost",)


def test_without_its_channel_list_nothing_can_be_read():
    with pytest.raises(TakeError, match="lost its channel list"):
        parse_take(DATA[: STARTS[1]] + DATA[STARTS[2] :])


def test_records_of_a_later_minor_version_are_passed_over():
    body = {"type": "weather", "sun": True}
    assert parse_take(DATA + record(pack(body))).notes == ()


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ({"type": "frame"}, "1 records make no sense, the first: frame.sequence is missing"),
        ({"type": "marker", "time_s": "x"}, "1 records make no sense, the first: marker.time_s"),
        ({"type": 1}, "1 records make no sense, the first: message.type is 1"),
    ],
)
def test_records_that_make_no_sense_are_told(body, note):
    found = parse_take(DATA + record(pack(body)))
    assert len(found.frames) == 20
    assert found.notes[0].startswith(note)


def test_frames_that_do_not_fit_the_channels_are_left_out_and_told():
    count = len(WHOLE.hello.channels)
    odd = [
        FaceFrame(1, 0, 0.0, 0.0, True, 1.0, np.zeros(count - 1, np.float32)),
        FaceFrame(1, 3, 0.0, 0.0, True, 1.0, np.zeros(count, np.float32)),
        FaceFrame(1, 0, 0.0, 0.0, True, 1.0, np.zeros(0, np.float32)),
    ]
    found = parse_take(take_bytes(replace(WHOLE, frames=(*WHOLE.frames, *odd))))
    assert len(found.frames) == 20
    assert found.notes == ("3 frames do not fit the channel list and are left out",)


@pytest.mark.parametrize("major", [0, 2])
def test_another_major_version_is_refused(major):
    header = unpack(DATA[STARTS[0] + 12 : STARTS[1]])
    header["version"] = [major, 0]
    with pytest.raises(TakeError, match=f"format version {major}, expected 1: update"):
        parse_take(MAGIC + record(pack(header)) + DATA[STARTS[1] :])


def test_what_is_no_take_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "photo.geface").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(TakeError, match=r"^photo\.geface: file begins with b'\\x89PNG.*--record"):
        read_take(tmp_path / "photo.geface")
    with pytest.raises(TakeError, match="No such file"):
        read_take(tmp_path / "none.geface")
    os.mkfifo(tmp_path / "pipe.geface")
    for path in (tmp_path, tmp_path / "pipe.geface"):
        with pytest.raises(TakeError, match="it is no file"):
            read_take(path)
    with pytest.raises(TakeError, match="cannot be read"):
        read_take("a\x00b")


def test_a_file_too_large_for_memory_is_refused_unread(tmp_path):
    with (tmp_path / "huge.geface").open("wb") as stream:
        stream.write(DATA)
        stream.truncate((512 << 20) + 1)  # a hole on the disk, not bytes
    with pytest.raises(TakeError, match="more than 512 MiB: cut it with `geface-bridge take trim`"):
        read_take(tmp_path / "huge.geface")


def test_a_file_made_to_keep_a_reader_busy_is_given_up():
    trap = (b"\xf7GFR" + struct.pack("<II", 65536, 0)) * 100_000
    with pytest.raises(TakeError, match="hardly anything but damage"):
        parse_take(DATA + trap)


@settings(max_examples=200)
@given(mutated((DATA,)) | st.binary(max_size=300).map(lambda tail: MAGIC + tail))
def test_mutations_are_takes_or_refused_and_frames_always_fit(data):
    try:
        found = parse_take(data)
    except TakeError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    written = {frame.sequence: frame for frame in WHOLE.frames}
    for frame in found.frames:
        assert same(frame, written[frame.sequence])


@settings(max_examples=200)
@given(st.lists(mutated() | st.binary(max_size=99), max_size=6))
def test_records_whose_checksum_holds_may_say_anything(payloads):
    found = parse_take(DATA + b"".join(map(record, payloads)))
    for frame in found.frames:
        assert frame.subject < len(found.hello.subjects)
        assert len(frame.channels) == len(found.hello.channels) or not frame.valid
