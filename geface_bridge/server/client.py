"""The client's edge: a blocking connection, and a stream that survives the server."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from geface_bridge.errors import ConfigError, ServerError
from geface_bridge.protocol import (
    MAX_MESSAGE_BYTES,
    SUBPROTOCOL,
    ClientMessage,
    ClientSession,
    Mode,
    Ping,
    ServerMessage,
    Subscribe,
    encode,
)

if TYPE_CHECKING:
    from types import TracebackType

PING_INTERVAL_S = 1.0
FIRST_RETRY_S, LAST_RETRY_S = 0.25, 5.0
OPEN_TIMEOUT_S = 5.0

_logger = logging.getLogger("geface_bridge.client")
_logger.addHandler(logging.NullHandler())


class ConnectionLostError(ServerError):
    """There is no server now; trying again later may help."""


@dataclass(frozen=True)
class Waiting:
    """The stream is down for ``reason``; the next attempt follows in ``retry_in_s``."""

    reason: str
    retry_in_s: float


class FaceClient:
    """One connection to a server, read from one thread.

    Args:
        url: ws:// or wss:// address.
        token: shown to the server as a Bearer token.
        mode: "newest", or "all" to get every frame as far as the server's bounded queue goes.
        expected_layout_id: refuse other layouts.

    Raises:
        ConfigError: the address is not a websocket's.
        ConnectionLostError: nobody answers.
        ServerError: the server refuses us; trying again is of no use.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        mode: Mode = "newest",
        expected_layout_id: str | None = None,
    ) -> None:
        self.session = ClientSession(expected_layout_id)
        self._last_ping_s = -PING_INTERVAL_S
        headers = {"Authorization": f"Bearer {token}"} if token else None
        try:
            self._connection = connect(
                url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers=headers,
                compression=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=1.0,
                max_size=MAX_MESSAGE_BYTES,
                logger=_logger,
            )
        except InvalidURI as error:
            expected = "expected one like ws://127.0.0.1:8765"
            raise ConfigError(f"{url!r} is not a websocket address, {expected}") from error
        except InvalidStatus as error:
            raise _refused(url, error) from error
        except InvalidHandshake as error:
            if isinstance(error.__cause__, EOFError | OSError):  # it stopped while we knocked
                raise ConnectionLostError(_unreachable(url, error)) from error
            raise ServerError(f"{url} does not speak {SUBPROTOCOL} ({error})") from error
        except (OSError, EOFError, WebSocketException) as error:
            raise ConnectionLostError(_unreachable(url, error)) from error
        if mode != "newest":
            self.send(Subscribe(mode))

    def __enter__(self) -> FaceClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, message: ClientMessage) -> None:
        """Send one message.

        Raises:
            ConnectionLostError: the server is gone.
        """
        try:
            self._connection.send(encode(message))
        except ConnectionClosed as error:
            raise ConnectionLostError(_closed(error)) from error

    def receive(self, timeout_s: float | None = None) -> ServerMessage | None:
        """The next message; None after ``timeout_s`` without one, or for an unknown type.

        Also keeps the clock offset of ``session`` fresh with a ping a second.

        Raises:
            ConnectionLostError: the server is gone.
            ProtocolError: it does not follow geface.v1.
        """
        self._ping_when_due()
        try:
            data = self._connection.recv(timeout_s)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            raise ConnectionLostError(_closed(error)) from error
        return self.session.receive(data, time.monotonic())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ping_when_due(self) -> None:
        now_s = time.monotonic()
        if now_s - self._last_ping_s >= PING_INTERVAL_S:
            self._last_ping_s = now_s
            self.send(Ping(now_s))


class FaceStream:
    """Messages of a server that may come and go; connects again with growing pauses.

    Attributes:
        client: the present connection, None between two.
    """

    def __init__(self, url: str, *, token: str | None = None, mode: Mode = "newest") -> None:
        self.client: FaceClient | None = None
        self._url = url
        self._token = token
        self._mode = mode

    def events(self, seconds: float | None = None) -> Iterator[ServerMessage | Waiting]:
        """Yield messages, and ``Waiting`` whenever the server is away, for ``seconds``.

        Raises:
            GefaceError: the server refuses us, or does not follow geface.v1.
        """
        end_s = float("inf") if seconds is None else time.monotonic() + seconds
        retry_s = FIRST_RETRY_S
        while time.monotonic() < end_s:
            try:
                for message in self._one_connection(end_s):
                    retry_s = FIRST_RETRY_S
                    yield message
            except ConnectionLostError as error:
                yield Waiting(str(error), retry_s)
                time.sleep(max(0.0, min(retry_s, end_s - time.monotonic())))
                retry_s = min(2 * retry_s, LAST_RETRY_S)

    def _one_connection(self, end_s: float) -> Iterator[ServerMessage]:
        with FaceClient(self._url, token=self._token, mode=self._mode) as self.client:
            try:
                while (left_s := end_s - time.monotonic()) > 0:
                    message = self.client.receive(min(left_s, PING_INTERVAL_S))
                    if message is not None:
                        yield message
            finally:
                self.client = None


def _refused(url: str, error: InvalidStatus) -> ServerError:
    response = error.response
    text = (response.body or b"").decode(errors="replace").strip() or response.reason_phrase
    message = f"{url} refused the connection ({response.status_code}): {' '.join(text.split())}"
    # 503 and the like pass; a wrong token or origin does not.
    return (ConnectionLostError if response.status_code >= 500 else ServerError)(message)


def _unreachable(url: str, error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"no server answers at {url}: start one with `geface-bridge stream`"
    if isinstance(error, socket.gaierror):
        return f"{url}: the name is unknown ({error.strerror}), check the address"
    reason = str(error) or type(error).__name__
    return f"{url} cannot be reached ({reason})"


def _closed(error: ConnectionClosed) -> str:
    received = error.rcvd
    if received is None:
        return "the connection broke off"
    reason = f": {received.reason}" if received.reason else ""
    return f"the server closed the connection ({received.code}){reason}"
