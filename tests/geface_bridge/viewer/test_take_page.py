"""The page steers a real player of a real take."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import replace

import pytest

from geface_bridge.live.player import TakePlayer
from geface_bridge.protocol import Playback
from geface_bridge.server import FaceServer
from geface_bridge.takes import Playhead
from tests.geface_bridge.takes.made import made_take
from tests.geface_bridge.viewer.chromium import Page, find_chromium
from tests.geface_bridge.viewer.pages import viewer_of

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="needs chromium on the PATH")

TAKE = made_take(24_000, rate_hz=20.0)


class Player:
    """``geface-bridge play`` of a take of 20 minutes, and what it was told."""

    def __init__(self) -> None:
        self.obeyed: list[object] = []
        hello = replace(TAKE.hello, source="take made.take", rate_hz=TAKE.rate_hz)
        self._commands: queue.SimpleQueue = queue.SimpleQueue()
        self.server = FaceServer(hello, port=0, on_command=self.command)
        self.head = Playhead(TAKE, time.monotonic())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Player:
        self.server.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.server.stop()

    def wait_for(self, count: int) -> list[object]:
        """What clients wished, once there are so many wishes."""
        wait(lambda: len(self.obeyed) >= count)
        return self.obeyed

    def command(self, wish: object) -> None:
        """Do what a client wishes."""
        self.obeyed.append(wish)
        self._commands.put(wish)

    def _run(self) -> None:
        tell = self.server.status
        player = TakePlayer(self.head, self.server, tell, self._commands)
        while not self._stopped.is_set():
            player.run(0.2)


@pytest.fixture
def player():
    with Player() as running:
        yield running


@pytest.fixture
def page(browser, player):
    """The viewer of the take."""
    with viewer_of(browser(900, 700), player.server) as page:
        yield page


def wait(condition) -> None:
    """Until it holds."""
    end_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.01)


def click(page: Page, name: str) -> None:
    page.value(f"document.getElementById('{name}').click()")


def test_a_take_has_a_bar_instead_of_calibration_and_marks(page):
    hidden = "['take', 'calibration', 'mark'].map((id) => document.getElementById(id).hidden)"
    assert page.value(hidden) == [False, True, True]


def test_pause_and_play(page, player):
    page.wait_for("document.getElementById('pause').textContent === 'Pause'")
    click(page, "pause")
    assert player.wait_for(1) == [Playback(paused=True)]
    page.wait_for("document.getElementById('notice').textContent === 'Paused'")
    assert player.head.paused
    assert page.value("document.getElementById('pause').textContent") == "Play"
    assert page.value("document.getElementById('stage').dataset.face") == "found"
    click(page, "pause")
    assert player.wait_for(2)[1:] == [Playback(paused=False)]
    page.wait_for("document.getElementById('notice').hidden")
    assert not player.head.paused


def test_speed_is_wished_and_then_seen_in_what_comes(page, player):
    pressed = (
        "Array.from(document.querySelectorAll('#speeds button')).filter("
        "(b) => b.getAttribute('aria-pressed') === 'true').map((b) => b.textContent).join()"
    )
    page.wait_for(f"{pressed} === '1×'")
    page.value("document.querySelector('#speeds button').click()")
    assert player.wait_for(1) == [Playback(speed=0.25)]
    page.wait_for(f"{pressed} === '0.25×'")
    player.command(Playback(speed=4.0))  # as another client would
    page.wait_for(f"{pressed} === '4×'")


def test_five_seconds_on_and_back(page, player):
    page.wait_for("document.getElementById('pause').textContent === 'Pause'")
    click(page, "pause")
    player.wait_for(1)
    page.wait_for("document.getElementById('notice').textContent === 'Paused'")
    at_s = player.head.position_s(time.monotonic())
    for name in ("on", "on", "back"):
        click(page, name)
    assert player.wait_for(4)[1:] == [Playback(skip_s=by_s) for by_s in (5.0, 5.0, -5.0)]
    wait(lambda: player.head.position_s(time.monotonic()) == pytest.approx(at_s + 5))
    assert player.head.paused


def test_a_paused_take_keeps_its_face(page):
    page.wait_for("document.getElementById('pause').textContent === 'Pause'")
    click(page, "pause")
    page.wait_for("document.getElementById('notice').textContent === 'Paused'")
    same = "window.geface.newest.channels.every((v, i) => v === window.geface.shown[i])"
    page.wait_for(same)
    assert page.value("window.geface.presence.lostS") is None
