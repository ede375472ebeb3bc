"""Headers and markers, in bytes and back."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import TakeError
from geface_bridge.protocol import Status, encode
from geface_bridge.takes import Marker, TakeHeader
from geface_bridge.takes.messages import message_of, payload_of
from tests.geface_bridge.takes.made import made_take

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)


@given(st.builds(TakeHeader, NUMBER, NUMBER, TEXT, TEXT, NUMBER, TEXT))
def test_a_header_survives(header):
    assert message_of(payload_of(header)) == header


@given(st.builds(Marker, NUMBER, TEXT))
def test_a_marker_survives(marker):
    assert message_of(payload_of(marker)) == marker


def test_hello_and_frames_are_the_wires_own_bytes():
    take = made_take()
    for message in (take.hello, *take.frames):
        assert payload_of(message) == encode(message)
        assert message_of(payload_of(message)) == message


def test_types_of_a_later_minor_and_the_wires_other_messages_are_passed_over():
    assert message_of(msgpack.packb({"type": "weather"})) is None
    assert message_of(encode(Status("info", ""))) is None


def test_a_header_of_a_later_minor_is_read():
    body = {"type": "take", "version": [1, 7], "performer": "Ada", "shoe_size": 38}
    assert message_of(msgpack.packb(body)) == TakeHeader(
        performer="Ada", version=(1, 7), software=(TakeHeader().software)
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "take", "version": [2, 0]}, "format version 2, this program reads 1: update"),
        ({"type": "take"}, "take.version is None, expected an array"),
        ({"type": "marker", "time_s": "soon", "label": ""}, "marker.time_s is 'soon'"),
        ({"type": "frame"}, "frame.sequence is missing"),
    ],
)
def test_records_that_are_not_what_they_say(body, message):
    with pytest.raises(TakeError, match=message):
        message_of(msgpack.packb(body))
