from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from geface_bridge import capture
from geface_bridge.align.mediapipe_tracker import LANDMARK_COUNT, MediaPipeTracker
from geface_bridge.capture import open_video

CLIP = Path(capture.__file__).with_name("performance.mp4")


@pytest.fixture(scope="module")
def pictures():
    with closing(open_video(CLIP, realtime=False)) as source:
        return [frame.image_rgb for frame in itertools.islice(source.frames(), 4)]


def test_no_face_on_a_blank_image_and_close_ends_it():
    tracker = MediaPipeTracker(max_faces=1, tracking=True)
    assert tracker.track(np.zeros((120, 160, 3), np.uint8)) == []
    tracker.close()


@pytest.mark.parametrize("tracking", [True, False])
def test_landmarks_are_those_of_mediapipe_s_own_solution(pictures, tracking):
    from mediapipe.python.solutions.face_mesh import FaceMesh

    height, width = pictures[0].shape[:2]
    with (
        closing(MediaPipeTracker(max_faces=2, tracking=tracking)) as tracker,
        FaceMesh(not tracking, max_num_faces=2, refine_landmarks=True) as mesh,
    ):
        mesh.process(np.zeros((64, 64, 3), np.uint8))
        for picture in pictures:
            (found,) = tracker.track(picture)
            (face,) = mesh.process(picture).multi_face_landmarks
            expected = np.array([(p.x * width, p.y * height, p.z * width) for p in face.landmark])
            assert found.shape == (LANDMARK_COUNT, 3)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_any_thread_may_track(pictures):
    with closing(MediaPipeTracker(max_faces=1, tracking=True)) as tracker:
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(tracker.track, pictures[0]).result()
        here = tracker.track(pictures[0])
    assert len(elsewhere) == len(here) == 1


def test_a_face_that_is_gone_is_not_found(pictures):
    with closing(MediaPipeTracker(max_faces=1, tracking=True)) as tracker:
        found = [len(tracker.track(p)) for p in (pictures[0], np.zeros_like(pictures[0]))]
    assert found == [1, 0]


def test_mediapipe_is_still_whole_for_others_in_the_process():
    program = (
        "from geface_bridge.align.mediapipe_tracker import MediaPipeTracker as T; T(1, True);"
        "import mediapipe as mp;"
        "print(mp.__version__, mp.Image.__name__, mp.solutions.hands.Hands.__name__,"
        " mp.tasks.vision.FaceLandmarker.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["0.10.21", "Image", "Hands", "FaceLandmarker"], done.stderr
