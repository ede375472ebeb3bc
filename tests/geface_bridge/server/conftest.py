"""A real server on a free port of loopback, and raw clients of the websockets library."""

from __future__ import annotations

import time

import numpy as np
import pytest
from websockets.sync.client import connect

from geface_bridge.protocol import FaceFrame, Hello, decode
from geface_bridge.server import FaceServer
from rig.layout import load_layout

PATIENCE_S = 20  # how long a test waits for what has to come; never part of a verdict


@pytest.fixture
def hello():
    return Hello.from_layout(load_layout(), subjects=("a", "b"), source="test", rate_hz=30)


@pytest.fixture
def commands():
    return []


@pytest.fixture
def server(hello, commands):
    with FaceServer(hello, port=0, on_command=commands.append) as running:
        yield running


@pytest.fixture
def frame(hello):
    """frame(sequence, subject=0): a frame whose first channel is sequence / 1024."""

    def make(sequence, subject=0):
        channels = np.zeros(len(hello.channels), np.float32)
        channels[0] = sequence / 1024
        return FaceFrame(sequence, subject, sequence / 30, float(sequence), True, 0.5, channels)

    return make


@pytest.fixture
def dial(server):
    """dial(path="/", **options): a raw connection that closes with the test."""
    open_connections = []

    def make(path="/", **options):
        options = {"subprotocols": ["geface.v1"], "proxy": None, "compression": None, **options}
        connection = connect(f"ws://127.0.0.1:{server.port}{path}", **options)
        open_connections.append(connection)
        return connection

    yield make
    for connection in open_connections:
        connection.close()


@pytest.fixture
def read():
    """read(connection): the next message, decoded."""
    return lambda connection: decode(connection.recv(PATIENCE_S))


@pytest.fixture
def eventually():
    """eventually(condition): wait until it holds; fails the test if it never does."""

    def wait(condition):
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end_s, "it never came true"
            time.sleep(0.005)

    return wait
