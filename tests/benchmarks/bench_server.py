"""How many clients one core serves: ``python tests/benchmarks/bench_server.py --clients 200``.

A real server is given frames at a rate and real clients, sockets in another process that answer
pings as every WebSocket library does, read them. Printed: the server's processor time as a share
of one core, age of the frames when they are read (p50, p99, max), frames that came and that were
dropped. ``--slow N`` adds clients that connect and never read.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import struct
import subprocess
import sys
import time

import numpy as np

from geface_bridge.protocol import SUBPROTOCOL, FaceFrame, Hello
from geface_bridge.server import FaceServer
from rig.layout import load_layout


def serve(clients: int, slow: int, rate_hz: float, seconds: float) -> None:
    """Run server and clients, print what was measured."""
    layout = load_layout()
    hello = Hello.from_layout(layout, source="bench", rate_hz=rate_hz)
    with FaceServer(hello, port=0, max_clients=clients + slow + 8) as server:
        command = [sys.executable, __file__, "--connect", str(server.port)]
        command += ["--clients", str(clients), "--slow", str(slow), "--seconds", str(seconds)]
        reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while server.stats().clients < clients + slow:
            time.sleep(0.05)
        memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began_cpu_s, began_s = time.process_time(), time.monotonic()
        _publish(server, len(layout.channels), rate_hz, seconds)
        share = (time.process_time() - began_cpu_s) / (time.monotonic() - began_s)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kb
        stats = server.stats()
        reader.wait(timeout=30)
    assert reader.stdout is not None
    seen = json.loads(reader.stdout.read())
    print(f"{clients} clients (+{slow} that never read) at {rate_hz:g} Hz for {seconds:g} s")
    print(f"server: {100 * share:.0f} % of one core, memory grew {grown_kb / 1024:.1f} MB")
    print(f"age when read: p50 {seen['p50']:.1f}  p99 {seen['p99']:.1f}  max {seen['max']:.1f} ms")
    print(f"frames: {seen['frames']} read, {stats.dropped} dropped")


def _publish(server: FaceServer, count: int, rate_hz: float, seconds: float) -> None:
    rng = np.random.default_rng(0)
    began_s = time.monotonic()
    for sequence in range(int(rate_hz * seconds)):
        time.sleep(max(0.0, began_s + sequence / rate_hz - time.monotonic()))
        now_s = time.monotonic()
        channels = rng.random(count, dtype=np.float32)
        server.publish(FaceFrame(sequence, 0, now_s - began_s, now_s, True, 1.0, channels))


class Reader(asyncio.Protocol):
    """A WebSocket client that counts frames, notes their age and answers pings."""

    def __init__(self, ages_s: list[float], reads: bool) -> None:
        self._ages_s, self._reads = ages_s, reads
        self._data = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade (RFC 6455, section 4.1)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET / HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", "", ""]
        transport.write("\r\n".join(lines).encode())
        if not self._reads:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the front (RFC 6455, section 5.2); the server masks nothing."""
        self._data += data
        if not self._open:
            head, found, self._data = self._data.partition(b"\r\n\r\n")
            assert found, "half a handshake"
            assert b" 101 " in head, head
            self._open = True
        while (size := self._frame_size()) is not None and len(self._data) >= sum(size):
            body, self._data = self._data[size[0] : sum(size)], self._data[sum(size) :]
            self._take(self._opcode, body)

    def _frame_size(self) -> tuple[int, int] | None:
        if len(self._data) < 4:
            return None
        self._opcode, short = self._data[0] & 0x0F, self._data[1] & 0x7F
        if short < 126:
            return 2, short
        return 4, struct.unpack(">H", self._data[2:4])[0]

    def _take(self, opcode: int, body: bytes) -> None:
        if opcode == 9:
            self._transport.write(bytes([0x8A, 0x80 | len(body), 0, 0, 0, 0]) + body)
        elif opcode == 2 and b"captured_at_s\xcb" in body:
            place = body.index(b"captured_at_s\xcb") + 14
            captured_at_s = struct.unpack_from(">d", body, place)[0]
            self._ages_s.append(time.monotonic() - captured_at_s)


async def read(port: int, clients: int, slow: int, seconds: float) -> None:
    """Connect, read for a while, print ages as JSON."""
    loop = asyncio.get_running_loop()
    ages_s: list[float] = []
    for number in range(clients + slow):
        await loop.create_connection(
            lambda reads=number < clients: Reader(ages_s, reads), "127.0.0.1", port
        )
    await asyncio.sleep(seconds + 1.0)
    ages_ms = np.array(ages_s) * 1000
    p50, p99 = np.percentile(ages_ms, [50, 99])
    print(json.dumps({"frames": len(ages_s), "p50": p50, "p99": p99, "max": ages_ms.max()}))


def main() -> None:
    """Parse the options and run one side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connect", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.connect:
        asyncio.run(read(options.connect, options.clients, options.slow, options.seconds))
    else:
        serve(options.clients, options.slow, options.rate, options.seconds)


if __name__ == "__main__":
    main()
