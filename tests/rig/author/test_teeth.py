"""Teeth: crowns of their own widths on closed arches, mirrored left and right."""

import numpy as np
import pytest

from rig.author.teeth import LOWER, UPPER, arch_mesh
from rig.mouth import TEETH

ARCHES = pytest.mark.parametrize("arch", [UPPER, LOWER], ids=["upper", "lower"])


@ARCHES
def test_left_and_right_are_mirror_images(arch):
    points, _, _ = arch_mesh(arch)
    flipped = points * [-1, 1, 1]
    distance = np.linalg.norm(points[:, None] - flipped[None], axis=-1).min(1)
    assert distance.max() < 1e-9


@ARCHES
def test_every_quad_faces_outwards_and_has_an_area(arch):
    points, quads, _ = arch_mesh(arch)
    a, b, c, d = points[np.array(quads)].transpose(1, 0, 2)
    normal = np.cross(c - a, d - b)
    assert (np.linalg.norm(normal, axis=1) > 1e-8).all()
    crown = [i for i in range(len(quads)) if i % 6 in (2, 3)]
    outward = (a + c) / 2 * [1, 0, 1] - [0, 0, 0.06]
    assert ((normal * outward).sum(1)[crown] > 0).all()


@ARCHES
def test_the_front_teeth_are_as_wide_as_said(arch):
    points, _, share = arch_mesh(arch)
    place = share[:, 0] * TEETH
    gaps = [points[np.isclose(place, k) & (share[:, 1] == 0.45)][0] for k in (6, 7)]
    width = np.linalg.norm((gaps[1] - gaps[0])[[0, 2]]) * 1e3
    assert width == pytest.approx(arch.widths[0], abs=1.2)


@ARCHES
def test_crowns_end_at_the_biting_edge(arch):
    points, _, share = arch_mesh(arch)
    front = (np.abs(points[:, 0]) < 0.006) & (share[:, 1] == 1)
    assert points[front, 1] * 1e3 == pytest.approx(arch.edge[0], abs=1.3)
