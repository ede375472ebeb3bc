# SPDX-License-Identifier: GPL-3.0-or-later
"""Files become footage; what cannot be used is said with the way out."""

import dataclasses

import numpy as np
import pytest

from blender_addon.geface.core.errors import TakeError
from blender_addon.geface.core.footage import LAYOUT, Footage, read_footage
from blender_addon.geface.core.performance import Performance
from geface_bridge.protocol import FaceFrame, Hello
from geface_bridge.takes import Take, write_take
from geface_bridge.takes.exports import table_bytes
from geface_bridge.takes.messages import Marker, TakeHeader
from rig.layout import load_layout


def take(subjects=("face",), **header):
    hello = Hello.from_layout(load_layout(), subjects=subjects, source="", rate_hz=30)
    count = len(load_layout().channels)
    frames = [
        FaceFrame(i, s, 2 + i / 30, 0.0, True, 1.0, np.full(count, i / 10, np.float32))
        for i in range(10)
        for s in range(len(subjects))
    ]
    return Take(TakeHeader(**header), hello, tuple(frames), (Marker(2.1, "cue"),))


def test_the_layout_is_the_wires():
    assert [dataclasses.astuple(c) for c in LAYOUT] == [
        dataclasses.astuple(c) for c in load_layout().channels
    ]


def test_a_take_file(tmp_path):
    write_take(tmp_path / "scene 1.geface", take(("a", "b"), audio="voice.wav", audio_offset_s=1.5))
    (tmp_path / "voice.wav").write_bytes(b"")
    got = read_footage(tmp_path / "scene 1.geface")
    assert (got.name, got.begin_s, got.notes) == ("scene 1", 2.0, ())
    assert got.end_s == pytest.approx(2.3)
    assert [face.subject for face in got.faces] == ["a", "b"]
    assert [(m.time_s, m.label) for m in got.markers] == [(2.1, "cue")]
    assert (got.audio, got.audio_offset_s) == (tmp_path / "voice.wav", 1.5)


@pytest.mark.parametrize("name", ["voice.wav", "../voice.wav", "C:\\sound\\voice.wav"])
def test_sound_is_looked_for_beside_the_take_alone(tmp_path, name):
    (tmp_path / "voice.wav").write_bytes(b"")
    folder = tmp_path / "takes"
    folder.mkdir()
    write_take(folder / "a.geface", take(audio=name))
    got = read_footage(folder / "a.geface")
    assert got.audio is None
    assert "voice.wav is not beside it" in got.notes[0]


def test_a_table_has_the_take_s_faces(tmp_path):
    made = take()
    write_take(tmp_path / "a.geface", made)
    (tmp_path / "a.CSV").write_bytes(table_bytes(made))
    one, other = (read_footage(tmp_path / name) for name in ("a.geface", "a.CSV"))
    rows = [footage.faces[0].channels for footage in (one, other)]
    np.testing.assert_allclose(rows[0][:, :20], rows[1][:, :20], atol=2e-4)
    assert other.begin_s == 0


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.mp4", b"", r"no known kind, expected one of \.geface, \.csv, \.jsonl"),
        ("a.geface", b"\x00", "expected a take"),
        ("a.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("a.csv", b"x,y\n", "a.csv: table has no column 'timestamp'"),
        ("none.csv", None, "cannot be read"),
        ("none.geface", None, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, name, data, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(TakeError, match=message):
        read_footage(tmp_path / name)


def test_another_layout_is_refused_with_the_way_out(tmp_path):
    made = take()
    made = dataclasses.replace(made, hello=dataclasses.replace(made.hello, layout_id="other"))
    write_take(tmp_path / "a.geface", made)
    with pytest.raises(TakeError, match=r"has channels other, this add-on .* take convert"):
        read_footage(tmp_path / "a.geface")


def test_a_take_without_frames_is_refused(tmp_path):
    write_take(tmp_path / "a.geface", dataclasses.replace(take(), frames=()))
    with pytest.raises(TakeError, match="holds no frames"):
        read_footage(tmp_path / "a.geface")


def face(name, valid):
    return Performance(name, np.zeros(1), np.zeros((1, len(LAYOUT)), np.float32), np.array([valid]))


def test_a_face_is_found_by_name_and_the_first_without():
    footage = Footage("take", (face("a", True), face("b", True), face("c", False)), 0.0)
    assert footage.face("").subject == "a"
    assert footage.face("b").subject == "b"
    with pytest.raises(TakeError, match="no face 'd', only a, b, c"):
        footage.face("d")
    with pytest.raises(TakeError, match="never shows 'c'"):
        footage.face("c")
