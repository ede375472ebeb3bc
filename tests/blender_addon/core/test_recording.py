# SPDX-License-Identifier: GPL-3.0-or-later
"""A live recording holds the same in memory and in its file, and ends where it has to."""

import dataclasses

import numpy as np
import pytest

from blender_addon.geface.core.errors import TakeError
from blender_addon.geface.core.footage import LAYOUT, read_footage
from blender_addon.geface.core.layout_generated import LAYOUT_ID
from blender_addon.geface.core.messages import Frame, Hello
from blender_addon.geface.core.recording import Began, Recording
from blender_addon.geface.core.take import read_take

HELLO = Hello((1, 1), "s1", LAYOUT_ID, LAYOUT, ("one", "two"), "clip", 30.0, "server", "1")


def frame(sequence, subject=0, time_s=None, valid=True, value=None):
    time_s = sequence / 30 if time_s is None else time_s
    value = np.float32(sequence / 64) if value is None else value
    channels = np.full(len(LAYOUT), value, np.float64) if valid else np.zeros(0)
    return Frame(sequence, subject, time_s, 500 + time_s, valid, 1.0, channels)


def recording(tmp_path, **more):
    return Recording(tmp_path / "take a.geface", Began(1.5e9, 100.0), "test", **more)


def test_memory_and_file_hold_the_same(tmp_path):
    made = recording(tmp_path)
    for i in range(40):
        made.add(HELLO, [frame(i, valid=i % 7 > 0), frame(i, subject=1)], 100.2 + i / 30)
    made.close()
    live, read = made.footage(), read_footage(made.path)
    assert (live.name, live.begin_s, live.notes) == (read.name, read.begin_s, read.notes)
    for one, other in zip(live.faces, read.faces, strict=True):
        assert one.subject == other.subject
        np.testing.assert_array_equal(one.times_s, other.times_s)
        np.testing.assert_array_equal(one.valid, other.valid)
        np.testing.assert_array_equal(one.channels, other.channels)
    assert made.frames == 80
    assert made.seconds == pytest.approx(39 / 30)


def test_the_file_is_whole_at_every_moment(tmp_path):
    made = recording(tmp_path)
    for i in range(10):
        made.add(HELLO, [frame(i)], 100 + i / 30)
        assert len(read_take(made.path).frames) == i + 1


def test_a_server_that_comes_back_goes_on_in_the_same_take(tmp_path):
    made = recording(tmp_path)
    made.add(HELLO, [frame(i) for i in range(30)], 101.0)
    again = dataclasses.replace(HELLO, session="s2")
    made.add(again, [frame(i) for i in range(30)], 105.0)
    made.close()
    times_s = made.footage().faces[0].times_s
    np.testing.assert_allclose(times_s[30:] - times_s[29], 4 + np.arange(30) / 30)
    np.testing.assert_array_equal(read_footage(made.path).faces[0].times_s, times_s)
    assert made.missed == 0


def test_frames_that_were_lost_on_the_way_are_counted(tmp_path):
    made = recording(tmp_path)
    for subject in (0, 1):
        made.add(HELLO, [frame(i, subject) for i in (3, 4, 7, 8)], 100.0)
    assert made.missed == 4
    assert made.footage().notes == ("4 frames were lost on the way",)


def test_the_bound_ends_it_with_what_it_has(tmp_path):
    made = recording(tmp_path, max_frames=25)
    made.add(HELLO, [frame(i) for i in range(40)], 100.0)
    assert made.full
    assert made.frames == 25
    assert made.footage().notes == ("recording is full after 0 minutes",)
    made.add(HELLO, [frame(41)], 101.0)
    assert len(read_take(made.path).frames) == 25


def test_other_channels_and_faces_are_left_out_and_said(tmp_path):
    made = recording(tmp_path)
    made.add(HELLO, [frame(0), frame(0, subject=5)], 100.0)
    made.add(dataclasses.replace(HELLO, channels=LAYOUT[:3]), [frame(1)], 100.0)
    made.add(HELLO, [frame(2)], 100.1)
    assert made.frames == 2
    notes = made.footage().notes
    assert "not announced" in notes[0]
    assert "other channels" in notes[1]


def test_a_disk_that_cannot_be_written_costs_the_file_alone(tmp_path):
    made = Recording(tmp_path / "none" / "a.geface", Began(0, 0), "test")
    made.add(HELLO, [frame(0), frame(1)], 0.1)
    made.close()
    assert made.path is None
    assert made.frames == 2
    assert "kept in memory alone" in made.footage().notes[0]


def test_discarding_takes_the_file_along(tmp_path):
    made = recording(tmp_path)
    made.add(HELLO, [frame(0)], 0.1)
    assert made.path.exists()
    made.discard()
    assert list(tmp_path.iterdir()) == []


def test_nothing_recorded_is_said_and_leaves_no_file(tmp_path):
    made = recording(tmp_path)
    made.add(HELLO, [], 1.0)
    made.close()
    with pytest.raises(TakeError, match="no frame came"):
        made.footage()
    assert list(tmp_path.iterdir()) == []


def test_the_clock_of_the_file_is_that_of_the_first_frame(tmp_path):
    made = recording(tmp_path)
    made.add(HELLO, [frame(0)], 102.5)
    made.close()
    from geface_bridge.takes import read_take as reference

    header = reference(made.path).header
    assert (header.created_unix_s, header.created_at_s) == (1.5e9 + 2.5, 500.0)
