import numpy as np
import pytest

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from tests.training.samples import random_pair
from training.align_pairs import align_folder, load_aligned, target_names, targets_from_parameters
from training.shards import write_shard


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
