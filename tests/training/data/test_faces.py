"""Unlabelled faces: read, kept, varied; what is damaged is told by name."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from geface_bridge.align import CROP_SIZE, HeadPose
from geface_bridge.align.geometry import camera_from_sight
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import GefaceError, ImageError, SourceError
from rig.layout import angle_from_parameter, load_layout
from tests.training.paper_toy import face_set
from training.data import faces as faces_module
from training.data.faces import (
    FaceSamples,
    FaceVariation,
    list_files,
    mirror_face,
    picture_from_crop,
    pose_parameters,
    read_faces,
)

SHARED = Path(__file__).parents[4] / "shared" / "faces"
STILL = FaceVariation(mirror=0, expression=0)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "photographs"
    path.mkdir()
    for name in ("b.png", "a.png"):
        cv2.imwrite(str(path / name), np.full((64, 64, 3), 90, np.uint8))
    (path / "notes.txt").write_text("no picture")
    return path


@pytest.fixture
def found(monkeypatch):
    """Every file shows one made face; how often files were aligned."""
    calls = []

    def aligned(files, every):
        calls.append(len(files))
        return face_set(len(files))

    monkeypatch.setattr(faces_module, "_aligned", aligned)
    return calls


def test_photographs_and_videos_are_found_by_name(folder):
    (folder / "c.MP4").touch()
    assert [p.name for p in list_files((folder,))] == ["a.png", "b.png", "c.MP4"]


def test_nothing_to_read_is_told(tmp_path):
    with pytest.raises(SourceError, match="holds no photograph and no video"):
        read_faces((tmp_path,))
    with pytest.raises(SourceError, match="does not exist"):
        read_faces((tmp_path / "nowhere",))


def test_faces_are_aligned_once(folder, found, tmp_path):
    cache = tmp_path / "cache" / "faces.npz"
    one = read_faces((folder,), cache)
    other = read_faces((folder,), cache)
    assert found == [2]
    for name in ("crops", "landmarks", "pose", "names"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_another_picture_makes_the_cache_anew(folder, found, tmp_path):
    cache = tmp_path / "faces.npz"
    read_faces((folder,), cache)
    cv2.imwrite(str(folder / "c.png"), np.zeros((64, 64, 3), np.uint8))
    assert len(read_faces((folder,), cache)) == 3
    assert found == [2, 3]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_damaged_cache_is_named_and_kept(folder, found, tmp_path, share):
    cache = tmp_path / "faces.npz"
    read_faces((folder,), cache)
    cache.write_bytes(cache.read_bytes()[: int(share * cache.stat().st_size)])
    before = cache.read_bytes()
    with pytest.raises(SourceError, match="remove it") as error:
        read_faces((folder,), cache)
    assert str(cache) in str(error.value)
    assert cache.read_bytes() == before


def test_a_foreign_cache_is_named(folder, found, tmp_path):
    cache = tmp_path / "faces.npz"
    np.savez(cache, something=np.zeros(3))
    with pytest.raises(SourceError, match=r"faces\.npz is no cache"):
        read_faces((folder,), cache)


def test_a_photograph_that_is_none_is_named(folder):
    (folder / "a.png").write_bytes(b"no picture at all")
    with pytest.raises(ImageError, match=r"a\.png"):
        read_faces((folder,))


def test_pictures_without_a_face_are_told(folder):
    with pytest.raises(GefaceError, match="there is no face"):
        read_faces((folder,))


def test_a_sample_is_the_picture_and_its_pose():
    faces = face_set()
    picture, pose = FaceSamples(faces, STILL).sample(2, np.random.default_rng(0))
    assert picture.shape == (3, CROP_SIZE, CROP_SIZE)
    assert picture.dtype == np.float32
    np.testing.assert_array_equal(picture, picture_from_crop(faces.crops[2]))
    np.testing.assert_array_equal(pose, faces.pose[2])


def test_a_mirrored_face_turns_the_other_way():
    faces = face_set()
    start = faces.crops[0], faces.landmarks[0], faces.pose[0]
    crop, landmarks, pose = mirror_face(*start)
    np.testing.assert_array_equal(crop[:, ::-1], start[0])
    np.testing.assert_allclose(pose, [1 - start[2][0], start[2][1]])
    for ours, theirs in zip(mirror_face(crop, landmarks, pose), start, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_generator_decides_the_variation():
    samples = FaceSamples(face_set(), FaceVariation(0.5, 1.0))
    one, again, other = (samples.sample(1, np.random.default_rng(s))[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (0.4, -0.1), (-0.3, 0.25)])
@pytest.mark.parametrize("place", [(0.0, 0.0, -0.6), (0.2, -0.1, -0.7)])
def test_pose_is_what_the_upright_crop_shows(yaw, pitch, place):
    straight = camera_from_sight(*place)
    from rig.rotations import matrix_to_euler_yxz

    there = HeadPose(*matrix_to_euler_yxz(straight), *place)
    head = HeadPose(*head_angles_with(there, yaw, pitch), *place)
    found = pose_parameters(head)
    angles = [
        float(angle_from_parameter(value, axis))
        for value, axis in zip(found, load_layout().raw["pose"], strict=True)
    ]
    np.testing.assert_allclose(angles, [yaw, pitch], atol=1e-5)


@pytest.mark.skipif(not SHARED.exists(), reason="the development photographs are not here")
def test_a_photograph_has_its_face():
    photograph = sorted(SHARED.glob("*.jpg"))[0]
    faces = read_faces((photograph,))
    assert faces.crops.shape == (1, CROP_SIZE, CROP_SIZE, 3)
    assert list(faces.names) == [photograph.name]
    assert np.abs(faces.pose - 0.5).max() < 0.3
