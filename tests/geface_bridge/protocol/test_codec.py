"""decode(encode(m)) is m; decode of anything else is a message, None, or a ProtocolError."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis.strategies as st
import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from geface_bridge import protocol
from geface_bridge.errors import ProtocolError
from geface_bridge.protocol import MAX_MESSAGE_BYTES, codec, decode, encode
from rig.layout import Channel

GOLDEN_PATH = Path(__file__).parents[2] / "contract" / "golden" / "geface_v1.json"
GOLDEN = [
    bytes.fromhex(vector["hex"])
    for kind, vectors in json.loads(GOLDEN_PATH.read_text(encoding="utf-8")).items()
    if kind != "protocol"
    for vector in vectors
]

times = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
sequences = st.integers(0, 2**53 - 1)
subjects = st.integers(0, 15)
float32s = arrays(
    np.float32,
    st.integers(0, 256),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)
channels = st.lists(
    st.builds(Channel, names.filter(bool), names, st.floats(-9, -1), st.floats(1, 9)),
    min_size=1,
    max_size=6,
    unique_by=lambda channel: channel.name,
).map(tuple)
messages = st.one_of(
    st.builds(
        protocol.Hello,
        layout_id=names.filter(bool),
        channels=channels,
        subjects=st.lists(names, min_size=1, max_size=16).map(tuple),
        source=names,
        rate_hz=st.floats(0, 1000),
        server=names,
        server_version=names,
        session=names,
        version=st.tuples(st.just(1), st.integers(0, 65535)),
    ),
    st.builds(
        protocol.FaceFrame,
        sequences,
        subjects,
        times,
        times,
        st.booleans(),
        st.floats(0, 1),
        float32s,
    ),
    st.builds(protocol.Status, st.sampled_from(["info", "warning", "error"]), names),
    st.builds(protocol.Dropped, subjects, sequences, st.integers(1, 2**53 - 1)),
    st.builds(protocol.Pong, times, times, times),
    st.builds(protocol.Calibrate, st.floats(0, 60), st.none() | subjects),
    st.builds(protocol.Gain, names.filter(bool), st.floats(0, 10)),
    st.builds(protocol.Ping, times),
    st.builds(protocol.Subscribe, st.sampled_from(["newest", "all"])),
)
values = st.recursive(
    st.none() | st.booleans() | times | st.integers(-(2**63), 2**64 - 1) | st.binary() | names,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)


def decodes_or_refuses(data):
    """Any exception but ProtocolError fails the test that calls this."""
    try:
        message = decode(data)
    except ProtocolError:
        return
    assert message is None or decode(encode(message)) == message


@given(messages)
def test_decode_is_the_inverse_of_encode(message):
    assert decode(encode(message)) == message


@given(st.binary(max_size=300))
def test_random_bytes(data):
    decodes_or_refuses(data)


@given(st.sampled_from(GOLDEN), st.data())
def test_spoilt_goldens(golden, data):
    spoilt = bytearray(golden or b"\xc0")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(spoilt) - 1))
        length = data.draw(st.integers(0, 3))
        spoilt[place : place + length] = data.draw(st.binary(max_size=4))
        spoilt = spoilt or bytearray(b"\x80")
    decodes_or_refuses(bytes(spoilt))


@given(messages, st.data())
def test_a_field_of_any_value(message, data):
    body = msgpack.unpackb(encode(message))
    key = data.draw(st.sampled_from(list(body)))
    body[key] = data.draw(values)
    decodes_or_refuses(msgpack.packb(body))


@given(messages, st.data())
def test_a_key_taken_away_is_refused_or_has_a_default(message, data):
    body = msgpack.unpackb(encode(message))
    key = data.draw(st.sampled_from(list(body)))
    del body[key]
    if isinstance(message, protocol.Calibrate) and key != "type":
        assert getattr(decode(msgpack.packb(body)), key) == getattr(protocol.Calibrate(), key)
        return
    with pytest.raises(ProtocolError, match=key):
        decode(msgpack.packb(body))


def test_size_limit_holds_to_the_byte():
    ping = {"type": "ping", "client_time_s": 1.0, "pad": b""}
    room = MAX_MESSAGE_BYTES - len(msgpack.packb(ping)) - 1  # bin16's header is one longer
    fits = msgpack.packb({**ping, "pad": bytes(room)})
    assert len(fits) == MAX_MESSAGE_BYTES
    assert decode(fits) == protocol.Ping(1.0)
    with pytest.raises(ProtocolError) as caught:
        decode(msgpack.packb({**ping, "pad": bytes(room + 1)}))
    assert str(caught.value) == "message has 65537 bytes, expected at most 65536"


@pytest.mark.parametrize(
    "opening", [b"\x91", b"\x81\xa1a", b"\xdc\x00\xff", b"\xdd\x00\x00\x01\x00"]
)
def test_endless_nesting_is_refused(opening):
    with pytest.raises(ProtocolError):
        decode((opening * MAX_MESSAGE_BYTES)[:MAX_MESSAGE_BYTES])


def test_nothing_is_encoded_that_would_be_refused():
    with pytest.raises(ProtocolError, match=r"frame\.channels\[1\] is nan, expected finite"):
        encode(protocol.FaceFrame(0, 0, 0.0, 0.0, True, 1.0, np.float32([0, np.nan])))
    with pytest.raises(ProtocolError, match=r"frame\.confidence is 1\.25"):
        encode(protocol.FaceFrame(0, 0, 0.0, 0.0, True, 1.25, np.float32([0])))


def test_any_message_type_can_be_unpacked_without_being_known():
    assert codec.unpack(msgpack.packb({"type": "x", "a": 1})) == {"type": "x", "a": 1}
