"""The core follows real servers over real sockets, channel for channel what Python reads."""

from __future__ import annotations

import itertools
import subprocess
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pytest

from geface_bridge.protocol import FaceFrame, Gain, Hello
from geface_bridge.server import FaceClient, FaceServer
from geface_bridge.takes import Take, TakeHeader, write_take
from rig.layout import load_layout
from tests.geface_bridge.commands.process import received, serving
from tests.geface_bridge.commands.test_stream import CLIP, needs_clip

LAYOUT = load_layout()
PATIENCE_S = 120

pytestmark = pytest.mark.timeout(900)


@dataclass
class Heard:
    """What ``live_client`` printed: kind → rows of words."""

    rows: list[list[str]]

    def of(self, kind):
        return [row[1:] for row in self.rows if row[0] == kind]

    @property
    def frames(self):
        """sequence → frame as it came over the wire."""
        return {int(row[0]): frame_of(row) for row in self.of("frame")}


def frame_of(row):
    sequence, time_s, captured_s, valid, confidence, *channels = row
    numbers = [float.fromhex(word) for word in (time_s, captured_s, confidence)]
    values = np.array([float.fromhex(word) for word in channels], np.float32)
    return FaceFrame(int(sequence), 0, numbers[0], numbers[1], valid == "1", numbers[2], values)


def following(built, address, count, *arguments):
    """A running ``live_client``; a thread reads what it prints, so that no pipe fills up."""
    port = urlsplit(address).port
    command = [built("g++") / "live_client", port, count, *arguments]
    words = [str(word) for word in command]
    client = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    said = []
    reader = threading.Thread(target=lambda: said.extend(client.stdout))
    reader.start()
    return client, reader, said


def heard_by(running):
    """All it printed, once it has ended by itself."""
    client, reader, said = running
    try:
        assert client.wait(timeout=PATIENCE_S) == 0, said[-20:]
    finally:
        client.kill()
        reader.join()
        client.stdout.close()
    return Heard([line.rstrip("\n").split("\t") for line in said])


def any_frame(number, rate_hz=60.0):
    """A frame of any float32; of every 60, five are lost."""
    time_s = number / rate_hz
    if number % 60 >= 55:
        return FaceFrame.lost(number, 0, time_s, 100 + time_s)
    random = np.random.default_rng(number)
    channels = random.normal(size=len(LAYOUT.channels)).astype(np.float32)
    return FaceFrame(number, 0, time_s, 100 + time_s, True, float(random.random()), channels)


@pytest.fixture
def take(tmp_path):
    """A take of 5 s, in a file."""
    hello = Hello.from_layout(LAYOUT, source="test", rate_hz=60.0)
    frames = tuple(any_frame(number) for number in range(300))
    write_take(
        tmp_path / "any.geface", Take(TakeHeader(1.7e9, 100.0, "", "", 0.0), hello, frames, ())
    )
    return tmp_path / "any.geface"


def test_every_channel_of_a_played_take_arrives_bit_for_bit(built, take):
    built("g++")
    with serving("play", take, "--loop") as (_, address):
        heard = heard_by(following(built, address, 200))
    (hello,) = heard.of("hello")
    assert hello[1:3] == [LAYOUT.layout_id, "1"]
    assert tuple(hello[3:]) == LAYOUT.channel_names
    published = {frame.channels.tobytes(): frame for frame in map(any_frame, range(300))}
    frames = list(heard.frames.values())
    assert len(frames) >= 200
    for frame in frames:
        expected = published[frame.channels.tobytes()]
        assert (frame.valid, frame.confidence) == (expected.valid, expected.confidence)
    received_count, missed, _, round_trip_s, _ = heard.of("end")[0]
    assert int(received_count) == len(frames)
    assert int(missed) == 0
    assert 0 <= float.fromhex(round_trip_s) < 5


def test_what_is_shown_is_what_came_once_a_face_is_back(built, take):
    built("g++")
    with serving("play", take, "--loop") as (_, address):
        heard = heard_by(following(built, address, 150))
    live = [frame_of([s, t, t, v, c, *rest]) for s, t, v, c, *rest in heard.of("shown")]
    assert {frame.valid for frame in live} == {True, False}
    same = [
        frame.valid
        and np.allclose(frame.channels, heard.frames[frame.sequence].channels, atol=1e-6)
        for frame in live
    ]
    assert sum(same) > 75  # all but the quarter of a second after the first face
    assert not same[0]


@needs_clip
def test_a_stream_of_a_video_is_what_python_hears_of_it(built):
    built("g++")
    with (
        serving("stream", "--video", CLIP, "--loop") as (_, address),
        FaceClient(address, expected_layout_id=LAYOUT.layout_id, mode="all") as python,
    ):
        client = following(built, address, 60, "gain", "AU26", "0.5")
        frames = {}
        while client[0].poll() is None:
            frame = received(python, FaceFrame)
            frames[frame.sequence] = frame
        heard = heard_by(client)
    both = sorted(frames.keys() & heard.frames.keys())
    assert len(both) >= 50
    assert any(frames[number].valid for number in both)
    for number in both:
        assert heard.frames[number] == frames[number]
    assert heard.of("status") == [["0", "gain of AU26 is 0.5"]]


def test_commands_arrive_and_restarts_are_survived(built):
    built("g++")
    hello = Hello.from_layout(LAYOUT, source="test", rate_hz=60.0)
    commands = []
    with FaceServer(hello, port=0, on_command=commands.append) as first:
        client = following(built, f"ws://127.0.0.1:{first.port}", 120, "gain", "AU12_L", "1.5")
        publish(first, range(60), threading.Event())
    with FaceServer(hello, port=first.port, on_command=commands.append) as second:
        stop = threading.Event()
        thread = threading.Thread(target=publish, args=(second, itertools.count(), stop))
        thread.start()
        try:
            heard = heard_by(client)
        finally:
            stop.set()
            thread.join()
    assert commands == [Gain("AU12_L", 1.5)]  # once a schema, which a restart keeps
    assert heard.of("closed")[0] == ["1001"]
    assert len(heard.of("hello")) == 1
    restarted = [int(row[0]) for row in heard.of("frame")]
    assert any(b < a for a, b in itertools.pairwise(restarted))


def publish(server, numbers, stop):
    """Frames at about 60 Hz once there is a client, until told to stop."""
    while server.stats().clients == 0 and not stop.wait(0.01):
        pass
    for number in numbers:
        server.publish(any_frame(number))
        if stop.wait(1 / 60):
            return
