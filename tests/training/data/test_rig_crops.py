from dataclasses import replace

import numpy as np
import pytest

from geface_bridge.align import FaceAligner
from geface_bridge.align.geometry import transform_points
from geface_bridge.errors import SourceError
from rig.layout import load_layout
from rig.render import LABELS, Renderer
from rig.sampling import sample_plain_face
from tests.training.data.test_pairs import make_set
from training.data.pairs import PairSet
from training.data.rig_crops import aligned, aligned_mask, crop_from_image_of, random_jitter
from training.shards import Pair, shard_path, write_json, write_shard

COUNT = 6


def faces():
    """Different people and expressions, turned as far as people turn to a camera."""
    for index in range(COUNT):
        sample = sample_plain_face(7, index)
        parameters = sample.parameters.copy()
        parameters[:2] = 0.5 + 0.3 * (parameters[:2] - 0.5)
        yield replace(sample, parameters=parameters)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    with Renderer(256) as renderer:
        renders = [renderer.render(face) for face in faces()]
    rows = [
        Pair(n, r.image_rgb, r.mask, r.parameters.astype(np.float32), r.landmarks)
        for n, r in enumerate(renders)
    ]
    write_shard(shard_path(folder, 0), rows)
    write_json(folder / "manifest.json", {"layout_id": load_layout().layout_id, "size": 256})
    return PairSet(folder)


def test_crops_agree_with_the_aligners(pairs):
    distances = []
    with FaceAligner(tracking=False) as aligner:
        for position in range(COUNT):
            landmarks = pairs.landmarks(position)
            (face,) = aligner.align(pairs.image(position))
            points = np.array(list(landmarks.values()))
            ours = transform_points(crop_from_image_of(landmarks), points)
            theirs = transform_points(face.crop_from_image, points)
            distances.append(np.linalg.norm(ours - theirs, axis=1).mean())
    assert np.median(distances) < 2.0


def test_a_mask_lies_on_its_crop(pairs):
    """Hair is dark and skin is not, in the crop as in the render."""
    for jitter in (None, random_jitter(np.random.default_rng(1), 3.0)):
        brightness = aligned(pairs, 0, jitter=jitter).mean(axis=2)
        mask = aligned_mask(pairs, 0, jitter=jitter)
        assert brightness.shape == mask.shape == (128, 128)
        hair, skin = (brightness[mask == LABELS.index(name)] for name in ("hair", "skin"))
        assert np.percentile(hair, 75) < np.percentile(skin, 25)


def test_jitter_moves_a_crop_by_pixels():
    corners = np.array([(0.0, 0.0), (128.0, 0.0), (0.0, 128.0), (128.0, 128.0)])
    moves = [
        np.linalg.norm(transform_points(random_jitter(np.random.default_rng(n)), corners) - corners)
        for n in range(50)
    ]
    assert 2 < np.median(moves) < 15
    still = transform_points(random_jitter(np.random.default_rng(0), 0.0), corners)
    np.testing.assert_allclose(still, corners, atol=1e-9)


def test_extended_crops_differ_outside_the_render_alone(pairs):
    far = np.array([(1.0, 0.0, 60.0), (0.0, 1.0, 0.0)])
    black, extended = (aligned(pairs, 0, jitter=far, extended=on) for on in (False, True))
    assert (black[:, :40] == 0).all()
    assert (extended[:, :40].mean(axis=2) > 20).mean() > 0.95
    np.testing.assert_array_equal(black[40:, 80:], extended[40:, 80:])


def test_a_set_without_masks_says_so(pairs):
    del pairs.places[1].members["mask.png"]
    with pytest.raises(SourceError, match=r"has no mask\.png"):
        aligned_mask(pairs, 1)


def test_a_render_without_the_rigs_landmarks_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no landmark 'eye_inner_R'"):
        aligned(PairSet(make_set(tmp_path)), 0)
