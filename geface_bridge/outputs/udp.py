"""Datagrams that never hold anybody up."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Any

from geface_bridge.errors import ConfigError, ServerError


@dataclass(frozen=True)
class Address:
    """Where a receiver listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, default_port: int) -> Address:
    """``HOST``, ``HOST:PORT`` or ``[IPv6]:PORT``.

    Raises:
        ConfigError: it is none of these.
    """
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else rest
        text_is_bad = not bracket or (rest and not rest.startswith(":"))
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        text_is_bad = not port
    else:  # a bare IPv6 address has several colons
        text_is_bad = False
    number = default_port if not port else int(port) if port.isdecimal() else 0
    if text_is_bad or not host or not 1 <= number <= 65535:
        raise ConfigError(f"address {text!r} is not one, expected HOST or HOST:PORT")
    return Address(host, number)


class UdpSender:
    """Sends datagrams to one receiver, without waiting and whether it is there or not.

    Attributes:
        sent, failed: datagrams handed to the system, and refused by it.

    Args:
        address: its name is looked up once, here.

    Raises:
        ServerError: the name is unknown.
    """

    def __init__(self, address: Address) -> None:
        self.sent = self.failed = 0
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise ServerError(
                f"{address.host!r} is unknown ({error.strerror}): check the receiver's address"
            ) from None
        family, kind, protocol, _, target = found[0]
        self._target: Any = target
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):  # 255.255.255.255 needs it, others do not
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def send(self, data: bytes) -> None:
        """Hand over a datagram; a full buffer or a missing network loses it."""
        try:
            self._socket.sendto(data, self._target)
            self.sent += 1
        except OSError:
            self.failed += 1

    def close(self) -> None:
        """Free the socket; safe to call twice."""
        self._socket.close()
