"""Figures of verification by worked examples, by a plain count, and by laws."""

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge import capture
from geface_bridge.errors import SourceError
from rig.layout import load_layout
from rig.render import Renderer
from rig.sampling import sample_face
from tests.training.identity_toy import Strangers, make_people, make_task
from tests.training.toy import config
from training.augment import photograph
from training.data.people import DIRT
from training.loop import CHECKPOINT, run_loop
from training.probes import RENDER_SIZE_PX, expressive
from training.verification import (
    Faces,
    area_under_curve,
    as_learned_renderer_paints,
    clip_frames,
    equal_error_rate,
    held_out_renders,
    main,
    of_pixels,
    pairs_of,
    photographs_twice,
    verification,
)

PERFORMANCE = Path(capture.__file__).with_name("performance.mp4")
SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=12)


def scores(*values):
    return np.array(values, np.float64)


def test_a_worked_area():
    # of 3 x 2 pairs .9 and .8 beat both, .3 beats one and ties with none: 5 of 6
    assert area_under_curve(scores(0.9, 0.8, 0.3), scores(0.5, 0.1)) == pytest.approx(5 / 6)


def test_ties_count_half():
    assert area_under_curve(scores(1.0), scores(1.0)) == 0.5
    assert area_under_curve(scores(1.0, 2.0), scores(1.0, 1.0)) == 0.75


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_won(same, different):
    won = [(s > d) + (s == d) / 2 for s, d in itertools.product(same, different)]
    assert area_under_curve(scores(*same), scores(*different)) == pytest.approx(np.mean(won))


@given(SCORES, SCORES)
def test_swapped_scores_give_the_other_side_of_the_area(same, different):
    a, b = scores(*same), scores(*different)
    assert area_under_curve(a, b) + area_under_curve(b, a) == pytest.approx(1)


def test_a_worked_error_rate():
    # at .5 one of four is rejected and one of four accepted
    same, different = scores(0.9, 0.8, 0.6, 0.2), scores(0.5, 0.4, 0.3, 0.1)
    assert equal_error_rate(same, different) == pytest.approx(0.25)


def test_the_error_rate_of_what_is_apart_is_0_and_of_what_is_upside_down_1():
    assert equal_error_rate(scores(0.8, 0.9), scores(0.1, 0.2)) == 0
    assert equal_error_rate(scores(0.1, 0.2), scores(0.8, 0.9)) == 1


def test_pairs_are_taken_once_and_never_of_a_picture_with_itself():
    embeddings = np.array([(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)])
    same, different = pairs_of(embeddings, np.array([0, 0, 1]))
    assert same.tolist() == pytest.approx([0.6])
    assert sorted(different) == pytest.approx([0.0, 0.8])


def test_pairs_that_do_not_count_are_left_out():
    embeddings = np.array([(1.0, 0.0), (0.6, 0.8), (0.0, 1.0)])
    counted = np.ones((3, 3), bool)
    counted[0, 2] = counted[2, 0] = False
    _, different = pairs_of(embeddings, np.array([0, 0, 1]), counted)
    assert different.tolist() == pytest.approx([0.8])


def test_no_pairs_are_no_figures():
    assert np.isnan(verification(scores(), scores(0.5)).auc)


def test_pixels_tell_pictures_apart_and_not_their_light():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (16, 16, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    other = rng.integers(0, 256, (16, 16, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    found = of_pixels(np.stack([picture, picture // 2, other]))
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    assert found[0] @ found[1] > 0.99
    assert abs(found[0] @ found[2]) < 0.5


def test_faces_are_verified_by_what_embeds_them():
    faces = Faces(np.zeros((4, 128, 128, 3), np.uint8), np.array([0, 0, 1, 1]))
    told = faces.verify(lambda crops: np.eye(2)[[0, 0, 1, 1]])
    assert (told.auc, told.eer, told.same, told.different) == (1, 0, 1, 0)


def test_only_people_who_were_held_out_are_verified(tmp_path):
    faces = held_out_renders(make_people(tmp_path / "set", people=20))
    assert faces.crops.shape == (4, 128, 128, 3)
    assert faces.people.tolist() == [0, 0, 1, 1]


def test_the_command_prints_a_row_for_each_way_to_tell(tmp_path):
    run_loop(make_task, Strangers(), config(1), tmp_path / "run")
    data = make_people(tmp_path / "set", people=20)
    words = ["--weights", str(tmp_path / "run" / CHECKPOINT), "--data", str(data)]
    done = CliRunner().invoke(main, [*words, "--json", str(tmp_path / "out.json")])
    assert done.exit_code == 0, done.output
    rows = [line.split()[:2] for line in done.output.splitlines() if line.startswith("renders ")]
    assert rows == [["renders", name] for name in ("F_reg", "untrained", "pixels")]
    assert (tmp_path / "out.json").exists()


def a_look(index, **values):
    """A person of the rig, from nearly ahead, as a photograph of 256²; RGB."""
    person = expressive(sample_face(5, index), values)
    with Renderer(RENDER_SIZE_PX) as renderer:
        return renderer.render(person, mask=False).image_rgb


def write_still(path, image_rgb, frames):
    """A film in which nothing moves."""
    height, width = image_rgb.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (width, height))
    for _ in range(frames):
        writer.write(np.ascontiguousarray(image_rgb[..., ::-1]))
    writer.release()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The bundled performance of 480 frames, a still of another person, and nobody."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "performance.mp4").symlink_to(PERFORMANCE)
    write_still(folder / "still.avi", a_look(0), frames=61)
    (folder / "no_face.mp4").write_bytes(b"never opened")
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Three people who look aside, so that a mirror is to be seen."""
    folder = tmp_path_factory.mktemp("photographs")
    for index in range(3):
        image_rgb = a_look(index, head_yaw=0.68)
        cv2.imwrite(str(folder / f"{index}.png"), image_rgb[..., ::-1])
    return folder


def untouched(crop, rng, config):
    """What a camera adds if it adds nothing."""
    return crop


def test_frames_of_clips_are_of_one_person_a_clip_and_a_clip_of_nobody_is_left_out(clips):
    faces = clip_frames(clips, every=60)
    assert faces.people.tolist() == [0] * 8 + [1] * 2
    assert faces.crops.shape == (10, 128, 128, 3)
    same, different = pairs_of(of_pixels(faces.crops), faces.people, faces.counted)
    assert (len(same), len(different)) == (8 * 7 // 2 + 1, 8 * 2)


def test_every_frame_is_as_another_camera_might_have_seen_it_and_the_same_each_time(
    clips, monkeypatch
):
    seen = clip_frames(clips, every=60).crops
    with monkeypatch.context() as changed:
        changed.setattr("training.verification.photograph", untouched)
        filmed = clip_frames(clips, every=60).crops
    for number, (crop, as_filmed) in enumerate(zip(seen, filmed, strict=True)):
        assert not np.array_equal(crop, as_filmed)
        again = photograph(as_filmed, np.random.default_rng([1, number]), DIRT)
        assert np.array_equal(crop, again)


def test_a_photograph_comes_twice_once_mirrored_and_never_under_one_light(photographs, monkeypatch):
    faces = photographs_twice(photographs)
    assert faces.people.tolist() == [0, 1, 2, 0, 1, 2]
    assert faces.crops.shape == (6, 128, 128, 3)
    for once, again in zip(faces.crops[:3], faces.crops[3:, :, ::-1], strict=True):
        assert np.abs(once - again.astype(float)).mean() > 2
    monkeypatch.setattr("training.verification.photograph", untouched)
    plain = photographs_twice(photographs).crops
    assert np.array_equal(plain[:3], plain[3:, :, ::-1])
    assert not np.array_equal(plain[:3], plain[3:])


def test_a_folder_that_shows_nobody_is_told(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(SourceError, match="no face in"):
        photographs_twice(tmp_path)
    (tmp_path / "no_face.mp4").write_bytes(b"never opened")
    with pytest.raises(SourceError):
        clip_frames(tmp_path / "nowhere")


def test_the_command_verifies_clips_and_photographs_and_keeps_their_crops(
    clips, photographs, tmp_path, monkeypatch
):
    run_loop(make_task, Strangers(), config(1), tmp_path / "run")
    words = ["--weights", str(tmp_path / "run" / CHECKPOINT), "--cache", str(tmp_path / "cache")]
    words += ["--clips", str(clips), "--photographs", str(photographs)]
    done = CliRunner().invoke(main, [*words, "--json", str(tmp_path / "first.json")])
    assert done.exit_code == 0, done.output
    rows = [line.split()[:2] for line in done.output.splitlines()[1:]]
    by = ("F_reg", "untrained", "pixels")
    assert rows == [[name, who] for name in ("clips", "photographs") for who in by]
    monkeypatch.setattr("training.data.faces.FaceAligner", None)  # nothing is aligned twice
    done = CliRunner().invoke(main, [*words, "--json", str(tmp_path / "second.json")])
    assert done.exit_code == 0, done.output
    first, second = ((tmp_path / f"{n}.json").read_text() for n in ("first", "second"))
    assert first == second


def test_plain_is_the_person_alone_without_expression_or_looks():
    people = [sample_face(3, index) for index in range(2)]
    one, other = map(as_learned_renderer_paints, people)
    blocks = load_layout().blocks
    for plain, person in ((one, people[0]), (other, people[1])):
        for name in ("identity", "brow_style"):
            assert np.array_equal(plain.parameters[blocks[name]], person.parameters[blocks[name]])
        rest = load_layout().neutral_parameters()
        assert np.array_equal(plain.parameters[blocks["au"]], rest[blocks["au"]])
        assert np.array_equal(plain.parameters[blocks["pose"]], rest[blocks["pose"]])
    assert (one.view, one.photo, one.styling) == (other.view, other.photo, other.styling)
    assert replace(one.look, brow="") == replace(other.look, brow="")


@pytest.mark.parametrize(
    ("words", "complaint"), [([], "nothing to verify: "), (["--weights"], "nothing to verify on")]
)
def test_nothing_to_do_is_told(tmp_path, words, complaint):
    run_loop(make_task, Strangers(), config(1), tmp_path)
    given_words = [*words, str(tmp_path / CHECKPOINT)] if words else []
    done = CliRunner().invoke(main, given_words)
    assert done.exit_code == 2
    assert complaint in done.output
