"""The landmark mirror against MediaPipe's own lists of connections."""

import numpy as np
import pytest
from mediapipe.python.solutions import face_mesh_connections as mesh

from training.face_mesh import LANDMARK_COUNT, SPAN, distance_pairs, mirror_permutation

OPPOSITES = {
    "eye": (mesh.FACEMESH_LEFT_EYE, mesh.FACEMESH_RIGHT_EYE),
    "eyebrow": (mesh.FACEMESH_LEFT_EYEBROW, mesh.FACEMESH_RIGHT_EYEBROW),
    "iris": (mesh.FACEMESH_LEFT_IRIS, mesh.FACEMESH_RIGHT_IRIS),
    "lips": (mesh.FACEMESH_LIPS, mesh.FACEMESH_LIPS),
    "oval": (mesh.FACEMESH_FACE_OVAL, mesh.FACEMESH_FACE_OVAL),
}


def test_mirror_is_an_involution():
    permutation = mirror_permutation()
    assert sorted(permutation) == list(range(LANDMARK_COUNT))
    np.testing.assert_array_equal(permutation[permutation], np.arange(LANDMARK_COUNT))


@pytest.mark.parametrize("part", OPPOSITES)
def test_mirror_maps_every_connection_of_one_side_onto_the_other(part):
    permutation = mirror_permutation()
    left, right = ({frozenset(edge) for edge in edges} for edges in OPPOSITES[part])
    assert {frozenset(permutation[list(edge)].tolist()) for edge in left} == right


def test_nose_and_lip_middle_stay_and_eye_corners_swap():
    permutation = mirror_permutation()
    assert [permutation[i] for i in (1, 13, 14, 152, 168)] == [1, 13, 14, 152, 168]
    assert permutation[33] == 263
    assert permutation[61] == 291


def test_distances_come_in_mirror_images_and_once_each():
    pairs = [frozenset(pair) for pair in distance_pairs().tolist()]
    assert len(set(pairs)) == len(pairs)
    assert all(len(pair) == 2 for pair in pairs)
    mirrored = {frozenset(pair) for pair in mirror_permutation()[distance_pairs()].tolist()}
    assert mirrored == set(pairs)


def test_the_span_is_its_own_mirror_image():
    assert set(mirror_permutation()[list(SPAN)]) == set(SPAN)
