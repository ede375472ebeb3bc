from __future__ import annotations

import subprocess
import sys

import numpy as np

from geface_bridge.align.mediapipe_tracker import MediaPipeTracker


def test_no_face_on_a_blank_image_and_close_ends_it():
    tracker = MediaPipeTracker(max_faces=1, tracking=True)
    assert tracker.track(np.zeros((120, 160, 3), np.uint8)) == []
    tracker.close()


def test_mediapipe_is_still_whole_for_others_in_the_process():
    program = (
        "from geface_bridge.align.mediapipe_tracker import MediaPipeTracker as T; T(1, True);"
        "import mediapipe as mp;"
        "print(mp.__version__, mp.Image.__name__, mp.solutions.hands.Hands.__name__,"
        " mp.tasks.vision.FaceLandmarker.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["0.10.21", "Image", "Hands", "FaceLandmarker"], done.stderr
