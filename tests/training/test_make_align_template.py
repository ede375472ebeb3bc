from __future__ import annotations

import json

import click
import numpy as np
import pytest

from geface_bridge.align.template import load_template
from rig.rotations import euler_yxz_to_matrix
from training.make_align_template import _as_json, _centred, mean_face

EYE_DISTANCE_M = 0.063


def seen_heads(count: int, spread_rad: float) -> np.ndarray:
    """(count, 478, 3) pixel landmarks of the template, turned and shifted at random.

    Each turn comes with its mirror image, so that no yaw or roll is left in the mean.
    """
    rng = np.random.default_rng(0)
    positions = load_template().positions_m / EYE_DISTANCE_M
    heads = []
    turns = rng.normal(0, spread_rad, (count // 2, 3))
    for angles in np.concatenate([turns, turns * (-1, 1, -1)]):
        points = positions @ euler_yxz_to_matrix(*angles).T
        heads.append((points * (1, -1, -1)) * rng.uniform(40, 90) + rng.uniform(100, 300, 3))
    return np.array(heads)


def test_turned_copies_average_to_the_face_itself():
    heads = np.array([_centred(points) for points in seen_heads(40, 0.05)])
    mean, mirror, used = mean_face(heads)
    expected = load_template().positions_m / EYE_DISTANCE_M
    # What stays is the mean turn of the heads, which nothing can tell from their shape.
    assert np.abs(mean - expected).max() < 0.05
    np.testing.assert_array_equal(mirror, load_template().mirror)
    np.testing.assert_allclose(mean[mirror] * (-1, 1, 1), mean, atol=1e-9)
    assert used == 40


def test_heads_that_look_elsewhere_are_left_out():
    straight, turned = seen_heads(30, 0.03), seen_heads(30, 0.03)
    quarter = euler_yxz_to_matrix(0.6, 0.0, 0.0)
    turned = turned * (1, -1, -1) @ quarter.T * (1, -1, -1)
    heads = np.array([_centred(points) for points in (*straight, *turned)])
    assert mean_face(heads)[2] == 30


def test_points_that_are_no_face_are_refused():
    noise = np.random.default_rng(0).normal(size=(5, 478, 3))
    noise[:, 1, 0] = 0.0
    with pytest.raises(click.ClickException, match="give more, and more frontal, faces"):
        mean_face(noise)


def test_the_file_is_what_the_runtime_reads():
    template = load_template()
    raw = json.loads(_as_json(template.positions_m, template.mirror))
    np.testing.assert_allclose(raw["positions_m"], template.positions_m, atol=1e-9)
    assert raw["mirror"] == template.mirror.tolist()
