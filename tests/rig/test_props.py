"""Props: bound to the head, in budget, the same every time, and out of the eyes' way."""

from dataclasses import replace

import numpy as np
import pytest

from rig.head import asset_path
from rig.looks import default_appearance
from rig.props import load_shape, mirrored, paint_lens, pressed, props_for, shape_names
from rig.rotations import euler_yxz_to_matrix
from rig.sampling import sample_face
from rig.skinning import skin
from rig.styling import CLOTHES, EXTRAS, GLASSES, HATS, Styling
from tests.rig.support import HEAD, LAYOUT, SKELETON, TWIN

LOOK = default_appearance()
HAIR = tuple(n for n in shape_names() if n.startswith("hair."))
EYE = HEAD.rest_positions[HEAD.joint_index("eyeball_L")]


def props(**styling):
    """Name → prop of a styling."""
    return {p.name: p for p in props_for(Styling(**styling), LOOK)}


def before_an_eye(positions):
    """(V,) whether points lie in a tube of 8 mm about a level line of sight."""
    left = positions * [np.sign(EYE[0]), 1, 1] - EYE
    right = positions * [-np.sign(EYE[0]), 1, 1] - EYE
    near = [(np.hypot(q[:, 0], q[:, 1]) < 0.008) & (q[:, 2] > 0.012) for q in (left, right)]
    return near[0] | near[1]


def test_the_asset_stays_small():
    assert asset_path("props.npz").stat().st_size < 4 * 2**20


@pytest.mark.parametrize("name", shape_names())
def test_every_piece_is_whole_and_bound(name):
    shape = load_shape(name)
    count = len(shape.positions)
    assert np.isfinite(shape.positions).all()
    assert shape.triangles.min() >= 0
    assert shape.triangles.max() < count
    np.testing.assert_allclose(shape.weights.sum(1), 1, atol=1e-6)
    assert (shape.weights >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(shape.normals, axis=1), 1, atol=0.02)
    assert shape.uvs.min() >= 0
    assert shape.uvs.max() <= 1
    assert len(shape.triangles) <= 20000


@pytest.mark.parametrize("name", HAIR)
def test_no_hair_hangs_before_the_eyes(name):
    shape = load_shape(name)
    corners = shape.positions[shape.triangles]
    points = np.concatenate([corners.reshape(-1, 3), corners.mean(1)])
    assert not before_an_eye(points).any()


@pytest.mark.parametrize("hat", HATS)
def test_hats_leave_the_eyes_free(hat):
    assert not before_an_eye(load_shape(f"hat.{hat}").positions).any()


@pytest.mark.parametrize("frame", GLASSES)
def test_glasses_are_symmetric_and_stand_before_the_eyes_not_in_them(frame):
    rims, lenses = load_shape(f"glasses.{frame}"), load_shape(f"lens.{frame}")
    for shape in (rims, lenses):
        twin = shape.positions * [-1, 1, 1]
        gap = np.linalg.norm(twin[:, None] - shape.positions[None], axis=2).min(1)
        assert gap.max() < 1e-4
    assert not before_an_eye(rims.positions).any()
    clear = lenses.positions - EYE
    clear = clear[np.hypot(clear[:, 0], clear[:, 1]) < 0.012]
    assert len(clear) > 0
    assert clear[:, 2].min() > 0.018


def test_props_turn_with_the_head():
    parts = props(hair="crew", glasses="thick", hat="beanie", extras=("studs",))
    channels = np.zeros(len(LAYOUT.channels))
    channels[LAYOUT.channel_index["head_yaw"]] = 0.3
    matrices = SKELETON.skin_matrices(channels)
    turn = euler_yxz_to_matrix(0.3, 0.0, 0.0)
    for part in parts.values():
        high = part.positions[:, 1] > 0.06  # the nape bends with the neck
        posed = skin(part.positions, part.joints, part.weights, matrices)
        wanted = part.positions @ turn.T
        np.testing.assert_allclose(posed[high], wanted[high], atol=1e-3)


def test_a_beard_goes_with_the_jaw():
    beard = props(beard="full")["beard.full"]
    channels = np.zeros(len(LAYOUT.channels))
    channels[LAYOUT.channel_index["AU26"]] = 1.0
    moved = skin(beard.positions, beard.joints, beard.weights, SKELETON.skin_matrices(channels))
    chin = (np.abs(beard.positions[:, 0]) < 0.015) & (beard.positions[:, 1] < -0.05)
    assert (moved - beard.positions)[chin, 1].mean() < -0.005


def test_clothes_do_not_turn_with_the_head():
    shirt = props(cloth="shirt")["cloth.shirt"]
    channels = np.zeros(len(LAYOUT.channels))
    channels[LAYOUT.channel_index["head_yaw"]] = 0.5
    moved = skin(shirt.positions, shirt.joints, shirt.weights, SKELETON.skin_matrices(channels))
    np.testing.assert_allclose(moved, shirt.positions, atol=1e-6)


@pytest.mark.parametrize("cloth", CLOTHES)
def test_clothes_lie_outside_the_body_and_reach_below_it(cloth):
    piece = load_shape(f"cloth.{cloth}")
    body = HEAD.primitives["skin"].positions
    assert piece.positions[:, 1].min() < body[:, 1].min() - 0.1
    level = np.abs(body[:, 1] + 0.185) < 0.008
    around = np.abs(piece.positions[:, 1] + 0.185) < 0.012
    assert np.abs(piece.positions[around, 0]).max() > np.abs(body[level, 0]).max()


def test_a_mirrored_prop_swaps_the_sides():
    prop = props(hair="side")["hair.side"]
    other = mirrored(prop)
    np.testing.assert_allclose(other.positions, prop.positions * [-1, 1, 1])
    np.testing.assert_array_equal(other.joints, TWIN[prop.joints])
    again = mirrored(other)
    np.testing.assert_array_equal(again.triangles, prop.triangles)
    np.testing.assert_array_equal(again.joints, prop.joints)


def test_hair_is_pressed_by_a_hat_and_only_there():
    before = load_shape("hair.swept").positions
    after = pressed("hair.swept", "hat.beanie")
    middle = np.array([0.0, 0.045, -0.005])
    grew = np.linalg.norm(after - middle, axis=1) - np.linalg.norm(before - middle, axis=1)
    assert grew.max() < 1e-9
    assert grew.min() < -0.003
    low = before[:, 1] < 0.0
    np.testing.assert_allclose(after[low], before[low])


def test_the_same_styling_gives_the_same_props():
    sample = sample_face(4, 7)
    first, second = (props_for(sample.styling, sample.look) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.positions, b.positions)
        np.testing.assert_array_equal(a.picture, b.picture)


def test_nothing_is_worn_by_default():
    assert props_for(Styling(), LOOK) == ()
    assert props_for(Styling(hair="bald"), LOOK) == ()


def test_a_jacket_has_something_below_it():
    assert {"cloth.jacket", "cloth.turtle"} <= set(props(cloth="jacket", below="turtle"))


@pytest.mark.parametrize("extra", EXTRAS)
def test_extras_come_alone(extra):
    assert set(props(extras=(extra,))) == {f"extra.{extra}"}


def test_hair_has_the_colour_of_the_look():
    red, black = (0.5, 0.15, 0.08), (0.02, 0.02, 0.02)
    pictures = [
        next(p.picture for p in props_for(Styling(hair="bob"), replace(LOOK, hair=c)) if
             p.name == "hair.bob")
        for c in (red, black)
    ]  # fmt: skip
    means = [p[..., :3][p[..., 3] > 128].mean(0) / 255 for p in pictures]
    assert means[0][0] > 2 * means[0][1]
    assert means[1].max() < 0.05


def test_dark_lenses_hide_what_clear_ones_show():
    clear, dark = paint_lens(0.0, 1)[..., 3].mean(), paint_lens(1.0, 1)[..., 3].mean()
    assert clear < 60
    assert dark > 190


def test_an_unknown_piece_is_refused():
    with pytest.raises(KeyError, match="wig"):
        load_shape("hair.wig")
