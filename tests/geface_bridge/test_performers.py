"""Calibrations on disk, by name."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import ConfigError
from geface_bridge.motion import Performer
from geface_bridge.performers import load_performer, performer_path, save_performer
from rig.layout import load_layout

LAYOUT = load_layout()
SMILE = LAYOUT.channel_index["AU12_L"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GEFACE_CONFIG_DIR", str(tmp_path))
    return tmp_path / "performers"


def known():
    performer = Performer.unknown()
    performer.neutral[SMILE], performer.maximum[SMILE] = 0.125, 0.75
    return performer


def test_what_is_saved_is_loaded(folder):
    path = save_performer("Zoë M.-2", known())
    assert path.parent == folder
    assert load_performer("Zoë M.-2") == known()
    assert load_performer("nobody") is None


def test_saving_again_replaces(folder):
    save_performer("anna", known())
    save_performer("anna", Performer.unknown())
    assert load_performer("anna") == Performer.unknown()
    assert [item.name for item in folder.iterdir()] == ["anna.json"]


@given(st.text(max_size=80))
def test_no_name_leaves_the_folder(name):
    try:
        path = performer_path(name)
    except ConfigError:
        return
    assert path.parent.name == "performers"
    assert path.name == f"{name}.json"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".hidden", "x" * 64, "end.", "a\0b"])
def test_names_that_are_no_files(name):
    with pytest.raises(ConfigError, match="cannot be a name"):
        performer_path(name)


def test_a_channel_of_another_version_is_left_out():
    path = save_performer("anna", known())
    body = json.loads(path.read_text(encoding="utf-8"))
    body["neutral"]["AU99"] = 0.5
    path.write_text(json.dumps(body), encoding="utf-8")
    assert load_performer("anna") == known()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "x"}, "it is no geface-performer"),
        ({"format_version": 2}, "its version is 2, expected 1"),
        ({"neutral": {"AU12_L": "much"}}, "neutral is not a map of numbers"),
        ({"maximum": None}, "maximum is not a map of numbers"),
        ({"maximum": {"AU12_L": 0.1}}, "a maximum is not above its neutral"),
    ],
)
def test_spoilt_files_say_what_and_what_to_do(change, reason):
    path = save_performer("anna", known())
    body = json.loads(path.read_text(encoding="utf-8")) | change
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"{reason}.*delete it and calibrate"):
        load_performer("anna")


def test_a_file_that_is_no_json():
    save_performer("anna", known()).write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="delete it and calibrate"):
        load_performer("anna")


def test_only_what_differs_from_unknown_is_written():
    body = json.loads(save_performer("anna", known()).read_text(encoding="utf-8"))
    assert (body["neutral"], body["maximum"]) == ({"AU12_L": 0.125}, {"AU12_L": 0.75})
    assert np.isfinite(load_performer("anna").maximum).all()
