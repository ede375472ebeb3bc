"""``geface-bridge stream`` as a user runs it: a process of its own, real clients."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from geface_bridge import capture
from geface_bridge.arkit import arkit_channels, arkit_values
from geface_bridge.capture.video import PERFORMANCE
from geface_bridge.errors import ServerError, SourceError
from geface_bridge.protocol import Calibrate, FaceFrame, Hello, Mark, Status, Subscribe
from geface_bridge.server import FaceClient
from geface_bridge.takes import read_take
from rig.layout import load_layout
from tests.geface_bridge.commands.process import PATIENCE_S, received, serving
from tests.geface_bridge.estimate.tiny_model import write_tiny_model
from tests.geface_bridge.live.faces import film, needs_faces, photo
from tests.geface_bridge.viewer.chromium import Page, find_chromium

LAYOUT = load_layout()
CLIP = Path(capture.__file__).parent / PERFORMANCE
needs_clip = pytest.mark.skipif(not CLIP.is_file(), reason=f"needs the bundled {PERFORMANCE}")


@pytest.fixture
def model(tmp_path):
    return write_tiny_model(tmp_path, {"AU12_L": 0.5})


@pytest.fixture
def empty_clip(tmp_path):
    return film(tmp_path / "empty.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 10)


def streaming(*arguments, **environment):
    """A running stream on a free port; yields the process and its address."""
    return serving("stream", *arguments, **environment)


@needs_faces
def test_a_face_in_a_video_reaches_a_client(tmp_path, model):
    clip = film(tmp_path / "face.mp4", [photo()] * 10)
    with (
        streaming("--video", clip, "--loop", "--model", model, "--smoothing", 0) as (_, address),
        FaceClient(address, expected_layout_id=LAYOUT.layout_id) as client,
    ):
        hello = received(client, Hello)
        assert (hello.subjects, hello.rate_hz, hello.source) == (("face",), 25.0, str(clip))
        frame = received(client, FaceFrame, lambda f: f.valid)
        assert frame.channels[LAYOUT.channel_index["AU12_L"]] == pytest.approx(0.5, abs=1e-6)
        assert 0.0 < frame.confidence <= 1.0
        client.send(Calibrate(0.2))
        received(client, Status, lambda s: s.text == "face learned")
        rested = received(client, FaceFrame)
        assert rested.channels[LAYOUT.channel_index["AU12_L"]] == pytest.approx(0.0, abs=1e-6)


def test_no_face_is_invalid_frames_of_every_subject(empty_clip, model):
    with (
        streaming("--video", empty_clip, "--loop", "--model", model, "--faces", 2) as (_, address),
        FaceClient(address) as client,
    ):
        assert received(client, Hello).subjects == ("face 1", "face 2")
        for subject in (0, 1):
            assert not received(client, FaceFrame, lambda f, s=subject: f.subject == s).valid


def test_the_viewer_is_served_beside_the_stream(empty_clip, model):
    options = ("--viewer", "--viewer-port", 0, "--no-browser", "--token", "a secret")
    with streaming("--video", empty_clip, "--loop", "--model", model, *options) as (process, _):
        page = re.search(r"http://\S+", process.stdout.readline())[0]
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert b"a%20secret" in direct.open(f"{page}session.json", timeout=20).read()


@needs_clip
@pytest.mark.skipif(find_chromium() is None, reason="needs chromium on the PATH")
def test_the_bundled_performance_moves_the_head_in_a_browser(tmp_path):
    model = write_tiny_model(tmp_path, names=LAYOUT.au_channel_names)  # head angles: alignment's
    options = ("--video", CLIP, "--loop", "--viewer", "--viewer-port", 0, "--no-browser")
    with streaming(*options, "--model", model) as (process, _), Page(tmp_path / "user") as page:
        page.open(re.search(r"http://\S+", process.stdout.readline())[0])
        page.wait_for("window.geface?.newest?.valid === true")
        before = page.screenshot().astype(float)
        stage = np.s_[100:-200, 100:-500]
        assert (before[stage] > 60).mean() > 0.1
        # A busy machine takes a picture a second; the performance turns the head every few.
        end_s = time.monotonic() + PATIENCE_S
        moved = 0.0
        while moved <= 3 and time.monotonic() < end_s:
            moved = np.abs(page.screenshot().astype(float) - before)[stage].mean()
        assert moved > 3
        assert page.problems == []


@needs_clip
def test_without_camera_and_argument_it_plays_the_bundled_clip_and_says_so(model):
    try:
        capture.open_camera(0).close()
    except SourceError:
        done = run("--port", "0", "--model", model, "--seconds", "1")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("no camera here: playing the bundled performance")
    else:
        pytest.skip("this machine has a camera")


def test_seconds_and_the_end_of_a_file_end_it_well(empty_clip, model):
    for options in (["--fast"], ["--loop", "--seconds", "1"]):
        done = run("--port", "0", "--video", empty_clip, "--model", model, *options)
        assert (done.returncode, done.stderr) == (0, "")
        assert "first frame after" in done.stdout


def frames_of_both(one, other, enough):
    """Valid frames of two clients, read in turn until ``other`` has had enough."""
    found = [], []
    end_s = time.monotonic() + PATIENCE_S
    while len(found[1]) < enough and time.monotonic() < end_s:
        for frames, client in zip(found, (one, other), strict=True):
            message = client.receive(0.01)
            if isinstance(message, FaceFrame) and message.valid:
                frames.append(message)
    return found


@needs_clip
def test_what_one_process_sends_as_live_link_face_another_takes_in(tmp_path):
    """The bundled clip, over two processes and real sockets, is what ARKit's table makes of it."""
    take = tmp_path / "back.geface"
    taker = ("--from", "livelink:0", "--record", take, "--faces", "2")
    with streaming(*taker) as (_, address), FaceClient(address) as client:
        source = received(client, Hello).source
        assert source.startswith("Live Link Face on 127.0.0.1:")
        to = source.removeprefix("Live Link Face on ")
        sender = ("--video", CLIP, "--loop", "--livelink", to)
        with streaming(*sender) as (_, other), FaceClient(other) as original:
            original.send(Subscribe("all"))
            first = received(client, FaceFrame, lambda f: f.valid)
            received(client, FaceFrame, lambda f: f.time_s > first.time_s + 1)  # faded in
            sent, came = frames_of_both(original, client, 30)
        lost = received(client, FaceFrame, lambda f: f.subject == 0 and not f.valid)
        assert lost.time_s > came[-1].time_s
    expected = np.array([arkit_channels(arkit_values(f.channels)) for f in sent])
    expected[:, [LAYOUT.channel_index[f"head_{axis}"] for axis in "xyz"]] = 0
    away = [np.abs(expected - f.channels).max(axis=1).min() for f in came]
    assert max(away[5:-5]) < 1e-4  # ``original`` is read from a little later to a little earlier
    assert sum(f.valid for f in read_take(take).frames) >= len(came) == 30


def test_phones_of_an_independent_encoder_are_subjects_beside_garbage():
    """PyLiveLinkFace sends for both; what it sends reaches a client as action units."""
    smile, wide = PyLiveLinkFace(name="anna"), PyLiveLinkFace(name="ben")
    smile.set_blendshape(FaceBlendShape.MouthSmileLeft, 0.472, no_filter=True)
    wide.set_blendshape(FaceBlendShape.JawOpen, 0.375, no_filter=True)
    with (
        streaming("--from", "livelink:0", "--faces", "2") as (_, address),
        FaceClient(address) as client,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone,
    ):
        hello = received(client, Hello)
        assert hello.subjects == ("face 1", "face 2")
        phone.connect(("127.0.0.1", int(hello.source.rpartition(":")[2])))
        for data in (smile.encode(), b"noise", wide.encode()):
            phone.send(data)
        warned = received(client, Status, lambda s: s.level == "warning")
        assert "packet version is 110, expected 6" in warned.text
        for subject, name, value in ((0, "AU12_L", 0.5), (1, "AU26", 0.5)):
            phone.send((smile, wide)[subject].encode())
            frame = received(client, FaceFrame, lambda f, s=subject: f.valid and f.subject == s)
            expected = np.zeros(len(LAYOUT.channels))
            expected[LAYOUT.channel_index[name]] = value
            np.testing.assert_allclose(frame.channels, expected, atol=1e-4)


def run(*arguments):
    command = [sys.executable, "-m", "geface_bridge", "stream", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_it_quietly_and_frees_the_port(empty_clip, model):
    with streaming("--video", empty_clip, "--loop", "--model", model) as (process, address):
        while "first frame" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read().strip() == ""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 5)


def test_what_cannot_be_used_is_one_line_and_exit_code_2(empty_clip, model, tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        clip = ("--video", empty_clip)
        cases = {
            "is already in use": (*clip, "--port", port),
            "viewer port": (*clip, "--port", 0, "--viewer", "--viewer-port", port, "--no-browser"),
            "broken": (*clip, "--port", 0, "--model", broken),
            "cannot be read as a video": ("--port", 0, "--video", broken),
            "camera 97 cannot be opened": ("--port", 0, "--camera", 97),
            "expected livelink[:PORT]": ("--port", 0, "--from", "kinect"),
            "--camera and --from are given": ("--from", "livelink", "--camera", 0),
            "both at port 11111": ("--from", "livelink", "--livelink", "127.0.0.1"),
            "add --from livelink": (*clip, "--from-host", "0.0.0.0"),
            "which needs no asking": ("--from", "livelink", "--phone", "10.0.0.7"),
            "phones measure without one": ("--from", "livelink:0", "--model", model),
            "cannot be listened on": ("--from", "livelink", "--from-host", "192.0.2.1"),
        }
        for message, arguments in cases.items():
            done = run(*arguments)
            assert done.returncode == 2, message
            assert message in done.stderr
            assert done.stderr.startswith("geface-bridge: error: ")
            assert done.stderr.count("\n") == 1, done.stderr


def test_a_take_is_recorded_while_it_streams_and_survives_kill_9(tmp_path, empty_clip, model):
    path = tmp_path / "a.geface"
    options = ("--video", empty_clip, "--loop", "--model", model, "--record", path)
    with streaming(*options) as (process, address), FaceClient(address) as client:
        received(client, Hello)
        last = received(client, FaceFrame, lambda f: f.sequence >= 10)
        client.send(Mark("here"))
        received(client, Status, lambda s: s.text.startswith("marked 'here' at"))
        process.kill()
        process.wait()
    take = read_take(path)
    assert len(take.frames) > last.sequence
    assert [f.sequence for f in take.frames] == list(range(len(take.frames)))
    assert [marker.label for marker in take.markers] == ["here"]


@needs_faces
def test_a_performers_calibration_is_kept_and_used_again(tmp_path, model):
    clip = film(tmp_path / "face.mp4", [photo()] * 10)
    options = ("--video", clip, "--loop", "--model", model, "--smoothing", 0, "--performer", "ada")
    environment = {"env": {**os.environ, "GEFACE_CONFIG_DIR": str(tmp_path)}}
    smile = LAYOUT.channel_index["AU12_L"]
    with streaming(*options, **environment) as (_, address):
        command = [sys.executable, "-m", "geface_bridge", "calibrate", "--url", address]
        command += ["--seconds", "0.3", "--countdown", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.stdout.splitlines()[-1] == "face learned", done.stderr
    assert (tmp_path / "performers" / "ada.json").is_file()
    with streaming(*options, **environment) as (_, address), FaceClient(address) as client:
        received(client, Hello)
        frame = received(client, FaceFrame, lambda f: f.valid)
        assert frame.channels[smile] == pytest.approx(0.0, abs=1e-6)


def test_beyond_this_machine_a_token_is_made_and_asked_for(empty_clip, model):
    options = ("--video", empty_clip, "--loop", "--model", model, "--host", "0.0.0.0")
    with streaming(*options) as (process, address):
        address = address.replace("0.0.0.0", "127.0.0.1")
        with pytest.raises(ServerError, match="wrong or no token"):
            FaceClient(address)
        assert process.poll() is None
