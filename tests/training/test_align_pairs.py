import numpy as np
import pytest

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from rig.render import Renderer
from rig.sampling import sample_face
from tests.training.samples import random_pair
from training import align_pairs
from training.align_pairs import align_folder, load_aligned, target_names, targets_from_parameters
from training.shards import Pair, write_shard


def test_targets_are_intensities_then_gaze_then_head():
    names = target_names()
    count = len(load_layout().au_channel_names)
    assert names[:count] == load_layout().au_channel_names
    assert names[count:] == ("gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch")


def test_targets_of_a_known_face():
    layout = load_layout()
    parameters = layout.neutral_parameters().astype(np.float32)
    parameters[layout.parameter_index["AU12"]] = 0.5
    parameters[layout.parameter_index["AU12.asymmetry"]] = -0.5
    parameters[layout.parameter_index["head_yaw"]] = 0.75
    targets = dict(zip(target_names(), targets_from_parameters(parameters), strict=True))
    assert targets["AU12_L"] == pytest.approx(0.25)
    assert targets["AU12_R"] == pytest.approx(0.75)
    assert targets["head_yaw"] == pytest.approx(np.deg2rad(30))
    assert targets["AU26"] == 0


def test_pictures_without_a_face_are_counted_but_not_trained_on(tmp_path):
    write_shard(tmp_path / "shard-00000.tar", [random_pair(i, size=64) for i in range(3)])
    assert align_folder(tmp_path) == (0, 3)
    assert len(load_aligned([tmp_path]).index) == 0


def test_a_shard_is_aligned_once_and_again_when_it_has_grown(tmp_path):
    shard, aligned = tmp_path / "shard-00000.tar", tmp_path / "aligned-00000.npz"
    write_shard(shard, [random_pair(0, size=64)])
    align_folder(tmp_path)
    before = aligned.stat().st_mtime_ns
    align_folder(tmp_path)
    assert aligned.stat().st_mtime_ns == before
    write_shard(shard, [random_pair(i, size=64) for i in range(2)])
    assert align_folder(tmp_path) == (0, 2)


def test_a_folder_without_aligned_files_says_what_to_run(tmp_path):
    with pytest.raises(ConfigError, match=r"training\.align_pairs"):
        load_aligned([tmp_path])


def test_a_file_of_another_layout_is_refused(tmp_path):
    write_shard(tmp_path / "shard-00000.tar", [random_pair(0, size=64)])
    align_folder(tmp_path)
    path = tmp_path / "aligned-00000.npz"
    with np.load(path) as file:
        arrays = {**file, "layout_id": np.array("0123456789abcdef")}
    np.savez(path, **arrays)
    with pytest.raises(ConfigError, match="0123456789abcdef"):
        load_aligned([tmp_path])


# Hands --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faces():
    with Renderer(160) as renderer:
        return [pair_of(renderer, index) for index in range(4)]


def pair_of(renderer, index):
    sample = sample_face(5, index)
    shown = renderer.render(sample, mask=False)
    parameters = sample.parameters.astype(np.float32)
    return Pair(index, shown.image_rgb, None, parameters, shown.landmarks)


def aligned(folder, pairs, **options):
    folder.mkdir()
    for number, start in enumerate(range(0, len(pairs), 2)):
        write_shard(folder / f"shard-{number:05d}.tar", pairs[start : start + 2])
    align_folder(folder, **options)
    with_faces = [np.load(path) for path in sorted(folder.glob("aligned-*.npz"))]
    return {name: np.concatenate([part[name] for part in with_faces]) for name in NAMES}


NAMES = ("crop", "landmarks_crop", "targets", "index", "ok")


def test_hands_hide_faces_from_the_tracker_but_not_from_the_targets(tmp_path, faces):
    bare, covered, again = (
        aligned(tmp_path / name, faces, hands=share, workers=workers)
        for name, share, workers in (("bare", 0.0, 1), ("covered", 1.0, 1), ("again", 1.0, 2))
    )
    for name in NAMES:
        np.testing.assert_array_equal(covered[name], again[name])  # workers do not matter
    for name in ("targets", "index"):
        np.testing.assert_array_equal(covered[name], bare[name])
    assert bare["ok"].all()
    found = covered["ok"]
    assert found.any()
    for name in ("crop", "landmarks_crop"):
        assert (covered[name][found] != bare[name][found]).any(axis=(1, 2)).all()


def test_without_a_share_pictures_are_as_they_were_and_a_share_covers_that_many():
    points = {
        "eye_centre_L": (40, 25), "eye_centre_R": (24, 25), "cheek_L": (42, 36),
        "cheek_R": (22, 36), "mouth_corner_L": (38, 44), "mouth_corner_R": (26, 44),
    }  # fmt: skip
    picture = np.full((64, 64, 3), 140, np.uint8)
    pairs = [Pair(i, picture, None, np.zeros(3, np.float32), points) for i in range(60)]
    for share, low, high in ((0.0, 0, 0), (0.3, 9, 27), (1.0, 60, 60)):
        changed = sum((align_pairs.seen(pair, share) != picture).any() for pair in pairs)
        assert low <= changed <= high
    few, many = ([align_pairs.seen(p, share) for p in pairs] for share in (0.3, 0.6))
    for one, other in zip(few, many, strict=True):  # a greater share covers others too, no fewer
        assert (one == picture).all() or (one == other).all()


def test_files_made_with_another_share_of_hands_are_not_taken_for_these(tmp_path):
    write_shard(tmp_path / "shard-00000.tar", [random_pair(0, size=64)])
    align_folder(tmp_path)
    with pytest.raises(ConfigError, match=r"--hands 0, not 0\.5: remove"):
        align_folder(tmp_path, hands=0.5)


def test_a_file_from_before_there_were_hands_has_none(tmp_path):
    write_shard(tmp_path / "shard-00000.tar", [random_pair(0, size=64)])
    align_folder(tmp_path)
    path = tmp_path / "aligned-00000.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "hands"}
    np.savez(path, **arrays)
    assert align_folder(tmp_path) == (0, 1)
