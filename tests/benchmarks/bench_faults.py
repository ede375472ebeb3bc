"""Faults at length: ``python tests/benchmarks/bench_faults.py [kill] [fuzz] [soak]``.

kill   a program that records a take (``--frames``, 30 minutes at 60 Hz unless told otherwise, as
       fast as it can) is killed with SIGKILL at ``--times`` random moments; printed is how many of
       the frames it had announced are not in the file.
fuzz   ``--messages`` random and mutated messages at the decoders of server and client; printed is
       how many were taken and refused; any other exception ends the program.
soak   a real server at 60 Hz for ``--seconds`` with honest, slow, dying and hostile clients;
       printed are memory before and after, and ages of frames at an honest client.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from geface_bridge.errors import ProtocolError
from geface_bridge.protocol import (
    SUBPROTOCOL,
    Calibrate,
    ClientSession,
    FaceFrame,
    Gain,
    Hello,
    Ping,
    Playback,
    ServerSession,
    Subscribe,
    decode,
    encode,
)
from geface_bridge.server import FaceServer
from geface_bridge.takes import read_take
from rig.layout import load_layout

LAYOUT = load_layout()
WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes import TakeRecorder
from rig.layout import load_layout

layout = load_layout()
hello = Hello.from_layout(layout, source="bench", rate_hz=60)
with TakeRecorder(Path(sys.argv[1]), hello) as recorder:
    channels = np.linspace(0, 1, len(layout.channels), dtype=np.float32)
    for number in range(int(sys.argv[2])):
        recorder.publish(FaceFrame(number, 0, number / 60, number / 60, True, 1.0, channels))
        print(number, flush=True)
"""


def hello() -> Hello:
    """Of the packaged layout."""
    return Hello.from_layout(LAYOUT, source="bench", rate_hz=60)


def frame(number: int) -> FaceFrame:
    """A frame captured now."""
    channels = np.zeros(len(LAYOUT.channels), np.float32)
    return FaceFrame(number, 0, number / 60, time.monotonic(), True, 1.0, channels)


def kill(times: int, frames: int, seed: int) -> None:
    """Kill a recording program at random moments."""
    rng = random.Random(seed)
    lost, lengths = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "take.geface"
            said = _killed_writer(path, frames, rng.randrange(1, frames))
            take = read_take(path)
            lost.append(said + 1 - len(take.frames))
            lengths.append(len(take.frames))
            assert [f.sequence for f in take.frames] == list(range(len(take.frames)))
    print(f"{times} recordings killed after {min(lengths)} to {max(lengths)} of {frames} frames")
    print(f"announced frames that are not in the file: {max(lost)} at most")


def _killed_writer(path: Path, frames: int, after: int) -> int:
    """Number of the last frame a writer announced before it was killed."""
    command = [sys.executable, "-c", WRITER, str(path), str(frames)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = -1
    for line in process.stdout:
        last = int(line) if line.endswith("\n") else last
        if last == after:
            process.send_signal(signal.SIGKILL)
    process.wait()
    return last


def fuzz(messages: int, seed: int) -> None:
    """Random and mutated messages at both decoders; any other exception ends the program."""
    rng = random.Random(seed)
    wishes = [Ping(1.0), Subscribe("all"), Calibrate(), Gain("AU12_L", 1.5), Playback(1.0)]
    good = [encode(m) for m in (*wishes, frame(0), hello())]
    seen: Counter[str] = Counter()
    began_s = time.monotonic()
    for _ in range(messages):
        data = _mutated(rng, good)
        server = ServerSession(hello())
        server.receive(data, 0.0)
        seen["server: refused" if server.close_code else "server: taken or ignored"] += 1
        client = ClientSession()
        client.hello = hello()
        try:
            client.receive(data, 0.0)
            seen["client: taken or ignored"] += 1
        except ProtocolError:
            seen["client: refused"] += 1
    print(f"{messages} messages in {time.monotonic() - began_s:.0f} s: {dict(seen)}")


def _mutated(rng: random.Random, good: list[bytes]) -> bytes:
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(0, 200))
    data = bytearray(rng.choice(good))
    for _ in range(rng.randrange(1, 3)):
        place = rng.randrange(len(data))
        match rng.randrange(3):
            case 0:
                data[place] = rng.randrange(256)
            case 1:
                del data[place]
            case _:
                data.insert(place, rng.randrange(256))
        if not data:
            break
    return bytes(data)


def soak(seconds: float, seed: int) -> None:
    """A server among all kinds of clients."""
    ages_s: list[float] = []
    with FaceServer(hello(), port=0) as server:
        threads = [
            threading.Thread(target=_honest, args=(server.port, seconds, ages_s)),
            threading.Thread(target=_hostile, args=(server.port, seconds, seed)),
        ]
        for thread in threads:
            thread.start()
        memory_kb = _publish(server, seconds)
        for thread in threads:
            thread.join()
    p50, p99 = np.percentile(np.array(ages_s) * 1000, [50, 99])
    print(
        f"{seconds:g} s, {len(ages_s)} frames at the honest client: p50 {p50:.1f} p99 {p99:.1f} ms"
    )
    print(f"memory {memory_kb[0] / 1024:.1f} MB after 2 s, {memory_kb[1] / 1024:.1f} MB at the end")


def _publish(server: FaceServer, seconds: float) -> tuple[int, int]:
    began_s, early_kb = time.monotonic(), 0
    for number in range(int(60 * seconds)):
        time.sleep(max(0.0, began_s + number / 60 - time.monotonic()))
        server.publish(frame(number))
        if number == 120:
            early_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return early_kb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _dial(port: int) -> ClientConnection:
    url = f"ws://127.0.0.1:{port}"
    return connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None)


def _honest(port: int, seconds: float, ages_s: list[float]) -> None:
    end_s = time.monotonic() + seconds - 0.5
    with _dial(port) as client:
        while time.monotonic() < end_s:
            message = decode(client.recv(10))
            if isinstance(message, FaceFrame):
                ages_s.append(time.monotonic() - message.captured_at_s)


def _hostile(port: int, seconds: float, seed: int) -> None:
    """Clients that never read, die, flood, and send rubbish, one after the other."""
    rng = random.Random(seed)
    good = [encode(Ping(1.0)), encode(frame(0))]
    sleepers: list[socket.socket] = []
    end_s = time.monotonic() + seconds - 1.0
    while time.monotonic() < end_s:
        try:
            client = _dial(port)
            for _ in range(rng.randrange(300)):
                client.send(_mutated(rng, good) if rng.random() < 0.1 else good[0])
            client.socket.close()
        except (OSError, WebSocketException):
            pass
        if len(sleepers) < 20:
            sleepers.append(socket.create_connection(("127.0.0.1", port)))
        time.sleep(0.02)
    for sleeper in sleepers:
        sleeper.close()


def main() -> None:
    """Parse the options and run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=["kill", "fuzz", "soak"], default=[])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--frames", type=int, default=30 * 60 * 60)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wanted = options.what or ["kill", "fuzz", "soak"]
    if "kill" in wanted:
        kill(options.times, options.frames, options.seed)
    if "fuzz" in wanted:
        fuzz(options.messages, options.seed)
    if "soak" in wanted:
        soak(options.seconds, options.seed)


if __name__ == "__main__":
    main()
