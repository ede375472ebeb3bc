"""Ambient occlusion: where rays go, what a hit takes, and a plate over a plate."""

import numpy as np
import pytest

pytest.importorskip("bpy", reason="the rig is authored in Blender: run make test-author")

from rig.author.occlusion import CLOSE_M, REACH_M, _blocked, _hemisphere, bake_texture
from rig.author.parts import Part

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])


def test_rays_are_cosine_weighted_over_the_hemisphere():
    rays = _hemisphere(4000)
    np.testing.assert_allclose(np.linalg.norm(rays, axis=1), 1)
    assert rays[:, 2].min() > 0
    assert rays.mean(0) == pytest.approx([0, 0, 2 / 3], abs=2e-3)


def test_a_nearer_hit_takes_more_and_a_narrow_gap_most():
    taken = [_blocked(h) for h in np.linspace(0, REACH_M, 50)]
    assert taken[0] == 1
    assert taken[-1] == pytest.approx(0)
    assert (np.diff(taken) < 0).all()
    assert _blocked(0) - _blocked(CLOSE_M) > 4 * (_blocked(CLOSE_M) - _blocked(2 * CLOSE_M))


def plate(height, name):
    corners = np.array([[-0.05, height, 0.15], [0.05, height, 0.15], [0.05, height, 0.05],
                        [-0.05, height, 0.05]])  # fmt: skip
    return Part(name, corners, [(0, 1, 2, 3)], [SQUARE * 0.5 + 0.25], np.ones((4, 1)))


def test_a_lid_over_a_plate_keeps_light_away():
    open_, covered = (
        bake_texture([plate(0.0, "skin"), *more])[256, 256].astype(int)
        for more in ([], [plate(0.004, "mouth")])
    )
    assert open_ == 255
    assert covered < 215  # a corner sees a quarter of what is over it
