# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's end of a WebSocket (RFC 6455), as far as geface.v1 needs one.

No compression, no proxy, no text: binary messages of bounded size. ``FrameReader`` and the
functions of the handshake hold no socket; ``WebSocket`` puts them on one.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
import struct
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from .errors import AddressError, ConnectionLostError, ProtocolError, RefusedError
from .messages import SUBPROTOCOL
from .msgpack import MAX_BYTES, show
from .wire import Stream, Trust, Waker, open_stream

DEFAULT_PORT = 8765
MAX_HEAD_BYTES = 16384
MAX_BODY_BYTES = 4096
MAX_FRAGMENTS = 1024
MAX_LAST_READS = 16
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, PROTOCOL_ERROR, UNSUPPORTED, INVALID_DATA, TOO_LARGE = 1000, 1002, 1003, 1007, 1009
NO_CODE = 1005
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_EXAMPLE = "expected one like ws://127.0.0.1:8765"


class WebSocketError(ProtocolError):
    """Bytes that RFC 6455 or our limits do not allow.

    Attributes:
        code: what the connection is to be closed with.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class ClosedError(ConnectionLostError):
    """The server closed the connection.

    Attributes:
        code: its reason as a number; 1005 if it gave none.
    """

    def __init__(self, code: int, reason: str) -> None:
        words = f": {reason}" if reason else ""
        super().__init__(f"the server closed the connection ({code}){words}")
        self.code = code


@dataclass(frozen=True)
class Address:
    """Where a server is.

    Attributes:
        host: name or number, without brackets.
        target: path and query, ASCII.
    """

    host: str
    port: int
    target: str
    is_tls: bool

    @property
    def authority(self) -> str:
        """Host and port, as in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return (
            f"{'wss' if self.is_tls else 'ws'}://{self.authority}"  # no query: it may hold a token
        )


def stays_here(url: str) -> bool:
    """Whether an address means this very machine. What is no address at all goes nowhere."""
    try:
        host = parse_address(url).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except AddressError:
        return True
    except ValueError:  # a name
        return False


def parse_address(url: str) -> Address:
    """The address in what the user typed; without a scheme it is ws://, at port 8765.

    Raises:
        AddressError: it is not a websocket's.
    """
    text = url.strip()
    bare = "://" not in text
    try:
        parts = urlsplit(f"ws://{text}" if bare else text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # UnicodeError is one
        raise AddressError(f"{show(url)} is not an address ({error}), {_EXAMPLE}") from None
    if parts.scheme not in ("ws", "wss"):
        raise AddressError(f"{show(url)} begins with {parts.scheme}://, {_EXAMPLE}")
    if not re.fullmatch(r"[0-9A-Za-z._:%-]+", host) or "@" in parts.netloc or port == 0:
        raise AddressError(f"{show(url)} names no server, {_EXAMPLE}")
    is_tls = parts.scheme == "wss"
    default = DEFAULT_PORT if bare else 443 if is_tls else 80
    query = f"?{parts.query}" if parts.query else ""
    target = quote((parts.path or "/") + query, safe="/?&=%:@!$'()*+,;~._-")
    return Address(host, default if port is None else port, target, is_tls)


def request_head(address: Address, key: str, token: str) -> bytes:
    """The client's half of the handshake.

    Args:
        key: 16 random bytes in base64.
        token: shown as a Bearer token; "" for none.

    Raises:
        AddressError: the token does not fit into a header.
    """
    if not re.fullmatch(r"[!-~]*", token):
        raise AddressError("the token holds blanks or letters beyond ASCII, expected it as printed")
    lines = [
        f"GET {address.target} HTTP/1.1",
        f"Host: {address.authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    ]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


@dataclass(frozen=True)
class Response:
    """The head of the server's half; names of headers in lower case."""

    status: int
    reason: str
    headers: dict[str, str]


def parse_response(head: bytes) -> Response:
    """Read a head that ends with an empty line.

    Raises:
        ProtocolError: it is no HTTP/1.1.
    """
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    found = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9][0-9])(?: (.*))?", first)
    if not found:
        raise ProtocolError(f"answer begins with {show(first)}, expected HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ProtocolError(f"answer holds {show(line)}, expected a header")
        key = name.lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    return Response(int(found[1]), found[2] or "", headers)


def check_upgrade(response: Response, key: str) -> None:
    """Hold a 101 against what RFC 6455 (4.1) and geface.v1 demand.

    Raises:
        ProtocolError: it is not the answer to our request.
    """
    expected = {
        "upgrade": "websocket",
        "connection": "upgrade",
        "sec-websocket-accept": accept_of(key),
        "sec-websocket-protocol": SUBPROTOCOL,
    }
    for name, value in expected.items():
        found = response.headers.get(name, "")
        folds = name in ("upgrade", "connection")
        words = [word.strip() for word in (found.lower() if folds else found).split(",")]
        if value not in words:
            raise ProtocolError(f"header {name} is {show(found)}, expected {value}")
    if extensions := response.headers.get("sec-websocket-extensions"):
        raise ProtocolError(f"server adds {show(extensions)}, expected no extension")


def accept_of(key: str) -> str:
    """What a server answers to a key."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


def frame_bytes(opcode: int, payload: bytes, mask: bytes) -> bytes:
    """One whole client's frame: final, masked with four random bytes."""
    count = len(payload)
    if count < 126:
        head = struct.pack(">BB", 0x80 | opcode, 0x80 | count)
    elif count < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, 0xFE, count)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, 0xFF, count)
    return head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """``payload`` with the mask over it; twice gives it back."""
    count = len(payload)
    long_mask = (mask * (count // 4 + 1))[:count]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(long_mask, "big")
    return mixed.to_bytes(count, "big")


def close_payload(code: int, reason: str = "") -> bytes:
    """Body of a close frame; the reason is cut to what fits."""
    return (
        struct.pack(">H", code)
        + reason.encode(errors="replace")[:120].decode(errors="ignore").encode()
    )


def parse_close(payload: bytes) -> tuple[int, str]:
    """Code and reason of a close frame.

    Raises:
        WebSocketError: a code that may not be sent, or a reason that is no UTF-8.
    """
    if not payload:
        return NO_CODE, ""
    code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else 0
    may_be_sent = code in range(1000, 1004) or code in range(1007, 1015)
    if not may_be_sent and code not in range(3000, 5000):
        raise WebSocketError(PROTOCOL_ERROR, f"close code is {code}, which nobody may send")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        raise WebSocketError(INVALID_DATA, "reason of a close is no UTF-8") from None


class FrameReader:
    """Puts a server's bytes together to messages and control frames.

    Args:
        max_bytes: of a message, over all its fragments; larger ones are refused by their head.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._parts = bytearray()
        self._fragments = 0

    def feed(self, data: bytes) -> None:
        """Add what has come."""
        self._buffer += data

    def next(self) -> tuple[int, bytes] | None:
        """Opcode and payload of the next binary message or control frame; None if none is whole.

        Raises:
            WebSocketError: RFC 6455, or a limit, does not allow what came.
        """
        while (frame := self._next_frame()) is not None:
            opcode, is_final, payload = frame
            if opcode >= CLOSE:
                return opcode, payload
            self._parts += payload
            self._fragments = 0 if is_final else self._fragments + 1
            if self._fragments > MAX_FRAGMENTS:
                raise WebSocketError(TOO_LARGE, f"message has more than {MAX_FRAGMENTS} fragments")
            if is_final:
                whole, self._parts = bytes(self._parts), bytearray()
                return BINARY, whole
        return None

    def _next_frame(self) -> tuple[int, bool, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode, is_final = buffer[0] & 0x0F, bool(buffer[0] & 0x80)
        short = buffer[1] & 0x7F
        self._check_head(buffer[0], buffer[1])
        begin = {126: 4, 127: 10}.get(short, 2)
        if len(buffer) < begin:
            return None
        size = int.from_bytes(buffer[2:begin], "big") if begin > 2 else short
        self._check_size(opcode, size, begin)
        if len(buffer) < begin + size:
            return None
        payload = bytes(buffer[begin : begin + size])
        del buffer[: begin + size]
        return opcode, is_final, payload

    def _check_head(self, first: int, second: int) -> None:
        opcode, is_final, goes_on = first & 0x0F, first & 0x80, self._fragments > 0
        if first & 0x70:
            raise WebSocketError(PROTOCOL_ERROR, "frame uses an extension, none was agreed")
        if second & 0x80:
            raise WebSocketError(PROTOCOL_ERROR, "frame of the server is masked")
        if opcode == TEXT:
            raise WebSocketError(UNSUPPORTED, "server sent text, expected a binary message")
        if opcode not in (CONTINUATION, BINARY, CLOSE, PING, PONG):
            raise WebSocketError(PROTOCOL_ERROR, f"frame has the unknown opcode {opcode}")
        if opcode >= CLOSE and (not is_final or second > 125):
            raise WebSocketError(PROTOCOL_ERROR, "control frame is large or in fragments")
        if opcode < CLOSE and goes_on != (opcode == CONTINUATION):
            found = "a new message within one" if goes_on else "a fragment of no message"
            raise WebSocketError(PROTOCOL_ERROR, f"server sent {found}")

    def _check_size(self, opcode: int, size: int, begin: int) -> None:
        if begin > 2 and size < (126 if begin == 4 else 65536):
            raise WebSocketError(PROTOCOL_ERROR, f"frame writes the length {size} in {begin} bytes")
        if opcode < CLOSE and len(self._parts) + size > self._max_bytes:
            found = f"message has {len(self._parts) + size} bytes"
            raise WebSocketError(TOO_LARGE, f"{found}, expected at most {self._max_bytes}")


class WebSocket:
    """One connection, used by one thread.

    Attributes:
        silent_s: how long nothing has come, as seen by ``receive``: time in which this thread
            was not let run does not count, since the server may have spoken meanwhile.
    """

    def __init__(self, stream: Stream, rest: bytes = b"") -> None:
        self.silent_s = 0.0
        self._stream = stream
        self._broken: ConnectionLostError | None = None
        self._last_reads = 0
        self._reader = FrameReader()
        self._reader.feed(rest)

    @classmethod
    def open(
        cls,
        address: Address,
        token: str,
        trust: Trust | None,
        waker: Waker,
        timeout_s: float,
    ) -> WebSocket:
        """Connect and shake hands, each within ``timeout_s``.

        Raises:
            ConnectionLostError: nobody answers, or with 5xx: later may help.
            RefusedError: the server does not let us in, or is no geface-bridge.
            AddressError: the token cannot be sent.
            StoppedError: somebody said stop.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        head = request_head(address, key, token)
        has_token = bool(token) or "token=" in address.target
        stream = open_stream(address.host, address.port, trust, waker, timeout_s)
        try:
            stream.write(head)
            return cls(stream, _shake_hands(stream, key, has_token, timeout_s))
        except BaseException:
            stream.close()
            raise

    def send(self, data: bytes) -> None:
        """Send one binary message; if the server is gone, ``receive`` will tell.

        Raises:
            StoppedError: somebody said stop.
        """
        self._send(BINARY, data)

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message; None if none came within ``timeout_s``, or somebody woke us.

        Raises:
            ClosedError: the server closed; ConnectionLostError: it is gone.
            WebSocketError: it sent what it may not.
            StoppedError: somebody said stop.
        """
        message = self._next_message()
        if message is not None:
            return message
        if self._broken is not None:
            return self._remains(self._broken)
        begin_s = time.monotonic()
        data = self._stream.read(timeout_s)
        self._reader.feed(data)
        waited_s = min(time.monotonic() - begin_s, timeout_s)
        self.silent_s = 0.0 if data else self.silent_s + waited_s
        return self._next_message()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say why, and close. Never raises, and waits a quarter of a second at most."""
        self._stream.leave(frame_bytes(CLOSE, close_payload(code, reason), os.urandom(4)))

    def _next_message(self) -> bytes | None:
        while (event := self._reader.next()) is not None:
            opcode, payload = event
            if opcode == BINARY:
                return payload
            if opcode == PING:
                self._send(PONG, payload)
            if opcode == CLOSE:
                raise ClosedError(*parse_close(payload))
        return None

    def _remains(self, error: ConnectionLostError) -> bytes | None:
        """What a server that we can write to no more sent before; in the end ``error``."""
        self._last_reads += 1
        data = self._stream.read(0.0) if self._last_reads <= MAX_LAST_READS else b""
        if not data:
            raise error
        self._reader.feed(data)
        return self._next_message()

    def _send(self, opcode: int, payload: bytes) -> None:
        if self._broken is not None:
            return
        try:
            self._stream.write(frame_bytes(opcode, payload, os.urandom(4)))
        except ConnectionLostError as error:
            self._broken = error  # what came before, frames and a reason to close, is still there


def _shake_hands(stream: Stream, key: str, has_token: bool, timeout_s: float) -> bytes:
    """Take the server's half of the handshake; returns what came after it."""
    end_s = time.monotonic() + timeout_s
    head, rest = _read_head(stream, end_s)
    try:
        response = parse_response(head)
        if response.status == 101:
            check_upgrade(response, key)
            return rest
    except ProtocolError as error:
        raise RefusedError(f"this is no geface-bridge: {error}") from None
    raise _refusal(response, _read_body(stream, response, rest, end_s), has_token)


def _read_head(stream: Stream, end_s: float) -> tuple[bytes, bytes]:
    """Up to and with the empty line, and what came after it."""
    data = bytearray()
    while (found := data.find(b"\r\n\r\n")) < 0:
        if data and not b"HTTP/1.".startswith(data[:7]):
            raise RefusedError(_no_http(bytes(data)))
        if len(data) > MAX_HEAD_BYTES:
            raise RefusedError("this is no geface-bridge: its answer has no end")
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            raise ConnectionLostError("it does not answer the handshake")
        try:
            data += stream.read(left_s)
        except ConnectionLostError as error:
            hint = "" if data else "; a server with --tls-cert is reached by wss://"
            raise ConnectionLostError(f"{error} in the handshake{hint}") from None
    return bytes(data[: found + 4]), bytes(data[found + 4 :])


def _no_http(data: bytes) -> str:
    if data[:1] == b"\x15":  # a TLS alert: it took our request for a bad client hello
        return "this server speaks TLS: use wss:// for ws://"
    return f"this is no geface-bridge: it answers {show(data[:16])}"


def _read_body(stream: Stream, response: Response, rest: bytes, end_s: float) -> str:
    """The text of a refusal, as far as it comes."""
    length = response.headers.get("content-length", "")
    wanted = min(int(length), MAX_BODY_BYTES) if re.fullmatch("[0-9]{1,9}", length) else 0
    try:
        while len(rest) < wanted and (left_s := end_s - time.monotonic()) > 0:
            rest += stream.read(left_s)
    except ConnectionLostError:
        pass  # what came has to do
    return " ".join(rest[:MAX_BODY_BYTES].decode(errors="replace").split())[:300]


def _refusal(response: Response, body: str, has_token: bool) -> ConnectionLostError | RefusedError:
    said = body if body.isprintable() and body else response.reason
    status = response.status
    if status >= 500:  # full or just starting: later may help
        return ConnectionLostError(f"the server is not ready ({status}: {said})")
    if status == 401:
        found = "does not take this token" if has_token else "wants a token"
        return RefusedError(f"the server {found}: enter the one it was started with")
    if status in (400, 403):
        return RefusedError(f"the server refuses the connection ({status}: {said})")
    return RefusedError(f"this is no geface-bridge: it answers {status} {response.reason}"[:200])
