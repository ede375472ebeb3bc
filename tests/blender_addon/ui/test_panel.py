# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel and its buttons in real Blenders, with a real server. A window is in screenshot.py."""

import json
from pathlib import Path

import pytest

from blender_addon.geface.core.action_units import ACTION_UNITS
from blender_addon.geface.core.calibration import read_calibration
from blender_addon.geface.core.layout_generated import CHANNELS
from tests.blender_addon.blender import bridge

HERE = Path(__file__).parent
INTENSITIES = {name for name, unit, *_ in CHANNELS if unit == "intensity"}


@pytest.fixture(scope="module")
def found(blender, tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    with bridge() as url:
        arrays = blender.run(HERE / "panel_worker.py", folder / "result.npz", url)
    return json.loads(str(arrays["found"]))


def words(found, *keys):
    """All that the panels of these keys wrote."""
    calls = [call for key in keys for call in found[key]]
    return " ".join(word for _, texts in calls for word in texts)


def test_every_panel_draws_in_every_state(found):
    drawn = [key for key in found if key.startswith("drawn ")]
    assert len(drawn) >= 6 * 2 * 10
    assert all(found[key] for key in drawn)


def test_without_anything_the_panel_says_what_to_do(found):
    assert "Start geface-bridge stream" in words(found, "drawn empty connection 500")
    assert "press +" in words(found, "drawn empty characters 500")
    assert "default_url" in words(found, "prefs")
    for refusal in found["no character"]:
        assert "Add a character" in refusal or "onnect" in refusal, refusal


def test_characters_have_names_of_their_own_and_the_active_object(found):
    assert found["names"] == ["Ann", "Ann 2", "Ann 3"]
    assert found["targets"] == ["Ann", "Ann 2", "Ann"]
    assert found["active"] == 1


def test_a_gain_for_every_intensity_and_reset_makes_them_one(found):
    assert {channel for channel, _ in found["gains"]} == INTENSITIES
    assert len(found["gains"]) == len(INTENSITIES)
    assert found["gains again"] == [[channel, 1.0] for channel, _ in found["gains"]]


def test_a_pasted_token_leaves_the_address_and_no_file_has_it(found):
    assert found["url"] == ["ws://example.org:8765/", "hush-hush"]
    assert not found["leaked"]


def test_another_machine_needs_blender_s_leave(found):
    if found["online"]:
        pytest.skip("this Blender may go online")
    assert "Allow Online Access" in found["far"]
    assert "Another machine: allow it" in words(found, "drawn far connection 500")


def test_an_address_of_another_kind_is_refused_in_words(found):
    assert "ws://" in found["http"]
    assert "Traceback" not in found["http"]
    assert not found["connected after refusal"]


def test_half_an_address_is_refused_in_words_too(found):
    assert found["no address"]
    assert "Traceback" not in found["no address"]


def test_turned_away_it_says_why_and_lets_one_try_again(found):
    shown = words(found, "drawn refused connection 500")
    assert "token" in found["refused"]
    assert "geface.connect" in shown
    assert "geface.disconnect" not in shown
    assert "token" in shown


def test_connected_it_shows_rate_latency_and_what_was_dropped(found):
    shown = words(found, "drawn online connection 500")
    assert " fps" in shown
    assert " ms" in shown
    assert " dropped" in shown
    assert "Connected already" in found["twice"]


def test_every_intensity_has_a_bar(found):
    assert found["bars"] == len(INTENSITIES) == sum(len(unit.channels) for unit in ACTION_UNITS)


def test_while_recording_it_shows_how_long_and_stop(found):
    shown = words(found, "drawn recording record 500")
    assert "geface.record_stop" in shown
    assert " frames" in shown
    assert "geface.record_start" not in shown
    assert found["recording"] == "IDLE"


def test_a_range_is_learned_for_the_chosen_units_of_this_face(found):
    assert found["countdown"].endswith("1")
    text, failed = found["range"]
    assert not failed, text
    first, second, stranger = found["calibrations"]
    assert first == second
    assert stranger == ""
    calibration = read_calibration(first)
    learned = {name for name, value in calibration.maximum.items() if value != 1.0}
    assert learned == {"AU25", "AU26", "AU12_L", "AU12_R"}
    assert not calibration.neutral


def test_forgetting_forgets_this_face_alone(found):
    assert found["cleared"] == ["", "", ""]


def test_a_calibration_leaves_nothing_behind(found):
    assert found["listeners left"] == 0
    assert found["cancelled"] == [False, False, 0]
    assert found["after load"] == [False, 0, True]


def test_the_server_is_asked_and_answers(found):
    asked, forgotten = found["notices"]
    assert "range" in asked
    assert "forgotten" in forgotten
    assert asked.partition(": ")[2].split()[0] in words(found, "drawn noticed connection 500")
    connected, refusal = found["gone"]
    assert not connected
    assert "Connect first" in refusal


def test_every_button_and_setting_has_a_tooltip(found):
    assert len(found["operators"]) >= 18
    assert all(len(text) > 10 for text in found["operators"].values()), found["operators"]
    assert all(found["descriptions"].values()), found["descriptions"]


def test_switched_off_nothing_is_left(found):
    assert found["left"] == [False, False, False, []]
    assert found["again"]


def test_if_the_preferences_say_so_it_connects_by_itself_but_once(found):
    assert found["by itself"] == [False, True, True]
    assert not found["only once"]
