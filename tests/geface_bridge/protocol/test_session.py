"""Both ends of geface.v1, driven by bytes and times alone."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import msgpack
import numpy as np
import pytest
from hypothesis import given

from geface_bridge.errors import ProtocolError, VersionError
from geface_bridge.protocol import (
    Calibrate,
    ClientSession,
    Dropped,
    Gain,
    Hello,
    Ping,
    Pong,
    ServerSession,
    Status,
    Subscribe,
    decode,
    encode,
)
from geface_bridge.protocol.session import CONTROL_LIMIT, PINGS_KEPT, check_frame
from rig.layout import Channel


def sent(session, time_s=0.0):
    """Everything the session wants to send, decoded."""
    messages = []
    while (data := session.next_message(time_s)) is not None:
        messages.append(decode(data))
    return messages


@pytest.fixture
def server(hello):
    session = ServerSession(hello)
    session.next_message(0.0)
    return session


@pytest.fixture
def client(hello):
    session = ClientSession()
    session.receive(encode(hello), 0.0)
    return session


class TestServerSession:
    def test_speaks_first_with_hello_whatever_else_waits(self, hello, packet):
        session = ServerSession(hello)
        session.status("info", "first")
        session.offer(packet(0))
        assert [type(m).__name__ for m in sent(session)] == ["Hello", "Status", "FaceFrame"]

    def test_newest_by_default_and_all_on_request(self, server, packet, frame):
        for sequence in range(3):
            server.offer(packet(sequence))
        assert sent(server) == [frame(2)]
        assert server.receive(encode(Subscribe("all")), 0.0) is None
        for sequence in range(3, 6):
            server.offer(packet(sequence))
        assert sent(server) == [frame(3), frame(4), frame(5)]
        assert (server.mode, server.sent, server.dropped) == ("all", 4, 2)

    def test_all_is_bounded_and_tells_what_was_dropped(self, hello, packet, frame):
        session = ServerSession(hello, limit=2)
        session.receive(encode(Subscribe("all")), 0.0)
        for sequence in range(5):
            session.offer(packet(sequence))
        assert sent(session)[1:] == [Dropped(0, 0, 3), frame(3), frame(4)]

    def test_pong_carries_both_of_the_servers_times(self, server):
        server.receive(encode(Ping(5.0)), 100.0)
        assert sent(server, 100.25) == [Pong(5.0, 100.0, 100.25)]

    def test_commands_are_handed_to_the_application(self, server):
        for command in (Calibrate(), Calibrate(1.0, 1), Gain("AU12_L", 2.0)):
            assert server.receive(encode(command), 0.0) == command
        assert sent(server) == []

    @pytest.mark.parametrize(
        ("command", "text"),
        [
            (Gain("AU99", 2.0), "gain.channel is 'AU99', expected one of hello's"),
            (Calibrate(1.0, 2), "calibrate.subject is 2, expected less than 2"),
        ],
    )
    def test_a_command_for_nothing_is_answered_and_forgiven(self, server, command, text):
        assert server.receive(encode(command), 0.0) is None
        assert sent(server) == [Status("error", text)]
        assert server.close_code is None

    def test_unknown_types_are_ignored(self, server):
        assert server.receive(msgpack.packb({"type": "dance"}), 0.0) is None
        assert (sent(server), server.close_code) == ([], None)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"\xff\x00 rubbish", 1007),
            ("text", 1007),
            (b"", 1007),
            (msgpack.packb({"type": "gain"}), 1002),
            (encode(Pong(0.0, 0.0, 0.0)), 1002),
        ],
    )
    def test_rubbish_gets_an_error_and_a_close_code(self, server, packet, data, code):
        server.offer(packet(0))
        server.receive(data, 0.0)
        assert server.close_code == code
        assert sent(server) == [Status("error", server.close_reason)]
        server.offer(packet(1))
        server.status("info", "too late")
        assert server.receive(encode(Calibrate()), 0.0) is None
        assert sent(server) == []

    def test_a_client_that_asks_and_never_reads_costs_no_memory(self, server):
        for second in range(1000):
            server.receive(encode(Ping(float(second))), 0.0)
        pongs = sent(server)
        assert [pong.client_time_s for pong in pongs] == [*range(1000 - CONTROL_LIMIT, 1000)]

    def test_status_text_is_made_sendable(self, server):
        server.status("warning", "lost\udcff.mp4" + "x" * 2000)
        (status,) = sent(server)
        assert status.text == ("lost?.mp4" + "x" * 2000)[:1024]


class TestClientSession:
    def test_hello_has_to_come_first(self, frame):
        with pytest.raises(ProtocolError) as caught:
            ClientSession().receive(encode(frame(0)), 0.0)
        assert str(caught.value) == "server's first message is FaceFrame, expected Hello"

    def test_hello_may_come_only_once(self, client, hello):
        with pytest.raises(ProtocolError, match="sent Hello after its hello"):
            client.receive(encode(hello), 0.0)

    def test_another_layout_is_refused_where_one_is_expected(self, hello):
        ClientSession(hello.layout_id).receive(encode(hello), 0.0)
        with pytest.raises(VersionError, match="'0123456789abcdef', expected 'fedcba': install"):
            ClientSession("fedcba").receive(encode(hello), 0.0)

    @pytest.mark.parametrize(("major", "fix"), [(2, "this program"), (0, "the server")])
    def test_another_major_is_refused_with_the_fix(self, hello, major, fix):
        later = msgpack.unpackb(encode(hello))
        later = {"type": "hello", "version": [major, 0], "all": "else", "may": "differ"} | {
            "session": later["session"]
        }
        with pytest.raises(VersionError, match=f"geface.v{major}.*geface.v1: update {fix} with"):
            ClientSession().receive(msgpack.packb(later), 0.0)

    def test_a_later_minor_is_welcome(self, hello):
        later = replace(hello, version=(1, 7))
        assert ClientSession().receive(encode(later), 0.0) == later

    def test_counts_missed_frames_by_subject(self, client, frame):
        for sequence, subject in [(10, 0), (11, 0), (5, 1), (14, 0), (7, 1)]:
            client.receive(encode(frame(sequence, subject)), 0.0)
        assert (client.received, client.missed) == (5, 2 + 1)

    def test_a_sequence_that_does_not_rise_is_refused(self, client, frame):
        client.receive(encode(frame(3)), 0.0)
        with pytest.raises(ProtocolError, match="is 3 after 3, expected it to rise"):
            client.receive(encode(frame(3)), 0.0)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"channels": (0.0, 0.0)}, "frame.channels holds 2 channels, expected 3"),
            ({"channels": ()}, "frame.channels holds 0 channels, expected 3"),
            ({"subject": 2}, "frame.subject is 2, expected less than 2"),
        ],
    )
    def test_a_frame_has_to_fit_the_hello(self, client, frame, changes, message):
        with pytest.raises(ProtocolError) as caught:
            client.receive(encode(frame(0, **changes)), 0.0)
        assert str(caught.value) == message

    def test_a_lost_face_may_leave_its_channels_out(self, hello, frame):
        check_frame(frame(0, channels=(), valid=False), hello)
        check_frame(frame(0, valid=False), hello)

    def test_text_is_refused(self, client):
        with pytest.raises(ProtocolError, match="server sent text 'hi'"):
            client.receive("hi", 0.0)

    @given(
        offset_s=st.floats(-1e6, 1e6),
        trip_s=st.floats(0, 1),
        held_s=st.floats(0, 1),
        sent_s=st.floats(0, 1e5),
    )
    def test_even_trips_give_the_exact_clock_offset(self, offset_s, trip_s, held_s, sent_s):
        client = ClientSession()
        client.receive(encode(Hello("x", (Channel("a", "m", 0, 1),))), 0.0)
        received_s = sent_s + trip_s + offset_s
        pong = Pong(sent_s, received_s, received_s + held_s)
        client.receive(encode(pong), sent_s + 2 * trip_s + held_s)
        assert client.clock_offset_s == pytest.approx(offset_s, abs=1e-6)

    def test_the_quickest_exchange_wins_and_gives_the_latency(self, client, frame):
        shown = frame(0)
        assert client.latency_s(shown, 0.0) is None
        client.receive(encode(Pong(10.0, 110.0, 110.0)), 10.0)  # no trip at all: offset 100
        client.receive(encode(Pong(20.0, 120.5, 120.5)), 20.5)  # uneven trip of .5 s
        assert client.clock_offset_s == 100.0
        assert client.latency_s(shown, 0.25) == 0.25

    @pytest.mark.parametrize("drift", [200e-6, -200e-6])
    def test_hours_of_drift_stay_within_the_trip_and_eight_pings(self, client, drift):
        """Two hours of a ping a second: the quickest ping of all would be 1.4 s off."""
        rng, worst_s = np.random.default_rng(0), 0.0
        for now_s in np.arange(7200.0):
            there_s, back_s = rng.exponential(0.004, 2)
            at_s = (now_s + there_s) * (1 + drift) + 100.0
            arrived_s = float(now_s + there_s + back_s)
            client.receive(encode(Pong(float(now_s), float(at_s), float(at_s))), arrived_s)
            error_s = client.clock_offset_s - (100.0 + drift * arrived_s)
            worst_s = max(worst_s, abs(error_s) - client.round_trip_s / 2)
        assert worst_s < (PINGS_KEPT + 1) * abs(drift)

    def test_a_quick_exchange_counts_for_eight_pings_and_no_longer(self, client):
        client.receive(encode(Pong(0.0, 100.0, 100.0)), 0.0)
        for step in range(1, PINGS_KEPT + 1):
            assert (client.clock_offset_s, client.round_trip_s) == (100.0, 0.0)
            client.receive(encode(Pong(step, step + 101.5, step + 101.5)), step + 1.0)
        assert (client.clock_offset_s, client.round_trip_s) == (101.0, 1.0)
