"""The socket on which phones are heard."""

from __future__ import annotations

import contextlib
import math
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from geface_bridge.config import DEFAULT_RATE_HZ, PhoneConfig
from geface_bridge.errors import ProtocolError, SourceError
from geface_bridge.inputs import ifacialmocap, livelink
from geface_bridge.inputs.devices import Devices, PhoneFrame, is_late
from geface_bridge.inputs.packet import MAX_DATAGRAM_BYTES, FacePacket
from geface_bridge.protocol import Level
from geface_bridge.server.access import is_loopback

RATE_HZ = 60.0  # of both applications
IDLE_S = 1 / DEFAULT_RATE_HZ  # between two frames of a subject that nothing comes for
REQUEST_EVERY_S = 2.0
MAX_WAITING = 256  # datagrams read at once, so that a flood cannot hold the stream up

Decode = Callable[[bytes, str], FacePacket]
_FORMATS: dict[str, tuple[str, Decode]] = {
    "livelink": ("Live Link Face", livelink.decode_livelink),
    "ifacialmocap": ("iFacialMocap", ifacialmocap.decode_ifacialmocap),
}


class PhoneSource:
    """Frames of the phones that send here; of each phone only the newest that waits.

    Attributes:
        name, rate_hz: for hello.
        dropped: packets that were replaced by a newer one before they were asked for, came late, or
            from one device too many.
        ignored: datagrams that are none of the format.

    Args:
        listener: bound and non-blocking; the source owns it.
        config: what is heard.
        subjects: how many devices.
        tell: is told of devices, and once of what is ignored.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        listener: socket.socket,
        config: PhoneConfig,
        subjects: int,
        tell: Callable[[Level, str], None],
    ) -> None:
        self.dropped = self.ignored = 0
        what, self._decode = _FORMATS[config.format]
        self.port: int = listener.getsockname()[1]
        self.name = f"{what} on {config.host}:{self.port}"
        self._listener, self._tell = listener, tell
        self._devices = Devices(subjects, tell, time.monotonic())
        self._ask = config.phone, config.port
        self._idle_due_s = self._ask_due_s = -math.inf

    def frames(self, deadline_s: float = math.inf) -> Iterator[PhoneFrame]:
        """The frames, up to a ``time.monotonic`` or ``close``."""
        while self._listener.fileno() >= 0 and time.monotonic() < deadline_s:
            wait_s = min(IDLE_S, max(0.0, deadline_s - time.monotonic()))
            select.select([self._listener], [], [], wait_s)
            packets, now_s = self._waiting(), time.monotonic()
            yield from filter(None, (self._framed(packet, now_s) for packet in packets))
            if now_s >= self._idle_due_s:
                self._idle_due_s = now_s + IDLE_S
                yield from self._silent(now_s)

    def close(self) -> None:
        """Free the port; harmless when repeated."""
        self._listener.close()

    def _waiting(self) -> list[FacePacket]:
        """The newest packet of each device."""
        newest: dict[tuple[str, str], FacePacket] = {}
        for data, sender in self._datagrams():
            try:
                packet = self._decode(data, sender)
            except ProtocolError as error:
                if not self.ignored:
                    self._tell("warning", f"ignoring what {sender} sends to {self.name}: {error}")
                self.ignored += 1
                continue
            key = packet.device, packet.name
            self.dropped += key in newest
            if key not in newest or not is_late(packet.time_s, newest[key].time_s):
                newest[key] = packet
        return list(newest.values())

    def _datagrams(self) -> Iterator[tuple[bytes, str]]:
        with contextlib.suppress(BlockingIOError):
            for _ in range(MAX_WAITING):
                try:
                    data, sender = self._listener.recvfrom(MAX_DATAGRAM_BYTES + 1)
                except ConnectionError:  # what Windows makes of a phone that is not there
                    continue
                yield data, str(sender[0])

    def _framed(self, packet: FacePacket, now_s: float) -> PhoneFrame | None:
        frame = self._devices.take(packet, now_s)
        self.dropped += frame is None
        return frame

    def _silent(self, now_s: float) -> list[PhoneFrame]:
        """Frames of silent subjects; a phone that has to be asked is asked again."""
        frames = self._devices.silent(now_s)
        phone, port = self._ask
        if phone and frames and now_s >= self._ask_due_s:
            self._ask_due_s = now_s + REQUEST_EVERY_S
            with contextlib.suppress(OSError):
                self._listener.sendto(ifacialmocap.REQUEST, (phone, port))
        return frames


def open_phones(
    config: PhoneConfig, subjects: int, tell: Callable[[Level, str], None]
) -> PhoneSource:
    """Listen.

    Raises:
        SourceError: the address is none of this machine, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        listener = _bound(socket.socket(family, kind, protocol), address)
    except OSError as error:
        raise SourceError(
            f"UDP port {config.port} of {config.host!r} cannot be listened on ({error.strerror}): "
            f"end the program that has it, or take another by --from {config.format}:PORT"
        ) from None
    source = PhoneSource(listener, config, subjects, tell)
    tell("info", f"listening to {source.name}, {_reach(config)}")
    return source


def _bound(listener: socket.socket, address: Any) -> socket.socket:
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _reach(config: PhoneConfig) -> str:
    if is_loopback(config.host):
        return "this machine only; for a phone add --from-host 0.0.0.0"
    return "where every machine of the network may send: UDP has no password"
