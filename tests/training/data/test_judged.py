import csv
from dataclasses import astuple

import cv2
import numpy as np
import pytest

from geface_bridge.errors import SourceError
from rig.layout import load_layout
from tests.training.data.made import make_bp4d, make_disfa, write_film
from tests.training.samples import random_pair
from training.data import judged
from training.data.disfa import read_disfa
from training.data.judged import (
    JudgedSet,
    Sample,
    bp4d_set,
    clips_set,
    disfa_set,
    faces_of,
    pairs_set,
    pictures_set,
    sequence_samples,
)
from training.data.predictions import Prediction
from training.shards import shard_path, write_json, write_shard

FACES = ("front", None, "side")


@pytest.fixture
def few(tmp_path, monkeypatch):
    """A set of three pictures, two of them with a face that a made aligner finds."""
    asked = []

    class Aligner:
        def __init__(self, tracking):
            asked.append(tracking)

        def __enter__(self):
            return self

        def __exit__(self, *reason):
            pass

        def align(self, image_rgb):
            shade = int(image_rgb[0, 0, 0])
            return [made_face(shade)] if shade else []

    monkeypatch.setattr(judged, "FaceAligner", Aligner)
    (tmp_path / "file").write_text("of the set")

    def samples():
        for number, shade in enumerate((10, 0, 30)):
            truth = Prediction({"AU12": shade / 10}, yaw_rad=0.25)
            yield Sample("a", number, np.full((4, 4, 3), shade, np.uint8), truth)

    made = JudgedSet("few", samples, (tmp_path / "file",))
    return made, asked


def made_face(shade):
    face = judged._nothing()
    face.crop_rgb[:] = shade
    face.landmarks_crop[:] = shade / 7
    return face


def same(one, other):
    assert (one.sequence, one.number) == (other.sequence, other.number)
    assert one.truth.aus == other.truth.aus
    assert one.truth.yaw_rad == other.truth.yaw_rad
    assert np.isnan([one.truth.pitch_rad, other.truth.pitch_rad]).all()
    assert (one.face is None) == (other.face is None)
    if one.face and other.face:
        for mine, theirs in zip(astuple(one.face), astuple(other.face), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_kept_faces_are_those_that_were_aligned_and_nothing_is_aligned_twice(few, tmp_path):
    made, asked = few
    plain = list(faces_of(made))
    kept = list(faces_of(made, tmp_path / "cache"))
    again = list(faces_of(made, tmp_path / "cache"))
    assert asked == [False, False]
    for one, other, third in zip(plain, kept, again, strict=True):
        same(one, other)
        same(one, third)


def test_a_limit_takes_the_first_and_keeps_nothing(few, tmp_path):
    made, _ = few
    assert [f.number for f in faces_of(made, tmp_path / "cache", limit=2)] == [0, 1]
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("every", "limit", "taken"), [(2, None, [0, 2]), (2, 1, [0]), (3, 9, [0])])
def test_every_so_manieth_picture_from_the_first_and_a_limit_counts_those(
    few, tmp_path, every, limit, taken
):
    made, _ = few
    for cache in (None, tmp_path / "cache"):
        assert [f.number for f in faces_of(made, cache, limit, every)] == taken


def test_of_films_all_frames_are_aligned_so_that_a_face_is_followed(few, tmp_path):
    made, _ = few
    seen = []

    def samples():
        for sample in made.samples():
            seen.append(sample.number)
            yield sample

    list(faces_of(JudgedSet("few", samples, made.files, films=True), every=2))
    assert seen == [0, 1, 2]


def test_what_is_kept_is_the_whole_set_whatever_is_taken_of_it(few, tmp_path):
    made, asked = few
    list(faces_of(made, tmp_path / "cache", every=2))
    assert len(list(faces_of(made, tmp_path / "cache"))) == 3
    assert len(asked) == 1


def test_a_set_that_changed_is_aligned_anew(few, tmp_path):
    made, asked = few
    list(faces_of(made, tmp_path / "cache"))
    (tmp_path / "file").write_text("of another set")
    list(faces_of(made, tmp_path / "cache"))
    assert len(asked) == 2


def test_a_set_that_fails_halfway_is_not_kept(few, tmp_path):
    made, _ = few

    def breaks():
        yield from made.samples()
        raise SourceError("lamp out")

    with pytest.raises(SourceError, match="lamp out"):
        faces_of(JudgedSet("few", breaks, made.files), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_a_broken_cache_is_named(few, tmp_path, damage):
    made, _ = few
    list(faces_of(made, tmp_path / "cache"))
    (path,) = (tmp_path / "cache").rglob("*.npz")
    path.write_bytes(path.read_bytes()[:500] if damage == "cut" else b"no arrays")
    with pytest.raises(SourceError, match=r"faces-00000\.npz is no file of aligned faces"):
        list(faces_of(made, tmp_path / "cache"))


def test_only_test_people_are_judged(tmp_path):
    made = disfa_set(make_disfa(tmp_path / "disfa"))
    found = list(made.samples())
    assert {sample.sequence for sample in found} == {"SN003"}
    assert [sample.number for sample in found] == list(range(1, 7))
    assert {path.suffix for path in made.files} == {".avi", ".txt"}
    assert len(list(sequence_samples(read_disfa(tmp_path / "disfa")))) == 12
    assert {s.sequence for s in bp4d_set(make_bp4d(tmp_path / "bp4d")).samples()} == {"F002_T8"}


def test_films_are_judged_frame_by_frame_by_the_opinion_beside_them(tmp_path):
    write_film(tmp_path / "a.avi", 4)
    write_film(tmp_path / "nobody_looked.avi", 4)
    (tmp_path / "reference").mkdir()
    opinion = "frame, success, AU12_r\n1,1,0.5\n2,0,9\n4,1,1.5\n"
    (tmp_path / "reference" / "a.csv").write_text(opinion)
    made = clips_set("clips", tmp_path)
    found = list(made.samples())
    assert made.films
    assert [sample.number for sample in found] == [1, 2, 3, 4]
    assert [sample.truth.aus for sample in found] == [{"AU12": 0.5}, {}, {}, {"AU12": 1.5}]
    assert [round(sample.image_rgb.mean() / 10) for sample in found] == [1, 2, 3, 4]


def test_pictures_and_renders_are_judged_by_what_they_were_made_with(tmp_path):
    with (tmp_path / "labels.csv").open("w") as file:
        csv.writer(file).writerows([["picture", "AU12_r", "yaw_rad"], ["a.png", 2.5, 0.1]])
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    (picture,) = pictures_set("other", tmp_path).samples()
    assert (picture.truth.aus, picture.truth.yaw_rad) == ({"AU12": 2.5}, 0.1)
    write_shard(shard_path(tmp_path, 0), [random_pair(3)])
    with pytest.raises(SourceError, match=r"manifest\.json is no manifest"):
        pairs_set("renders", tmp_path)
    manifest = {"layout_id": load_layout().layout_id, "size": 32}
    write_json(tmp_path / "manifest.json", manifest)
    (render,) = pairs_set("renders", tmp_path).samples()
    assert render.number == 3
    assert set(render.truth.aus) == {au.name for au in load_layout().all_aus}


def test_a_picture_that_the_table_names_and_nobody_has_is_told(tmp_path):
    (tmp_path / "labels.csv").write_text("picture,AU12_r\nabsent.png,1\n")
    with pytest.raises(SourceError, match=r"absent\.png does not exist"):
        faces_of(pictures_set("other", tmp_path), tmp_path / "cache")
