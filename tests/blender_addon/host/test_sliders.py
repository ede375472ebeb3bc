# SPDX-License-Identifier: GPL-3.0-or-later
"""The own head by its sliders: renamed, linked, overridden."""

import numpy as np

from rig.rotations import rotvec_to_matrix
from tests.blender_addon.host.made import LAYOUT, SLIDERS
from tests.rig.support import SKELETON

HEAD = [name.startswith("head_") for name in SLIDERS]


def sent(job):
    return job["channels"][0][[LAYOUT.channel_index[name] for name in SLIDERS]]


def test_a_renamed_head_keeps_its_turn_where_the_face_shall_not_turn_it(applied, job):
    expected = np.where(HEAD, 0.0, sent(job))
    expected[SLIDERS.index("head_yaw")] = 0.5
    np.testing.assert_allclose(applied["sliders_own"], expected, atol=1e-12)
    assert str(applied["sliders_summary"]) == "GeFace head: 43 of 46 sliders"


def test_tracks_are_the_sliders(applied, job):
    expected = sent(job)[np.logical_not(HEAD)]
    np.testing.assert_allclose(applied["sliders_tracks"], expected, atol=1e-12)
    np.testing.assert_allclose(applied["sliders_resolved"], expected, atol=1e-12)


def test_linked_and_overridden_heads_follow(applied, job):
    np.testing.assert_allclose(applied["sliders_linked"], sent(job), atol=1e-12)
    np.testing.assert_allclose(applied["sliders_overridden"], sent(job), atol=1e-12)


def test_an_override_moves_its_bones(applied, job):
    row = SKELETON.head.joint_index("jaw")
    local = SKELETON.local_parameters(job["channels"][0])[row]
    np.testing.assert_allclose(applied["sliders_jaw"][:3, 3], local[:3], atol=1e-4)
    turn = rotvec_to_matrix(local[3:6]) * (1 + local[6:])
    np.testing.assert_allclose(applied["sliders_jaw"][:3, :3], turn, atol=1e-4)
