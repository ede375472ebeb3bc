# SPDX-License-Identifier: GPL-3.0-or-later
"""In every Blender: Record and Stop over a real socket, and all that can come in between."""

from pathlib import Path

import numpy as np
import pytest

from geface_bridge.takes import read_take
from rig.head import asset_path
from tests.blender_addon.blender import bridge, stream_options
from tests.blender_addon.host.made import NAMES, SLIDERS, at, curves
from tests.blender_addon.host.streaming import streaming

WORKER = Path(__file__).with_name("record_worker.py")
COLUMNS = [NAMES.index(name) for name in sorted(SLIDERS)]
SMILE = sorted(SLIDERS).index("AU12_L")


def run(blender, tmp_path, scenario, url):
    arguments = (scenario, asset_path("head.blend"), url, tmp_path)
    return blender.run(WORKER, tmp_path / f"{scenario}.npz", *arguments)


def arrays(take, subject=0):
    frames = take.of_subject(subject)
    return np.array([f.time_s for f in frames]), np.array([f.channels for f in frames])


@pytest.mark.parametrize("rate_hz", [30, 60])
def test_a_stream_becomes_keys_at_the_right_frames(blender, tmp_path, rate_hz):
    with streaming(rate_hz, subjects=("Ann", "Bob")) as url:
        got = run(blender, tmp_path, "live", url)
    times_s, rows = arrays(read_take(Path(str(got["path"]))))
    np.testing.assert_array_equal(rows, curves(times_s))
    frames, values = got["frames"], got["values"]
    assert frames[0] == 7
    expected = at(times_s, rows, times_s[0] + (frames - 7) / 30)[:, COLUMNS]
    np.testing.assert_allclose(values.T, expected, atol=1e-5)
    np.testing.assert_allclose(got["played"], values[SMILE][[3, 33]], atol=1e-6)
    np.testing.assert_allclose(got["imported"], values, atol=1e-6)
    assert str(got["action"]).endswith("Ann")
    assert str(got["path"]) in str(got["line"])


def test_a_real_face_is_recorded_as_the_server_recorded_it(blender, tmp_path):
    """As fast as it goes: every frame comes, in steps of 1/30 s however slow the machine is.

    At the filmed pace a machine that stalls for a quarter of a second skips as much of the clip,
    and the keys then hold and fade as they do for any source that fell silent.
    """
    told = tmp_path / "server.geface"
    with bridge(*stream_options("--fast", "--record", told)) as url:
        got = run(blender, tmp_path, "live", url)
    theirs = {f.sequence: f for f in read_take(told).frames}
    ours = read_take(Path(str(got["path"]))).frames
    by_time = {f.time_s: f for f in theirs.values()}
    assert ours[-1].time_s - ours[0].time_s > 1.5
    assert np.diff([f.time_s for f in ours]).max() < 0.1
    for frame in ours:
        np.testing.assert_array_equal(frame.channels, by_time[frame.time_s].channels)
    seen = [f for f in ours if f.valid]
    times_s, rows = np.array([f.time_s for f in seen]), np.array([f.channels for f in seen])
    frames, values = got["frames"], got["values"]
    assert len(seen) == len(ours)  # the clip shows its face all the time
    expected = at(times_s, rows, times_s[0] + (frames - 7) / 30)[:, COLUMNS]
    np.testing.assert_allclose(values.T, expected, atol=1e-5)


def test_one_undo_takes_a_recording_back(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "undo", url)
    assert got["baked"].all()
    assert got["undone"].all(), got["undone"]
    assert got["state"] == "IDLE"


def test_a_server_that_comes_back_goes_on_in_the_same_recording(blender, tmp_path):
    with streaming(away=(120, 1.0)) as url:
        got = run(blender, tmp_path, "away", url)
    times_s, rows = arrays(read_take(Path(str(got["path"]))))
    steps = np.diff(times_s)
    (gap,) = np.flatnonzero(steps > 0.3)
    assert gap == got["before"] - 1
    assert steps[gap] == pytest.approx(float(got["back"]), abs=1.5)
    later_s = times_s[gap + 1 :] - times_s[gap + 1]
    assert later_s[-1] == pytest.approx((len(later_s) - 1) / 30)
    frames, smile = got["frames"], got["values"][SMILE]
    assert (np.diff(frames) == 1).all()
    moments_s = times_s[0] + (frames - frames[0]) / 30
    expected = at(times_s, rows, moments_s)[:, COLUMNS[SMILE]]
    settled = (moments_s <= times_s[gap]) | (moments_s > times_s[gap + 1] + 0.3)
    np.testing.assert_allclose(smile[settled], expected[settled], atol=1e-5)
    gone = (moments_s > times_s[gap] + 1.05) & (moments_s < times_s[gap + 1] - 0.05)
    np.testing.assert_allclose(smile[gone], 0, atol=1e-6)


def test_opening_a_file_ends_a_recording_and_loses_nothing(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "load", url)
    assert got["state"] == "IDLE"
    assert "Opening another file ended the recording" in str(got["text"])
    assert str(got["path"]) in str(got["text"])
    assert got["curves"] == len(SLIDERS)


def test_deleted_targets_cost_no_other_and_no_take(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "deleted", url)
    assert got["sliders"] == len(SLIDERS)
    assert "no target is chosen" in str(got["error"])
    assert "The take is kept" in str(got["error"])
    assert got["kept"]


def test_cancel_leaves_nothing(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "cancel", url)
    assert got["there"]
    assert got["gone"]
    assert got["state"] == "IDLE"


def test_a_full_recording_waits_to_be_baked(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "full", url)
    assert got["state"] == "FULL"
    assert "press Stop" in str(got["text"])
    assert len(got["frames"]) == 15
    assert got["after"] == "IDLE"


def test_playback_runs_along(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "playback", url)
    assert got["playing"].tolist() == [False, True, False]
    assert got["modes"].tolist() == ["FRAME_DROP", "NONE"]  # in real time meanwhile
    assert got["frame"] == 5
    assert 3 <= got["first"] <= 5  # earlier by the latency of the first frame


def test_a_killed_blender_leaves_the_whole_take(blender, tmp_path):
    with streaming() as url, pytest.raises(AssertionError, match="record_worker"):
        run(blender, tmp_path, "crash", url)
    with np.load(tmp_path / "crash.npz") as told:
        take = read_take(Path(str(told["path"])))
        assert len(take.frames) >= told["frames"]
    assert take.damage == ()


def test_switching_the_add_on_off_keeps_the_take(blender, tmp_path):
    with streaming() as url:
        got = run(blender, tmp_path, "switched_off", url)
    assert got["there"]
    assert got["size"] > 1000
