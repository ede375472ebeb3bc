"""A client in another language, with other people's libraries, reads a live stream.

Node's ``ws`` and ``@msgpack/msgpack`` know nothing of our code, so what they read is what
is on the wire. The packages are installed beside this file once (git ignores them).
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from geface_bridge.protocol import VERSION, Calibrate, FaceFrame, Gain, Hello
from geface_bridge.server import FaceServer
from rig.layout import load_layout

HERE = Path(__file__).parent
COUNT = 60
LAYOUT = load_layout()

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason="node and npm are not installed: the Node client cannot run",
)


def run(*command):
    program = shutil.which(command[0])  # npm is npm.cmd on Windows
    return subprocess.run(
        [program, *command[1:]], cwd=HERE, capture_output=True, text=True, encoding="utf-8"
    )


def wanted_versions():
    return json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]


def installed_versions():
    packages = [HERE / "node_modules" / name / "package.json" for name in wanted_versions()]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in packages if path.exists()]
    return {package["name"]: package["version"] for package in found}


@pytest.fixture(scope="module")
def node_packages():
    if installed_versions() != wanted_versions():
        done = run("npm", "install", "--no-audit", "--no-fund")
        assert done.returncode == 0, f"npm install failed: {done.stderr}"
    assert installed_versions() == wanted_versions()


def frame_at(sequence):
    """A frame of any float32; every seventh face is lost, and two faces take turns."""
    subject, number = sequence % 2, sequence // 2
    if sequence % 7 == 0:
        return FaceFrame.lost(number, subject, number / 30, 1000 + number / 30)
    random = np.random.default_rng(sequence)
    channels = random.normal(size=len(LAYOUT.channels)).astype(np.float32)
    confidence = float(random.random())
    return FaceFrame(number, subject, number / 30, 1000 + number / 30, True, confidence, channels)


@pytest.fixture(scope="module")
def session(node_packages):
    """What the Node client read, and the commands the server got from it."""
    hello = Hello.from_layout(LAYOUT, subjects=("face", "Zoë 顔"), source="test", rate_hz=29.97)
    commands, done = [], threading.Event()
    with FaceServer(hello, port=0, on_command=commands.append) as server:

        def publish():
            for sequence in itertools.count():
                server.publish(frame_at(sequence))
                if done.wait(0.005):
                    return

        publisher = threading.Thread(target=publish)
        publisher.start()
        try:
            client = run("node", "client.mjs", f"ws://127.0.0.1:{server.port}", str(COUNT))
        finally:
            done.set()
            publisher.join()
    assert client.returncode == 0, client.stderr
    return json.loads(client.stdout), commands


def test_hello_is_read_value_by_value(session):
    read, _ = session
    assert read["subprotocol"] == "geface.v1"
    hello = read["hello"]
    assert len(hello.pop("session")) == 16
    assert hello.pop("server_version")
    assert hello == {
        "type": "hello",
        "version": list(VERSION),
        "layout_id": LAYOUT.layout_id,
        "channels": [[c.name, c.unit, c.low, c.high] for c in LAYOUT.channels],
        "subjects": ["face", "Zoë 顔"],
        "source": "test",
        "rate_hz": 29.97,
        "server": "geface-bridge",
    }


def test_every_frame_arrives_bit_for_bit(session):
    frames = session[0]["frames"]
    assert len(frames) == COUNT
    first = 2 * frames[0]["sequence"] + frames[0]["subject"]
    for sequence, read in enumerate(frames, start=first):
        expected = frame_at(sequence)
        assert read == {
            "type": "frame",
            "sequence": expected.sequence,
            "subject": expected.subject,
            "time_s": expected.time_s,
            "captured_at_s": expected.captured_at_s,
            "valid": expected.valid,
            "confidence": expected.confidence,
            "channels": expected.channels.tolist(),
        }
    assert {frame["valid"] for frame in frames} == {True, False}


def test_its_commands_are_understood(session):
    read, commands = session
    assert commands == [Gain("AU01_L", 2.0), Calibrate(1.5, None)]
    error = {"type": "status", "level": "error"}
    assert read["statuses"] == [
        {**error, "text": "gain.channel is 'AU99', expected one of hello's"}
    ]


def test_the_pong_answers_its_ping(session):
    pong = session[0]["pong"]
    assert pong["client_time_s"] == 12.5
    assert pong["received_at_s"] <= pong["sent_at_s"]
