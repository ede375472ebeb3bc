"""Real renders through EGL: bytes, labels, depth, visibility, light and shadow."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("pyrender")

from rig.appearance import load_skin_maps
from rig.looks import default_appearance
from rig.photograph import Photo
from rig.props import props_for
from rig.render import (
    LABELS,
    Renderer,
    metres_from_window,
    over,
    shadow_from_rig,
    skin_labels,
)
from rig.sampling import FaceSample, sample_face
from rig.view import Light, View, clip_from_rig, project
from tests.rig.support import HEAD, LAYOUT, channels

try:
    Renderer(16).close()
except Exception as error:  # whatever a machine without EGL raises
    pytest.skip(f"no rendering here: {type(error).__name__}: {error}", allow_module_level=True)

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


def bytes_of(render):
    return render.image_rgb.tobytes(), render.mask.tobytes(), render.depth_m.tobytes()


def test_bytes_do_not_depend_on_what_was_rendered_before(renderer):
    """Faces with and without hair, glasses and shirts leave nothing behind, in any order."""
    wanted = {i: bytes_of(renderer.render(sample_face(5, i), depth=True)) for i in range(6)}
    counts = {len(props_for(s.styling, s.look)) for s in (sample_face(5, i) for i in range(6))}
    assert len(counts) > 1
    for index in (3, 0, 5, 1, 4, 2, 2, 0):
        assert bytes_of(renderer.render(sample_face(5, index), depth=True)) == wanted[index]


FRESH = """
import sys
from pathlib import Path
from tests.rig import test_render as t
with t.Renderer(t.SIZE) as fresh:
    found = t.bytes_of(fresh.render(t.sample_face(5, 4), depth=True))
    Path(sys.argv[1]).write_bytes(b"".join(found))
"""


def test_another_process_renders_the_same_bytes(renderer, tmp_path):
    command = [sys.executable, "-c", FRESH, str(tmp_path / "fresh")]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
    here = b"".join(bytes_of(renderer.render(sample_face(5, 4), depth=True)))
    assert (tmp_path / "fresh").read_bytes() == here


def test_two_renderers_do_not_disturb_each_other(renderer, plain):
    with Renderer(48) as small:
        first = small.render(face())
        again = renderer.render(face())
        assert first.image_rgb.shape == (48, 48, 3)
        assert bytes_of(replace(again, depth_m=np.zeros(1))) == bytes_of(
            replace(plain, depth_m=np.zeros(1))
        )
        assert np.array_equal(small.render(face()).image_rgb, first.image_rgb)


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
    worn = {"cloth", "glasses", "hat", "occluder", "beard", "tongue"}
    assert set(LABELS) - {LABELS[i] for i in np.unique(render.mask)} <= worn


def test_a_bald_head_has_no_hair_and_no_hairy_picture(renderer, plain):
    render = renderer.render(face(look=replace(LOOK, bald=True)))
    scalp = plain.mask == LABELS.index("hair")
    assert scalp.mean() > 0.03
    assert not (render.mask == LABELS.index("hair")).any()
    assert render.image_rgb[scalp].mean() > plain.image_rgb[scalp].mean() + 20


@pytest.mark.parametrize(
    ("landmark", "label"),
    [
        ("eye_centre_L", "iris"),
        ("eye_centre_R", "iris"),
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
    assert label_at(render, f"eye_centre_{near}") in ("eyes", "iris")


def test_the_picture_has_the_persons_left_on_its_right(plain):
    assert plain.landmarks["eye_centre_L"][0] > SIZE / 2 > plain.landmarks["eye_centre_R"][0]
    assert plain.landmarks["nose_tip"][1] < plain.landmarks["chin"][1]


def test_the_mask_is_nearly_symmetric(plain):
    mirrored = plain.mask[:, ::-1]
    assert (mirrored == plain.mask).mean() > 0.98


def test_skin_labels_lie_where_their_names_say():
    labels, place = skin_labels(LOOK.brow, False), load_skin_maps().position
    heights = {
        n: place[labels == LABELS.index(n)][:, 1].mean()
        for n in LABELS
        if n in LABELS[1:] and (labels == LABELS.index(n)).any()
    }
    order = ("hair", "brows", "nose", "upper_lip", "lower_lip", "neck")
    assert [heights[n] for n in order] == sorted((heights[n] for n in order), reverse=True)


@pytest.mark.parametrize(
    ("place", "label"),
    [
        ((0.0, -0.056, 0.098), "skin"),  # chin
        ((0.0, -0.080, 0.040), "neck"),
        ((0.056, -0.027, 0.040), "skin"),  # side of the jaw
        ((0.036, -0.059, 0.040), "neck"),  # below it
        ((0.052, -0.035, 0.000), "neck"),  # below the ear
    ],
)
def test_the_jaws_edge_parts_face_and_neck(place, label):
    labels, places = skin_labels(LOOK.brow, False), load_skin_maps().position
    for side in (1, -1):
        away = np.linalg.norm(places - np.array(place) * [side, 1, 1], axis=-1)
        assert LABELS[labels.ravel()[away.argmin()]] == label


def test_an_ear_has_no_other_label_within():
    ears = (skin_labels(LOOK.brow, True) == LABELS.index("ears")).astype(np.uint8)
    pieces, _, boxes, _ = cv2.connectedComponentsWithStats(ears)
    assert pieces == 3  # what is no ear, and two
    for _, _, width, height, area in boxes[1:]:
        assert area > 0.7 * width * height * np.pi / 4


# Depth and visibility --------------------------------------------------------------------------


def test_projection_agrees_with_what_is_drawn(renderer):
    """The middle of the pixels labelled eyes is where the eyeballs' visible points project."""
    open_eyes = face(look=replace(LOOK, bald=True), AU05=1.0)
    render = renderer.render(open_eyes)
    eyes = (LABELS.index("eyes"), LABELS.index("iris"))
    rows, columns = np.nonzero(np.isin(render.mask, eyes))
    left = columns > SIZE / 2
    drawn = np.array([columns[left].mean() + 0.5, rows[left].mean() + 0.5])
    expected = np.array(render.landmarks["eye_centre_L"])
    assert np.abs(drawn - expected).max() < 2.0


def test_depth_is_the_distance_of_the_point_on_the_axis(renderer):
    render = renderer.render(face(), mask=False, depth=True)
    assert render.mask is None
    x, y = render.landmarks["nose_tip"]
    place = HEAD.primitives["skin"].positions[renderer._landmarks._skin_vertex["nose_tip"]]
    expected = project(place[None], VIEW, SIZE)[0, 2]
    assert render.depth_m[int(y), int(x)] == pytest.approx(expected, abs=0.002)
    assert np.isinf(render.depth_m[0, 0])


def test_window_depth_of_worked_distances():
    view = View(1.0, 0.28, (0.0, 0.0), 0.0, (0.5,) * 3, ())
    for metres in (0.2, 1.0, 5.0):
        clip = clip_from_rig(view) @ np.array([0, 0, view.distance_m + 0.09 - metres, 1])
        window = np.float32((clip[2] / clip[3] + 1) / 2).reshape(1, 1)
        assert metres_from_window(window)[0, 0] == pytest.approx(metres, rel=1e-3)
    assert np.isinf(metres_from_window(np.ones((1, 1), np.float32)))


def test_a_mask_and_a_depth_cover_the_same_pixels(renderer):
    render = renderer.render(face(), depth=True)
    assert np.array_equal(render.mask == 0, np.isinf(render.depth_m))


def test_what_a_turned_head_hides_is_not_visible(renderer, plain):
    assert all(plain.visible[n] for n in ("nose_tip", "eye_outer_L", "eye_outer_R"))
    turned = renderer.render(face(head_yaw=1.0))
    shown = [turned.visible[f"eye_outer_{side}"] for side in "LR"]
    assert sorted(shown) == [False, True]
    assert plain.visible.keys() == plain.landmarks.keys()


def test_what_lies_outside_the_picture_is_not_visible(renderer):
    aside = renderer.render(face(view=replace(VIEW, centre_m=(1.0, 0.0))))
    assert not any(aside.visible.values())


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


def test_inside_the_head_the_picture_is_the_plain_one(renderer, plain):
    alone = renderer.render_plain(channels(), LOOK, VIEW)
    inside = alone[..., 3] == 255
    assert inside.mean() > 0.3
    np.testing.assert_allclose(plain.image_rgb[inside].astype(int), alone[inside][:, :3], atol=1)
    assert not np.array_equal(plain.image_rgb[~inside], alone[~inside][:, :3])


def test_the_key_light_throws_the_noses_shadow(renderer):
    """Light from the person's left darkens what lies right of the nose, and nothing left of it."""
    key = replace(LIGHT, towards=(0.85, 0.3, 0.5), breadth=0.0)
    view = replace(VIEW, ambient=(0.2,) * 3, lights=(key,), span_m=0.12)
    lit = renderer.render_plain(channels(), LOOK, view)[..., :3].astype(int)
    with Renderer(SIZE, shadows=False) as flat:
        unlit = flat.render_plain(channels(), LOOK, view)[..., :3].astype(int)
    darker = (unlit - lit).mean(-1) > 12
    assert darker[:, : SIZE // 2].sum() > 5 * darker[:, SIZE // 2 :].sum()
    assert darker.mean() > 0.02
    assert (lit <= unlit + 2).all()


def test_a_shadow_map_holds_a_ball_round_the_face():
    for towards in ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.6, -0.4, -0.7)):
        matrix = shadow_from_rig(np.array(towards), 0.2)
        middle = np.array([0.0, 0.02, 0.02])
        np.testing.assert_allclose(matrix @ [*middle, 1], [0, 0, 0, 1], atol=1e-12)
        ahead = middle + 0.2 * np.array(towards) / np.linalg.norm(towards)
        np.testing.assert_allclose(matrix @ [*ahead, 1], [0, 0, -0.5, 1], atol=1e-12)
        assert np.linalg.det(matrix[:3, :3]) < 0  # looks along -z, as depth buffers want


def test_a_room_that_is_bright_above_lights_the_forehead(renderer):
    room = tuple((0.5,) * 3 if i == 0 else (0.0,) * 3 for i in range(8))
    above, even = (
        renderer.render_plain(channels(), LOOK, replace(VIEW, lights=(), room=r))[..., 1]
        for r in (room, ())
    )
    brow, chin = (slice(int(SIZE * a), int(SIZE * b)) for a, b in ((0.25, 0.3), (0.7, 0.75)))
    middle = slice(SIZE // 2 - 20, SIZE // 2 + 20)
    ratios = [above[rows, middle].mean() / even[rows, middle].mean() for rows in (brow, chin)]
    assert ratios[0] > 1.03 > ratios[1]


def test_without_a_light_and_without_a_room_it_is_dark(renderer):
    dark = renderer.render_plain(channels(), LOOK, replace(VIEW, ambient=(0.0,) * 3, lights=()))
    assert dark[..., :3].max() == 0


# Picture, its edges -----


def test_light_from_the_left_lights_the_left(renderer):
    side = replace(VIEW, ambient=(0.1, 0.1, 0.1), lights=(replace(LIGHT, towards=(1.0, 0, 0.2)),))
    found = renderer.render_plain(channels(), LOOK, side)[..., :3].astype(int)
    cheek_row = found[int(SIZE * 0.55)]
    assert cheek_row[SIZE // 2 + 20 :].mean() > 1.5 * cheek_row[: SIZE // 2 - 20].mean()


def test_a_wink_changes_one_eye(renderer, plain):
    wink = renderer.render(face(AU43=0.5, **{"AU43.asymmetry": 1.0}))
    eyes = LABELS.index("iris")
    left = np.s_[:, SIZE // 2 :]
    right = np.s_[:, : SIZE // 2]
    assert (wink.mask[left] == eyes).sum() < 0.1 * (plain.mask[left] == eyes).sum()
    assert (wink.mask[right] == eyes).sum() > 0.9 * (plain.mask[right] == eyes).sum()


def test_without_antialiasing_edges_are_hard_and_labels_the_same(renderer, plain):
    with Renderer(SIZE, antialias=False) as rough:
        found = rough.render_plain(channels(), LOOK, VIEW)
        mask = rough.render(face()).mask
    smooth = renderer.render_plain(channels(), LOOK, VIEW)
    partly = [((a[..., 3] > 0) & (a[..., 3] < 255)).sum() for a in (found, smooth)]
    assert partly[0] < 0.2 * partly[1]
    assert np.abs(found.astype(int) - smooth).mean() < 3
    assert np.array_equal(mask, plain.mask)


def test_posed_vertices_come_for_every_part(renderer):
    found = renderer.vertices(sample_face(0, 0).parameters)
    assert {n: v.shape for n, v in found.items()} == {
        n: p.positions.shape for n, p in HEAD.primitives.items()
    }
