from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from geface_bridge.align import CROP_SIZE, FaceAligner, as_rgb
from geface_bridge.align.template import crop_points, five_points
from geface_bridge.capture.images import read_image
from geface_bridge.errors import ImageError
from tests.geface_bridge.align.shared_faces import PHOTO, needs_faces


@pytest.fixture(scope="module")
def aligner():
    with FaceAligner(max_faces=2, tracking=False) as aligner:
        yield aligner


@pytest.fixture(scope="module")
def photo():
    return read_image(PHOTO)


@pytest.mark.parametrize("shape", [(1, 1, 3), (15, 400, 3), (20000, 16, 3), (16, 20000)])
def test_images_too_small_or_large_are_refused_with_their_size(aligner, shape):
    with pytest.raises(ImageError, match=f"image is {shape[1]}x{shape[0]} pixels, expected 16 to"):
        aligner.align(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "image", [np.zeros((64, 64, 3), np.float32), np.zeros((64, 64, 2), np.uint8), np.zeros(9)]
)
def test_other_arrays_are_refused_with_shape_and_type(image):
    with pytest.raises(ImageError, match=r"image has shape .* and type .*, expected"):
        as_rgb(image)


def test_grey_and_rgba_become_rgb():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = np.dstack([grey, grey, grey])
    for image in (grey, grey[:, :, None], np.dstack([grey, grey, grey, 255 - grey])):
        np.testing.assert_array_equal(as_rgb(image), expected)


@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 16384, 3), (16384, 16, 3), (481, 1921, 3)])
def test_an_image_without_a_face_has_none(aligner, shape):
    assert aligner.align(np.full(shape, 127, np.uint8)) == []


@needs_faces
def test_landmarks_crop_and_transform_agree(aligner, photo):
    (face,) = aligner.align(photo)
    points = face.landmarks_px[:, :2].astype(float)
    in_crop = points @ face.crop_from_image[:, :2].T + face.crop_from_image[:, 2]
    np.testing.assert_allclose(face.landmarks_crop * CROP_SIZE, in_crop, atol=1e-3)
    np.testing.assert_allclose(five_points(in_crop), crop_points(), atol=4.0)
    assert face.landmarks_px.shape == (478, 3)
    assert face.crop_rgb.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert face.in_frame == 1.0


@needs_faces
def test_size_of_the_image_does_not_matter(aligner, photo):
    (small,) = aligner.align(photo)
    (large,) = aligner.align(cv2.resize(photo, (2560, 2560), interpolation=cv2.INTER_CUBIC))
    np.testing.assert_allclose(large.landmarks_crop, small.landmarks_crop, atol=0.01)
    assert np.abs(large.crop_rgb.astype(int) - small.crop_rgb).mean() < 6.0
    assert large.head.z_m == pytest.approx(small.head.z_m, rel=0.02)


@needs_faces
def test_tilting_the_picture_tilts_the_head_and_not_the_crop(aligner, photo):
    (upright,) = aligner.align(photo)
    turn = cv2.getRotationMatrix2D((160, 160), 15.0, 1.0)  # anticlockwise on the screen
    (tilted,) = aligner.align(cv2.warpAffine(photo, turn, (320, 320)))
    # The top of the head moves to the image's left, the person's right: roll > 0.
    rolled = tilted.head.roll_rad - upright.head.roll_rad
    assert rolled == pytest.approx(np.deg2rad(15.0), abs=0.04)
    np.testing.assert_allclose(tilted.landmarks_crop, upright.landmarks_crop, atol=0.03)


@needs_faces
def test_mirroring_the_picture_mirrors_yaw_and_roll(aligner, photo):
    (face,) = aligner.align(photo)
    (mirrored,) = aligner.align(photo[:, ::-1])
    assert mirrored.head.yaw_rad == pytest.approx(-face.head.yaw_rad, abs=0.06)
    assert mirrored.head.roll_rad == pytest.approx(-face.head.roll_rad, abs=0.03)
    assert mirrored.head.pitch_rad == pytest.approx(face.head.pitch_rad, abs=0.06)
    assert mirrored.head.x_m == pytest.approx(-face.head.x_m, abs=0.003)


@needs_faces
def test_the_largest_face_comes_first(aligner, photo):
    pair = np.zeros((320, 560, 3), np.uint8)
    pair[40:280, :240] = cv2.resize(photo, (240, 240), interpolation=cv2.INTER_AREA)
    pair[:, 240:] = photo
    first, second = aligner.align(pair)
    assert np.ptp(first.landmarks_px[:, 1]) > np.ptp(second.landmarks_px[:, 1])
    assert first.landmarks_px[:, 0].mean() > 240 > second.landmarks_px[:, 0].mean()


@needs_faces
def test_a_face_that_reaches_out_of_the_picture_says_so(aligner, photo):
    (face,) = aligner.align(photo[:, :190])
    assert 0.5 < face.in_frame < 0.95


@needs_faces
def test_libraries_stay_silent_and_light():
    program = (
        "import sys; from geface_bridge.align import FaceAligner;"
        "from geface_bridge.capture.images import read_image;"
        f"image = read_image({str(PHOTO)!r}); aligner = FaceAligner();"
        "print(len(aligner.align(image)), 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1 False\n", "")


def test_a_stream_takes_one_core():
    """Alignment wakes no threads; a picture's processor time is the calling thread's."""
    program = (
        "import itertools, time\n"
        "from geface_bridge.align import FaceAligner\n"
        "from geface_bridge.capture import open_video\n"
        "from geface_bridge.capture.video import PERFORMANCE\n"
        "from geface_bridge import capture\n"
        "from pathlib import Path\n"
        "import cv2\n"
        "cv2.setNumThreads(1)\n"
        "source = open_video(Path(capture.__file__).with_name(PERFORMANCE), realtime=False)\n"
        "frames = [f.image_rgb for f in itertools.islice(source.frames(), 20)]\n"
        "frames = [cv2.resize(frame, None, fx=2, fy=2) for frame in frames]\n"
        "source.close()\n"
        "with FaceAligner() as aligner:\n"
        "    aligner.align(frames[0])\n"
        "    time.sleep(0.3)\n"
        "    all_s, mine_s = time.process_time(), time.thread_time()\n"
        "    for frame in frames:\n"
        "        aligner.align(frame)\n"
        "    print((time.process_time() - all_s) / (time.thread_time() - mine_s))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert float(done.stdout) < 1.1, done.stderr
