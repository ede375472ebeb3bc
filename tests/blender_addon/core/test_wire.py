# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits that end, connects that find the address that answers, TLS that trusts whom it should."""

from __future__ import annotations

import gc
import socket
import ssl
import subprocess
import threading
import time
import warnings
from contextlib import closing, contextmanager

import pytest

from blender_addon.geface.core import wire
from blender_addon.geface.core.errors import AddressError, ConnectionLostError, RefusedError
from tests.blender_addon.core.hostile import PATIENCE_S, Hostile, drain, open_files
from tests.geface_bridge.server.test_access import make_pair

REPLY = b"here"


def answer(sock):
    sock.sendall(REPLY)
    drain(sock)


@pytest.fixture
def waker():
    """A waker; afterwards no socket was left for the garbage collector to close."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        with closing(wire.Waker()) as waker:
            yield waker
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@contextmanager
def black_hole():
    """An address that never answers: its queue is full, so the system drops what comes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        try:
            yield listener.getsockname()
        finally:
            for filler in fillers:
                filler.close()


def later(seconds, action):
    """Call ``action`` from another thread; the thread."""
    thread = threading.Timer(seconds, action)
    thread.start()
    return thread


class TestWaker:
    def test_a_wait_ends_when_woken_and_the_next_one_waits_again(self, waker):
        later(0.02, waker.wake).join()
        begin_s = time.monotonic()
        assert waker.wait({}, PATIENCE_S) == []
        assert time.monotonic() - begin_s < PATIENCE_S / 2
        assert waker.wait({}, 0.01) == []

    def test_stop_ends_the_wait_that_is_under_way_and_all_that_follow(self, waker):
        later(0.02, waker.stop)
        with pytest.raises(wire.StoppedError):
            waker.sleep(PATIENCE_S)
        for attempt in (waker.check, lambda: waker.wait({}, 1), lambda: waker.sleep(1)):
            with pytest.raises(wire.StoppedError):
                attempt()

    def test_waking_does_not_end_a_sleep(self, waker):
        waker.wake()
        begin_s = time.monotonic()
        waker.sleep(0.05)
        assert time.monotonic() - begin_s >= 0.05

    def test_only_sockets_that_are_ready_are_given(self, waker):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            assert waker.wait({ours: wire.READ}, 0.01) == []
            theirs.send(b"x")
            assert waker.wait({ours: wire.READ}, PATIENCE_S) == [ours]

    def test_ten_thousand_wakes_do_not_fill_it_and_closing_may_come_first(self):
        before = open_files()
        waker = wire.Waker()
        for _ in range(10_000):
            waker.wake()
        waker.close()
        waker.wake()
        waker.stop()
        assert open_files() == before


class TestConnect:
    def test_the_address_that_answers_is_taken_though_others_do_not(self, waker):
        before = open_files()
        with Hostile(answer) as server, black_hole() as hole, socket.socket() as free:
            free.bind(("127.0.0.1", 0))  # nobody listens there
            nobody = free.getsockname()
            inet = socket.AF_INET
            addresses = [(inet, hole), (inet, nobody), (inet, ("127.0.0.1", server.port))]
            sock = wire.connect_any(addresses, waker, time.monotonic() + PATIENCE_S)
            stream = wire.Stream(sock, waker)
            assert stream.read(PATIENCE_S) == REPLY
            stream.close()
        assert open_files() == before

    def test_nobody_listens(self, waker):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host, port = free.getsockname()
            with pytest.raises(ConnectionLostError, match="start one with `geface-bridge stream`"):
                wire.open_stream(host, port, None, waker, PATIENCE_S)

    def test_nobody_answers(self, waker):
        before = open_files()
        with black_hole() as (host, port):
            with pytest.raises(ConnectionLostError, match="it does not answer"):
                wire.open_stream(host, port, None, waker, 0.1)
            later(0.05, waker.stop)
            with pytest.raises(wire.StoppedError):
                wire.open_stream(host, port, None, waker, PATIENCE_S)
        assert open_files() == before

    @pytest.mark.parametrize("host", ["::1", "localhost"])
    def test_ipv6_and_names(self, waker, host):
        family = socket.AF_INET6 if host == "::1" else socket.AF_INET
        with socket.create_server((host, 0), family=family) as listener:
            stream = wire.open_stream(host, listener.getsockname()[1], None, waker, PATIENCE_S)
            stream.close()

    def test_an_unknown_name(self, waker):
        with pytest.raises(ConnectionLostError, match=r"nowhere\.invalid is unknown|say in time"):
            wire.open_stream("nowhere.invalid", 1, None, waker, PATIENCE_S)

    def test_a_look_up_that_hangs_is_left_behind(self, waker, monkeypatch):
        real, hang = socket.getaddrinfo, threading.Event()

        def slow(host, port, **options):
            if not options["flags"]:
                hang.wait(PATIENCE_S)
            return real(host, port, **options)

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with pytest.raises(ConnectionLostError, match="nobody could say in time where studio is"):
            wire.look_up("studio", 1, waker, time.monotonic() + 0.05)
        later(0.02, waker.stop)
        with pytest.raises(wire.StoppedError):
            wire.look_up("studio", 1, waker, time.monotonic() + PATIENCE_S)
        hang.set()


class TestStream:
    def test_a_large_message_gets_through_a_slow_reader(self, waker):
        taken = bytearray()

        def read_slowly(sock):
            while data := sock.recv(1 << 20):
                taken.extend(data)
                time.sleep(0.001)

        with Hostile(read_slowly) as server:
            stream = wire.open_stream("127.0.0.1", server.port, None, waker, PATIENCE_S)
            data = bytes(range(256)) * 40_000
            stream.write(data)
            stream.leave(b"bye")
        assert bytes(taken) == data + b"bye"

    def test_who_takes_nothing_is_given_up(self, waker, monkeypatch):
        monkeypatch.setattr(wire, "WRITE_TIMEOUT_S", 0.1)
        done = threading.Event()
        with Hostile(lambda _: done.wait(PATIENCE_S)) as server:
            stream = wire.open_stream("127.0.0.1", server.port, None, waker, PATIENCE_S)
            with pytest.raises(ConnectionLostError, match="takes nothing any more"):
                stream.write(bytes(50 << 20))
            stream.close()
            done.set()

    def test_an_end_is_told(self, waker):
        with Hostile(lambda _: None) as server:
            stream = wire.open_stream("127.0.0.1", server.port, None, waker, PATIENCE_S)
            with pytest.raises(ConnectionLostError, match="closed the connection"):
                stream.read(PATIENCE_S)
            stream.close()

    def test_leaving_waits_for_nobody_who_does_not_leave(self, waker):
        done = threading.Event()
        with Hostile(lambda _: done.wait(PATIENCE_S)) as server:
            stream = wire.open_stream("127.0.0.1", server.port, None, waker, PATIENCE_S)
            begin_s = time.monotonic()
            stream.leave(b"bye")
            assert time.monotonic() - begin_s < PATIENCE_S / 2
            done.set()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Folders of key and certificate: named for this machine, nameless, and one by an authority."""
    folder = tmp_path_factory.mktemp("tls")
    make_pair(folder / "named")
    make_nameless(folder / "nameless")
    make_signed(folder / "signed")
    return folder


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_nameless(folder):
    """As the command in the server's own error message makes them."""
    folder.mkdir()
    words = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=x"]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *words)


def make_signed(folder):
    """A certificate for another name, by an authority whose certificate is ``authority.pem``."""
    folder.mkdir()
    authority = [folder / "authority.key", folder / "authority.pem", "/CN=authority"]
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-keyout", authority[0], "-out", authority[1], "-subj", authority[2])
    openssl(*new, "-keyout", folder / "key.pem", "-out", folder / "r.pem", "-subj", "/CN=other")
    signing = ("-CA", authority[1], "-CAkey", authority[0], "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", folder / "r.pem", "-out", folder / "cert.pem", *signing)


class TestTls:
    @pytest.mark.parametrize("name", ["named", "nameless"])
    def test_the_users_own_certificate_counts_whatever_the_name(self, waker, pairs, name):
        with serving_tls(pairs / name) as port:
            trust = wire.Trust(str(pairs / name / "cert.pem"))
            stream = wire.open_stream("127.0.0.1", port, trust, waker, PATIENCE_S)
            assert read_some(stream) == REPLY
            stream.write(bytes(300_000))
            stream.leave(b"bye")

    @pytest.mark.parametrize(
        ("served", "trusted", "reason"),
        [
            ("named", None, "not trusted .self.signed certificate.: choose the server's own"),
            ("named", "nameless/cert.pem", "not trusted"),
            ("signed", "signed/authority.pem", "not trusted .*IP address mismatch"),
        ],
    )
    def test_other_certificates_do_not(self, waker, pairs, served, trusted, reason):
        before = open_files()
        with serving_tls(pairs / served) as port:
            trust = wire.Trust(str(pairs / trusted) if trusted else "")
            with pytest.raises(RefusedError, match=reason):
                wire.open_stream("127.0.0.1", port, trust, waker, PATIENCE_S)
        assert open_files() == before

    def test_a_certificate_by_an_authority_counts_once_the_user_chose_it(self, waker, pairs):
        with serving_tls(pairs / "signed") as port:
            trust = wire.Trust(str(pairs / "signed" / "cert.pem"))
            stream = wire.open_stream("127.0.0.1", port, trust, waker, PATIENCE_S)
            assert read_some(stream) == REPLY
            stream.close()

    @pytest.mark.parametrize("content", [None, b"no certificate", b"\xff\x00", b""])
    def test_files_that_hold_no_certificate(self, tmp_path, content):
        if content is not None:
            (tmp_path / "a.pem").write_bytes(content)
        with pytest.raises(AddressError, match="expected the PEM file that the server was"):
            wire.Trust(str(tmp_path / "a.pem"))

    def test_a_server_without_tls(self, waker):
        with (
            Hostile(lambda sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server,
            pytest.raises(RefusedError, match="does not speak TLS there: use ws:// for wss"),
        ):
            wire.open_stream("127.0.0.1", server.port, wire.Trust(), waker, PATIENCE_S)

    def test_who_says_nothing_or_stops(self, waker):
        done = threading.Event()
        with Hostile(lambda _: done.wait(PATIENCE_S)) as server:
            with pytest.raises(ConnectionLostError, match="does not answer the TLS handshake"):
                wire.open_stream("127.0.0.1", server.port, wire.Trust(), waker, 0.1)
            later(0.05, waker.stop)
            with pytest.raises(wire.StoppedError):
                wire.open_stream("127.0.0.1", server.port, wire.Trust(), waker, PATIENCE_S)
            done.set()


@contextmanager
def serving_tls(folder):
    """A server that speaks TLS with the pair in ``folder``; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    def script(sock):
        with context.wrap_socket(sock, server_side=True) as secured:
            answer(secured)

    with Hostile(script) as server:
        yield server.port


def read_some(stream):
    """What comes next."""
    while not (data := stream.read(PATIENCE_S)):
        pass
    return data
