# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client owes its server, over a real pair of sockets."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from blender_addon.geface.core.errors import ConnectionLostError, ProtocolError
from blender_addon.geface.core.link import Link
from blender_addon.geface.core.websocket import WebSocket, WebSocketError
from blender_addon.geface.core.wire import Stream, Waker
from geface_bridge.protocol import Mark, Ping, Subscribe, decode, encode
from tests.blender_addon.core.hostile import PATIENCE_S, framed, unmasked


@pytest.fixture
def ends():
    """A link, and the server's end of its connection."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(PATIENCE_S)
    with closing(Waker()) as waker, theirs, ours:
        yield Link(WebSocket(Stream(ours, waker)), PATIENCE_S), theirs


def commands(*messages):
    """Gives one after the other, then nothing."""
    waiting = [encode(message) for message in messages]
    return lambda: waiting.pop(0) if waiting else None


def said(sock, count):
    """The client's next ``count`` messages."""
    data = b""
    while len(events := unmasked(data)) < count:
        data += sock.recv(65536)
    return [decode(payload) if code == 2 else (code, payload) for code, payload in events]


def test_before_the_hello_nothing_is_said(ends):
    link, server = ends
    server.sendall(framed(b"hello"))
    assert link.receive(commands(Mark("early"))) == b"hello"
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(1)


def test_then_every_frame_is_asked_for_and_the_clock(ends):
    link, server = ends
    link.greet()
    server.sendall(framed(b"frame"))
    assert link.receive(commands()) == b"frame"
    first, second = said(server, 2)
    assert first == Subscribe("all")
    assert isinstance(second, Ping)


def test_commands_go_out_one_after_the_other(ends):
    link, server = ends
    link.greet()
    waiting = commands(*(Mark(str(number)) for number in range(5)))
    marks = []
    for _ in range(200):
        link.receive(waiting)
        server.setblocking(False)
        try:
            events = unmasked(server.recv(65536))
        except BlockingIOError:
            continue
        found = [decode(payload) for code, payload in events if code == 2]
        new = [message for message in found if isinstance(message, Mark)]
        assert len(new) <= 1
        marks += new
        if len(marks) == 5:
            break
    assert marks == [Mark(str(number)) for number in range(5)]


@pytest.mark.parametrize(
    ("error", "payload"),
    [
        (None, b"\x03\xe8"),
        (ProtocolError("x is y"), b"\x03\xeax is y"),
        (WebSocketError(1009, "large"), b"\x03\xf1large"),
    ],
)
def test_it_says_why_it_leaves_once(ends, error, payload):
    link, server = ends
    server.shutdown(socket.SHUT_WR)
    link.close(error)
    link.close()
    assert said(server, 1) == [(8, payload)]
    assert server.recv(1) == b""
    with pytest.raises(ConnectionLostError, match="the connection is closed"):
        link.receive(commands())
