# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver with real servers, good and bad, over real sockets."""

from __future__ import annotations

import ctypes
import itertools
import random
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from blender_addon.geface.core.errors import AddressError, ConnectionLostError, ProtocolError
from blender_addon.geface.core.receiver import MAX_FRAMES, Receiver, ReceiverStatus
from geface_bridge.protocol import (
    Calibrate,
    Dropped,
    FaceFrame,
    Gain,
    Mark,
    Ping,
    Status,
    Subscribe,
    decode,
    encode,
)
from geface_bridge.server import FaceClient, FaceServer
from geface_bridge.server.access import tls_context
from geface_bridge.takes import Take, TakeHeader, write_take
from tests.blender_addon.core import hostile as h
from tests.blender_addon.core.hostile import HELLO, LAYOUT, PATIENCE_S, Hostile, unmasked, until
from tests.blender_addon.core.test_wire import black_hole
from tests.geface_bridge.commands.process import received, serving
from tests.geface_bridge.commands.test_stream import CLIP, needs_clip
from tests.geface_bridge.server.test_access import make_pair

pytestmark = pytest.mark.timeout(300)


@contextmanager
def receiving(url, token="", **options):
    """A receiver that has been started; leaves neither thread nor socket behind."""
    threads, files = h.own_threads(), h.open_files()
    receiver = Receiver(url, token, **options)
    receiver.start()
    try:
        yield receiver
    finally:
        assert receiver.stop(PATIENCE_S)
        assert receiver.status().phase == "stopped"
        assert len(h.own_threads()) <= len(threads)
        until(lambda: h.open_files() <= files, "a file stays open")


def receiving_from(server):
    return receiving(f"ws://127.0.0.1:{server.port}")


def subscribed(receiver, server):
    """Wait until the server knows that every frame is wanted."""
    settled(receiver, "online")
    until(lambda: [client.mode for client in server.stats().per_client] == ["all"])


@contextmanager
def served(**options):
    """A real server, and a receiver that is online."""
    server = FaceServer(HELLO, port=0, **options)
    with server, receiving_from(server) as receiver:
        subscribed(receiver, server)
        yield server, receiver


def settled(receiver, *phases):
    """Its status once it is in one of ``phases``."""
    until(lambda: receiver.status().phase in phases, f"{receiver.status()} is not {phases}")
    return receiver.status()


def frames_of(receiver, count):
    """At least ``count`` frames."""
    frames = []
    until(lambda: frames.extend(receiver.take_new()) or len(frames) >= count)
    return frames


def any_frame(number, subject=0):
    """A frame of any float32; of every 60, five are lost."""
    now_s = time.monotonic()
    if number % 60 >= 55:
        return FaceFrame.lost(number, subject, number / 60, now_s)
    values = np.random.default_rng(number).normal(size=len(LAYOUT.channels)).astype(np.float32)
    return FaceFrame(number, subject, number / 60, now_s, True, 0.5, values)


def same(ours, theirs):
    """Whether a frame is the reference's, bit for bit."""
    keys = ("sequence", "subject", "time_s", "captured_at_s", "valid", "confidence")
    return (
        all(getattr(ours, key) == getattr(theirs, key) for key in keys)
        and ours.channels.astype("<f4").tobytes() == theirs.channels.tobytes()
        and not ours.channels.flags.writeable
    )


class TestRealServers:
    def test_a_played_take_arrives_bit_for_bit(self, tmp_path):
        frames = tuple(map(any_frame, range(300)))
        take = Take(TakeHeader(1.7e9, 100.0), replace(HELLO, source="test"), frames, ())
        write_take(tmp_path / "any.geface", take)
        with (
            serving("play", tmp_path / "any.geface", "--loop") as (_, address),
            receiving(address, expected_layout_id=LAYOUT.layout_id) as receiver,
        ):
            found = frames_of(receiver, 330)
            status = receiver.status()
        published = {frame.channels.tobytes(): frame for frame in frames}
        for frame in found:
            expected = published[frame.channels.astype("<f4").tobytes()]
            assert (frame.valid, frame.confidence) == (expected.valid, expected.confidence)
        assert [b.sequence - a.sequence for a, b in itertools.pairwise(found)] == [1] * (
            len(found) - 1
        )
        assert (status.phase, status.dropped, status.attempts) == ("online", 0, 1)
        assert [c.name for c in status.hello.channels] == list(LAYOUT.channel_names)
        assert 40 < status.rate_hz < 80
        assert 0 <= status.latency_s < 5

    @needs_clip
    def test_a_stream_of_a_video_is_what_the_reference_hears_of_it(self):
        with (
            serving("stream", "--video", CLIP, "--loop") as (_, address),
            FaceClient(address, mode="all") as reference,
            receiving(address) as receiver,
        ):
            expected, found = {}, {}
            while len(expected.keys() & found.keys()) < 50:
                frame = received(reference, FaceFrame)
                expected[frame.sequence] = frame
                found |= {frame.sequence: frame for frame in receiver.take_new()}
        both = expected.keys() & found.keys()
        assert any(found[number].valid for number in both)
        assert all(same(found[number], expected[number]) for number in both)

    def test_commands_reach_the_server_and_its_answers_the_panel(self):
        commands = []
        with served(on_command=commands.append) as (server, receiver):
            receiver.send("calibrate", duration_s=3, kind="range", channels=["AU12_L"])
            receiver.send("gain", channel="AU12_L", factor=2)
            receiver.send("gain", channel="AU99", factor=2)
            receiver.send("mark", label="go")
            until(lambda: len(commands) == 3)
            server.status("info", "line one\nline two")
            until(lambda: len(receiver.status().notices) == 2)
            notices = receiver.status().notices
        assert commands == [
            Calibrate(3.0, None, "range", ("AU12_L",)),
            Gain("AU12_L", 2.0),
            Mark("go"),
        ]
        assert notices == (
            "error: gain.channel is 'AU99', expected one of hello's",
            "info: line one line two",
        )

    def test_more_commands_than_a_server_takes_at_once_are_no_flood(self):
        commands = []
        with served(on_command=commands.append) as (_, receiver):
            for number in range(240):
                until(lambda number=number: sent(receiver, "mark", label=str(number)))
            until(lambda: len(commands) == 240)
            assert receiver.status().attempts == 1
        assert commands == [Mark(str(number)) for number in range(240)]

    def test_a_server_that_is_started_anew_is_found_again(self):
        with served() as (first, r):
            for number in range(500, 510):
                first.publish(any_frame(number))
            before = frames_of(r, 10)
            first.stop()
            waiting = settled(r, "waiting")
            with FaceServer(HELLO, port=first.port) as second:
                until(lambda: r.status().attempts > 1)
                subscribed(r, second)
                for number in range(10):
                    second.publish(any_frame(number))
                after = frames_of(r, 10)
                assert r.status().dropped == 0
                assert r.status().hello.session != waiting.hello.session
        assert [frame.sequence for frame in before + after] == [*range(500, 510), *range(10)]
        assert "(1001)" in waiting.text
        assert "trying again" in waiting.text

    def test_a_blender_that_lets_nobody_run_is_no_silence(self, tmp_path):
        """A long step of Blender holds Python's lock: we could neither ask nor listen."""
        take = Take(TakeHeader(), HELLO, tuple(map(any_frame, range(60))), ())
        write_take(tmp_path / "any.geface", take)
        with (
            serving("play", tmp_path / "any.geface", "--loop") as (_, address),
            receiving(address, patience_s=1.0) as receiver,
        ):
            frames_of(receiver, 10)
            receiver.send("playback", paused=True)  # from now on only our pings are answered
            until(lambda: receiver.status().rate_hz == 0)
            ctypes.PyDLL(None).usleep(3_000_000)  # a PyDLL keeps the lock, as bpy does
            receiver.send("playback", paused=False)
            frames_of(receiver, 10)
            assert receiver.status().attempts == 1

    def test_the_servers_clock_is_known(self):
        with served() as (_, receiver):
            until(lambda: receiver.local_from_server_s(1.0) is not None)
            # both ends are this process: one clock
            assert receiver.local_from_server_s(1000.0) == pytest.approx(1000.0, abs=0.5)
        assert Receiver("ws://127.0.0.1:1").local_from_server_s(1.0) is None

    def test_frames_nobody_takes_are_bounded_and_counted(self):
        count = MAX_FRAMES + 100
        with served() as (server, receiver):
            for number in range(count):
                server.publish(any_frame(number))
                if number % 100 == 99:  # no more than the server keeps for a client
                    until(lambda number=number: server.stats().sent == number + 1)
            server.publish(any_frame(count))
            until(lambda: receiver.status().dropped == 101)
            frames = receiver.take_new()
        assert [frame.sequence for frame in frames] == list(range(101, count + 1))

    @pytest.mark.parametrize("host", ["::1", "localhost"])
    def test_ipv6_and_names(self, host):
        with FaceServer(HELLO, host, port=0) as server:
            shown = f"[{host}]" if ":" in host else host
            with receiving(f"ws://{shown}:{server.port}") as receiver:
                settled(receiver, "online")

    def test_tls_with_the_users_certificate_and_a_token(self, tmp_path):
        key, certificate = make_pair(tmp_path)
        tls = tls_context(certificate, key)
        with FaceServer(HELLO, port=0, tls=tls, token="secret") as server:
            url = f"wss://127.0.0.1:{server.port}"
            with receiving(url, "secret", certificate=str(certificate)) as receiver:
                subscribed(receiver, server)
                for number in range(100):
                    server.publish(any_frame(number))
                assert len(frames_of(receiver, 100)) == 100
            with receiving(url, "secret") as receiver:
                text = settled(receiver, "refused").text
                assert "is not trusted" in text
            with receiving(f"ws://127.0.0.1:{server.port}", "secret", patience_s=1) as receiver:
                assert settled(receiver, "refused", "waiting").phase != "online"

    @pytest.mark.parametrize(
        ("token", "said"), [("", "the server wants a token"), ("x", "does not take this token")]
    )
    def test_without_the_right_token(self, token, said):
        with FaceServer(HELLO, port=0, token="secret") as server:
            with receiving(f"ws://127.0.0.1:{server.port}", token) as receiver:
                status = settled(receiver, "refused")
            with receiving(f"ws://127.0.0.1:{server.port}/?token=secret") as receiver:
                settled(receiver, "online")
        assert said in status.text
        assert status.attempts == 1

    def test_a_server_that_is_full_is_asked_again(self):
        with served(max_clients=1) as (server, first), receiving_from(server) as second:
            assert "already 1 clients" in settled(second, "waiting").text
            first.stop()
            settled(second, "online")

    def test_another_layout_ends_it_with_the_way_out(self):
        with FaceServer(HELLO, port=0) as server:
            url = f"ws://127.0.0.1:{server.port}"
            with receiving(url, expected_layout_id="other") as receiver:
                status = settled(receiver, "refused")
        assert "expected 'other': install the add-on and geface-bridge of the same" in status.text


def sent(receiver, kind, **fields):
    """Whether a command could be queued."""
    try:
        receiver.send(kind, **fields)
    except ConnectionLostError:
        return False
    return True


def answering(head, body=b""):
    def script(sock):
        h.request(sock)
        sock.sendall(head.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return script


def saying(data):
    """Greets, says ``data`` and waits for the client to leave."""

    def script(sock):
        h.greet(sock)
        sock.sendall(data)
        h.drain(sock)

    return script


def raw(data):
    def script(sock):
        h.request(sock)
        sock.sendall(data)
        h.drain(sock)

    return script


def other_hello(**changes):
    def script(sock):
        h.greet(sock, replace(HELLO, **changes))
        h.drain(sock)

    return script


def drip(sock):
    h.request(sock)
    while True:
        sock.sendall(b"HTTP/1.1 101 X\r\n" + b"A: b\r\n" * 100)


def truncated(sock):
    h.greet(sock)
    sock.sendall(h.framed(encode(any_frame(1)))[:-5])


def hello_of_major_2():
    data = encode(HELLO).replace(b"\xa7version\x92\x01", b"\xa7version\x92\x02")
    assert data != encode(HELLO)
    return data


FRAME = encode(any_frame(5))
REFUSED = {
    "no http": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "this is no geface-bridge: it answers b'SSH-2.0"),
    "tls": (raw(b"\x15\x03\x01\x00\x02\x02\x46"), "this server speaks TLS: use wss:// for ws://"),
    "another page": (answering("HTTP/1.1 200 OK"), "it answers 200 OK"),
    "not found": (answering("HTTP/1.1 404 Not Found"), "it answers 404 Not Found"),
    "bad request": (
        answering("HTTP/1.1 400 Bad Request", b"client offers none\nexpected geface.v1"),
        "refuses the connection (400: client offers none expected geface.v1)",
    ),
    "forbidden": (answering("HTTP/1.1 403 No", b"\x00\xff"), "refuses the connection (403: No)"),
    "wrong accept": (
        raw(
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: x\r\n\r\n"
        ),
        "header sec-websocket-accept is 'x'",
    ),
    "endless head": (drip, "its answer has no end"),
    "text": (saying(h.framed(b"{}", h.Opcode.TEXT)), "server sent text, expected a binary"),
    "oversize": (saying(h.framed(bytes(65537))), "message has 65537 bytes, expected at most"),
    "endless": (saying(b"\x82\x7f" + b"\x7f" * 8), "expected at most 65536"),
    "masked": (saying(b"\x82\x80" + bytes(4)), "masked"),
    "garbage": (saying(h.framed(b"\xc1\xff")), "message holds no msgpack (0xc1 at byte 0)"),
    "a frame that repeats": (saying(h.framed(FRAME) * 2), "frame.sequence is 5 after 5"),
    "a frame that goes back": (
        saying(h.framed(FRAME) + h.framed(encode(any_frame(4)))),
        "frame.sequence is 4 after 5",
    ),
    "a client's message": (saying(h.framed(encode(Ping(1.0)))), "server sent ping"),
    "no hello": (lambda sock: (h.shake(sock, h.framed(FRAME)), h.drain(sock)), "expected hello"),
    "another major": (
        lambda sock: (h.shake(sock, h.framed(hello_of_major_2())), h.drain(sock)),
        "the server speaks geface.v2, this add-on geface.v1: update this add-on",
    ),
    "too many channels": (
        saying(h.framed(encode(replace(any_frame(1), channels=np.zeros(3, np.float32))))),
        "frame.channels holds 3 channels",
    ),
    "closed for our error": (saying(h.closing(1002, "x is y")), "closed the connection (1002): x"),
    "closed for our bytes": (saying(h.closing(1007, "")), "closed the connection (1007)"),
    "closed for our flood": (saying(h.closing(1008, "too many")), "(1008): too many"),
}
AWAY = {
    "gone at once": (lambda _: None, "the connection"),
    "gone in the handshake": (lambda sock: h.request(sock), "the connection"),
    "silent": (h.drain, "it does not answer the handshake"),
    "half a head": (raw(b"HTTP/1.1 101 Swi"), "it does not answer the handshake"),
    "no hello": (lambda sock: (h.shake(sock), h.drain(sock)), "the server says no hello"),
    "silent after its hello": (saying(b""), "nothing came for 0.5 s"),
    "cut off": (truncated, "the connection"),  # closed, or broke off while we wrote
    "stopped": (saying(h.closing(1001, "the server stops")), "(1001): the server stops"),
    "no reason": (saying(b"\x88\x00"), "(1005)"),
    "full": (answering("HTTP/1.1 503 Busy", b"already 256 clients"), "already 256 clients"),
}


class TestBadServers:
    @pytest.mark.parametrize("case", REFUSED)
    def test_what_trying_again_does_not_mend_ends_it_and_says_why(self, case):
        script, text = REFUSED[case]
        with Hostile(script) as server, receiving(server.url) as receiver:
            status = settled(receiver, "refused")
            assert text in status.text
            assert status.text.startswith(server.url)
            assert "\n" not in status.text
            assert server.connections == status.attempts == 1
            until(lambda: h.own_threads() == [])

    @pytest.mark.parametrize("case", AWAY)
    def test_who_is_away_is_tried_again(self, case):
        script, text = AWAY[case]
        with Hostile(script) as server, receiving(server.url, patience_s=0.5) as receiver:
            status = settled(receiver, "waiting")
            assert text in status.text
            assert "trying again" in status.text
            until(lambda: server.connections > 1)

    def test_nobody_is_there_and_then_somebody_is(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            with receiving(f"ws://127.0.0.1:{port}") as receiver:
                text = settled(receiver, "waiting").text
                assert "no server answers, start one with `geface-bridge stream`" in text
                free.close()
                with FaceServer(HELLO, port=port):
                    settled(receiver, "online")

    def test_what_a_server_said_before_it_left_is_heard_though_we_can_write_no_more(self):
        frames = b"".join(h.framed(encode(any_frame(number))) for number in range(50))

        def script(sock):  # hello, frames and reason at once: our answer meets a closed socket
            h.greet(sock)
            sock.sendall(frames + h.closing(1008, "too many"))

        with Hostile(script) as server, receiving(server.url) as receiver:
            assert "(1008): too many" in settled(receiver, "refused", "waiting").text
            assert [frame.sequence for frame in receiver.take_new()] == list(range(50))

    def test_the_client_says_why_it_leaves(self):
        said = []

        def script(sock):
            h.greet(sock)
            sock.sendall(h.framed(b"\xc1"))
            while data := sock.recv(65536):
                said.append(data)

        with Hostile(script) as server, receiving(server.url) as receiver:
            settled(receiver, "refused")
        code, reason = unmasked(b"".join(said))[-1]
        assert code == 8
        assert reason == b"\x03\xeamessage holds no msgpack (0xc1 at byte 0)"

    def test_pings_are_answered_fragments_put_together_and_every_frame_asked_for(self):
        said = []

        def script(sock):
            h.shake(sock, h.framed(encode(HELLO)[:7], fin=False) + h.framed(b"hi", h.Opcode.PING))
            sock.sendall(h.framed(encode(HELLO)[7:], h.Opcode.CONT))
            while data := sock.recv(65536):
                said.append(data)

        with Hostile(script) as server, receiving(server.url) as receiver:
            settled(receiver, "online")
            until(lambda: len(unmasked(b"".join(said))) >= 4)
        events = unmasked(b"".join(said))
        assert events[0] == (10, b"hi")
        messages = [decode(payload) for code, payload in events if code == 2]
        assert messages[0] == Subscribe("all")
        assert isinstance(messages[1], Ping)
        assert events[-1] == (8, b"\x03\xe8")

    def test_frames_the_server_dropped_count_once(self):
        told = encode(Dropped(0, 6, 4))
        data = h.framed(FRAME) + h.framed(told) + h.framed(encode(any_frame(12)))
        with Hostile(saying(data)) as server, receiving(server.url) as receiver:
            assert [frame.sequence for frame in frames_of(receiver, 2)] == [5, 12]
            assert receiver.status().dropped == 6

    def test_frames_of_other_channels_are_not_mixed(self):
        small = replace(HELLO, channels=HELLO.channels[:2], session="small")
        small_frame = replace(any_frame(1), channels=np.zeros(2, np.float32))
        hellos = iter([(HELLO, FRAME), (small, encode(small_frame))])

        def script(sock):
            hello, frame = next(hellos)
            h.greet(sock, hello)
            sock.sendall(h.framed(frame))
            if hello is small:
                h.drain(sock)

        with Hostile(script) as server, receiving(server.url) as receiver:
            until(lambda: receiver.status().hello and len(receiver.status().hello.channels) == 2)
            (frame,) = frames_of(receiver, 1)
            assert len(frame.channels) == 2
            assert receiver.status().dropped == 1

    def test_notices_are_the_last_eight(self):
        data = b"".join(h.framed(encode(Status("info", str(i)))) for i in range(100))
        with Hostile(saying(data)) as server, receiving(server.url) as receiver:
            expected = tuple(f"info: {i}" for i in range(92, 100))
            until(lambda: receiver.status().notices == expected)

    @pytest.mark.parametrize("seed", range(20))
    def test_noise_at_any_moment_ends_in_words(self, seed):
        noise = random.Random(seed)
        data = bytearray(h.framed(encode(HELLO)) + h.framed(FRAME) * 3)
        for _ in range(noise.randrange(1, 6)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        begin = noise.choice([b"", noise.randbytes(30)])

        def script(sock):
            h.request(sock) if begin else h.shake(sock)
            sock.sendall(begin + data)

        with Hostile(script) as server, receiving(server.url, patience_s=0.5) as receiver:
            status = settled(receiver, "refused", "waiting")
            assert "error in the add-on" not in status.text
            assert "\n" not in status.text


def flood(sock):
    h.greet(sock)
    for number in itertools.count():
        sock.sendall(h.framed(encode(any_frame(number))))


def pings(sock):
    """Nothing but pings, and nobody reads the answers."""
    h.greet(sock)
    while True:
        sock.sendall(h.framed(b"x" * 125, h.Opcode.PING) * 100)


PHASES = {
    "handshake": h.drain,
    "half a head": raw(b"HTTP/1.1 101"),
    "before the hello": lambda sock: (h.shake(sock), h.drain(sock)),
    "online and silent": saying(b""),
    "flooded": flood,
    "flooded with pings": pings,
    "waiting": lambda _: None,
    "refused": raw(b"SSH"),
}


class TestStop:
    """``receiving`` itself checks that thread and socket are gone."""

    @pytest.mark.parametrize("phase", PHASES)
    @pytest.mark.parametrize("pause_s", [0.0, 0.03, 0.3])
    def test_in_every_phase(self, phase, pause_s):
        with Hostile(PHASES[phase]) as server, receiving(server.url) as receiver:
            until(lambda: server.connections > 0)
            time.sleep(pause_s)  # anywhere within the phase
            assert receiver.stop()

    def test_while_connecting(self):
        with black_hole() as (host, port), receiving(f"ws://{host}:{port}") as receiver:
            time.sleep(0.05)
            assert receiver.status().phase == "connecting"

    def test_while_shaking_hands_for_tls(self):
        with Hostile(h.drain, "wss") as server, receiving(server.url) as receiver:
            until(lambda: server.connections > 0)
            assert receiver.status().phase == "connecting"

    def test_while_a_name_is_looked_up(self, monkeypatch):
        real, hang = socket.getaddrinfo, threading.Event()

        def slow(host, port, **options):
            if not options["flags"]:
                hang.wait(PATIENCE_S)
            return real(host, port, **options)

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with receiving("ws://localhost:1"):
            time.sleep(0.05)
        hang.set()

    def test_before_the_start_and_twice(self):
        receiver = Receiver("ws://127.0.0.1:1")
        assert receiver.status() == ReceiverStatus()
        assert receiver.stop()
        assert receiver.stop()
        assert receiver.take_new() == []

    def test_what_came_can_be_taken_afterwards(self):
        with Hostile(saying(h.framed(FRAME))) as server, receiving(server.url) as receiver:
            until(lambda: receiver.status().rate_hz >= 0 and receiver.status().phase == "online")
            until(lambda: len(receiver._frames) == 1)
            receiver.stop()
            assert [frame.sequence for frame in receiver.take_new()] == [5]

    def test_sixty_times_leaves_nothing(self):
        with FaceServer(HELLO, port=0) as server:
            until(lambda: server.stats().clients == 0)
            threads, files = threading.active_count(), h.open_files()
            for number in range(60):
                receiver = Receiver(f"ws://127.0.0.1:{server.port}")
                receiver.start()
                if number % 2:
                    settled(receiver, "online")
                assert receiver.stop(PATIENCE_S)
            until(lambda: server.stats().clients == 0)
            until(lambda: (threading.active_count(), h.open_files()) == (threads, files))


class TestUse:
    @pytest.mark.parametrize(
        ("url", "token", "options"),
        [
            ("http://x", "", {}),
            ("ws://x:1", "a b", {}),
            ("wss://x:1", "", {"certificate": "/nowhere/a.pem"}),
        ],
    )
    def test_what_cannot_be_used_is_said_at_once(self, url, token, options):
        with pytest.raises(AddressError):
            Receiver(url, token, **options)

    def test_commands_need_a_server_and_sense(self):
        receiver = Receiver("ws://127.0.0.1:1")
        with pytest.raises(ConnectionLostError, match="mark cannot be sent: not connected"):
            receiver.send("mark", label="x")
        with pytest.raises(ProtocolError, match=r"gain\.factor is 11"):
            receiver.send("gain", channel="AU12_L", factor=11)

    def test_commands_for_a_server_that_does_not_read_are_bounded(self):
        with Hostile(saying(b"")) as server, receiving(server.url) as receiver:
            settled(receiver, "online")
            until(lambda: not sent(receiver, "mark", label="x"))
            with pytest.raises(ConnectionLostError, match="mark cannot be sent: 64 others wait"):
                receiver.send("mark", label="x")

    def test_a_system_without_sockets_is_said(self, monkeypatch):
        def fail():
            raise OSError(24, "Too many open files")

        monkeypatch.setattr(socket, "socketpair", fail)
        with receiving("ws://127.0.0.1:1") as receiver:
            status = receiver.status()
        assert status.phase == "refused"
        assert "Too many open files" in status.text

    def test_a_system_without_threads_is_said(self, monkeypatch):
        def fail(_):
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            with receiving("ws://127.0.0.1:1") as receiver:
                status = receiver.status()
        assert status.phase == "refused"
        assert "can't start new thread" in status.text
