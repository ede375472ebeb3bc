# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a geface-bridge server on a thread of its own, and hands over what came when asked.

The thread touches nothing but its socket and the queues here; it never calls into Blender.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, replace

from .clock import RateMeter
from .conversation import Conversation
from .errors import ConnectionLostError, GeFaceError, ProtocolError, RefusedError
from .link import Link
from .messages import Frame, Hello, Status, encode
from .websocket import ClosedError, WebSocket, parse_address, request_head
from .wire import StoppedError, Trust, Waker

MAX_FRAMES = 4096
MAX_COMMANDS = 64
MAX_NOTICES = 8
SMOOTHED = 20  # frames the latency is smoothed over
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 8.0
STEADY_S = 3.0  # online for so long, and the next pause is the first again
FINAL_CODES = (1002, 1003, 1007, 1008, 1009)  # the server says that we are wrong
CONNECTING, ONLINE, WAITING = "connecting", "online", "waiting"
REFUSED, STOPPED = "refused", "stopped"


@dataclass(frozen=True)
class ReceiverStatus:
    """What the panel shows.

    Attributes:
        phase: "connecting"; "online": frames may come; "waiting" for the next attempt;
            "refused": it is of no use, ``text`` says why and what to do; "stopped".
        text: the same in a sentence.
        hello: what the server last announced; kept while it is away.
        rate_hz: frames a second and face, measured; 0 while none come.
        latency_s: from capture to arrival, smoothed over about 20 frames; None if not known.
        dropped: frames that never came, or that nobody took, since ``start``.
        attempts: connections tried.
        notices: the server's latest sayings, "level: text", oldest first.
    """

    phase: str = STOPPED
    text: str = "not connected"
    hello: Hello | None = None
    rate_hz: float = 0.0
    latency_s: float | None = None
    dropped: int = 0
    attempts: int = 0
    notices: tuple[str, ...] = ()


class Receiver:
    """One wish to be connected, from ``start`` to ``stop``. All methods return at once.

    Args:
        url: ws:// or wss:// address; without a scheme ws://, at port 8765.
        token: the server's, "" for none.
        expected_layout_id: other channel layouts are refused; "" takes any.
        certificate: PEM file the user trusts, for wss://; "" for the system's authorities.
        patience_s: how long a server may take to answer, or say nothing at all; it is asked
            five times meanwhile.

    Raises:
        AddressError: address, token or certificate cannot be used as written.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        expected_layout_id: str = "",
        certificate: str = "",
        patience_s: float = 5.0,
    ) -> None:
        self._address = parse_address(url)
        request_head(self._address, "", token)  # a token that cannot be sent fails here
        self._token = token
        self._trust = Trust(certificate) if self._address.is_tls else None
        self._expected_layout_id = expected_layout_id
        self._patience_s = patience_s
        self._conversation = Conversation(expected_layout_id)  # the thread's own
        self._missed_before = 0
        self._lock = threading.Lock()  # over all below
        self._status = ReceiverStatus()
        self._frames: deque[Frame] = deque()
        self._untaken = self._missed = 0
        self._offset_s: float | None = None
        self._commands: deque[bytes] = deque()
        self._notices: deque[str] = deque(maxlen=MAX_NOTICES)
        self._rates: dict[int, RateMeter] = {}
        self._online_since_s: float | None = None
        self._is_wanted = False
        self._waker: Waker | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is not None:
            return
        self._is_wanted = True
        self._tell(CONNECTING, f"connecting to {self._address}")
        try:
            self._waker = waker = Waker()
            self._thread = threading.Thread(
                target=self._run, args=(waker,), name="geface-receiver", daemon=True
            )
            self._thread.start()
        except (OSError, RuntimeError) as error:  # no sockets, no threads left
            self._tell(REFUSED, f"the system gives no connection ({error}): restart Blender")

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Disconnect: True once thread and socket are gone; False if ``timeout_s`` was too short.

        May be called twice, and before ``start``. Frames that came can still be taken.
        """
        self._is_wanted = False
        if self._waker is not None:
            self._waker.stop()
        thread = self._thread
        if thread is not None and thread.ident is not None:  # it has been started
            thread.join(timeout_s)
            return not thread.is_alive()
        if self._waker is not None:
            self._waker.close()
        return True

    def status(self) -> ReceiverStatus:
        """How things are now."""
        now_s = time.monotonic()
        with self._lock:
            rate_hz = max((meter.rate_hz(now_s) for meter in self._rates.values()), default=0.0)
            dropped = self._missed + self._untaken
            notices = tuple(self._notices)
            found = replace(self._status, rate_hz=rate_hz, dropped=dropped, notices=notices)
        if self._is_wanted:
            return found
        return replace(found, phase=STOPPED, text="not connected", rate_hz=0.0, latency_s=None)

    def take_new(self) -> list[Frame]:
        """Every frame since the last call, oldest first; ``MAX_FRAMES`` at most are kept."""
        with self._lock:
            frames = list(self._frames)
            self._frames.clear()
        return frames

    def send(self, kind: str, /, **fields: object) -> None:
        """Queue a message for the server.

        Args:
            kind: "calibrate", "gain", "mark" or "playback".
            fields: as ``docs/protocol.md`` has them.

        Raises:
            ProtocolError: a field is not what it may be.
            ConnectionLostError: there is no server now, or too much waits already.
        """
        data = encode(kind, **fields)
        with self._lock:
            if self._status.phase != ONLINE or self._waker is None or not self._is_wanted:
                raise ConnectionLostError(f"{kind} cannot be sent: {self._status.text}")
            if len(self._commands) >= MAX_COMMANDS:
                raise ConnectionLostError(f"{kind} cannot be sent: {MAX_COMMANDS} others wait")
            self._commands.append(data)
            self._waker.wake()

    def local_from_server_s(self, server_s: float) -> float | None:
        """A time of the server's clock on ``time.monotonic``; None before the first answer."""
        with self._lock:
            offset_s = self._offset_s
        return None if offset_s is None else server_s - offset_s

    def _run(self, waker: Waker) -> None:
        try:
            self._follow(waker)
        except StoppedError:
            pass  # as wished
        except GeFaceError as error:
            self._tell(REFUSED, f"{self._address}: {error}")
        except Exception as error:  # the panel must not say "online" for ever
            self._tell(
                REFUSED, f"error in the add-on ({error!r}): please report it, then reconnect"
            )
        finally:
            waker.close()

    def _follow(self, waker: Waker) -> None:
        """Connect, and again, until stopped or refused."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                self._converse(waker)
            except ClosedError as error:
                if error.code in FINAL_CODES:
                    raise RefusedError(str(error)) from None
                reason = str(error)
            except ConnectionLostError as error:
                reason = str(error)
            if self._was_steady():
                pause_s = FIRST_PAUSE_S
            self._pause(waker, reason, random.uniform(0.75, 1.0) * pause_s)
            pause_s = min(2 * pause_s, LAST_PAUSE_S)

    def _converse(self, waker: Waker) -> None:
        """One connection from handshake to end, which is an error."""
        self._begin_attempt()
        patience_s = self._patience_s
        socket = WebSocket.open(self._address, self._token, self._trust, waker, patience_s)
        link = Link(socket, patience_s)
        try:
            while True:
                data = link.receive(self._next_command)
                if data is not None:
                    self._take(data, link)
        except ProtocolError as error:
            link.close(error)
            raise
        finally:
            link.close()

    def _begin_attempt(self) -> None:
        self._missed_before += self._conversation.dropped
        self._conversation = Conversation(self._expected_layout_id, self._conversation)
        with self._lock:
            self._rates = {}
            self._online_since_s = self._offset_s = None
            attempts = self._status.attempts + 1
            self._status = replace(self._status, attempts=attempts, latency_s=None)

    def _was_steady(self) -> bool:
        with self._lock:
            since_s = self._online_since_s
        return since_s is not None and time.monotonic() - since_s > STEADY_S

    def _next_command(self) -> bytes | None:
        with self._lock:
            return self._commands.popleft() if self._commands else None

    def _take(self, data: bytes, link: Link) -> None:
        """Put one message where it belongs."""
        now_s = time.monotonic()
        message = self._conversation.receive(data, now_s)
        with self._lock:
            self._missed = self._missed_before + self._conversation.dropped
            self._offset_s = self._conversation.clock.offset_s
            if isinstance(message, Frame):
                self._queue(message, now_s)
            elif isinstance(message, Status):
                self._notices.append(f"{message.level}: {one_line(message.text)}")
            elif isinstance(message, Hello):
                self._welcome(message, now_s)
        if isinstance(message, Hello):
            link.greet()

    def _queue(self, frame: Frame, now_s: float) -> None:
        if len(self._frames) >= MAX_FRAMES:
            self._frames.popleft()
            self._untaken += 1
        self._frames.append(frame)
        self._rates.setdefault(frame.subject, RateMeter()).add(now_s)
        if self._offset_s is not None:
            age_s = max(0.0, now_s + self._offset_s - frame.captured_at_s)
            before_s = self._status.latency_s
            smooth_s = age_s if before_s is None else before_s + (age_s - before_s) / SMOOTHED
            self._status = replace(self._status, latency_s=smooth_s)

    def _welcome(self, hello: Hello, now_s: float) -> None:
        before = self._status.hello
        if before and (before.channels, before.subjects) != (hello.channels, hello.subjects):
            self._untaken += len(self._frames)  # they would not fit what ``status`` tells from now
            self._frames.clear()
        self._online_since_s = now_s
        program = one_line(f"{hello.server} {hello.server_version}")
        text = f"{program}: {one_line(hello.source) or 'stream'}"
        self._status = replace(self._status, phase=ONLINE, text=text, hello=hello)

    def _pause(self, waker: Waker, reason: str, pause_s: float) -> None:
        """Wait for the next attempt; what waits to be sent is forgotten."""
        with self._lock:
            self._commands.clear()
        again = f"trying again in {pause_s:.0f} s" if pause_s > 1.5 else "trying again"
        self._tell(WAITING, f"{self._address}: {reason}; {again}")
        waker.sleep(pause_s)
        self._tell(CONNECTING, f"{self._address}: {reason}; trying again now")

    def _tell(self, phase: str, text: str) -> None:
        with self._lock:
            self._status = replace(self._status, phase=phase, text=text)


def one_line(text: str) -> str:
    """A server's words as a panel can show them."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
