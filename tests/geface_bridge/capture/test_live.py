from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from geface_bridge.capture import open_camera, open_url
from geface_bridge.capture.live import LiveSource, without_secrets
from geface_bridge.errors import SourceError
from tests.geface_bridge.capture.clips import STEP, number_of, write_clip


class Handed:
    """A device that delivers a frame each time it is told to, then ends."""

    def __init__(self, count: int) -> None:
        self.frames = [np.full((48, 64, 3), i * STEP, np.uint8) for i in range(count)]
        self.may_read = threading.Semaphore(0)
        self.asked, self.released = threading.Semaphore(0), threading.Event()

    def read(self):
        self.asked.release()
        self.may_read.acquire()
        return (True, self.frames.pop(0)) if self.frames else (False, None)

    def release(self):
        self.released.set()

    def deliver(self, count: int) -> None:
        """Let so many frames through and wait until the last is stored."""
        for _ in range(count):
            self.asked.acquire()
            self.may_read.release()
        self.asked.acquire()
        self.asked.release()


def test_the_newest_frame_wins_and_the_others_are_counted():
    device = Handed(10)
    source = LiveSource(device, "camera 0", 30.0, "advice")
    frames = source.frames()
    device.deliver(4)
    assert number_of(next(frames).image_rgb) == 3
    device.deliver(1)
    frame = next(frames)
    assert (number_of(frame.image_rgb), frame.index, source.dropped) == (4, 4, 3)
    device.may_read.release()
    source.close()
    assert device.released.is_set()
    assert list(frames) == []


def test_a_device_that_ends_is_an_error_with_advice(tmp_path):
    capture = cv2.VideoCapture(str(write_clip(tmp_path / "clip.mp4")))
    source = LiveSource(capture, "camera 3", 30.0, "check the cable")
    with pytest.raises(SourceError, match="camera 3 ended, expected 30 a second; check the cable"):
        list(source.frames())
    source.close()


def test_a_device_that_hangs_is_an_error_after_the_stall():
    device = Handed(1)
    source = LiveSource(device, "camera 0", 30.0, "check the cable", stall_s=0.05)
    with pytest.raises(SourceError, match=r"camera 0 sent no frame for 0\.05 s"):
        next(source.frames())
    device.may_read.release(2)


def test_times_rise_from_zero(tmp_path):
    device = Handed(3)
    source = LiveSource(device, "camera 0", 30.0, "advice")
    frames = source.frames()
    times = []
    for _ in range(3):
        device.deliver(1)
        times.append(next(frames).time_s)
    device.may_read.release()
    assert times[0] == 0.0
    assert times == sorted(times)


def test_cameras_that_do_not_exist():
    with pytest.raises(SourceError, match="camera 97 cannot be opened; close other programs"):
        open_camera(97)
    with pytest.raises(SourceError, match="camera -1 cannot be, expected 0 or more"):
        open_camera(-1)


class MjpegHandler(BaseHTTPRequestHandler):
    """Sends 30 JPEGs of rising brightness as multipart/x-mixed-replace, as webcams do."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for index in range(30):
            _, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), index * STEP, np.uint8))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.size}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg.tobytes() + b"\r\n")

    def log_message(self, *args):
        """Nothing: tests are silent."""


@pytest.fixture
def mjpeg_url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), MjpegHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/stream.mjpg"
    server.shutdown()
    server.server_close()


def test_an_mjpeg_stream_over_http_is_read_until_it_ends(mjpeg_url):
    source = open_url(mjpeg_url)
    numbers = (number_of(frame.image_rgb) for frame in source.frames())
    seen: list[int] = []
    with pytest.raises(SourceError, match="ended"):
        seen.extend(numbers)
    source.close()
    assert seen == sorted(set(seen))
    assert seen[-1] == 29
    assert len(seen) + source.dropped == 30


def test_what_is_no_stream_is_refused_with_the_schemes():
    with pytest.raises(SourceError, match="scheme 'file', expected one of http, https, rtsp"):
        open_url("file:///etc/hostname")


def test_nothing_listening_is_an_error_that_keeps_the_password():
    with pytest.raises(SourceError, match="cannot be opened within 1 s") as error:
        open_url("http://me:secret@127.0.0.1:9/x?key=secret", timeout_s=1.0)
    assert "secret" not in str(error.value)


def test_secrets_are_taken_out_of_addresses():
    found = without_secrets("rtsp://me:pw@camera.local:554/live?token=abc#x")
    assert found == "rtsp://camera.local:554/live"
