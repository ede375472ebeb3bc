# SPDX-License-Identifier: GPL-3.0-or-later
"""The golden bytes bind the add-on too; noise and mutations of them never get further."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_addon.geface.core import messages as m
from blender_addon.geface.core.errors import GeFaceError, ProtocolError
from blender_addon.geface.core.msgpack import pack, unpack
from geface_bridge import errors, protocol
from tests.blender_addon.core.golden import GOLDEN, mutated, vectors

OURS = {  # class of the reference implementation → name on the wire
    protocol.FaceFrame: "frame",
    protocol.Calibrate: "calibrate",
    protocol.Gain: "gain",
    protocol.Mark: "mark",
    protocol.Playback: "playback",
    protocol.Ping: "ping",
    protocol.Subscribe: "subscribe",
}


def as_json(message):
    """A decoded message as the golden file writes it."""
    if isinstance(message, m.Command):
        fields = {key: list(v) if isinstance(v, tuple) else v for key, v in message.fields.items()}
        return {"type": message.kind, **fields}
    fields = {f.name: getattr(message, f.name) for f in dataclasses.fields(message)}
    if isinstance(message, m.Frame):
        fields["channels"] = message.channels.tolist()
    if isinstance(message, m.Hello):
        fields["channels"] = [list(dataclasses.astuple(c)) for c in message.channels]
        fields["subjects"], fields["version"] = list(message.subjects), list(message.version)
    return {"type": type(message).__name__.lower(), **fields}


@pytest.mark.parametrize("vector", vectors("canonical", "accepted"))
def test_decode_reads_the_golden_bytes(vector):
    assert as_json(m.decode(bytes.fromhex(vector["hex"]))) == vector["message"]


@pytest.mark.parametrize("vector", vectors("canonical"))
def test_messages_are_written_in_the_canonical_form(vector):
    data = bytes.fromhex(vector["hex"])
    assert pack(unpack(data)) == data
    message = m.decode(data)
    if isinstance(message, m.Command):
        assert m.encode(message.kind, **message.fields) == data


def test_every_command_stands_in_the_golden_file():
    written = {vector["message"]["type"] for vector in GOLDEN["canonical"]}
    assert set(m.COMMANDS) == set(OURS.values()) - {"frame"} <= written


@pytest.mark.parametrize("vector", vectors("ignored"))
def test_decode_ignores_unknown_types(vector):
    assert m.decode(bytes.fromhex(vector["hex"])) is None


@pytest.mark.parametrize("vector", vectors("refused"))
def test_decode_refuses_and_blames_the_same_key(vector):
    with pytest.raises(ProtocolError) as caught:
        m.decode(bytes.fromhex(vector["hex"]))
    text = str(caught.value)
    assert type(caught.value).__name__ == vector["kind"]
    assert "\n" not in text
    if vector["kind"] == "VersionError":
        assert "this add-on geface.v1: update" in text
    elif "error" in vector:
        assert text == vector["error"]


@pytest.mark.parametrize(("major", "older"), [(2, "this add-on"), (0, "geface-bridge")])
def test_another_major_says_who_is_to_be_updated(major, older):
    with pytest.raises(m.VersionError, match=f"update {older}$"):
        m.parse({"type": "hello", "version": [major, 0]})


@settings(max_examples=500)
@given(mutated() | st.binary(max_size=300))
def test_mutations_are_taken_and_refused_as_the_reference_does(data):
    try:
        theirs = protocol.decode(data)
    except errors.ProtocolError:
        with pytest.raises(ProtocolError):
            m.decode(data)
        return
    ours = m.decode(data)
    assert (ours is None) == (theirs is None)
    if isinstance(theirs, protocol.FaceFrame):
        assert ours.channels.astype("<f4").tobytes() == theirs.channels.tobytes()
        assert (ours.sequence, ours.time_s) == (theirs.sequence, theirs.time_s)


def test_channels_are_the_wires_float32_and_cannot_be_written_to():
    values = np.float32([0.1, -1e-45, np.pi])
    channels = m.floats(values.tobytes(), "frame.channels")
    assert channels.dtype == np.float64
    assert np.array_equal(channels.astype(np.float32), values)
    with pytest.raises(ValueError, match="read-only"):
        channels[0] = 1


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("frame", {}, "message.type is 'frame', expected one of subscribe, "),
        ("smile", {}, "message.type is 'smile'"),
        ("gain", {"channel": "AU12_L"}, "gain.factor is missing"),
        ("gain", {"channel": "AU12_L", "factor": float("nan")}, "gain.factor is nan"),
        ("mark", {"label": "x" * 1025}, "mark.label has 1025 characters, expected 0..1024"),
        ("mark", {"label": "\udc80"}, "text that UTF-8 can hold"),
        ("mark", {"label": "a", "colour": 1}, "mark.colour is no field"),
        ("calibrate", {"kind": "smile"}, "calibrate.kind is 'smile'"),
    ],
)
def test_a_command_that_no_server_would_take_is_not_written(kind, fields, reason):
    with pytest.raises(GeFaceError, match=reason):
        m.encode(kind, **fields)


@given(
    st.floats(0, 60),
    st.none() | st.integers(0, 15),
    st.sampled_from(["neutral", "range", "clear"]),
    st.lists(st.text("AU_LR0123456789", min_size=1, max_size=64), max_size=256),
)
def test_the_reference_reads_our_commands(duration_s, subject, kind, channels):
    data = m.encode(
        "calibrate", duration_s=duration_s, subject=subject, kind=kind, channels=channels
    )
    expected = protocol.Calibrate(duration_s, subject, kind, tuple(channels))
    if len(data) <= protocol.MAX_MESSAGE_BYTES:
        assert protocol.decode(data) == expected
        assert protocol.encode(expected) == data
