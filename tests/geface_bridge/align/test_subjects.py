from __future__ import annotations

import numpy as np

from geface_bridge.align import AlignedFace, HeadPose, Subjects


def face_at(x_px: float, size_px: float = 100.0) -> AlignedFace:
    points = np.zeros((478, 3), np.float32)
    points[:, 0] = np.linspace(x_px - size_px / 2, x_px + size_px / 2, 478)
    return AlignedFace(
        points,
        np.zeros((128, 128, 3), np.uint8),
        np.eye(2, 3),
        np.zeros((478, 2), np.float32),
        HeadPose(0, 0, 0, 0, 0, -1),
    )


def test_faces_keep_their_slots_when_their_order_changes():
    subjects = Subjects(2)
    left, right = face_at(100), face_at(400)
    assert subjects.assign([left, right]) == [left, right]
    assert subjects.assign([right, left]) == [left, right]


def test_a_lost_face_leaves_its_slot_empty_and_finds_it_again():
    subjects = Subjects(2)
    left, right = face_at(100), face_at(400)
    subjects.assign([left, right])
    assert subjects.assign([right]) == [None, right]
    assert subjects.assign([right, left]) == [left, right]


def test_a_new_face_takes_the_slot_that_is_empty_longest():
    subjects = Subjects(2)
    subjects.assign([face_at(100), face_at(400)])
    subjects.assign([face_at(400)])
    stranger = face_at(900)
    assert subjects.assign([stranger, face_at(400)])[0] is stranger


def test_faces_beyond_the_slots_are_left_out():
    big, small = face_at(400, 200), face_at(100, 50)
    assert Subjects(1).assign([big, small]) == [big]


def test_no_face_fills_no_slot():
    assert Subjects(3).assign([]) == [None, None, None]
