# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says is held against geface.v1: worked exchanges, no sockets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.geface.core.conversation import Conversation
from blender_addon.geface.core.errors import GeFaceError, ProtocolError, VersionError
from blender_addon.geface.core.messages import Frame, Hello, Status
from geface_bridge import protocol
from rig.layout import Channel
from tests.blender_addon.core.golden import mutated

HELLO = protocol.Hello(
    layout_id="abc",
    channels=(Channel("AU12_L", "intensity", 0.0, 1.0), Channel("AU12_R", "intensity", 0.0, 1.0)),
    subjects=("one", "two"),
    source="test",
    rate_hz=60.0,
    server="geface-bridge",
    server_version="1",
    session="s1",
)


def frame(sequence, subject=0, count=2, valid=True):
    channels = np.zeros(count, np.float32)
    return protocol.FaceFrame(sequence, subject, 0.0, 0.0, valid, 1.0, channels)


def talk(*messages, conversation=None, hello=HELLO):
    """A conversation in which the server said ``messages`` after its hello."""
    conversation = conversation or Conversation()
    for message in (hello, *messages):
        conversation.receive(protocol.encode(message), 0.0)
    return conversation


def test_hello_comes_first_and_is_kept():
    conversation = Conversation("abc")
    found = conversation.receive(protocol.encode(HELLO), 0.0)
    assert isinstance(found, Hello)
    assert conversation.hello is found
    assert isinstance(conversation.receive(protocol.encode(frame(1)), 0.0), Frame)
    status = conversation.receive(protocol.encode(protocol.Status("info", "x")), 0.0)
    assert status == Status("info", "x")


@pytest.mark.parametrize(
    ("message", "kind"),
    [(frame(1), "frame"), (protocol.Ping(1.0), "ping"), (protocol.Status("info", ""), "status")],
)
def test_anything_else_first_is_refused(message, kind):
    with pytest.raises(ProtocolError, match=f"first message is {kind}, expected hello"):
        Conversation().receive(protocol.encode(message), 0.0)


def test_another_layout_is_refused_with_the_way_out():
    with pytest.raises(VersionError, match="layout is 'abc', expected 'xyz': install the add-on"):
        Conversation("xyz").receive(protocol.encode(HELLO), 0.0)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (HELLO, "sent hello after its hello"),
        (protocol.Subscribe("all"), "sent subscribe after its hello"),
        (frame(1, subject=2), "frame.subject is 2, expected less than 2"),
        (protocol.Dropped(2, 1, 1), "dropped.subject is 2"),
        (frame(1, count=3), "holds 3 channels, expected 2"),
        (frame(1, count=0), "holds 0 channels, expected 2"),
        (frame(1, count=1, valid=False), "holds 1 channels, expected 2"),
    ],
)
def test_what_does_not_fit_the_hello_is_refused(message, reason):
    with pytest.raises(ProtocolError, match=reason):
        talk(message)


def test_a_lost_face_may_come_without_channels():
    assert talk(frame(1, count=0, valid=False), frame(2, valid=False)).dropped == 0


@pytest.mark.parametrize("second", [5, 4, 0])
def test_a_sequence_that_does_not_rise_is_refused(second):
    with pytest.raises(ProtocolError, match=f"frame.sequence is {second} after 5"):
        talk(frame(5), frame(second))


def test_frames_said_to_be_dropped_must_be_new_too():
    with pytest.raises(ProtocolError, match=r"dropped\.first_sequence is 5 after 5"):
        talk(frame(5), protocol.Dropped(0, 5, 3))
    with pytest.raises(ProtocolError, match=r"frame\.sequence is 7 after 7"):
        talk(frame(5), protocol.Dropped(0, 6, 2), frame(7))


GAPS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 50), st.booleans()), max_size=30)


@given(GAPS)
def test_every_missing_frame_counts_once_whether_told_or_not(steps):
    conversation, last, missing = talk(), {}, 0
    for subject, step, is_told in steps:
        before = last.get(subject)
        last[subject] = (before or 0) + step
        if before is not None and step > 1:
            missing += step - 1
            if is_told:
                told = protocol.Dropped(subject, before + 1, step - 1)
                conversation.receive(protocol.encode(told), 0.0)
        conversation.receive(protocol.encode(frame(last[subject], subject)), 0.0)
    assert conversation.dropped == missing


def test_what_the_same_session_sent_while_we_were_away_is_dropped():
    before = talk(frame(5))
    after = talk(frame(9), frame(1, 1), conversation=Conversation("", before))
    assert after.dropped == 3


def test_it_remembers_over_connections_that_brought_nothing():
    no_frame = talk(conversation=Conversation("", talk(frame(5), frame(8, 1))))
    no_hello = Conversation("", no_frame)
    again = talk(frame(9), frame(9, 1), conversation=Conversation("", no_hello))
    assert again.dropped == 3


def test_a_server_that_began_anew_counts_from_where_it_is():
    anew = replace(HELLO, session="s2")
    for first in (0, 600):
        before = Conversation("", talk(frame(500)))
        assert talk(frame(first), frame(first + 1), conversation=before, hello=anew).dropped == 0
    assert talk(frame(2), conversation=Conversation("", talk(frame(500)))).dropped == 0


def test_answers_to_pings_tell_the_servers_clock():
    conversation = talk()
    conversation.receive(protocol.encode(protocol.Pong(10.0, 110.25, 110.5)), 11.0)
    assert conversation.clock.offset_s == pytest.approx(99.875)


@given(st.lists(mutated() | st.binary(max_size=60), max_size=20), st.booleans())
def test_no_noise_gets_past_it(messages, greeted):
    conversation = talk() if greeted else Conversation()
    for data in messages:
        try:
            conversation.receive(data, 0.0)
        except GeFaceError as error:
            assert "\n" not in str(error)  # noqa: PT017
    assert conversation.dropped >= 0
