# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that do what servers should not: real sockets, a script for each connection."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import socket
import threading
import time

from websockets.frames import Close, Frame, Opcode

from blender_addon.geface.core.websocket import accept_of
from geface_bridge.protocol import Hello, encode
from rig.layout import load_layout

PATIENCE_S = 30
LAYOUT = load_layout()
HELLO = Hello.from_layout(LAYOUT, source="hostile", rate_hz=60)


class Hostile:
    """Runs ``script(sock)`` on a thread for each connection, then closes it.

    Attributes:
        url: where it listens.
        connections: how many came so far.
    """

    def __init__(self, script, scheme="ws"):
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets, self._threads = [], []
        self.connections = 0
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._sockets.append(sock)
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock):
        with contextlib.suppress(OSError):
            self._script(sock)
        sock.close()


def request(sock):
    """The request's head."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = sock.recv(4096)
        if not data:
            raise OSError("the client left")
        head += data
    return head


def shake(sock, more=b""):
    """The server's half of the handshake."""
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request(sock))[1].decode()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_of(key)}",
        "Sec-WebSocket-Protocol: geface.v1",
    ]
    sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + more)


def framed(payload, opcode=Opcode.BINARY, fin=True):
    return Frame(opcode, payload, fin=fin).serialize(mask=False)


def closing(code, reason):
    return framed(Close(code, reason).serialize(), Opcode.CLOSE)


def unmasked(data):
    """The client's whole frames, (opcode, payload) each."""
    events = []
    while len(data) >= 6 and len(data) >= 6 + (data[1] & 0x7F):
        size, mask = data[1] & 0x7F, data[2:6]
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(data[6 : 6 + size]))
        events.append((data[0] & 0x0F, payload))
        data = data[6 + size :]
    return events


def greet(sock, hello=HELLO):
    shake(sock, framed(encode(hello)))


def drain(sock):
    """Read until the client leaves."""
    while sock.recv(65536):
        pass


def until(condition, text=""):
    """Wait for something that has to come true."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, text or "it never came true"
        time.sleep(0.002)


def own_threads():
    """Threads of the add-on that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("geface-re")]


def open_files():
    """How many file descriptors this process holds; sockets nobody holds any more are not."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
