# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets whose every wait has an end: a deadline, or another thread that says stop.

Nothing here blocks in the operating system but ``Waker.wait``. Looking a name up cannot be broken
off, so a thread of its own does that and may outlive the wait; it holds no socket.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import AddressError, ConnectionLostError, GeFaceError, RefusedError

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
STAGGER_S = 0.25  # until the next address of a host is tried beside those before (RFC 8305)
WRITE_TIMEOUT_S = 5.0
LEAVE_S = 0.25
_CHUNK = 65536
_WRONG_NAME = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH

SocketAddress = tuple[socket.AddressFamily, Any]


class StoppedError(GeFaceError):
    """The user disconnected; whoever waits leaves."""


class Waker:
    """Waits for sockets on one thread, and is woken or stopped from any other."""

    def __init__(self) -> None:
        self._stopped = self._closed = False
        self._lock = threading.Lock()
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, READ)

    def wake(self) -> None:
        """End the wait that is under way, or the next one."""
        with self._lock:
            if not self._closed:
                with contextlib.suppress(OSError):  # full: it will wake anyway
                    self._mouth.send(b"w")

    def stop(self) -> None:
        """Make the wait that is under way, and all that follow, raise ``StoppedError``."""
        self._stopped = True
        self.wake()

    def check(self) -> None:
        """Raise ``StoppedError`` if somebody said stop."""
        if self._stopped:
            raise StoppedError("disconnected")

    def wait(self, interests: Mapping[socket.socket, int], timeout_s: float) -> list[socket.socket]:
        """The sockets that are ready; none after ``timeout_s``, or when woken.

        Raises:
            StoppedError: somebody said stop.
        """
        self.check()
        for sock, events in interests.items():
            self._selector.register(sock, events)
        try:
            ready = self._selector.select(max(0.0, timeout_s))
        finally:
            for sock in interests:
                self._selector.unregister(sock)
        self.check()
        found = [key.fileobj for key, _ in ready]
        if self._ear in found:
            with contextlib.suppress(BlockingIOError):
                self._ear.recv(4096)
        return [sock for sock in interests if sock in found]

    def sleep(self, seconds: float) -> None:
        """Wait; only ``stop`` ends it early.

        Raises:
            StoppedError: somebody said stop.
        """
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            self.wait({}, left_s)

    def close(self) -> None:
        """Give everything back; ``wake`` and ``stop`` may still be called."""
        with self._lock:
            self._closed = True
            self._selector.close()
            self._ear.close()
            self._mouth.close()


class Stream:
    """A connected socket, plain or TLS, read and written on one thread."""

    def __init__(self, sock: socket.socket, waker: Waker) -> None:
        self._sock = sock
        self._waker = waker

    def read(self, timeout_s: float) -> bytes:
        """What has come; empty if nothing did within ``timeout_s``, or the waker was woken.

        Raises:
            ConnectionLostError: the other side is gone.
            StoppedError: somebody said stop.
        """
        self._waker.check()
        data, wanted = self._try_read()
        if wanted:
            self._waker.wait({self._sock: wanted}, timeout_s)
            data, _ = self._try_read()
        return data

    def write(self, data: bytes) -> None:
        """Send all of ``data``.

        Raises:
            ConnectionLostError: the other side is gone, or takes nothing for ``WRITE_TIMEOUT_S``.
            StoppedError: somebody said stop.
        """
        rest = memoryview(data)
        end_s = time.monotonic() + WRITE_TIMEOUT_S
        while rest:
            wanted = WRITE
            try:
                rest = rest[self._sock.send(rest) :]
                continue
            except ssl.SSLWantReadError:
                wanted = READ
            except (BlockingIOError, ssl.SSLWantWriteError):
                pass
            except (OSError, ValueError) as error:
                raise ConnectionLostError(
                    f"the connection broke off ({reason_of(error)})"
                ) from None
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise ConnectionLostError("the server takes nothing any more")
            self._waker.wait({self._sock: wanted}, left_s)

    def leave(self, last_words: bytes) -> None:
        """Say ``last_words``, let the other side close for a moment, and close. Never raises."""
        with contextlib.suppress(OSError, ValueError):
            self._sock.settimeout(LEAVE_S)
            end_s = time.monotonic() + LEAVE_S
            self._sock.sendall(last_words)
            while time.monotonic() < end_s and self._sock.recv(_CHUNK):
                pass
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _try_read(self) -> tuple[bytes, int]:
        """Bytes, or what to wait for."""
        try:
            data = self._sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return b"", READ
        except ssl.SSLWantWriteError:
            return b"", WRITE
        except (OSError, ValueError) as error:
            raise ConnectionLostError(f"the connection broke off ({reason_of(error)})") from None
        if not data:
            raise ConnectionLostError("the server closed the connection")
        return data, 0


class Trust:
    """Whose certificates count for wss://: the system's, or those in a file of the user's.

    A certificate of the server's own in that file counts under whatever name the server is
    reached: that is the user's word for it, and self-made certificates rarely name an address.

    Args:
        certificate: path of a PEM file, "" for the system's authorities.

    Raises:
        AddressError: the file cannot be read, or holds no certificate.
    """

    def __init__(self, certificate: str = "") -> None:
        self.own: frozenset[bytes] = frozenset()
        if not certificate:
            self.context = ssl.create_default_context()
            return
        self.context = _client_context(certificate)
        self.nameless = _client_context(certificate)
        self.nameless.check_hostname = False
        self.own = _certificates_in(certificate)


def _client_context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0x80000)
    try:
        context.load_verify_locations(certificate)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise AddressError(
            f"certificate {certificate} cannot be used ({reason_of(error)}), "
            "expected the PEM file that the server was started with, --tls-cert"
        ) from None
    return context


def _certificates_in(path: str) -> frozenset[bytes]:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = Path(path).read_text(encoding="latin-1")
    parts = [part.partition(end)[0] for part in text.split(begin)[1:]]
    return frozenset(ssl.PEM_cert_to_DER_cert(f"{begin}{part}{end}") for part in parts)


def open_stream(
    host: str, port: int, trust: Trust | None, waker: Waker, timeout_s: float
) -> Stream:
    """Connect to the first address of ``host`` that answers.

    Args:
        trust: for TLS; None for none.

    Raises:
        ConnectionLostError: nobody answers, or the name is unknown.
        RefusedError: who answers speaks no TLS, or shows a certificate that is not trusted.
        StoppedError: somebody said stop.
    """
    end_s = time.monotonic() + timeout_s
    addresses = look_up(host, port, waker, end_s)
    sock = connect_any(addresses, waker, end_s)
    if trust is None:
        return Stream(sock, waker)
    try:
        return Stream(_secure(sock, host, trust.context, waker, end_s), waker)
    except ssl.SSLCertVerificationError as error:
        if not trust.own or error.verify_code not in _WRONG_NAME:
            raise RefusedError(_untrusted(host, error.verify_message)) from None
        wrong_name = error.verify_message
    sock = connect_any(addresses, waker, end_s)
    secured = _secure(sock, host, trust.nameless, waker, end_s)
    if secured.getpeercert(True) not in trust.own:
        secured.close()
        raise RefusedError(_untrusted(host, wrong_name))
    return Stream(secured, waker)


def _untrusted(host: str, reason: str) -> str:
    return (
        f"the certificate of {host} is not trusted ({reason.strip().rstrip('.')}): choose the "
        "server's own certificate file (--tls-cert) under the address"
    )


def _secure(
    sock: socket.socket, host: str, context: ssl.SSLContext, waker: Waker, end_s: float
) -> ssl.SSLSocket:
    """TLS over a connected socket, which belongs to the result; closed where it fails."""
    try:
        secured = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except (OSError, ValueError) as error:
        sock.close()
        raise ConnectionLostError(reason_of(error)) from None
    try:
        while True:
            wanted = _shake_hands(secured, host)
            if not wanted:
                return secured
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise ConnectionLostError("it does not answer the TLS handshake")
            waker.wait({secured: wanted}, left_s)
    except BaseException:
        secured.close()
        raise


def _shake_hands(secured: ssl.SSLSocket, host: str) -> int:
    """What to wait for until the handshake goes on; 0 when it is done."""
    try:
        secured.do_handshake()
    except ssl.SSLWantReadError:
        return READ
    except ssl.SSLWantWriteError:
        return WRITE
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
            raise RefusedError(f"{host} does not speak TLS there: use ws:// for wss://") from None
        raise ConnectionLostError(_no_tls(error)) from None
    except (OSError, ValueError) as error:
        raise ConnectionLostError(_no_tls(error)) from None
    return 0


def _no_tls(error: Exception) -> str:
    hint = "a server without --tls-cert is reached by ws://"
    return f"the TLS handshake failed ({reason_of(error)}); {hint}"


def look_up(host: str, port: int, waker: Waker, end_s: float) -> list[SocketAddress]:
    """The addresses of a host, as the system orders them.

    Raises:
        ConnectionLostError: the name is unknown, or nobody could say in time.
        StoppedError: somebody said stop.
    """
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass  # a name, then
    answers: list[list[SocketAddress] | str] = []

    def ask() -> None:
        try:
            answers.append(_addresses(host, port, 0))
        except (OSError, UnicodeError) as error:
            answers.append(reason_of(error))
        waker.wake()

    threading.Thread(target=ask, name="geface-look-up", daemon=True).start()
    while not answers:
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            raise ConnectionLostError(f"nobody could say in time where {host} is")
        waker.wait({}, left_s)
    answer = answers[0]
    if isinstance(answer, str):
        raise ConnectionLostError(f"the name {host} is unknown ({answer}): check the address")
    return answer


def _addresses(host: str, port: int, flags: int) -> list[SocketAddress]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]


def connect_any(addresses: list[SocketAddress], waker: Waker, end_s: float) -> socket.socket:
    """A socket connected to whichever address answers first; they start one after the other.

    Raises:
        ConnectionLostError: none answers.
        StoppedError: somebody said stop.
    """
    waiting = deque(addresses)
    pending: list[socket.socket] = []
    reason = "it does not answer"
    try:
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                if waiting:
                    pending.append(_begin(*waiting.popleft()))
                elif not pending:
                    break
                ready = waker.wait(
                    dict.fromkeys(pending, WRITE), min(left_s, STAGGER_S) if waiting else left_s
                )
                for sock in ready:
                    pending.remove(sock)
                    return _connected(sock)
            except ConnectionRefusedError:
                reason = "no server answers, start one with `geface-bridge stream`"
            except OSError as error:
                reason = f"it cannot be reached ({reason_of(error)})"
    finally:
        for sock in pending:
            sock.close()
    raise ConnectionLostError(reason)


def _begin(family: socket.AddressFamily, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BlockingIOError):
            sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _connected(sock: socket.socket) -> socket.socket:
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        sock.close()
        windows_words: dict[int, str] = getattr(socket, "errorTab", {})
        raise OSError(error, windows_words.get(error) or os.strerror(error))
    return sock


def reason_of(error: BaseException) -> str:
    """An error of the system in a few words."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return reason if isinstance(reason, str) else str(error) or type(error).__name__
