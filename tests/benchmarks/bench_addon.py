# SPDX-License-Identifier: GPL-3.0-or-later
"""The Blender add-on's core at length: ``python tests/benchmarks/bench_addon.py COMMAND``.

cycles   ``--count`` (1,000) times Connect and Disconnect with a real server, half of them while
         still connecting; printed are threads and files open before and after, and how long the
         user waits for Disconnect.
follow   ``--seconds`` (600) at 60 Hz, taken 60 times a second as Blender's timer does; printed are
         frames that came and did not, ages, this thread's and the process's cost, and memory.
fuzz     ``--count`` (200,000) random and mutated inputs for messages, frames of RFC 6455 and
         takes; printed is how many were taken and refused; any other exception ends the program.
take     how long a take of ``--minutes`` (60) at 60 Hz takes to read.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import random
import sys
import tempfile
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from blender_addon.geface.core.conversation import Conversation
from blender_addon.geface.core.errors import GeFaceError
from blender_addon.geface.core.receiver import Receiver
from blender_addon.geface.core.take import MAGIC, parse_take, read_take
from blender_addon.geface.core.websocket import FrameReader, parse_address, parse_response
from geface_bridge.protocol import FaceFrame, Hello, encode
from geface_bridge.server import FaceServer
from geface_bridge.takes import Marker, Take, TakeHeader, write_take
from geface_bridge.takes.take import take_bytes
from rig.layout import load_layout

LAYOUT = load_layout()
HELLO = Hello.from_layout(LAYOUT, source="bench", rate_hz=60)
GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "geface_v1.json"
RATE_HZ = 60.0


def frame(number: int) -> FaceFrame:
    """A frame captured now; what it holds has many different bytes."""
    channels = np.sin(np.arange(len(LAYOUT.channels), dtype=np.float32) + number)
    return FaceFrame(number, 0, number / RATE_HZ, time.monotonic(), True, 1.0, channels)


def resources() -> tuple[int, int]:
    """Threads that run and files that are open in this process."""
    gc.collect()
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


def memory_mib() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def quantiles(values: Sequence[float]) -> str:
    """Median, 99th percentile and largest, in milliseconds."""
    ms = [1000 * float(np.quantile(values, q)) for q in (0.5, 0.99, 1.0)]
    return f"median {ms[0]:.2f} ms, 99 % {ms[1]:.2f} ms, max {ms[2]:.2f} ms"


def cycles(arguments: argparse.Namespace) -> None:
    """Connect and disconnect."""
    with FaceServer(HELLO, port=0) as server, _Publisher(server):
        before, waits = resources(), []
        for number in range(arguments.count):
            receiver = Receiver(f"ws://127.0.0.1:{server.port}")
            receiver.start()
            while number % 2 and receiver.status().phase != "online":
                time.sleep(0.0005)
            begin_s = time.perf_counter()
            if not receiver.stop(10.0):
                sys.exit(f"cycle {number}: the thread did not end")
            waits.append(time.perf_counter() - begin_s)
        while server.stats().clients:
            time.sleep(0.01)
        after = resources()
    print(f"{arguments.count} cycles: threads and files {before} before, {after} after")
    print(f"disconnect: {quantiles(waits)}")


class _Publisher:
    """Publishes at 60 Hz until it is closed."""

    def __init__(self, server: FaceServer) -> None:
        self.sent = 0
        self._server, self._stop = server, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Publisher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        begin_s = time.monotonic()
        while not self._stop.wait(max(0.0, begin_s + self.sent / RATE_HZ - time.monotonic())):
            self._server.publish(frame(self.sent))
            self.sent += 1


def follow(arguments: argparse.Namespace) -> None:
    """Take frames as Blender's timer does."""
    server = FaceServer(HELLO, port=0)
    with server, _Publisher(server):
        receiver = Receiver(f"ws://127.0.0.1:{server.port}", expected_layout_id=LAYOUT.layout_id)
        receiver.start()
        ages, costs, sequences = array("d"), array("d"), array("q")  # few bytes a frame
        memory = 0.0
        begin_s, processor_s = time.monotonic(), time.process_time()
        while (now_s := time.monotonic()) < begin_s + arguments.seconds:
            tick_s = time.perf_counter()
            frames = receiver.take_new()
            receiver.status()
            costs.append(time.perf_counter() - tick_s)
            ages.extend(now_s - item.captured_at_s for item in frames)
            sequences.extend(item.sequence for item in frames)
            memory = memory or (memory_mib() if now_s > begin_s + 5 else 0.0)
            time.sleep(1 / RATE_HZ)
        status, processor_s = receiver.status(), time.process_time() - processor_s
        receiver.stop()
    late = len(ages) // 10
    holes = sum(b != a + 1 for a, b in itertools.pairwise(sequences))
    print(
        f"{len(sequences)} frames, {holes} holes, {status.dropped} dropped, {status.rate_hz:.1f} Hz"
    )
    print(f"age when taken: {quantiles(ages)}; the last tenth: {quantiles(ages[-late:])}")
    print(f"take_new and status, a tick: {quantiles(costs)}")
    print(f"server and client: {100 * processor_s / arguments.seconds:.1f} % of a core")
    print(f"memory: {memory:.1f} MiB after 5 s, {memory_mib():.1f} MiB at the end")


def take(arguments: argparse.Namespace) -> None:
    """Read a long take."""
    count = int(arguments.minutes * 60 * RATE_HZ)
    made = Take(TakeHeader(), HELLO, tuple(map(frame, range(count))), (Marker(0.0, "go"),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.geface"
        write_take(path, made)
        del made
        size, before = path.stat().st_size, memory_mib()
        begin_s = time.perf_counter()
        found = read_take(path)
        spent_s = time.perf_counter() - begin_s
    print(
        f"{len(found.frames)} frames, {size / 2**20:.0f} MiB on the disk: read in {spent_s:.2f} s "
        f"({1e6 * spent_s / count:.1f} µs a frame), {memory_mib() - before:.0f} MiB of memory"
    )


def fuzz(arguments: argparse.Namespace) -> None:
    """Random and mutated bytes at everything that reads bytes."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    kinds = ("canonical", "accepted", "ignored", "refused")
    messages = [bytes.fromhex(vector["hex"]) for kind in kinds for vector in golden[kind]]
    whole = take_bytes(Take(TakeHeader(), HELLO, tuple(map(frame, range(5))), ()))
    wire = b"".join(b"\x82\x7e" + len(m).to_bytes(2, "big") + m for m in messages if len(m) > 125)
    head = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    targets: list[tuple[str, list[bytes], Callable[[bytes], object]]] = [
        ("message", messages, lambda data: _conversation().receive(data, 0.0)),
        ("first message", messages, lambda data: Conversation().receive(data, 0.0)),
        ("frames", [wire[:2000], b"\x89\x01a\x82\x03abc\x02\x01a\x80\x01b"], _read_frames),
        ("take", [whole, MAGIC + whole[200:]], parse_take),
        ("answer", [head], parse_response),
        ("address", [b"ws://127.0.0.1:8765/?a=b"], lambda d: parse_address(d.decode("latin-1"))),
    ]
    dice, counts, slowest_s = random.Random(arguments.seed), Counter[str](), 0.0
    for number in range(arguments.count):
        name, seeds, read = targets[number % len(targets)]
        data = _mutated(dice, seeds)
        begin_s = time.perf_counter()
        try:
            read(data)
            counts[f"{name} taken"] += 1
        except GeFaceError:
            counts[f"{name} refused"] += 1
        slowest_s = max(slowest_s, time.perf_counter() - begin_s)
    print(f"{arguments.count} inputs: {dict(sorted(counts.items()))}")
    print(f"the slowest took {1000 * slowest_s:.1f} ms")


def _conversation() -> Conversation:
    conversation = Conversation()
    conversation.receive(encode(replace(HELLO, channels=LAYOUT.channels[:3])), 0.0)
    return conversation


def _read_frames(data: bytes) -> list[tuple[int, bytes]]:
    reader = FrameReader()
    reader.feed(data)
    return list(iter(reader.next, None))


def _mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    """One of the seeds with a few bytes changed, cut out, doubled or put in; or noise."""
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(300))
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(data) + 1)
        end = place + dice.randrange(9)
        piece = dice.choice(
            [dice.randbytes(dice.randrange(9)), bytes(data[place:end]) * 2, b"\xff"]
        )
        data[place:end] = piece
    return bytes(data)


def main() -> None:
    """Run one of the four."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    for command, options in (
        (cycles, {"--count": 1000}),
        (follow, {"--seconds": 600.0}),
        (fuzz, {"--count": 200_000, "--seed": 1}),
        (take, {"--minutes": 60.0}),
    ):
        one = commands.add_parser(command.__name__, help=command.__doc__)
        one.set_defaults(run=command)
        for name, value in options.items():
            one.add_argument(name, type=type(value), default=value)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
