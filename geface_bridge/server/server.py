"""The websocket server: an asyncio loop in a thread of its own, fed from any thread.

What goes to whom is decided by ``protocol.ServerSession``; here are the socket, the clock,
the lock between the threads, and the window that makes "newest frame wins" true end to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import http
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from geface_bridge.config import DEFAULT_MAX_CLIENTS
from geface_bridge.errors import GefaceError, ServerError
from geface_bridge.protocol import (
    MAX_MESSAGE_BYTES,
    SUBPROTOCOL,
    Command,
    FaceFrame,
    Hello,
    Level,
    Mode,
    Packet,
    ServerSession,
    encode,
)
from geface_bridge.protocol.budget import MessageBudget
from geface_bridge.protocol.session import CLOSE_POLICY, check_frame
from geface_bridge.server import access
from geface_bridge.server.metrics import Metric, counter, exposition, gauge

PING_EVERY = 8  # messages between two websocket pings of the window
PINGS_IN_FLIGHT = 2
METRICS_PATH = "/metrics"
CLOSE_TIMEOUT_S = 0.5
STOP_TIMEOUT_S = 1.5
_WSAEADDRINUSE, _WSAEACCES = 10048, 10013  # Windows' own numbers for a busy port

_logger = logging.getLogger("geface_bridge.server")
_logger.addHandler(logging.NullHandler())  # websockets' tracebacks stay off the terminal


@dataclass(frozen=True)
class ClientStats:
    """One connected client: its address, what it asked for, what it got and did not get."""

    address: str
    mode: Mode
    sent: int
    dropped: int


@dataclass(frozen=True)
class ServerStats:
    """Counts since the start. ``sent`` and ``dropped`` are frames, summed over all clients.

    Attributes:
        clients: number connected now.
        per_client: those clients, oldest first.
    """

    clients: int
    sent: int
    dropped: int
    per_client: tuple[ClientStats, ...]


class _Client:
    """One connection with its session; all but ``stats`` is called on the server's loop.

    Socket buffers swallow minutes of frames before a write would wait. A client answers a
    websocket ping in order, after the messages before it, so pings in flight bound the messages
    in flight: at most PING_EVERY * (PINGS_IN_FLIGHT + 1). That window makes "newest frame wins"
    true end to end, and it lets messages be written without waiting: a client that does not read
    holds up nothing but itself.
    """

    def __init__(self, connection: ServerConnection, session: ServerSession) -> None:
        self.connection = connection
        self.session = session
        self.emptied = asyncio.Event()
        self._budget = MessageBudget()
        self._unmarked = 0
        self._pings = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def has_room(self) -> bool:
        """Whether another message may be under way."""
        # A transport that has met a reset is closing before the connection knows of it.
        return self._pings <= PINGS_IN_FLIGHT and not self.connection.transport.is_closing()

    def stats(self) -> ClientStats:
        """Counts of now."""
        address = self.connection.remote_address or ("gone",)
        name = ":".join(str(part) for part in address[:2])
        session = self.session
        return ClientStats(name, session.mode, session.sent, session.dropped)

    def send(self, data: bytes, pump: Callable[[_Client], None]) -> None:
        """Write a message, and mark every PING_EVERY-th; ``pump`` goes on when there is room."""
        broadcast((self.connection,), data)
        self._unmarked += 1
        if self._unmarked == PING_EVERY:
            self._unmarked = 0
            self._pings += 1
            task = asyncio.create_task(self._mark(pump))
            self._tasks.add(task)  # the loop itself holds tasks weakly
            task.add_done_callback(self._tasks.discard)

    def receive(self, data: bytes | str, time_s: float) -> Command | None:
        """Hand a message to the session; too many a second end the connection."""
        if self._budget.spend(time_s):
            return self.session.receive(data, time_s)
        self.session.refuse(CLOSE_POLICY, f"more than {MessageBudget.RATE_HZ:g} messages a second")
        return None

    async def _mark(self, pump: Callable[[_Client], None]) -> None:
        with contextlib.suppress(ConnectionClosed):
            await (await self.connection.ping())
            self._pings -= 1
            pump(self)


class FaceServer:
    """Serves one geface.v1 stream to up to ``max_clients`` clients.

    ``publish`` and ``status`` may be called from any thread, never wait for a client, and do
    nothing while the server is not running.

    Attributes:
        host: address it listens on.
        port: port it listens on; after ``start``, the real one if 0 was asked for.
        is_tls: whether clients connect with wss://.
        more_metrics: adds to what a scrape of /metrics gets; None for nothing.

    Args:
        hello: what the stream will hold; ``session`` is filled in at every start.
        host: other addresses than loopback need a token.
        port: 0..65535, 0 lets the system choose.
        on_command: called with each client's ``Calibrate`` or ``Gain`` on the server's thread;
            it must return at once. A GefaceError it raises goes to that client as a status.
        token: clients must show it, as ``?token=`` or "Authorization: Bearer".
        allowed_origins: origins of browser pages, "https://example.org", allowed beside the
            pages of this machine.
        max_clients: more are refused with 503.
        tls: the server's side, for wss://; None for ws://.

    Raises:
        ServerError: a token is needed, or the port is out of range.
    """

    def __init__(
        self,
        hello: Hello,
        host: str = "127.0.0.1",
        port: int = 8765,
        on_command: Callable[[Command], None] | None = None,
        *,
        token: str | None = None,
        allowed_origins: Collection[str] = (),
        max_clients: int = DEFAULT_MAX_CLIENTS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        access.require_token(host, token)
        if not 0 <= port <= 65535:
            raise ServerError(f"port is {port}, expected 0..65535")
        encode(hello)  # a hello that cannot be sent fails here, not at the first client
        self.host = host
        self.port = port
        self._hello = hello
        self._on_command = on_command
        self._token = token
        self._allowed_origins = frozenset(allowed_origins)
        self._max_clients = max_clients
        self._tls = tls
        self.is_tls = tls is not None
        self.more_metrics: Callable[[], Iterable[Metric]] | None = None
        self._published = self._refused = 0
        self._lock = threading.Lock()
        self._clients: list[_Client] = []
        self._departed_sent = self._departed_dropped = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_is_due = False
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> FaceServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when clients can connect.

        Raises:
            ServerError: the port is busy, or the address is not this machine's.
        """
        if self._thread is not None:
            raise ServerError(f"the server on port {self.port} is already running")
        self._hello = replace(self._hello, session=secrets.token_hex(8))
        ready: Future[int] = Future()
        thread = threading.Thread(
            target=self._run, args=(ready,), name="geface-server", daemon=True
        )
        thread.start()
        try:
            self.port = ready.result()
        except (OSError, OverflowError) as error:
            thread.join()
            raise _listen_error(self.host, self.port, error) from error
        self._thread = thread

    def stop(self) -> None:
        """Close every connection (code 1001) and the port; safe to call twice."""
        if self._thread is None:
            return
        with self._lock:
            loop, stopping, self._loop = self._loop, self._stopping, None
        if loop is not None and stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended by itself
                loop.call_soon_threadsafe(stopping.set)
        self._thread.join()
        self._thread = None

    def publish(self, frame: FaceFrame) -> None:
        """Queue a frame for every client.

        Raises:
            ProtocolError: the frame does not fit the hello, or holds NaN.
        """
        check_frame(frame, self._hello)
        packet = Packet(frame.subject, frame.sequence, encode(frame))
        self._published += 1
        self._for_all(lambda session: session.offer(packet))

    def status(self, level: Level, text: str) -> None:
        """Queue a status event for every client."""
        self._for_all(lambda session: session.status(level, text))

    def stats(self) -> ServerStats:
        """Counts of now."""
        with self._lock:
            clients = tuple(client.stats() for client in self._clients)
            sent = self._departed_sent + sum(c.sent for c in clients)
            dropped = self._departed_dropped + sum(c.dropped for c in clients)
        return ServerStats(len(clients), sent, dropped, clients)

    def _for_all(self, action: Callable[[ServerSession], None]) -> None:
        with self._lock:
            if self._loop is None:
                return
            for client in self._clients:
                action(client.session)
            if self._wake_is_due:  # at most one wake-up waits, however slow the loop is
                return
            self._wake_is_due = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        with self._lock:
            self._wake_is_due = False
            clients = tuple(self._clients)
        for client in clients:
            self._pump(client)

    def _pump(self, client: _Client) -> None:
        """Send what waits for a client, as far as its window has room."""
        while client.has_room:  # a frame is chosen as late as possible
            with self._lock:
                data = client.session.next_message(time.monotonic())
            if data is None:
                client.emptied.set()
                return
            client.send(data, self._pump)

    def _run(self, ready: Future[int]) -> None:
        try:
            asyncio.run(self._main(ready))
        except BaseException as error:
            if ready.done():
                _logger.exception("the server stopped")
            else:
                ready.set_exception(error)
        finally:
            with self._lock:
                self._loop = None

    async def _main(self, ready: Future[int]) -> None:
        server = await self._listen()
        self._stopping = asyncio.Event()
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._wake_is_due = False
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        # A client that neither reads nor closes must not keep us: asyncio.run ends the rest.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), STOP_TIMEOUT_S)

    async def _listen(self) -> Server:
        server: Server = await serve(
            self._serve_client,
            self.host,
            self.port,
            process_request=self._admit,
            select_subprotocol=_select_subprotocol,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,  # a frame is 300 bytes, and latency is what matters
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_MESSAGE_BYTES,
            ssl=self._tls,
            server_header=None,
            logger=_logger,
        )
        return server

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        status, reason = self._refusal(request.path, request.headers)
        if status is not None:
            self._refused += 1
            return connection.respond(status, f"geface-bridge: {reason}\n")
        if request.path.partition("?")[0] == METRICS_PATH and "Upgrade" not in request.headers:
            return connection.respond(http.HTTPStatus.OK, exposition(self._metrics()))
        return None

    def _metrics(self) -> list[Metric]:
        stats = self.stats()
        own = [
            gauge("clients", "Clients connected now.", stats.clients),
            counter("frames_published_total", "Frames of the source.", self._published),
            counter("frames_sent_total", "Frames sent, over all clients.", stats.sent),
            counter("frames_dropped_total", "Frames slow clients did not get.", stats.dropped),
            counter("handshakes_refused_total", "Connections refused.", self._refused),
        ]
        return own + list(self.more_metrics() if self.more_metrics else ())

    def _refusal(self, path: str, headers: Headers) -> tuple[http.HTTPStatus | None, str]:
        authorization = ", ".join(headers.get_all("Authorization")) or None
        known = bool(self._token) and access.token_matches(self._token or "", path, authorization)
        if not all(self._origin_allowed(origin, headers, known) for origin in _origins(headers)):
            return http.HTTPStatus.FORBIDDEN, "pages of another origin may not read this stream"
        if self._token and not known:
            return http.HTTPStatus.UNAUTHORIZED, "wrong or no token; add ?token=… to the address"
        if len(self._clients) >= self._max_clients:
            return http.HTTPStatus.SERVICE_UNAVAILABLE, f"already {self._max_clients} clients"
        return None, ""

    def _origin_allowed(self, origin: str | None, headers: Headers, known: bool) -> bool:
        """``known``: the request holds the right token."""
        if access.origin_allowed(origin, self._allowed_origins):
            return True
        return known and access.origin_is_host(origin, headers.get("Host"))

    async def _serve_client(self, connection: ServerConnection) -> None:
        client = _Client(connection, ServerSession(self._hello))
        with self._lock:
            self._clients.append(client)
        self._pump(client)  # the hello
        try:
            await self._receive_all(client)
            if client.session.close_code is not None:
                await self._say_goodbye(client)
        finally:
            with self._lock:
                self._clients.remove(client)
                self._departed_sent += client.session.sent
                self._departed_dropped += client.session.dropped

    async def _receive_all(self, client: _Client) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for data in client.connection:
                with self._lock:
                    command = client.receive(data, time.monotonic())
                if command is not None:
                    self._execute(command, client)
                if client.session.close_code is not None:
                    return
                self._pump(client)  # whatever the session answers

    def _execute(self, command: Command, client: _Client) -> None:
        if self._on_command is None:
            return
        try:
            self._on_command(command)
        except GefaceError as error:
            with self._lock:
                client.session.status("error", str(error))

    async def _say_goodbye(self, client: _Client) -> None:
        """Let the error status out, then close for the reason it names."""
        client.emptied.clear()
        self._pump(client)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(client.emptied.wait(), CLOSE_TIMEOUT_S)
        code = client.session.close_code or 1000
        reason = client.session.close_reason.encode()[:120].decode(errors="ignore")
        await client.connection.close(code, reason)


def _origins(headers: Headers) -> list[str | None]:
    """All that the request names; [None] for a program, which names none."""
    return [*headers.get_all("Origin")] or [None]


def _select_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol:
    if SUBPROTOCOL in offered:
        return Subprotocol(SUBPROTOCOL)
    found = ", ".join(offered) or "none"
    raise NegotiationError(
        f"client offers subprotocol {found}, expected {SUBPROTOCOL}: offer that, "
        "or install the same geface-bridge version on both sides"
    )


def _listen_error(host: str, port: int, error: Exception) -> ServerError:
    number = getattr(error, "errno", None)
    if number in (errno.EADDRINUSE, _WSAEADDRINUSE, _WSAEACCES):
        other = port + 1 if port < 65535 else port - 1
        return ServerError(
            f"port {port} on {host} is already in use, expected a free one: "
            f"stop the program that holds it, or choose another, --port {other}"
        )
    if number == errno.EACCES:
        return ServerError(f"port {port} is reserved by the system: choose one from 1024 on")
    reason = getattr(error, "strerror", None) or str(error)
    return ServerError(
        f"cannot listen on {host}:{port} ({reason}), "
        "expected an address of this machine: use 127.0.0.1"
    )
