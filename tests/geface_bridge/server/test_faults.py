"""What goes wrong around a server, with what was promised: real sockets, nothing stands in.

The table in README.md lists these; ``tests/benchmarks/bench_faults.py`` runs the long form.
"""

from __future__ import annotations

import random
import socket
import threading
import time

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from geface_bridge.protocol import FaceFrame, Hello, Ping, Pong, decode, encode
from geface_bridge.server import FaceServer, FaceStream, Waiting
from rig.layout import load_layout
from tests.geface_bridge.server.proxy import Proxy

PATIENCE_S = 20
LAYOUT = load_layout()


def hello():
    return Hello.from_layout(LAYOUT, source="faults", rate_hz=60)


def frame(number):
    now_s = time.monotonic()
    return FaceFrame(number, 0, number / 60, now_s, True, 1.0, np.zeros(len(LAYOUT.channels)))


def dial(port):
    return connect(f"ws://127.0.0.1:{port}", subprotocols=["geface.v1"], proxy=None)


class Publisher:
    """Publishes at 60 Hz from a thread until it is closed."""

    def __init__(self, server):
        self.sent = 0
        self._server, self._stop = server, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(1 / 60):
            self._server.publish(frame(self.sent))
            self.sent += 1


def frames_from(stream, count, seconds=PATIENCE_S):
    """The next so many frames of a stream that reconnects, and the reasons it waited for."""
    frames, waits = [], []
    for event in stream.events(seconds):
        if isinstance(event, FaceFrame):
            frames.append(event)
        elif isinstance(event, Waiting):
            waits.append(event.reason)
        if len(frames) >= count:
            break
    return frames, waits


def test_killed_clients_leave_no_trace_and_delay_nobody():
    """Promise: 30 clients that vanish without a close cost nothing; another misses no frame."""
    with FaceServer(hello(), port=0) as server, Publisher(server):
        witness = dial(server.port)
        decode(witness.recv(PATIENCE_S))
        for _ in range(30):
            raw = dial(server.port)
            raw.recv(PATIENCE_S)
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raw.socket.close()  # a reset, as a killed process on a lost network leaves
        numbers = [decode(witness.recv(PATIENCE_S)).sequence for _ in range(60)]
        assert numbers == list(range(numbers[0], numbers[0] + 60))
        end_s = time.monotonic() + PATIENCE_S
        while server.stats().clients > 1 and time.monotonic() < end_s:
            time.sleep(0.05)
        assert server.stats().clients == 1
        witness.close()


def test_a_server_that_dies_and_comes_back_is_found_again():
    """Promise: clients say why they wait, reconnect, and see a new session."""
    first = FaceServer(hello(), port=0)
    first.start()
    stream = FaceStream(f"ws://127.0.0.1:{first.port}")
    with Publisher(first):
        before, _ = frames_from(stream, 5)
    first.stop()
    threading.Timer(0.4, lambda: second.start()).start()
    second = FaceServer(hello(), port=first.port)
    try:
        with Publisher(second):
            after, waits = frames_from(stream, 5)
    finally:
        second.stop()
    assert before[-1].sequence >= 4
    assert len(after) == 5
    assert waits
    assert "no server answers" in waits[0]


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_a_network_that_is_slow_and_in_pieces_gets_newer_frames_not_older(chunk):
    """Promise: 80 ms there and back in odd pieces: frames arrive in order, ages stay bounded."""
    with (
        FaceServer(hello(), port=0) as server,
        Publisher(server),
        Proxy(server.port, delay_s=0.04, chunk=chunk) as proxy,
        dial(proxy.port) as client,
    ):
        client.recv(PATIENCE_S)
        frames = [decode(client.recv(PATIENCE_S)) for _ in range(90)]
    numbers = [f.sequence for f in frames]
    assert numbers == sorted(set(numbers))


def test_a_network_that_stalls_and_recovers_skips_to_now():
    """Promise: after a stall of a second a client gets what is new, not a second of the past."""
    with (
        FaceServer(hello(), port=0) as server,
        Publisher(server) as publisher,
        Proxy(server.port) as proxy,
        dial(proxy.port) as client,
    ):
        client.recv(PATIENCE_S)
        client.recv(PATIENCE_S)
        proxy.stall(True)
        time.sleep(1.0)
        newest = publisher.sent
        proxy.stall(False)
        numbers = []
        while not numbers or numbers[-1] < newest:
            numbers.append(decode(client.recv(PATIENCE_S)).sequence)
    old = sum(number < newest for number in numbers)
    assert old <= 40  # 24 under way and what the stalled sockets had taken, out of 60


def test_garbage_never_reaches_the_others():
    """Promise: whatever 300 clients send, an honest one is served and the server stays up."""
    rng = random.Random(3)
    good = [encode(Ping(1.0)), encode(frame(0)), encode(hello())]
    with FaceServer(hello(), port=0) as server, Publisher(server), dial(server.port) as honest:
        honest.recv(PATIENCE_S)
        for _ in range(300):
            _misbehave(server.port, rng, good)
        honest.send(encode(Ping(7.0)))
        found = None
        while not isinstance(found, Pong):
            found = decode(honest.recv(PATIENCE_S))
        assert found.client_time_s == 7.0


def _misbehave(port, rng, good):
    """One client's life: rubbish before or after the handshake, mutated messages, a cut."""
    if rng.random() < 0.3:
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(rng.randbytes(rng.randrange(1, 300)))
        return
    connection = dial(port)
    try:
        for _ in range(rng.randrange(1, 5)):
            data = bytearray(rng.choice(good))
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            connection.send(bytes(data) if rng.random() < 0.9 else "text")
    except ConnectionClosed:
        return
    finally:
        connection.socket.close()


def test_a_second_server_on_the_port_explains_itself_and_the_first_goes_on():
    """Promise: one line with the way out; nobody is disturbed."""
    from geface_bridge.errors import ServerError

    with FaceServer(hello(), port=0) as server, dial(server.port) as client:
        client.recv(PATIENCE_S)
        with pytest.raises(ServerError, match="is already in use"):
            FaceServer(hello(), port=server.port).start()
        server.publish(frame(5))
        assert decode(client.recv(PATIENCE_S)).sequence == 5
