# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection with what a client owes its server: pings, and commands that do not come too fast.

The pings are geface.v1's own: their answers tell the server's clock, and their absence that the
connection is only half open.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import ConnectionLostError, ProtocolError
from .messages import encode
from .websocket import NORMAL, PROTOCOL_ERROR, WebSocket, WebSocketError

PINGS = 5  # without an answer, and the server is gone
QUICK_PING_S, QUICK_PINGS = 0.25, 8  # at first, so that the clock is known soon
COMMAND_S = 1 / 40  # the server cuts off those who send more than 60 messages a second
WAIT_S = 0.25


class Link:
    """Reads a connection, used by one thread.

    Args:
        patience_s: silence after which the server is taken for gone; a fifth of it lies between
            two pings.
    """

    def __init__(self, socket: WebSocket, patience_s: float) -> None:
        self._socket: WebSocket | None = socket
        self._patience_s = patience_s
        self._pings = -1  # until the server greets
        self._hello_due_s = time.monotonic() + patience_s
        self._ping_due_s = self._command_due_s = 0.0

    def greet(self) -> None:
        """Answer the server's hello: from now on every frame is wanted."""
        self._pings = 0
        self._live().send(encode("subscribe", mode="all"))

    def receive(self, next_command: Callable[[], bytes | None]) -> bytes | None:
        """The next message, None if none came for a moment; sends what is due.

        Args:
            next_command: gives what the user wants sent, None for nothing.

        Raises:
            ConnectionLostError: the server is gone, or silent.
            WebSocketError: it does not follow RFC 6455.
            StoppedError: somebody said stop.
        """
        socket, now_s = self._live(), time.monotonic()
        if self._pings >= 0:
            self._send_due(socket, now_s, next_command)
        elif now_s > self._hello_due_s:
            raise ConnectionLostError("the server says no hello: is it geface-bridge?")
        if socket.silent_s > self._patience_s:
            raise ConnectionLostError(f"nothing came for {self._patience_s:g} s")
        return socket.receive(min(WAIT_S, max(0.0, self._command_due_s - now_s) or WAIT_S))

    def close(self, error: ProtocolError | None = None) -> None:
        """Close, with the reason if the server did something wrong; a second call does nothing."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        if error is None:
            socket.close(NORMAL)
        else:
            code = error.code if isinstance(error, WebSocketError) else PROTOCOL_ERROR
            socket.close(code, str(error))

    def _live(self) -> WebSocket:
        if self._socket is None:
            raise ConnectionLostError("the connection is closed")
        return self._socket

    def _send_due(
        self, socket: WebSocket, now_s: float, next_command: Callable[[], bytes | None]
    ) -> None:
        if now_s >= self._ping_due_s:
            self._pings += 1
            ping_s = self._patience_s / PINGS
            is_new = self._pings <= QUICK_PINGS
            self._ping_due_s = now_s + (min(QUICK_PING_S, ping_s) if is_new else ping_s)
            socket.send(encode("ping", client_time_s=now_s))
        if now_s >= self._command_due_s and (command := next_command()) is not None:
            self._command_due_s = now_s + COMMAND_S
            socket.send(command)
