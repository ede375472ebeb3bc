"""``geface-bridge play`` as a user runs it, with real clients."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace

import pytest

from geface_bridge.protocol import Calibrate, FaceFrame, Hello, Playback, Status
from geface_bridge.server import FaceClient
from geface_bridge.takes import write_take
from tests.geface_bridge.commands.process import PATIENCE_S, received, serving
from tests.geface_bridge.takes.made import LAYOUT, made_take

SMILE = LAYOUT.channel_index["AU12_L"]
TAKE = made_take(50, rate_hz=25.0)


@pytest.fixture
def file(tmp_path):
    write_take(tmp_path / "smile.geface", TAKE)
    return tmp_path / "smile.geface"


def number(frame):
    """Which frame of the take this is."""
    return round(49 * float(frame.channels[SMILE])) if frame.valid else 2


def test_a_take_is_played_to_clients_as_a_stream(file):
    with serving("play", file, "--loop") as (_, address), FaceClient(address, mode="all") as client:
        hello = received(client, Hello)
        assert (hello.source, hello.rate_hz) == ("take smile.geface", pytest.approx(25.0))
        frames = [received(client, FaceFrame) for _ in range(70)]
    first = number(frames[0])
    assert [number(f) for f in frames] == [(first + i) % 50 for i in range(70)]
    steps = {b.sequence - a.sequence for a, b in itertools.pairwise(frames)}
    assert steps == {1}


def test_clients_steer_it(file):
    with serving("play", file, "--loop") as (_, address), FaceClient(address) as client:
        received(client, FaceFrame)
        client.send(Playback(position_s=0.2, paused=True))
        client.send(Playback(position_s=1.0, speed=0.5, paused=False))
        assert received(client, FaceFrame, lambda f: number(f) == 25).valid
        client.send(Calibrate())
        text = received(client, Status).text
    assert text == "this plays a recorded take, which cannot calibrate"


def test_a_part_at_another_speed_ends_by_itself(file):
    command = [sys.executable, "-m", "geface_bridge", "play", str(file), "--port", "0"]
    command += ["--from", "0.5", "--to", "1.5", "--speed", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_take_without_frames(tmp_path):
    write_take(tmp_path / "empty.geface", replace(TAKE, frames=()))
    command = [sys.executable, "-m", "geface_bridge", "play", str(tmp_path / "empty.geface")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert "holds no frames: nothing to play" in done.stderr
