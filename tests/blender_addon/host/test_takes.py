# SPDX-License-Identifier: GPL-3.0-or-later
"""In every Blender: files of geface-bridge become keys, markers and sound without a server."""

import dataclasses
import wave
from pathlib import Path

import numpy as np
import pytest

from geface_bridge.takes import read_take, write_take
from geface_bridge.takes.exports import json_bytes, table_bytes
from rig.head import asset_path
from tests.blender_addon.host.made import performance

WORKER = Path(__file__).with_name("takes_worker.py")


def run(blender, tmp_path, scenario):
    arguments = (scenario, asset_path("head.blend"), tmp_path)
    return blender.run(WORKER, tmp_path / f"{scenario}.npz", *arguments)


def test_tables_give_the_take_s_keys(blender, tmp_path):
    performance(tmp_path / "take.geface")
    take = read_take(tmp_path / "take.geface")
    (tmp_path / "take.csv").write_bytes(table_bytes(take))
    (tmp_path / "take.jsonl").write_bytes(json_bytes(take))
    got = run(blender, tmp_path, "table")
    assert got["geface"].shape[1] > 40
    # times are written in milliseconds, which waves of 1 Hz pass in .02 of their height
    for suffix in ("csv", "jsonl"):
        np.testing.assert_allclose(got[suffix], got["geface"], atol=0.02)
        assert np.abs(got[suffix] - got["geface"]).mean() < 1e-3


def test_markers_and_sound_lie_where_the_take_says(blender, tmp_path):
    performance(tmp_path / "take.geface", audio="voice.wav", audio_offset_s=5.8)
    with wave.open(str(tmp_path / "voice.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    got = run(blender, tmp_path, "extras")
    # the take begins at 5 s, which is frame 101
    assert got["names"].tolist() == ["cue", "end"]
    assert got["frames"].tolist() == [113, 125]
    assert got["markers"] == 2
    if "sound" not in got:
        pytest.skip("this Blender was built without sound")
    assert got["sound"].tolist() == ["SOUND", "voice.wav"]
    np.testing.assert_allclose(got["begins"], 101 + 0.8 * 24, atol=1e-3)
    assert got["channels"].tolist() == [1, 2]


def test_what_cannot_be_imported_is_said_and_leaves_nothing(blender, tmp_path):
    performance(tmp_path / "take.geface")
    take = read_take(tmp_path / "take.geface")
    hello = dataclasses.replace(take.hello, layout_id="another")
    write_take(tmp_path / "other.geface", dataclasses.replace(take, hello=hello))
    for name in ("noise.geface", "noise.csv"):
        (tmp_path / name).write_bytes(bytes(range(256)))
    (tmp_path / "picture.png").write_bytes(b"")
    got = run(blender, tmp_path, "refused")
    expected = (
        "cannot be read (No such file",
        "expected a take",
        "not UTF-8",
        "has channels another",
        "no known kind",
        "no known kind",
        "No character follows",
        "Add a character first",
    )
    for said, part in zip(got["said"].tolist(), expected, strict=True):
        assert part in said
        assert "Traceback" not in said
    assert got["clean"]


def test_characters_get_the_faces_they_follow(blender, tmp_path):
    performance(tmp_path / "two.geface", subjects=("Ann", "Bob"))
    got = run(blender, tmp_path, "chosen")
    assert got["alone"]
    assert got["actions"].tolist() == ["two Ann", "two Bob.001"]


def test_recordings_lie_in_the_extensions_own_folder_or_in_the_chosen_one(blender, tmp_path):
    got = run(blender, tmp_path, "folder_of_takes")
    own = Path(str(got["own"]))
    assert own.is_dir()
    assert blender.folder in own.parents
    assert own.name == "takes"
    assert Path(str(got["chosen"])) == tmp_path / "mine" / "takes"
    assert Path(str(got["chosen"])).is_dir()
    assert got["instead"] == got["own"]
