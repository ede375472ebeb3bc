import numpy as np
import pytest
import torch

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import crop_points, load_template
from rig.layout import load_layout
from training.mesh_points import MATCHES, MeshPoints
from training.parameters import base


@pytest.fixture(scope="module")
def mesh():
    return MeshPoints()


def template_landmarks():
    """(478, 2) landmarks_crop of MediaPipe's neutral, frontal face."""
    template = load_template()
    points = template.positions_m[:, :2] * (1.0, -1.0)
    scale = np.ptp(crop_points()[:2, 0]) / template.eye_distance_m
    return ((points * scale + (CROP_SIZE / 2, 34.0)) / CROP_SIZE).astype(np.float32)


def test_points_of_the_base_face_lie_where_a_tracker_sees_a_neutral_face(mesh):
    seen = mesh.seen(template_landmarks())
    placed = mesh.rig(base(torch.zeros(1))[None])[0, mesh.places]
    assert (placed - seen).norm(dim=1).median() < 2.5
    assert (placed - seen).norm(dim=1).max() < 9


def test_right_is_the_mirror_image_of_left(mesh):
    names = [mesh.rig.names[place] for place in mesh.places]
    sided = sum(name.endswith("_L") for name in MATCHES)
    assert len(set(names)) == len(names) == len(MATCHES) + sided
    mirror = load_template().mirror
    for name, landmark, beside in zip(names, mesh.landmarks, mesh.beside, strict=True):
        if name.endswith("_L"):
            other = names.index(f"{name[:-1]}R")
            assert mesh.landmarks[other] == mirror[landmark]
            assert mesh.beside[other].tolist() == (beside * torch.tensor([-1.0, 1.0])).tolist()


def test_a_smile_of_the_landmarks_is_nearer_to_the_rigs_smile(mesh):
    at = load_layout().parameter_index["AU12"]
    still, smile = base(torch.zeros(1)).clone(), base(torch.zeros(1)).clone()
    smile[at] = 0.8
    with torch.no_grad():
        seen = mesh.rig(smile[None])[0, mesh.places]
        assert mesh(smile[None], seen) == 0
        assert mesh(still[None], seen) > 0.1
    start = still[None].clone().requires_grad_()
    mesh(start, seen).backward()
    assert start.grad[0, at] < 0
