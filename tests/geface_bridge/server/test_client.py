"""FaceClient and FaceStream against a real server, and against none."""

from __future__ import annotations

import socket
import threading

import pytest

from geface_bridge.errors import ConfigError, ServerError, VersionError
from geface_bridge.protocol import Calibrate, FaceFrame, Hello
from geface_bridge.server import ConnectionLostError, FaceClient, FaceServer, FaceStream, Waiting


def url_of(server):
    return f"ws://127.0.0.1:{server.port}"


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def answering_port():
    """answering_port(reply): a port that answers one connection with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(reply):
            def serve():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(reply)

            threading.Thread(target=serve, daemon=True).start()
            return listener.getsockname()[1]

        yield answer


def next_of(kind, client):
    """The next message of a class; others, as pongs, are passed over."""
    while not isinstance(message := client.receive(20), kind):
        assert message is not None, f"no {kind.__name__} came"
    return message


class TestFaceClient:
    def test_reads_hello_then_frames_and_measures_the_clock(self, server, frame, eventually):
        with FaceClient(url_of(server), mode="all") as client:
            assert isinstance(client.receive(20), Hello)
            eventually(lambda: server.stats().per_client[0].mode == "all")
            for sequence in range(5):
                server.publish(frame(sequence))
            assert [next_of(FaceFrame, client) for _ in range(5)] == [frame(i) for i in range(5)]
            # The pong has no place among the frames: it may come before or after them.
            while client.session.clock_offset_s is None:
                assert client.receive(20) is not None, "no pong came"
            # Client and server share this machine's clock: the true offset is 0.
            assert abs(client.session.clock_offset_s) <= client.session.round_trip_s

    def test_sends_commands(self, server, commands, eventually):
        with FaceClient(url_of(server)) as client:
            client.send(Calibrate(1.0))
            eventually(lambda: commands == [Calibrate(1.0)])

    def test_nothing_in_time_is_none(self, server):
        with FaceClient(url_of(server)) as client:
            next_of(Hello, client)
            while client.receive(0.05) is not None:
                pass  # the pong

    def test_a_server_that_stops_is_a_lost_connection(self, server):
        with FaceClient(url_of(server)) as client:
            next_of(Hello, client)
            server.stop()
            with pytest.raises(ConnectionLostError, match=r"closed the connection \(1001\)"):
                next_of(FaceFrame, client)

    def test_another_layout_is_refused(self, server):
        client = FaceClient(url_of(server), expected_layout_id="0000")
        with client, pytest.raises(VersionError, match="expected '0000': install the same"):
            client.receive(20)

    def test_nobody_there(self, free_port):
        with pytest.raises(ConnectionLostError, match="start one with `geface-bridge stream`"):
            FaceClient(f"ws://127.0.0.1:{free_port}")

    def test_not_a_websocket_address(self):
        with pytest.raises(ConfigError, match="'http://x' is not a websocket address"):
            FaceClient("http://x")

    def test_something_that_is_no_websocket_server(self, answering_port):
        port = answering_port(b"SSH-2.0-OpenSSH_9.6\r\n")
        with pytest.raises(ServerError, match=r"does not speak geface\.v1") as caught:
            FaceClient(f"ws://127.0.0.1:{port}")
        assert not isinstance(caught.value, ConnectionLostError)

    def test_a_server_that_stops_during_the_handshake_may_come_back(self, answering_port):
        with pytest.raises(ConnectionLostError, match="cannot be reached"):
            FaceClient(f"ws://127.0.0.1:{answering_port(b'')}")

    def test_a_wrong_token_is_final_and_says_why(self, hello):
        with FaceServer(hello, port=0, token="right") as server:
            with pytest.raises(ServerError, match=r"\(401\).*wrong or no token") as caught:
                FaceClient(url_of(server), token="wrong")
            assert not isinstance(caught.value, ConnectionLostError)
            with FaceClient(url_of(server), token="right") as client:
                assert isinstance(client.receive(20), Hello)


class TestFaceStream:
    def test_connects_again_when_the_server_returns(self, hello, frame, free_port):
        server = FaceServer(hello, port=free_port)
        seen, sessions = [], []
        for event in FaceStream(f"ws://127.0.0.1:{free_port}").events(seconds=60):
            seen.append(type(event))
            if isinstance(event, Waiting):
                server.start()  # comes up only after the first attempt, and again after the fall
            elif isinstance(event, Hello):
                sessions.append(event.session)
                server.publish(frame(0))
            elif isinstance(event, FaceFrame):
                server.stop()
                if len(sessions) == 2:
                    break
        story = [kind for kind in seen if kind in (Waiting, Hello, FaceFrame)]
        assert story == [Waiting, Hello, FaceFrame] * 2
        assert sessions[0] != sessions[1]

    def test_pauses_grow(self, free_port):
        events = FaceStream(f"ws://127.0.0.1:{free_port}").events(seconds=60)
        pauses = [next(events).retry_in_s for _ in range(3)]
        assert pauses == [0.25, 0.5, 1.0]

    def test_ends_after_its_seconds(self, server, free_port):
        assert list(FaceStream(f"ws://127.0.0.1:{free_port}").events(seconds=0)) == []
        events = list(FaceStream(url_of(server)).events(seconds=0.2))
        assert isinstance(events[0], Hello)

    def test_a_refusal_is_not_retried(self, hello):
        with (
            FaceServer(hello, port=0, token="right") as server,
            pytest.raises(ServerError, match="401"),
        ):
            list(FaceStream(url_of(server)).events(seconds=60))
