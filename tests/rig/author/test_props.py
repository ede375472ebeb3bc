"""Making props: what is committed is what the commands make, hair keeps off the face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.author import cloth, glasses, hair, tufts, wear
from rig.author.combs import COMBS, before_face, goatee, keep_off_face, moustache, scalp_height
from rig.author.props import write
from rig.author.shapes import STEP_M, Piece, grid_triangles, mirrored, rigid, tube
from rig.head import asset_path
from rig.props import load_shape

place = st.floats(-0.15, 0.15)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("glasses.thick", lambda: glasses.frame_piece(glasses.FRAMES["thick"])),
        ("hair.buzz", lambda: hair.hair_piece(hair.STYLES["buzz"], 0)),
        ("beard.goatee", lambda: tufts.beard_piece(*tufts.BEARDS["goatee"], 3)),
        ("cloth.polo", lambda: cloth.garments()["cloth.polo"]),
        ("hat.cap", wear.cap),
    ],
)
def test_the_committed_pieces_are_what_the_commands_make(name, make):
    made, stored = make(), load_shape(name)
    np.testing.assert_array_equal(made.triangles, stored.triangles)
    np.testing.assert_allclose(made.positions, stored.positions, atol=1.01 * STEP_M)


def test_two_builds_are_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("rig.author.props.pieces", glasses.pieces)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder)
    first, second = ((tmp_path / f / "props.npz").read_bytes() for f in ("a", "b"))
    assert first == second
    assert len(first) < asset_path("props.npz").stat().st_size


@given(st.lists(st.tuples(place, place, place), min_size=1, max_size=20))
def test_combs_are_finite_and_hair_is_pushed_only_outwards(points):
    p = np.array(points)
    for comb in COMBS.values():
        assert np.isfinite(comb(p)).all()
        assert comb(p).shape == p.shape
    moved = keep_off_face(p, fringe=False)
    assert (np.abs(moved[:, 0]) >= np.abs(p[:, 0]) - 1e-12).all()
    assert (np.abs(moved - p) <= 0.0073).all()


def test_hair_grows_on_the_crown_and_not_on_face_or_ears():
    spots = np.array([[0, 0.14, -0.02], [0, 0.05, 0.1], [0.08, 0.02, 0.0], [0, 0.03, -0.09]])
    assert list(scalp_height(spots, 0.0) > 0) == [True, False, False, True]


def test_a_receding_hairline_bares_the_temples_first():
    temple = np.array([[0.045, 0.112, 0.067]])
    back = np.array([[0.0, 0.08, -0.1]])
    assert scalp_height(temple, 0.0) > 0 > scalp_height(temple, 1.0)
    assert scalp_height(back, 0.55) > 0


def test_beards_spare_the_lips():
    lips = np.array([[0, -0.022, 0.109], [0, -0.034, 0.105], [0.015, -0.030, 0.1]])
    assert (moustache(lips) < 0.5).all()
    assert (goatee(lips) == 0).all()


def test_the_zone_before_the_face_holds_the_eyes_and_not_the_ears():
    assert before_face(np.array([[0.029, 0.04, 0.1], [0, 0.0, 0.12]])).all()
    assert not before_face(np.array([[0.08, 0.02, 0.0], [0.0, 0.09, 0.1]])).any()


def test_the_heads_own_hair_is_light_and_off_the_face():
    piece, anchors = hair.lock_piece(hair.skin_surface())
    assert np.linalg.norm(piece.positions - piece.positions[anchors], axis=1).max() < 0.12
    assert 2000 < len(piece.triangles) <= 5000
    middle = np.abs(piece.positions[:, 0]) < 0.045
    assert not before_face(piece.positions[middle]).any()
    offset, _ = hair.skin_surface().offset(piece.positions)
    assert np.quantile(offset, 0.02) > -0.004


def test_a_tube_has_its_radius_everywhere():
    path = np.stack([np.linspace(0, 0.1, 9), np.zeros(9), np.zeros(9)], axis=1)
    piece = tube(path, np.array([0.004, 0.004]), np.array([0.0, 0, 1]), 8, closed=False)
    np.testing.assert_allclose(np.hypot(*piece.positions[:, 1:].T), 0.004, atol=1e-9)


def test_a_closed_grid_joins_its_ends():
    assert len(grid_triangles(3, 8, closed=True)) == 32
    assert len(grid_triangles(3, 8)) == 28
    assert set(grid_triangles(2, 4, closed=True).ravel()) == set(range(8))


def test_a_mirrored_piece_hangs_on_the_other_sides_joint():
    points = np.array([[0.1, 0, 0], [0.1, 1e-2, 0], [0.11, 0, 0]])
    piece = rigid(Piece(points, points[:, :2], np.array([[0, 1, 2]])), "ear_L")
    other = mirrored(piece)
    assert other.joints == ("ear_R",)
    np.testing.assert_allclose(other.positions, points * [-1, 1, 1])


def test_a_piece_beyond_what_can_be_stored_is_refused():
    far = np.full((3, 3), 0.4)
    with pytest.raises(ValueError, match=r"0\.400 m"):
        Piece(far, far[:, :2], np.array([[0, 1, 2]])).arrays()
