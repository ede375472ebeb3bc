# SPDX-License-Identifier: GPL-3.0-or-later
"""In every Blender: the session through undo, file load, deletion, a dead server, switching off."""

from pathlib import Path

import numpy as np
import pytest

from rig.head import asset_path
from tests.blender_addon.host.made import LAYOUT, SLIDERS
from tests.blender_addon.host.streaming import streaming

WORKER = Path(__file__).with_name("session_worker.py")
COLUMNS = [LAYOUT.channel_index[name] for name in SLIDERS]
LONG_FRAMES = 3000
LONG_RATE_HZ = 600


def run(blender, folder, scenario, url, argument):
    arguments = (scenario, asset_path("head.blend"), url, argument)
    return blender.run(WORKER, folder / f"{scenario}.npz", *arguments)


@pytest.fixture(scope="module")
def steady(blender, tmp_path_factory):
    folder = tmp_path_factory.mktemp("steady")
    with streaming(60, subjects=("Ann", "Bob")) as url:
        return run(blender, folder, "steady", url, folder)


@pytest.fixture(scope="module")
def away(blender, tmp_path_factory):
    folder = tmp_path_factory.mktemp("away")
    with streaming(30, away=(90, 3.0)) as url:
        return run(blender, folder, "away", url, folder)


def test_characters_follow_faces_by_name_with_their_own_settings(steady):
    raw = steady["faces_raw"][COLUMNS]
    np.testing.assert_allclose(steady["faces_own"], raw, atol=1e-9)
    half = 0.5 * steady["faces_ann"][COLUMNS]
    np.testing.assert_allclose(steady["faces_twin"], half, atol=1e-9)
    assert "no face 'Carol', but Ann, Bob" in str(steady["faces_problem"])
    assert steady["faces_others"].tolist() == []
    assert steady["faces_left"].tolist() == []


def test_undo_and_redo_bring_back_the_users_step_and_the_face_goes_on(steady):
    assert steady["undo_x"].tolist() == [0.0, 1.0]
    assert steady["undo_moves"].all()


def test_the_stream_makes_no_undo_steps_of_its_own(steady):
    """Between the user's two steps frames came; one undo went past them all."""
    assert steady["undo_steps"] == 1


def test_a_rig_in_edit_mode_waits_and_says_so(steady):
    assert not steady["edit_mode_moves"]
    assert "Edit Mode" in str(steady["edit_mode_problem"])
    assert steady["edit_mode_after"]
    assert steady["edit_mode_left"].tolist() == []


def test_a_character_that_is_off_stays(steady):
    assert not steady["switched_off_off"]
    assert steady["switched_off_on"]


def test_an_action_on_the_sliders_does_not_hold_the_face_back(steady):
    assert steady["animated_evaluated"] == pytest.approx(max(0, steady["animated_sent"]), abs=1e-6)
    assert abs(steady["animated_sent"] - 0.9) > 1e-3
    assert steady["animated_is_animated"]
    assert steady["animated_is_free"]


def test_new_names_do_not_lose_anything(steady):
    assert steady["renamed_moves"]
    assert steady["renamed_shown"]


def test_a_deleted_target_harms_nothing_else(steady):
    assert steady["deleted_phase"] == "online"
    assert steady["deleted_moves"]
    assert "no target is chosen" in str(steady["deleted_problem"])
    assert "is in no scene" in str(steady["deleted_unlinked"])


def test_the_connection_outlives_the_file(steady):
    assert steady["other_file_kept"]
    assert steady["other_file_in_empty"].tolist() == []
    assert steady["other_file_moves"]
    assert steady["other_file_timer"]


def test_switching_the_addon_off_leaves_no_thread_socket_timer_or_handler(steady):
    quiet = int(steady["quiet_sockets"])
    assert steady["addon_before"].tolist() == [1, quiet + 1 + 2]
    assert steady["addon_after"].tolist() == [0, quiet]
    assert not steady["addon_timer"]
    assert steady["addon_handlers"] == 0
    assert not steady["addon_connected"]
    assert steady["addon_again"]
    assert steady["addon_end"].tolist() == [0, quiet]


def test_a_dead_server_fades_one_and_holds_the_other_until_it_is_back(away):
    assert away["away_phase"] == "waiting"
    assert away["away_faded"] == pytest.approx(0, abs=1e-6)
    assert away["away_held"] == 0
    assert away["away_smiled"] > 0.05
    assert away["away_problems"].tolist() == []
    assert away["away_returns"]


def test_many_frames_leave_nothing_behind(blender, tmp_path):
    with streaming(LONG_RATE_HZ) as url:
        found = run(blender, tmp_path, "long", url, LONG_FRAMES)
    assert found["long_frames"] >= LONG_FRAMES
    assert found["long_dropped"] == 0
    assert np.ptp(found["long_objects"]) < 200
    assert np.ptp(found["long_memory_mb"]) < 8
