# SPDX-License-Identifier: GPL-3.0-or-later
"""In every Blender: F-curves hold a take's values at the right frames, and the character moves."""

from pathlib import Path

import numpy as np
import pytest

from rig.head import asset_path
from tests.blender_addon.host.made import NAMES, SLIDERS, at, performance

WORKER = Path(__file__).with_name("bake_worker.py")
RATES = (24, 25, 30, 60, 24 / 1.001)
COLUMNS = [NAMES.index(name) for name in sorted(SLIDERS)]
SMALLEST = 1e-6  # of float32 at values near 1


def run(blender, tmp_path, scenario, take):
    arguments = (scenario, asset_path("head.blend"), take, tmp_path)
    return blender.run(WORKER, tmp_path / f"{scenario}.npz", *arguments)


@pytest.mark.parametrize("rate_hz", [30, 60])
def test_keys_hold_the_takes_values_on_every_frame(blender, tmp_path, rate_hz):
    take = tmp_path / "take 7.geface"
    times_s, rows = performance(take, rate_hz, subjects=("Ann", "Bob"))
    got = run(blender, tmp_path, "rates", take)
    for number, fps in enumerate(RATES):
        assert got[f"names_{number}"].tolist() == sorted(SLIDERS)
        frames, values = got[f"keys_{number}"][0, :, 0], got[f"keys_{number}"][:, :, 1]
        last = 11 + (times_s[-1] - times_s[0]) * fps
        np.testing.assert_array_equal(frames, np.arange(11, int(last + 1e-6) + 1))
        expected = at(times_s, rows, times_s[0] + (frames - 11) / fps)  # fps_base is a float32
        np.testing.assert_allclose(
            values.T, expected[:, COLUMNS], atol=1e-5
        )  # fps_base is a float32
        assert got[f"action_{number}"].tolist() == ["take 7 Ann", "True"]
        assert got[f"lines_{number}"].all()


def test_exact_keys_stand_where_the_frames_were(blender, tmp_path):
    times_s, rows = performance(tmp_path / "a.geface", 60, lost=(17, 18))
    got = run(blender, tmp_path, "exact", tmp_path / "a.geface")
    frames = 11 + (times_s - times_s[0]) * 24
    for curve in got["keys"]:
        np.testing.assert_allclose(curve[:, 0], frames, atol=1e-5)
    seen = np.ones(len(rows), bool)
    seen[[17, 18]] = False
    np.testing.assert_allclose(got["keys"][:, seen, 1].T, rows[seen][:, COLUMNS], atol=SMALLEST)
    # a loss too short to be seen holds the frame before it
    for row in (17, 18):
        np.testing.assert_allclose(got["keys"][:, row, 1], rows[16][COLUMNS], atol=SMALLEST)


def test_simplified_curves_keep_to_their_bound_with_fewer_keys(blender, tmp_path):
    performance(tmp_path / "a.geface", 30, seconds=6)
    got = run(blender, tmp_path, "simple", tmp_path / "a.geface")
    assert np.abs(got["simplified"] - got["full"]).max() <= 0.01 + SMALLEST
    assert got["count_simplified"] < 0.4 * got["count_full"]


def test_the_evaluated_mesh_follows_the_frames(blender, tmp_path):
    performance(tmp_path / "a.geface", 30)
    got = run(blender, tmp_path, "moving", tmp_path / "a.geface")
    for baked, applied in zip(got["baked"], got["applied"], strict=True):
        np.testing.assert_allclose(baked, applied, atol=1e-6)
        assert np.abs(baked - got["rest"]).max() > 2e-3
    assert np.abs(np.diff(got["baked"], axis=0)).max() > 2e-3


def test_shape_keys_move_with_the_frames(blender, tmp_path):
    performance(tmp_path / "a.geface", 30)
    got = run(blender, tmp_path, "keys", tmp_path / "a.geface")
    assert [path.split('"')[1][4:] for path in got["paths"].tolist()] == [
        "eyeBlinkLeft",
        "jawOpen",
        "mouthSmileLeft",
    ]
    assert (np.abs(np.diff(got["values"], axis=0)).max(axis=0) > 0.05).all()
    np.testing.assert_allclose(got["heights"], got["values"] @ [1, 2, 3], atol=1e-5)


def test_bones_stand_on_every_frame_as_they_were_moved(blender, tmp_path):
    performance(tmp_path / "a.geface", 30)
    got = run(blender, tmp_path, "bones", tmp_path / "a.geface")
    np.testing.assert_allclose(got["baked"], got["applied"], atol=2e-6)
    moved = np.abs(np.diff(got["baked"], axis=0)).max(axis=(0, 2, 3))
    assert (moved > 1e-4).sum() > 50


def test_a_long_loss_is_held_or_faded_as_it_was_seen(blender, tmp_path):
    _, rows = performance(tmp_path / "a.geface", 30, seconds=4, lost=range(30, 75))
    got = run(blender, tmp_path, "lost", tmp_path / "a.geface")
    row = rows[:, NAMES.index("AU12_L")]
    for way in ("HOLD", "FADE"):
        np.testing.assert_allclose(got[way][:30], row[:30], atol=SMALLEST)
        np.testing.assert_allclose(got[way][90:], row[90:], atol=SMALLEST)
    np.testing.assert_allclose(got["HOLD"][30:75], row[29], atol=SMALLEST)
    np.testing.assert_allclose(got["FADE"][30:39], row[29], atol=SMALLEST)
    assert (np.diff(got["FADE"][39:60]) < 0).all()
    np.testing.assert_allclose(got["FADE"][62:75], 0, atol=SMALLEST)


def test_one_that_cannot_be_baked_stops_nobody_else(blender, tmp_path):
    performance(tmp_path / "a.geface")
    got = run(blender, tmp_path, "problems", tmp_path / "a.geface")
    assert got["curves"] == len(SLIDERS)
    nobody, cube, stranger = got["problems"].tolist()
    assert nobody.startswith("nobody: no target is chosen")
    assert cube.startswith("cube: ")
    assert stranger.startswith("stranger: a has no face 'someone', only face")
