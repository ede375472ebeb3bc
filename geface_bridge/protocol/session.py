"""Both ends of a connection without the connection: bytes in, bytes out, time passed in.

The edge (``geface_bridge.server``) owns sockets, clocks and threads; it hands received
bytes and the present time to a session and sends what the session gives it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from geface_bridge.errors import ProtocolError, VersionError
from geface_bridge.protocol import messages as m
from geface_bridge.protocol.codec import decode, encode, parse, unpack
from geface_bridge.protocol.fields import MAX_TEXT, show
from geface_bridge.protocol.outbox import ALL_LIMIT, Outbox, Packet

PINGS_KEPT = 8  # of which the quickest tells the clocks apart; older ones drift away
CONTROL_LIMIT = 64  # status and pong messages that may wait for a client
CLOSE_PROTOCOL_ERROR = 1002  # a message the specification does not allow
CLOSE_INVALID_DATA = 1007  # bytes that are not even a msgpack map
CLOSE_POLICY = 1008  # more messages than a client may send


def check_frame(frame: m.FaceFrame, hello: m.Hello) -> None:
    """Hold a frame against the announced channels and subjects.

    Raises:
        ProtocolError: wrong number of channels, or a subject that was not announced.
    """
    if frame.subject >= len(hello.subjects):
        count = len(hello.subjects)
        raise ProtocolError(f"frame.subject is {frame.subject}, expected less than {count}")
    found, expected = len(frame.channels), len(hello.channels)
    if found != expected and (frame.valid or found):
        raise ProtocolError(f"frame.channels holds {found} channels, expected {expected}")


class ServerSession:
    """The server's end of one client's connection.

    Attributes:
        close_code: websocket close code once the client has to go, else None.
        close_reason: the same in words.
        sent: frames handed out for sending.
    """

    def __init__(self, hello: m.Hello, limit: int = ALL_LIMIT) -> None:
        self.close_code: int | None = None
        self.close_reason = ""
        self.sent = 0
        self._hello = hello
        self._hello_is_due = True
        self._names = frozenset(channel.name for channel in hello.channels)
        self._outbox = Outbox(limit)
        # A full deque forgets its oldest: a client that asks and never reads costs no memory.
        self._control: deque[m.Status | tuple[m.Ping, float]] = deque(maxlen=CONTROL_LIMIT)

    @property
    def mode(self) -> m.Mode:
        """What the client subscribed to."""
        return self._outbox.mode

    @property
    def dropped(self) -> int:
        """Frames this client did not and will not get."""
        return self._outbox.dropped

    def offer(self, packet: Packet) -> None:
        """Queue a frame for sending."""
        if self.close_code is None:
            self._outbox.put(packet)

    def status(self, level: m.Level, text: str) -> None:
        """Queue a status event; text beyond MAX_TEXT characters is cut.

        Characters that UTF-8 cannot hold, which odd file names bring, become "?".
        """
        if self.close_code is None:
            sendable = text[:MAX_TEXT].encode(errors="replace").decode()
            self._control.append(m.Status(level, sendable))

    def receive(self, data: bytes | str, time_s: float) -> m.Command | None:
        """Take one websocket message from the client, received at ``time_s``.

        Returns:
            A command for the application, or None if there is nothing for it to do. Bytes
            that are not geface.v1 set ``close_code`` and queue an error for the client.
        """
        if self.close_code is not None:
            return None
        try:
            if isinstance(data, str):
                raise ProtocolError(f"message is text {show(data)}, expected a binary message")
            body = unpack(data)
        except ProtocolError as error:
            self.refuse(CLOSE_INVALID_DATA, str(error))
            return None
        try:
            return self._handle(parse(body), time_s)
        except ProtocolError as error:
            self.refuse(CLOSE_PROTOCOL_ERROR, str(error))
            return None

    def refuse(self, code: int, reason: str) -> None:
        """End the connection: nothing but an error status for the client goes out any more."""
        self._outbox.clear()
        self.status("error", reason)
        self.close_code, self.close_reason = code, reason

    def next_message(self, time_s: float) -> bytes | None:
        """The next bytes to send at ``time_s``, None if nothing waits."""
        if self._hello_is_due:
            self._hello_is_due = False
            return encode(self._hello)
        if self._control:
            return self._next_control(time_s)
        item = self._outbox.take()
        if isinstance(item, Packet):
            self.sent += 1
            return item.data
        return None if item is None else encode(item)

    def _handle(self, message: m.Message | None, time_s: float) -> m.Command | None:
        match message:
            case None:
                return None
            case m.Ping():
                self._control.append((message, time_s))
            case m.Subscribe(mode):
                self._outbox.set_mode(mode)
            case m.Calibrate(_, subject, _, channels):
                known = subject is None or self._knows_subject(subject)
                return message if known and self._knows_channels("calibrate", channels) else None
            case m.Gain(channel, _):
                return message if self._knows_channels("gain", (channel,)) else None
            case m.Mark() | m.Playback():
                return message
            case _:
                kind = type(message).__name__
                raise ProtocolError(f"a client sent {kind}, expected a client's message")
        return None

    def _knows_subject(self, subject: int) -> bool:
        known = subject < len(self._hello.subjects)
        if not known:
            limit = len(self._hello.subjects)
            self.status("error", f"calibrate.subject is {subject}, expected less than {limit}")
        return known

    def _knows_channels(self, kind: str, channels: tuple[str, ...]) -> bool:
        unknown = [name for name in channels if name not in self._names]
        if unknown:
            found = show(unknown[0])
            self.status("error", f"{kind}.channel is {found}, expected one of hello's")
        return not unknown

    def _next_control(self, time_s: float) -> bytes:
        item = self._control.popleft()
        if isinstance(item, m.Status):
            return encode(item)
        ping, received_at_s = item
        return encode(m.Pong(ping.client_time_s, received_at_s, time_s))


@dataclass(frozen=True)
class _Exchange:
    """A ping and its pong: how long they were under way, and server's clock minus ours."""

    round_trip_s: float
    offset_s: float


class ClientSession:
    """A client's end of one connection; a new connection needs a new session.

    Attributes:
        hello: what the server announced; None before.
        received: frames so far.
        missed: frames the sequence numbers show were dropped.
    """

    def __init__(self, expected_layout_id: str | None = None) -> None:
        self.hello: m.Hello | None = None
        self.received = 0
        self.missed = 0
        self._expected_layout_id = expected_layout_id
        self._last_sequence: dict[int, int] = {}
        self._exchanges: deque[_Exchange] = deque(maxlen=PINGS_KEPT)

    @property
    def clock_offset_s(self) -> float | None:
        """Server's clock minus ours, by the quickest of the last PINGS_KEPT pongs; None before one.

        Off by half of ``round_trip_s`` at most, and by what the clocks drifted since that pong.
        """
        return self._quickest().offset_s if self._exchanges else None

    @property
    def round_trip_s(self) -> float:
        """Of the pong that ``clock_offset_s`` is from; infinite before one."""
        return self._quickest().round_trip_s if self._exchanges else math.inf

    def receive(self, data: bytes | str, time_s: float) -> m.ServerMessage | None:
        """Take one websocket message from the server, received at ``time_s`` of our clock.

        Returns:
            The message; None for types that we do not know.

        Raises:
            VersionError: another major version, or another layout than expected.
            ProtocolError: the server does not follow geface.v1.
        """
        if isinstance(data, str):
            raise ProtocolError(f"server sent text {show(data)}, expected a binary message")
        message = decode(data)
        if message is None:
            return None
        if self.hello is None:
            return self._welcome(message)
        match message:
            case m.FaceFrame():
                self._count(message, self.hello)
            case m.Pong():
                self._measure(message, time_s)
            case m.Status() | m.Dropped():
                pass
            case _:
                kind = type(message).__name__
                raise ProtocolError(f"server sent {kind} after its hello, which it may not")
        return message

    def latency_s(self, frame: m.FaceFrame, time_s: float) -> float | None:
        """Age of a frame at ``time_s`` of our clock; None before the first pong."""
        offset_s = self.clock_offset_s
        return None if offset_s is None else time_s + offset_s - frame.captured_at_s

    def _welcome(self, message: m.Message) -> m.Hello:
        if not isinstance(message, m.Hello):
            kind = type(message).__name__
            raise ProtocolError(f"server's first message is {kind}, expected Hello")
        expected = self._expected_layout_id
        if expected is not None and message.layout_id != expected:
            raise VersionError(
                f"the server's layout is {show(message.layout_id)}, expected {expected!r}: "
                "install the same geface-bridge version on both sides"
            )
        self.hello = message
        return message

    def _count(self, frame: m.FaceFrame, hello: m.Hello) -> None:
        check_frame(frame, hello)
        last = self._last_sequence.get(frame.subject, frame.sequence - 1)
        if frame.sequence <= last:
            found = f"frame.sequence is {frame.sequence} after {last}"
            raise ProtocolError(f"{found}, expected it to rise")
        self.missed += frame.sequence - last - 1
        self.received += 1
        self._last_sequence[frame.subject] = frame.sequence

    def _measure(self, pong: m.Pong, time_s: float) -> None:
        """Offset as NTP computes it (RFC 5905, section 8)."""
        held_s = pong.sent_at_s - pong.received_at_s
        there_s = pong.received_at_s - pong.client_time_s
        back_s = pong.sent_at_s - time_s
        round_trip_s = time_s - pong.client_time_s - held_s
        self._exchanges.append(_Exchange(round_trip_s, (there_s + back_s) / 2))

    def _quickest(self) -> _Exchange:
        """The newest of those that were equally quick."""
        return min(reversed(self._exchanges), key=lambda exchange: exchange.round_trip_s)
