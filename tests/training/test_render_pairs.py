"""Real renders: what a shard holds, and that stopping and starting changes nothing."""

import hashlib
import json

import numpy as np
import pytest

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from rig.sampling import sample_face
from training.render_pairs import RenderConfig, render_pairs
from training.shards import read_shard

pytest.importorskip("pyrender", reason="rendering needs geface-bridge[render]")


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.tar")}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Five faces of 64 pixels in shards of two, by two workers."""
    out = tmp_path_factory.mktemp("pairs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.shards.SHARD_SIZE", 2)
        config = RenderConfig(count=5, size=64, seed=3, out=out, workers=2)
        assert render_pairs(config) == 3
        yield config


def test_a_sample_is_the_face_of_its_seed_and_index(rendered):
    pairs = [p for path in sorted(rendered.out.glob("*.tar")) for p in read_shard(path)]
    assert [p.index for p in pairs] == [0, 1, 2, 3, 4]
    for pair in pairs:
        expected = sample_face(3, pair.index).parameters.astype(np.float32)
        np.testing.assert_array_equal(pair.parameters, expected)
        assert pair.image_rgb.shape == (64, 64, 3)
        assert pair.mask.max() > 0
        assert pair.landmarks


def test_the_manifest_names_the_layout_and_the_seed(rendered):
    manifest = json.loads((rendered.out / "manifest.json").read_text())
    assert manifest["layout_id"] == load_layout().layout_id
    assert manifest["parameter_names"] == list(load_layout().parameter_names)
    assert (manifest["seed"], manifest["size"], manifest["count"]) == (3, 64, 5)


def test_only_what_is_missing_is_rendered_again_and_to_the_same_bytes(rendered):
    before = digests(rendered.out)
    assert render_pairs(rendered) == 0
    (rendered.out / "shard-00001.tar").unlink()
    assert render_pairs(rendered) == 1
    assert digests(rendered.out) == before


def test_without_masks_there_are_none(tmp_path):
    render_pairs(RenderConfig(count=1, size=32, seed=3, out=tmp_path, masks=False))
    (pair,) = read_shard(tmp_path / "shard-00000.tar")
    assert pair.mask is None


def test_a_folder_of_another_rig_is_not_mixed(rendered, monkeypatch):
    monkeypatch.setattr("training.render_pairs.rig_digest", lambda: "0123456789abcdef")
    with pytest.raises(ConfigError, match="this run 0123456789abcdef"):
        render_pairs(rendered)


def test_a_folder_of_another_seed_is_not_mixed(rendered):
    with pytest.raises(ConfigError, match="choose another --out"):
        render_pairs(RenderConfig(count=5, size=64, seed=4, out=rendered.out))
