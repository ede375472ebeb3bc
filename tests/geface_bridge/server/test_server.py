"""FaceServer over real websockets on loopback."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from geface_bridge.errors import ConfigError, ProtocolError, ServerError
from geface_bridge.protocol import (
    Calibrate,
    FaceFrame,
    Gain,
    Hello,
    Ping,
    Pong,
    Status,
    Subscribe,
    decode,
    encode,
)
from geface_bridge.server import FaceServer

PATIENCE_S = 20


def connect_to(server, path="/", **headers):
    url = f"ws://127.0.0.1:{server.port}{path}"
    options = {"subprotocols": ["geface.v1"], "proxy": None}
    return connect(url, additional_headers=headers, **options)


def test_hello_comes_first_with_a_new_session_at_every_start(hello):
    server, sessions = FaceServer(hello, port=0), []
    for _ in range(2):
        with server:
            with connect_to(server) as connection:
                first = decode(connection.recv(PATIENCE_S))
            sessions.append(first.session)
            assert first == replace(hello, session=first.session)
    assert sessions[0] != sessions[1]
    assert all(len(session) == 16 for session in sessions)


class TestStream:
    def test_frames_and_status_arrive_as_published(self, server, dial, read, frame):
        connection = dial()
        assert isinstance(read(connection), Hello)
        connection.send(encode(Subscribe("all")))
        connection.send(encode(Ping(1.0)))
        assert isinstance(read(connection), Pong)  # the server now has the subscription too
        published = [frame(i, i % 2) for i in range(50)]
        for item in published:
            server.publish(item)
        assert [read(connection) for _ in published] == published
        server.status("warning", "camera gone")
        assert read(connection) == Status("warning", "camera gone")

    def test_the_pong_is_of_the_clock_frames_are_stamped_with(self, dial, read):
        connection = dial()
        read(connection)
        before_s = time.monotonic()
        connection.send(encode(Ping(7.0)))
        pong = read(connection)
        assert pong.client_time_s == 7.0
        assert before_s <= pong.received_at_s <= pong.sent_at_s <= time.monotonic()

    def test_commands_reach_the_application(self, dial, commands, eventually):
        connection = dial()
        wanted = [Calibrate(1.0, 1), Gain("AU12_L", 2.0), Calibrate()]
        for command in wanted:
            connection.send(encode(command))
        eventually(lambda: len(commands) == 3)
        assert commands == wanted

    def test_a_command_that_cannot_be_done_is_answered(self, hello):
        def refuse(command):
            raise ConfigError(f"no face to calibrate for {command.duration_s:g} s")

        server = FaceServer(hello, port=0, on_command=refuse)
        with server, connect_to(server) as connection:
            connection.send(encode(Calibrate(3.0)))
            messages = [decode(connection.recv(PATIENCE_S)) for _ in range(2)]
        assert messages[1] == Status("error", "no face to calibrate for 3 s")

    def test_publish_refuses_what_does_not_fit_the_hello(self, server, frame):
        with pytest.raises(ProtocolError, match="holds 2 channels, expected 49"):
            server.publish(FaceFrame(0, 0, 0.0, 0.0, True, 1.0, np.zeros(2, np.float32)))
        spoilt = frame(0).channels.copy()
        spoilt[3] = np.nan
        with pytest.raises(ProtocolError, match=r"frame\.channels\[3\] is nan"):
            server.publish(replace(frame(0), channels=spoilt))

    def test_publishing_from_many_threads_loses_nothing(self, server, dial, read, frame):
        connection = dial()
        read(connection)
        connection.send(encode(Subscribe("all")))
        connection.send(encode(Ping(0.0)))
        read(connection)
        frames = {subject: [frame(i, subject) for i in range(100)] for subject in (0, 1)}
        threads = [
            threading.Thread(target=lambda f=f: [server.publish(i) for i in f])
            for f in frames.values()
        ]
        for thread in threads:
            thread.start()
        got = [read(connection) for _ in range(200)]
        for subject, wanted in frames.items():
            assert [item for item in got if item.subject == subject] == wanted


class TestSlowClients:
    COUNT = 400

    def test_a_stalled_client_gets_the_newest_and_delays_nobody(
        self, server, dial, read, frame, eventually
    ):
        slow, fast = dial(max_queue=1), dial()
        read(fast)
        fast.send(encode(Subscribe("all")))
        fast.send(encode(Ping(0.0)))
        read(fast)
        eventually(lambda: server.stats().clients == 2)
        for sequence in range(self.COUNT):
            server.publish(frame(sequence))
            assert read(fast).sequence == sequence
        eventually(lambda: sum(c.sent for c in server.stats().per_client) > self.COUNT)
        stats = {c.mode: c for c in server.stats().per_client}
        assert (stats["all"].sent, stats["all"].dropped) == (self.COUNT, 0)
        # 24 under way by the window, and two rounds of pings the library itself had read.
        assert stats["newest"].sent <= 48
        assert isinstance(read(slow), Hello)
        sequences = []
        while not sequences or sequences[-1] != self.COUNT - 1:
            sequences.append(read(slow).sequence)
        assert sequences == sorted(set(sequences))
        total = server.stats()
        newest = next(c for c in total.per_client if c.mode == "newest")
        assert newest.sent == len(sequences)
        assert newest.dropped == self.COUNT - len(sequences)
        assert (total.sent, total.dropped) == (self.COUNT + newest.sent, newest.dropped)

    def test_counts_of_clients_that_left_are_kept(self, server, dial, read, frame, eventually):
        connection = dial()
        read(connection)
        server.publish(frame(0))
        read(connection)
        connection.close()
        eventually(lambda: server.stats().clients == 0)
        assert (server.stats().sent, server.stats().per_client) == (1, ())


class TestRubbish:
    @pytest.mark.parametrize(
        ("data", "code", "text"),
        [
            (b"\xc1\xc1", 1007, "message is not msgpack"),
            ("hello", 1007, "message is text 'hello', expected a binary message"),
            (encode(Status("info", "")), 1002, "a client sent Status, expected a client's"),
        ],
    )
    def test_is_answered_and_ends_that_connection_only(
        self, server, dial, read, frame, data, code, text
    ):
        bad, good = dial(), dial()
        read(bad)
        read(good)
        bad.send(data)
        status = read(bad)
        assert status.level == "error"
        assert status.text.startswith(text)
        with pytest.raises(ConnectionClosed) as closed:
            bad.recv(PATIENCE_S)
        assert closed.value.rcvd.code == code
        assert closed.value.rcvd.reason.startswith(text)
        server.publish(frame(0))
        assert read(good) == frame(0)

    def test_a_flood_of_messages_ends_with_1008(self, server, dial, read):
        flooding, bystander = dial(), dial()
        read(flooding), read(bystander)

        def flood():
            for number in range(5000):
                flooding.send(encode(Ping(float(number))))
            while True:
                read(flooding)

        with pytest.raises(ConnectionClosed) as caught:
            flood()
        assert caught.value.rcvd.code == 1008
        server.status("info", "still here")
        assert read(bystander) == Status("info", "still here")

    def test_an_oversized_message_closes_with_1009(self, dial, read):
        connection = dial()
        read(connection)
        connection.send(bytes(65537))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(PATIENCE_S)
        assert closed.value.rcvd.code == 1009

    def test_bytes_that_are_not_http_leave_no_trace(self, server, dial, read, capfd):
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"\x00\x01\x02 rubbish\r\n\r\n")
            while raw.recv(4096):
                pass
        assert isinstance(read(dial()), Hello)
        assert capfd.readouterr() == ("", "")


class TestAccess:
    def refusal(self, dial, *arguments, **options):
        with pytest.raises(InvalidStatus) as caught:
            dial(*arguments, **options)
        response = caught.value.response
        return response.status_code, response.body.decode()

    def test_a_page_of_another_origin_is_refused(self, dial):
        status, text = self.refusal(dial, origin="https://example.org")
        assert status == 403
        assert "pages of another origin" in text

    @pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8080"])
    def test_a_page_of_this_machine_is_not(self, dial, read, origin):
        assert isinstance(read(dial(origin=origin)), Hello)

    @pytest.mark.parametrize("offered", [None, ["geface.v2"]])
    def test_another_subprotocol_is_refused_with_the_fix(self, dial, offered):
        status, text = self.refusal(dial, subprotocols=offered)
        assert status == 400
        found = "geface.v2" if offered else "none"
        assert f"client offers subprotocol {found}, expected geface.v1: offer that" in text

    def test_no_more_than_the_limit_of_clients(self, hello, eventually):
        with FaceServer(hello, port=0, max_clients=1) as server, connect_to(server):
            eventually(lambda: server.stats().clients == 1)
            with pytest.raises(InvalidStatus) as caught:
                connect_to(server)
            assert caught.value.response.status_code == 503

    def test_a_token_is_asked_for_where_one_is_set(self, hello):
        with FaceServer(hello, port=0, host="0.0.0.0", token="s3cret") as server:
            for path, header in [("/", {}), ("/?token=x", {}), ("/", {"Authorization": "Bearer"})]:
                with pytest.raises(InvalidStatus) as caught:
                    connect_to(server, path, **header)
                assert caught.value.response.status_code == 401
            for path, header in [("/?token=s3cret", {}), ("/", {"Authorization": "Bearer s3cret"})]:
                with connect_to(server, path, **header) as connection:
                    assert isinstance(decode(connection.recv(PATIENCE_S)), Hello)

    @pytest.mark.parametrize(
        ("path", "origin", "status"),
        [
            ("/?token=s3cret", "http://box.local", None),
            ("/?token=s3cret", "http://example.org", 403),
            ("/?token=wrong", "http://box.local", 403),
            ("/", "http://box.local", 403),
        ],
    )
    def test_with_the_token_the_servers_own_host_may_be_named_as_origin(
        self, hello, path, origin, status
    ):
        with FaceServer(hello, port=0, host="127.0.0.1", token="s3cret") as server:
            address = f"ws://box.local:{server.port}{path}"
            raw = socket.create_connection(("127.0.0.1", server.port))
            options = {"sock": raw, "origin": origin, "subprotocols": ["geface.v1"], "proxy": None}
            if status is None:
                with connect(address, **options) as connection:
                    assert isinstance(decode(connection.recv(PATIENCE_S)), Hello)
                return
            with raw, pytest.raises(InvalidStatus) as caught:
                connect(address, **options)
            assert caught.value.response.status_code == status

    def test_without_a_token_a_name_that_was_made_to_point_here_opens_nothing(self, hello):
        with FaceServer(hello, port=0) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                address = f"ws://box.local:{server.port}/"
                options = {"sock": raw, "subprotocols": ["geface.v1"], "proxy": None}
                with pytest.raises(InvalidStatus) as caught:
                    connect(address, origin=f"http://box.local:{server.port}", **options)
            assert caught.value.response.status_code == 403

    def test_beyond_loopback_without_a_token_it_does_not_start(self, hello):
        with pytest.raises(ServerError, match=r"0\.0\.0\.0 can be reached from other machines"):
            FaceServer(hello, host="0.0.0.0")


class TestLifeCycle:
    def test_a_busy_port_is_a_one_line_error_with_the_way_out(self, server, hello):
        with pytest.raises(ServerError) as caught:
            FaceServer(hello, port=server.port).start()
        assert str(caught.value) == (
            f"port {server.port} on 127.0.0.1 is already in use, expected a free one: "
            f"stop the program that holds it, or choose another, --port {server.port + 1}"
        )

    @pytest.mark.parametrize("port", [-1, 65536])
    def test_a_port_out_of_range(self, hello, port):
        with pytest.raises(ServerError, match=rf"port is {port}, expected 0\.\.65535"):
            FaceServer(hello, port=port)

    def test_an_address_of_another_machine(self, hello):
        with pytest.raises(ServerError, match=r"cannot listen on 203\.0\.113\.1:0 \("):
            FaceServer(hello, host="203.0.113.1", port=0, token="t").start()

    def test_stop_closes_clients_with_1001_and_frees_the_port(self, server, dial, read, hello):
        connection = dial()
        read(connection)
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(PATIENCE_S)
        assert closed.value.rcvd.code == 1001
        assert not any(t.name == "geface-server" for t in threading.enumerate())
        with FaceServer(hello, port=server.port) as again:
            assert again.port == server.port

    def test_stop_does_not_wait_for_clients_that_neither_read_nor_close(
        self, server, frame, eventually
    ):
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(
                b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Protocol: geface.v1\r\n\r\n"
            )
            eventually(lambda: server.stats().clients == 1)
            for sequence in range(100):
                server.publish(frame(sequence))
            server.stop()
        assert not any(t.name == "geface-server" for t in threading.enumerate())

    def test_publishing_to_a_stopped_server_does_nothing(self, server, frame):
        server.stop()
        server.stop()
        server.publish(frame(0))
        server.status("info", "nobody hears")
        assert server.stats().clients == 0

    def test_starting_twice_is_refused(self, server):
        with pytest.raises(ServerError, match="is already running"):
            server.start()
