from __future__ import annotations

import subprocess
import sys

import numpy as np

from geface_bridge.capture.opencv import rgb_from_opencv


def test_bgr_is_turned_and_grey_is_spread():
    np.testing.assert_array_equal(rgb_from_opencv(np.array([[[1, 2, 3]]], np.uint8)), [[[3, 2, 1]]])
    np.testing.assert_array_equal(rgb_from_opencv(np.array([[7]], np.uint8)), [[[7, 7, 7]]])


SILENT_FAILURES = """
import sys
from geface_bridge.capture import open_camera, open_url, open_video
from geface_bridge.errors import SourceError
for fail in (
    lambda: open_video(sys.argv[1]),
    lambda: open_url("http://127.0.0.1:9/x", timeout_s=1.0),
    lambda: open_camera(97),
):
    try:
        fail()
    except SourceError:
        print("refused")
"""


def test_opencv_and_ffmpeg_stay_silent_when_opening_fails(tmp_path):
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"hello" * 1000)
    # A process of its own: FFmpeg takes its log level once, at its first use.
    command = [sys.executable, "-c", SILENT_FAILURES, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["refused"] * 3, "")
