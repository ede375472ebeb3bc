"""The page in a real browser, on a real server: it draws the rig's head, and it moves."""

from __future__ import annotations

import base64
import json
import threading
import time

import msgpack
import numpy as np
import pytest

from geface_bridge.live.loop import LEARNED
from geface_bridge.motion.groups import LID_AUS
from geface_bridge.protocol import Calibrate, FaceFrame, Hello, Mark
from geface_bridge.server import FaceServer
from rig.head import load_head
from rig.layout import load_layout
from rig.skeleton import Skeleton
from rig.skinning import skin
from tests.geface_bridge.viewer.chromium import Page, find_chromium
from tests.geface_bridge.viewer.pages import viewer_of

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="needs chromium on the PATH")

LAYOUT = load_layout()
HEAD = load_head()
SKELETON = Skeleton()
HELLO = Hello.from_layout(LAYOUT, subjects=("one", "two"), source="test", rate_hz=30)
LAUGH = {"AU12": 0.9, "AU06": 0.7, "AU25": 0.6, "AU26": 0.8, "head_yaw": 0.3}
FROWN = {"AU04": 1.0, "AU15": 0.8, "AU17": 0.6, "AU43": 0.7, "head_pitch": 0.2}


def channels(face: dict[str, float]) -> np.ndarray:
    """(C,) float32; a name without side means both."""
    out = np.zeros(len(LAYOUT.channels), np.float32)
    for name, value in face.items():
        for side in ("", "_L", "_R"):
            if name + side in LAYOUT.channel_index:
                out[LAYOUT.channel_index[name + side]] = value
    return out


class Stream:
    """A server that shows one face of a subject over and over, as a live stream does."""

    def __init__(self, port: int = 0) -> None:
        self.commands: list[object] = []
        self.server = FaceServer(HELLO, port=port, on_command=self.commands.append)
        self.server.start()
        self.faces: dict[int, np.ndarray | None] = {0: channels({}), 1: None}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def show(self, values: np.ndarray | None, subject: int = 0) -> None:
        """Send these channels from now on, None for a lost face."""
        self.faces[subject] = values

    def stop(self) -> None:
        """End it, and free the port."""
        self._stop.set()
        self._thread.join()
        self.server.stop()

    def _run(self) -> None:
        sequence = 0
        while not self._stop.wait(1 / 30):
            for subject, values in list(self.faces.items()):
                args = (sequence, subject, sequence / 30, time.monotonic())
                lost = FaceFrame.lost(*args)
                self.server.publish(lost if values is None else FaceFrame(*args, True, 0.9, values))
            sequence += 1


@pytest.fixture
def stream():
    streams = [Stream()]
    yield streams[0]
    streams[0].stop()


@pytest.fixture
def page(browser, stream):
    """The viewer, connected."""
    with viewer_of(browser(1200, 900), stream.server) as page:
        yield page


def settle(page: Page, values: np.ndarray) -> None:
    """Wait until the page shows these channels and has drawn them."""
    wanted = json.dumps([round(float(value), 4) for value in values])
    page.wait_for(
        f"{wanted}.every((v, i) => Math.abs(v - window.geface.shown[i]) < 2e-4)"
        " && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        ".then(() => true)"
    )


def head_picture(page: Page) -> np.ndarray:
    """(H, W) grey levels 0..255 of the middle of the stage."""
    image = page.screenshot()[:, : 1200 - 372].astype(float)
    height, width = image.shape[:2]
    return image[height // 6 : height * 4 // 5, width // 5 : width * 4 // 5].mean(axis=2)


def test_the_head_is_drawn_and_moves_with_the_face(page, stream):
    pictures = []
    for face in ({}, LAUGH, FROWN, {}):
        stream.show(channels(face))
        settle(page, channels(face))
        pictures.append(head_picture(page))
    rest, laugh, frown, rest_again = pictures
    lit = rest > 60
    assert lit.mean() > 0.25  # a face fills the middle, and is not one colour
    assert rest[lit].std() > 15
    still = np.abs(rest - rest_again).mean()
    assert still < 0.5
    for one, other in ((rest, laugh), (rest, frown), (laugh, frown)):
        assert np.abs(one - other).mean() > 5 + 10 * still


def test_vertices_on_the_gpu_are_the_rigs(page, stream):
    random = np.random.default_rng(5)
    low, high = (np.array([getattr(c, end) for c in LAYOUT.channels]) for end in ("low", "high"))
    for values in random.uniform(np.maximum(low, -0.6), np.minimum(high, 0.9), (3, len(low))):
        values = values.astype(np.float32)
        stream.show(values)
        settle(page, values)
        matrices = SKELETON.skin_matrices(values.astype(float))
        for name, part in HEAD.primitives.items():
            expected = skin(part.positions, part.joints, part.weights, matrices)
            np.testing.assert_allclose(gpu_vertices(page, name), expected, atol=2e-6, rtol=0)


def gpu_vertices(page: Page, name: str) -> np.ndarray:
    text = page.value(
        "btoa(Array.from(new Uint8Array(window.geface.renderer.posedPositions("
        f"window.geface.skeleton, {json.dumps(name)}).buffer),"
        " (byte) => String.fromCharCode(byte)).join(''))"
    )
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, 3)


def test_bars_and_numbers_show_the_channels(page, stream):
    values = channels({"AU12_L": 0.5, "AU04_R": 1.0, "AU26": 0.25, "head_yaw": np.deg2rad(30)})
    stream.show(values)
    settle(page, values)
    bars = page.value(
        "Object.fromEntries(window.geface.panel.bars.map((b) =>"
        " [b.at, Number(b.fill.style.transform.match(/scaleX\\((.*)\\)/)[1])]))"
    )
    shown = {LAYOUT.channel_names[int(at)]: value for at, value in bars.items()}
    assert sorted(shown) == sorted(LAYOUT.au_channel_names)
    assert {name: value for name, value in shown.items() if value} == {
        "AU12_L": 0.5,
        "AU04_R": 1.0,
        "AU26": 0.252,  # in steps of 1/250
    }
    page.wait_for("document.querySelector('#pose dd').textContent === '30.0°'")
    page.wait_for("Number(document.getElementById('latency').textContent) >= 0")
    assert page.value("document.getElementById('confidence').textContent") == "0.90"


def test_a_lost_face_relaxes_and_says_so(page, stream):
    stream.show(channels(LAUGH))
    settle(page, channels(LAUGH))
    stream.show(None)
    page.wait_for("document.getElementById('notice').textContent === 'No face in view'")
    settle(page, channels({}))
    stream.show(channels(FROWN))
    settle(page, channels(FROWN))
    assert page.value("document.getElementById('notice').hidden")


def click(page: Page, selector: str) -> None:
    page.value(f"document.querySelector({json.dumps(selector)}).click()")


def text_of(page: Page, name: str) -> str:
    return page.value(f"document.getElementById({json.dumps(name)}).textContent")


def wait_for_phase(page: Page, phase: str | None) -> None:
    page.wait_for(f"window.geface.guide.phase === {json.dumps(phase)}")


def received(stream: Stream, count: int) -> list[object]:
    """The first commands of clients, once there are so many."""
    end_s = time.monotonic() + 60
    while len(stream.commands) < count and time.monotonic() < end_s:
        time.sleep(0.01)
    return stream.commands


def test_neutral_counts_down_asks_and_waits_until_the_face_is_learned(page, stream):
    click(page, "#neutral")
    assert not page.value("document.getElementById('guide').hidden")
    assert text_of(page, "guide-title") == "Relax, look ahead"
    assert stream.commands == []
    page.wait_for("document.getElementById('guide-dial').textContent === '1'")
    wait_for_phase(page, "taking")
    assert received(stream, 1) == [Calibrate(2.0, 0, "neutral", ())]
    stream.server.status("info", "taking the neutral face")  # not what it waits for
    page.wait_for("document.getElementById('guide-text').textContent.startsWith('Waiting')")
    stream.server.status("info", LEARNED)
    wait_for_phase(page, "done")
    assert text_of(page, "guide-title") == "Face learned"
    wait_for_phase(page, None)
    assert page.value("document.getElementById('guide').hidden")


def test_a_countdown_can_be_cancelled_and_a_refusal_ends_the_guide(page, stream):
    click(page, "#neutral")
    click(page, "#guide-cancel")
    assert page.value("document.getElementById('guide').hidden")
    click(page, "#range")
    assert text_of(page, "guide-title") == "Go as far as you can"
    wait_for_phase(page, "taking")
    assert received(stream, 1) == [Calibrate(8.0, 0, "range", ())]
    stream.server.status("error", "this plays a recorded take")
    wait_for_phase(page, None)
    click(page, "#clear")
    assert received(stream, 2)[1:] == [Calibrate(0.0, 0, "clear", ())]


def test_the_range_of_one_unit_is_asked_for_at_its_bar(page, stream):
    open_menu = "Array.from(document.querySelectorAll('.name')).find((b) => b.title.startsWith"
    page.value(f"{open_menu}('AU05')).click()")
    assert "keep their range" in page.value("document.querySelector('.menu').textContent")
    assert page.value("document.querySelectorAll('.menu button').length") == 0
    page.value("dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))")
    assert page.value("document.querySelector('.menu')") is None
    page.value(f"{open_menu}('AU12')).click()")
    items = "Array.from(document.querySelectorAll('.menu button'))"
    names = ["Range of both sides", "Your right", "Your left"]
    assert page.value(f"{items}.map((item) => item.textContent)") == names
    page.value(f"{items}[2].click()")
    assert text_of(page, "guide-text").startswith("AU 12, lip corner puller, left:")
    assert received(stream, 1) == [Calibrate(4.0, 0, "range", ("AU12_L",))]


def test_the_page_knows_which_units_are_lids(page):
    assert page.value("import('/guide.js').then(({ LIDS }) => LIDS)") == list(LID_AUS)


def test_a_moment_is_marked_by_name(page, stream):
    click(page, "#mark")
    assert page.value("document.activeElement.id") == "mark-label"
    click(page, "#mark-form button")
    click(page, "#mark")
    page.value("document.getElementById('mark-label').value = 'Zoë lacht'")
    click(page, "#mark-form button")
    assert received(stream, 2) == [Mark("mark 1"), Mark("Zoë lacht")]
    assert page.value("document.getElementById('mark-form').hidden")


def test_a_live_stream_has_no_bar_of_a_take(page):
    assert page.value("document.getElementById('take').hidden")
    assert not page.value("document.getElementById('calibration').hidden")


def test_another_subject_can_be_followed(page, stream):
    stream.show(channels(FROWN), subject=1)
    options = "Array.from(document.getElementById('subject').options, (o) => o.text)"
    assert page.value(options) == ["one", "two"]
    page.value(
        "(() => { const s = document.getElementById('subject'); s.value = '1';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    settle(page, channels(FROWN))


def test_events_of_the_server_are_shown(page, stream):
    stream.server.status("warning", "camera 0 is gone <b>")
    page.wait_for("document.querySelector('#events li')?.textContent === 'camera 0 is gone <b>'")


def test_it_connects_again_when_the_server_returns(page, stream):
    port = stream.server.port
    stream.stop()
    page.wait_for("document.getElementById('state').dataset.state === 'lost'")
    page.wait_for("document.getElementById('calibration').disabled")
    second = Stream(port)
    try:
        second.show(channels(LAUGH))
        page.wait_for("document.getElementById('state').dataset.state === 'open'")
        settle(page, channels(LAUGH))
    finally:
        second.stop()
        page.problems.clear()  # the browser itself reports each refused connection


def test_the_pages_msgpack_reads_what_the_library_writes(page):
    values = [
        None, True, False, 0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1,
        -1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, 0.1, -1e300,
        "", "é" * 15, "x" * 31, "x" * 32, "ü" * 200, "y" * 70000,
        [], list(range(15)), list(range(16)), [[]] * 70000,
        {}, {"a": {"b": [1]}}, {str(i): i for i in range(16)}, {str(i): i for i in range(70000)},
    ]  # fmt: skip
    for value in values:
        packed = base64.b64encode(msgpack.packb(value)).decode()
        found = page.value(
            "import('/msgpack.js').then(({ decode }) =>"
            f" decode(Uint8Array.from(atob('{packed}'), (c) => c.charCodeAt(0)).buffer))"
        )
        assert found == value
    single = base64.b64encode(msgpack.packb(0.5, use_single_float=True)).decode()
    binary = base64.b64encode(msgpack.packb(b"\x00\xff" * 200)).decode()
    for packed, expected in ((single, 0.5), (binary, [0, 255] * 200)):
        assert expected == page.value(
            "import('/msgpack.js').then(({ decode }) => { const v ="
            f" decode(Uint8Array.from(atob('{packed}'), (c) => c.charCodeAt(0)).buffer);"
            " return v instanceof Uint8Array ? Array.from(v) : v; })"
        )


@pytest.mark.parametrize(
    "bad", [b"", b"\xa5abc", b"\xc1", b"\xd4\x01\x00", b"\x01\x01", b"\xa1\xff"]
)
def test_the_pages_msgpack_refuses_what_is_broken(page, bad):
    packed = base64.b64encode(bad).decode()
    assert page.value(
        "import('/msgpack.js').then(({ decode }) => { try {"
        f" decode(Uint8Array.from(atob('{packed}'), (c) => c.charCodeAt(0)).buffer); return false;"
        " } catch { return true; } })"
    )


def test_what_the_page_writes_the_library_reads(page):
    message = {"type": "calibrate", "duration_s": 2.5, "subject": None, "n": 70000, "x": "é" * 20}
    message |= {"none": [], "few": ["AU12_L", 0.5], "many": ["ü" * 40] * 200}
    text = page.value(
        "import('/msgpack.js').then(({ encode }) => btoa(String.fromCharCode("
        f"...encode({json.dumps(message)}))))"
    )
    assert msgpack.unpackb(base64.b64decode(text)) == message
