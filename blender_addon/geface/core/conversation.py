# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's end of one geface.v1 connection without the connection: bytes and times in.

A new connection needs a new ``Conversation``: sequences and the server's clock begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .clock import ServerClock
from .errors import ProtocolError, VersionError
from .messages import Command, Dropped, Frame, Hello, Message, Pong, decode
from .msgpack import show
from .quickframe import quick_frame


@dataclass(frozen=True)
class _Memory:
    """A server's session and the last sequence of each subject in it."""

    session: str | None = None
    last: dict[int, int] = field(default_factory=dict)


class Conversation:
    """Holds what a server says against geface.v1.

    Args:
        expected_layout_id: other layouts are refused; "" takes any.
        previous: the connection before this one: where the server's session is still the same,
            what it sent in between counts as dropped.

    Attributes:
        hello: what the server announced; None before.
        clock: the server's clock.
        dropped: frames that sequences or the server itself said will not come.
    """

    def __init__(self, expected_layout_id: str = "", previous: Conversation | None = None) -> None:
        self.hello: Hello | None = None
        self.clock = ServerClock()
        self.dropped = 0
        self._expected_layout_id = expected_layout_id
        self._last: dict[int, int] = {}
        self._before = previous.memory if previous else _Memory()

    @property
    def memory(self) -> _Memory:
        """What the next connection has to know."""
        return _Memory(self._before.session, {**self._before.last, **self._last})

    def receive(self, data: bytes, now_s: float) -> Message | None:
        """Take one message that came at ``now_s``; None for types that we do not know.

        Raises:
            VersionError: another major version, or another layout than expected.
            ProtocolError: the server does not follow geface.v1.
        """
        message = quick_frame(data) or decode(data)
        if message is None:
            return None
        if self.hello is None:
            return self._welcome(message)
        if isinstance(message, Frame):
            self._check(message, self.hello)
            self._count(message.subject, message.sequence, 0)
        elif isinstance(message, Dropped):
            self._check_subject("dropped", message.subject, self.hello)
            self._count(message.subject, message.first_sequence, message.count)
        elif isinstance(message, Pong):
            self.clock.add(message, now_s)
        elif isinstance(message, Hello | Command):
            kind = "hello" if isinstance(message, Hello) else message.kind
            raise ProtocolError(f"server sent {kind} after its hello, which it may not")
        return message

    def _welcome(self, message: Message) -> Hello:
        if not isinstance(message, Hello):
            kind = message.kind if isinstance(message, Command) else type(message).__name__.lower()
            raise ProtocolError(f"server's first message is {kind}, expected hello")
        expected = self._expected_layout_id
        if expected and message.layout_id != expected:
            raise VersionError(
                f"the server's layout is {show(message.layout_id)}, expected {expected!r}: install "
                "the add-on and geface-bridge of the same version"
            )
        if self._before.session != message.session:
            self._before = _Memory(message.session)
        self.hello = message
        return message

    def _check(self, frame: Frame, hello: Hello) -> None:
        self._check_subject("frame", frame.subject, hello)
        found, expected = len(frame.channels), len(hello.channels)
        if found != expected and (frame.valid or found):
            raise ProtocolError(f"frame.channels holds {found} channels, expected {expected}")

    def _check_subject(self, kind: str, subject: int, hello: Hello) -> None:
        if subject >= len(hello.subjects):
            count = len(hello.subjects)
            raise ProtocolError(f"{kind}.subject is {subject}, expected less than {count}")

    def _count(self, subject: int, sequence: int, lost: int) -> None:
        """Note that ``sequence`` came, or that it and those after it, ``lost`` in all, will not."""
        last = self._last.get(subject)
        if last is None:
            last = min(self._before.last.get(subject, sequence - 1), sequence - 1)
        if sequence <= last:
            key = "dropped.first_sequence" if lost else "frame.sequence"
            raise ProtocolError(f"{key} is {sequence} after {last}, expected it to rise")
        self.dropped += sequence - last - 1 + lost
        self._last[subject] = sequence + max(lost, 1) - 1
