"""Real renders through EGL: bytes, labels, projection and compositing."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rig.photograph import Photo
from rig.sampling import FaceSample, sample_face
from rig.view import Light, View
from tests.rig.support import HEAD, LAYOUT, channels

try:
    from rig.render import (
        LABELS,
        Renderer,
        field_of_view_rad,
        labels_from_colours,
        over,
        project,
        rig_from_camera,
        skin_labels,
    )

    with Renderer(16):
        pass
except Exception as error:  # whatever a machine without EGL or pyrender raises
    pytest.skip(f"no rendering here: {type(error).__name__}: {error}", allow_module_level=True)

from rig.appearance import default_appearance

SIZE = 160
LIGHT = Light((0.3, 0.4, 0.87), (1.0, 1.0, 1.0), 3.0)
VIEW = View(1.0, 0.28, (0.0, 0.015), 0.0, (0.5, 0.5, 0.5), (LIGHT,))
LOOK = default_appearance()


def face(look=LOOK, view=VIEW, **parameters):
    values = LAYOUT.neutral_parameters()
    for name, value in parameters.items():
        values[LAYOUT.parameter_index[name]] = value
    return FaceSample(values, look, view, Photo())


def label_at(render, name):
    x, y = render.landmarks[name]
    return LABELS[render.mask[int(y), int(x)]]


@pytest.fixture(scope="module")
def renderer():
    with Renderer(SIZE) as made:
        yield made


@pytest.fixture(scope="module")
def plain(renderer):
    return renderer.render(face())


def test_the_same_seed_and_index_render_the_same_bytes(renderer):
    first, again = (renderer.render(sample_face(1, 3)) for _ in range(2))
    renderer.render(sample_face(1, 4))
    later = renderer.render(sample_face(1, 3))
    for other in (again, later):
        assert np.array_equal(first.image_rgb, other.image_rgb)
        assert np.array_equal(first.mask, other.mask)
        assert first.landmarks == other.landmarks
    assert not np.array_equal(first.image_rgb, renderer.render(sample_face(1, 4)).image_rgb)


def test_a_render_carries_its_exact_parameters(renderer):
    sample = sample_face(2, 0)
    np.testing.assert_array_equal(renderer.render(sample, mask=False).parameters, sample.parameters)


def test_without_a_mask_the_picture_is_the_same(renderer, plain):
    without = renderer.render(face(), mask=False)
    assert without.mask is None
    assert np.array_equal(without.image_rgb, plain.image_rgb)


# Mask ------------------------------------------------------------------------------------------


def test_a_smiling_face_shows_every_label(renderer):
    render = renderer.render(face(AU12=1.0, AU25=1.0, AU26=0.6))
    assert {LABELS[i] for i in np.unique(render.mask)} == set(LABELS)


def test_a_bald_head_has_no_hair_and_no_hairy_picture(renderer, plain):
    render = renderer.render(face(look=replace(LOOK, bald=True)))
    scalp = plain.mask == LABELS.index("hair")
    assert scalp.mean() > 0.03
    assert not (render.mask == LABELS.index("hair")).any()
    assert render.image_rgb[scalp].mean() > plain.image_rgb[scalp].mean() + 20


@pytest.mark.parametrize(
    ("landmark", "label"),
    [
        ("eye_centre_L", "eyes"),
        ("eye_centre_R", "eyes"),
        ("nose_tip", "nose"),
        ("chin", "skin"),
        ("lip_upper_middle", "upper_lip"),
        ("lip_lower_middle", "lower_lip"),
    ],
)
def test_landmarks_fall_on_their_label(plain, landmark, label):
    assert label_at(plain, landmark) == label


@pytest.mark.parametrize(("yaw", "roll"), [(0.2, 0.0), (0.8, 0.3), (0.5, -0.5)])
def test_landmarks_follow_a_turned_head_and_a_rolled_camera(renderer, yaw, roll):
    render = renderer.render(face(view=replace(VIEW, roll_rad=roll), head_yaw=yaw))
    assert label_at(render, "nose_tip") == "nose"
    near = "L" if yaw <= 0.5 else "R"  # the eye that has not turned away
    assert label_at(render, f"eye_centre_{near}") == "eyes"


def test_the_picture_has_the_persons_left_on_its_right(plain):
    assert plain.landmarks["eye_centre_L"][0] > SIZE / 2 > plain.landmarks["eye_centre_R"][0]
    assert plain.landmarks["nose_tip"][1] < plain.landmarks["chin"][1]


def test_the_mask_is_nearly_symmetric(plain):
    mirrored = plain.mask[:, ::-1]
    assert (mirrored == plain.mask).mean() > 0.98


def test_labels_of_mixed_colours_are_a_pure_neighbours(plain):
    colours = np.zeros((3, 5, 3), np.uint8)
    colours[:, 3:] = (250, 40, 40)
    colours[:, 2] = (125, 20, 20)
    found = labels_from_colours(colours)
    assert set(found[:, 2]) <= {0, 1}
    assert (found[:, :2] == 0).all()
    assert (found[:, 3:] == 1).all()


def test_skin_labels_lie_where_their_names_say():
    from rig.appearance import load_skin_maps

    labels, place = skin_labels(LOOK), load_skin_maps().position
    heights = {
        n: place[labels == LABELS.index(n)][:, 1].mean()
        for n in LABELS
        if n in LABELS[1:] and (labels == LABELS.index(n)).any()
    }
    order = ("hair", "brows", "nose", "upper_lip", "lower_lip", "neck")
    assert [heights[n] for n in order] == sorted((heights[n] for n in order), reverse=True)


# Camera ----------------------------------------------------------------------------------------


def test_the_middle_of_the_face_plane_is_the_middle_of_the_picture():
    found = project(np.array([[0.0, 0.015, 0.09]]), VIEW, 200)
    np.testing.assert_allclose(found, [[100, 100]], atol=1e-9)


def test_the_span_fills_the_picture_at_the_face():
    x, y = 0.14, 0.015
    points = np.array([[x, y, 0.09], [-x, y, 0.09], [0, y + 0.14, 0.09], [0, y - 0.14, 0.09]])
    found = project(points, VIEW, 200)
    np.testing.assert_allclose(found, [[200, 100], [0, 100], [100, 0], [100, 200]], atol=1e-9)


def test_a_rolled_camera_turns_the_picture_the_other_way():
    rolled = replace(VIEW, roll_rad=np.pi / 2)
    above = project(np.array([[0.0, 0.115, 0.09]]), rolled, 200)[0]
    assert above[0] > 150
    assert above[1] == pytest.approx(100)


def test_field_of_view_of_a_known_triangle():
    assert field_of_view_rad(replace(VIEW, distance_m=0.14)) == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(rig_from_camera(VIEW)[:3, 3], [0, 0.015, 1.09])


def test_projection_agrees_with_what_is_drawn(renderer):
    """The middle of the pixels labelled eyes is where the eyeballs' visible points project."""
    open_eyes = face(look=replace(LOOK, bald=True), AU05=1.0)
    render = renderer.render(open_eyes)
    rows, columns = np.nonzero(render.mask == LABELS.index("eyes"))
    left = columns > SIZE / 2
    drawn = np.array([columns[left].mean() + 0.5, rows[left].mean() + 0.5])
    expected = np.array(render.landmarks["eye_centre_L"])
    assert np.abs(drawn - expected).max() < 2.0


# Picture ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "colour", "expected"), [(255, 90, 90), (0, 0, 200), (128, 60, 159), (51, 0, 160)]
)
def test_over_composites_premultiplied_colour(alpha, colour, expected):
    front = np.full((2, 2, 4), colour, np.uint8)
    front[..., 3] = alpha
    found = over(front, np.full((2, 2, 3), 200, np.uint8))
    np.testing.assert_allclose(found, expected, atol=1)


def test_a_plain_render_is_clear_outside_the_head_and_opaque_inside(renderer):
    found = renderer.render_plain(channels(), LOOK, VIEW)
    assert found.shape == (SIZE, SIZE, 4)
    assert found[2, 2].tolist() == [0, 0, 0, 0]
    assert found[SIZE // 2, SIZE // 2, 3] == 255
    assert (found[..., :3].max(-1) <= found[..., 3]).all()  # premultiplied


def test_the_whole_picture_is_the_plain_one_over_its_background(renderer):
    from rig.photograph import random_background

    sample = face()
    plain = renderer.render_plain(channels(), LOOK, VIEW)
    expected = over(plain, random_background(SIZE, sample.photo.seed))
    np.testing.assert_array_equal(renderer.render(sample, mask=False).image_rgb, expected)


def test_light_from_the_left_lights_the_left(renderer):
    side = replace(VIEW, ambient=(0.1, 0.1, 0.1), lights=(replace(LIGHT, towards=(1.0, 0, 0.2)),))
    found = renderer.render_plain(channels(), LOOK, side)[..., :3].astype(int)
    cheek_row = found[int(SIZE * 0.55)]
    assert cheek_row[SIZE // 2 + 20 :].mean() > 1.5 * cheek_row[: SIZE // 2 - 20].mean()


def test_a_wink_changes_one_eye(renderer, plain):
    wink = renderer.render(face(AU43=0.5, **{"AU43.asymmetry": 1.0}))
    eyes = LABELS.index("eyes")
    left = np.s_[:, SIZE // 2 :]
    right = np.s_[:, : SIZE // 2]
    assert (wink.mask[left] == eyes).sum() < 0.1 * (plain.mask[left] == eyes).sum()
    assert (wink.mask[right] == eyes).sum() > 0.9 * (plain.mask[right] == eyes).sum()


ROUGH = """
import sys, numpy as np
from tests.rig import test_render as t
with t.Renderer(t.SIZE, antialias=False) as rough:
    picture = rough.render_plain(t.channels(), t.LOOK, t.VIEW)
    np.savez(sys.argv[1], picture=picture, mask=rough.render(t.face()).mask)
"""


def test_without_antialiasing_edges_are_hard_and_labels_the_same(renderer, plain, tmp_path):
    """In a process of its own: pyrender's contexts do not outlive one another."""
    command = [sys.executable, "-c", ROUGH, str(tmp_path / "rough.npz")]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
    with np.load(tmp_path / "rough.npz") as data:
        found, mask = data["picture"], data["mask"]
    smooth = renderer.render_plain(channels(), LOOK, VIEW)
    partly = [((a[..., 3] > 0) & (a[..., 3] < 255)).sum() for a in (found, smooth)]
    assert partly[0] < 0.4 * partly[1]  # what is left are lashes
    assert np.abs(found.astype(int) - smooth).mean() < 3
    assert (mask == plain.mask).mean() > 0.98


def test_posed_vertices_come_for_every_part(renderer):
    found = renderer.vertices(sample_face(0, 0).parameters)
    assert {n: v.shape for n, v in found.items()} == {
        n: p.positions.shape for n, p in HEAD.primitives.items()
    }
