"""``geface-bridge watch``: the drawing on worked examples, the command on a live server."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from geface_bridge.commands import watch as module
from geface_bridge.errors import ServerError
from geface_bridge.protocol import Dropped, FaceFrame, Hello, Pong, Status
from geface_bridge.server import FaceServer, Waiting
from rig.layout import Channel, load_layout

HELLO = Hello(
    "0123",
    (
        Channel("AU12_L", "intensity", 0, 1),
        Channel("AU12_R", "intensity", 0, 1),
        Channel("AU17", "intensity", 0, 1),
        Channel("head_yaw", "rad", -np.pi, np.pi),
        Channel("head_x", "m", -10, 10),
    ),
    source="camera 0",
)
FRAME = FaceFrame(41, 0, 1.5, 9.0, True, 0.75, np.float32([1, 0.25, 0.5, np.pi / 2, -20]))


class TestDrawing:
    def test_bars_pair_the_sides_and_keep_to_their_range(self):
        assert module.bar_lines(HELLO, FRAME, 39, 20, "█") == [
            "AU12       ████████ 1.00 ██       0.25",
            "AU17       ████     0.50",
            "head_yaw   ██████   +90°",
            "head_x             -20.00",
        ]

    def test_wide_terminals_get_columns_and_low_ones_fewer_lines(self):
        assert module.bar_lines(HELLO, FRAME, 80, 1, "#") == [
            "AU12       ######## 1.00 ##       0.25 head_yaw   ######    +90"
        ]

    def test_the_whole_layout_fits_a_terminal_of_80_by_24(self):
        layout = load_layout()
        hello = Hello.from_layout(layout, source="", rate_hz=0)
        frame = replace(FRAME, channels=np.ones(len(layout.channels), np.float32))
        text = "\n".join(module.bar_lines(hello, frame, 80, 20, "█"))
        stems = {name.removesuffix("_L").removesuffix("_R") for name in layout.channel_names}
        assert all(stem in text for stem in stems)
        assert max(map(len, text.splitlines())) <= 80

    def test_a_lost_face_shows_no_numbers(self):
        lost = FaceFrame.lost(42, 0, 1.5, 9.0)
        assert module.bar_lines(HELLO, lost, 39, 20, "█")[1] == "AU17       ········   -"
        assert module.bar_lines(HELLO, lost, 39, 20, "#")[1] == "AU17       ........   -"
        assert module.header(HELLO, lost, 30, None, 0) == "face #42  FACE LOST  30 fps  missed 0"
        assert module.strongest(HELLO, lost) == "-"

    def test_header_and_strongest(self):
        head = module.header(HELLO, FRAME, 29.6, 0.0124, 3)
        assert head == "face #41  confidence 0.75  30 fps  latency 12 ms  missed 3"
        assert module.strongest(HELLO, FRAME) == "AU12_L 1.00  AU17 0.50  AU12_R 0.25"
        still = replace(FRAME, channels=np.float32([0.09, 0, 0, 1, 1]))
        assert module.strongest(HELLO, still) == "neutral"

    def test_rate_of_even_steps_is_exact(self):
        rate = module.Rate()
        for i in range(9):
            rate.add(i / 32)
        assert rate.per_second == 32

    @pytest.mark.parametrize(
        ("event", "text"),
        [
            (replace(HELLO, server_version="9"), "geface-bridge 9: camera 0, 5 channels"),
            (Status("warning", "camera gone"), "warning: camera gone"),
            (Dropped(1, 7, 3), "warning: 3 frames of subject 1 dropped from 7 on"),
            (Waiting("no server", 0.25), "no server; trying again in 0.25 s"),
        ],
    )
    def test_events_in_words(self, event, text):
        assert module.describe(event).startswith(text)

    def test_pongs_are_nobodys_business(self):
        assert module.describe(Pong(0, 0, 0)) == ""


@pytest.fixture
def live_url():
    """Address of a server that publishes FRAME, and a lost face every fourth time."""
    done = threading.Event()
    with FaceServer(HELLO, port=0) as server:

        def publish():
            for i in itertools.count():
                lost = FaceFrame.lost(i, 0, i / 100, float(i))
                server.publish(lost if i % 4 == 3 else replace(FRAME, sequence=i))
                if done.wait(0.01):
                    return

        thread = threading.Thread(target=publish)
        thread.start()
        yield f"ws://127.0.0.1:{server.port}"
        done.set()
        thread.join()


class TestCommand:
    def run(self, *arguments):
        result = CliRunner().invoke(module.watch, arguments)
        return result.exception, result.stdout, result.stderr

    def test_json_lines_carry_every_channel_by_name(self, live_url):
        error, out, err = self.run(live_url, "--seconds", "1", "--json", "--all")
        assert error is None
        frames = [json.loads(line) for line in out.splitlines()]
        assert err.startswith("geface-bridge")
        sequences = [frame["sequence"] for frame in frames]
        later = sequences[len(frames) // 2 :]  # by then the server has read the subscription
        assert later == list(range(later[0], later[0] + len(later)))
        values = dict(zip((c.name for c in HELLO.channels), FRAME.channels.tolist(), strict=True))
        for frame in frames:
            assert frame["valid"] is (frame["sequence"] % 4 != 3)
            assert frame["channels"] == (values if frame["valid"] else {})

    def test_without_a_terminal_it_prints_plain_lines(self, live_url):
        error, out, _ = self.run(live_url, "--seconds", "1")
        assert error is None
        assert "\x1b" not in out
        assert out.splitlines()[1].startswith("face #")

    def test_no_server_is_an_error_after_the_seconds(self):
        error, out, _ = self.run("ws://127.0.0.1:1", "--seconds", "0.3")
        assert isinstance(error, ServerError)
        assert "start one with `geface-bridge stream`" in str(error)
        assert "; trying again in 0.25 s" in out

    def test_a_silent_server_is_an_error_too(self):
        with FaceServer(HELLO, port=0) as server:
            url = f"ws://127.0.0.1:{server.port}"
            error, _, _ = self.run(url, "--seconds", "0.2")
        assert str(error) == f"{url} sent no frame in 0.2 s, expected at least one"
