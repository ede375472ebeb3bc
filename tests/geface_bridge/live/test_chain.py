"""The chain with the real aligner and a real, small ONNX network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from geface_bridge.align import FaceAligner
from geface_bridge.errors import ImageError
from geface_bridge.estimate import Estimator
from geface_bridge.live.chain import FaceChain
from geface_bridge.live.motions import paces
from geface_bridge.motion import MotionConfig
from geface_bridge.protocol import Calibrate
from rig.layout import load_layout
from tests.geface_bridge.estimate.tiny_model import write_tiny_model
from tests.geface_bridge.live.faces import NOBODY, needs_faces, photo

LAYOUT = load_layout()
AT = LAYOUT.channel_index
pytestmark = needs_faces


@pytest.fixture(scope="module")
def estimator(tmp_path_factory):
    values = {"AU12_L": 0.4, "AU12_R": 0.2, "gaze_yaw": 0.1}
    return Estimator.load(write_tiny_model(tmp_path_factory.mktemp("model"), values))


@pytest.fixture
def chain(estimator):
    def make(**options):
        aligner = FaceAligner(options.get("faces", 1))
        aligners.append(aligner)
        return FaceChain(aligner, estimator, **options)

    aligners: list[FaceAligner] = []
    yield make
    for aligner in aligners:
        aligner.close()


def test_a_face_gets_the_networks_answer_and_nobody_none(chain):
    run = chain(smoothing=0)
    (estimate,) = run(photo(), 0.0)
    assert estimate.channels[AT["AU12_L"]] == pytest.approx(0.4, abs=1e-6)
    assert estimate.channels[AT["gaze_yaw"]] == pytest.approx(0.1, abs=1e-6)
    assert run(NOBODY, 0.04) == [None]
    assert list(run.meter.milliseconds) == ["align", "estimate", "motion"]


def test_two_faces_keep_their_subjects_when_they_change_size(chain):
    one = photo()
    small = np.full_like(one, 90)
    half = one[::2, ::2]
    small[-half.shape[0] :, : half.shape[1]] = half
    run = chain(faces=2, smoothing=0)
    left_is_large = np.concatenate([one, small], axis=1)
    first = run(left_is_large, 0.0)
    yaw_x = [estimate.channels[AT["head_x"]] for estimate in first]
    again = run(left_is_large, 0.04)
    assert [e.channels[AT["head_x"]] for e in again] == pytest.approx(yaw_x, abs=0.02)
    assert yaw_x[0] < yaw_x[1]  # the larger face, on the left, is subject 0
    nobody_left = left_is_large.copy()
    nobody_left[:, : one.shape[1]] = 90
    assert run(nobody_left, 0.08)[1] is not None  # the other one stays subject 1


def test_calibration_takes_the_resting_face_as_zero(chain):
    run = chain(smoothing=0)
    run.calibrate(Calibrate(0.2))
    assert run.calibrating == (True,)
    for index in range(7):
        (estimate,) = run(photo(), index * 0.04)
    assert run.calibrating == (False,)
    (estimate,) = run(photo(), 0.3)
    assert abs(estimate.channels[AT["AU12_L"]]) < 1e-6
    assert abs(estimate.channels[AT["gaze_yaw"]]) < 1e-6
    assert abs(estimate.channels[AT["head_yaw"]]) < 0.02


def test_gain_multiplies_and_stays_in_range(chain):
    run = chain(smoothing=0)
    run.set_gain("AU12_L", 2.0)
    run.set_gain("AU12_R", 10.0)
    (estimate,) = run(photo(), 0.0)
    assert estimate.channels[AT["AU12_L"]] == pytest.approx(0.8, abs=1e-6)
    assert estimate.channels[AT["AU12_R"]] == 1.0


def test_smoothing_holds_a_step_back_and_forgets_after_a_lost_face(chain):
    def step(smoothing):
        run = chain(smoothing=smoothing)
        bright = np.clip(photo().astype(int) + 60, 0, 255).astype(np.uint8)
        before = run(photo(), 0.0)[0].channels[AT["AU26"]]
        after = run(bright, 0.04)[0].channels[AT["AU26"]]
        run(NOBODY, 0.08)
        again = run(bright, 0.12)[0].channels[AT["AU26"]]
        return before, after, again

    before, after, again = step(0)
    assert after - before > 0.05  # AU26 is the crop's brightness in this network
    _, held, free = step(4)
    assert before < held < after - 0.02
    assert free == pytest.approx(again, abs=0.02)


def test_paces_are_the_tuned_ones_at_one_and_slower_above():
    assert paces(1.0) == MotionConfig()
    slow, tuned = paces(4.0).lids, MotionConfig().lids
    assert (slow.min_cutoff_hz, slow.beta) == (tuned.min_cutoff_hz / 4, tuned.beta / 4)


def test_a_picture_of_no_use_is_an_error(chain):
    with pytest.raises(ImageError):
        chain()(np.zeros((1, 1, 3), np.uint8), 0.0)
