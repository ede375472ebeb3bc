import numpy as np
import pytest

from geface_bridge.errors import SourceError
from rig.render import LABELS
from tests.training.data.test_pairs import make_set
from tests.training.parsing_toy import make_pairs
from training.data.pairs import PairSet
from training.data.parsing_samples import (
    CLASSES,
    ParsingSamples,
    ParsingVariation,
    class_of_label,
    covered,
    jittered,
    varied,
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return PairSet(make_pairs(tmp_path_factory.mktemp("set") / "pairs"))


def class_of(label):
    return CLASSES[class_of_label()[LABELS.index(label)]]


def test_every_label_of_the_renderer_has_a_class():
    assert len(class_of_label()) == len(LABELS)
    same = ["skin", "brows", "eyes", "iris", "nose", "upper_lip", "hair", "glasses", "occluder"]
    assert [class_of(label) for label in same] == same
    assert {class_of(label) for label in ("teeth", "tongue")} == {"mouth_interior"}
    assert class_of("cloth") == "background"
    assert set(class_of_label()) == set(range(len(CLASSES)))


def test_a_sample_as_rendered_is_the_crop_with_its_classes(pairs):
    """A label's band has its shade; bands lie where the picture has them, top to bottom."""
    crop, classes = ParsingSamples(pairs).sample(1, np.random.default_rng(0))
    assert crop.shape == (3, 128, 128)
    assert crop.dtype == classes.dtype == np.uint8
    shade = np.round(crop[0] / 13).astype(int).clip(0, len(LABELS) - 1)
    assert (class_of_label()[shade] == classes).mean() > 0.85


def test_chosen_positions_are_the_samples(pairs):
    samples = ParsingSamples(pairs, np.array([2]))
    assert len(samples) == 1
    ours = samples.sample(0, np.random.default_rng(0))
    theirs = ParsingSamples(pairs).sample(2, np.random.default_rng(0))
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_a_varied_sample_is_its_generators(pairs):
    samples = ParsingSamples(pairs, variation=ParsingVariation())
    a, b, c = (samples.sample(0, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])
    assert (a[0] != c[0]).any()


def test_jitter_is_a_similarity_within_its_bounds():
    variation, mirrored = ParsingVariation(), 0
    for seed in range(60):
        matrix = jittered(np.random.default_rng(seed), variation)
        turn = matrix[:, :2]
        gram = turn.T @ turn
        scale = np.sqrt(gram[0, 0])
        np.testing.assert_allclose(gram, scale**2 * np.eye(2), atol=1e-12)
        assert abs(np.log(scale)) <= variation.log_scale
        middle = matrix @ (64, 64, 1) - 64
        assert np.abs(middle).max() <= variation.shift_px
        mirrored += np.linalg.det(turn) < 0
    assert 15 < mirrored < 45


def test_a_cover_is_labelled_where_it_hides_and_nowhere_else():
    rng = np.random.default_rng(3)
    crop = rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    classes = np.full((128, 128), CLASSES.index("skin"), np.uint8)
    for seed in range(10):
        hidden, marked = covered(crop, classes, np.random.default_rng(seed))
        occluded = marked == CLASSES.index("occluder")
        np.testing.assert_array_equal(hidden[~occluded], crop[~occluded])
        assert (hidden[occluded] != crop[occluded]).any(axis=-1).mean() > 0.9
        assert (marked[~occluded] == CLASSES.index("skin")).all()
        assert occluded.any()


def test_a_cameras_faults_move_no_class():
    crop = np.full((128, 128, 3), 100, np.uint8)
    classes = np.random.default_rng(0).integers(0, 14, (128, 128), dtype=np.uint8)
    photo = ParsingVariation(cover_p=0)
    other, same = varied(crop, classes, np.random.default_rng(1), photo)
    np.testing.assert_array_equal(same, classes)
    assert (other != crop).any()


def test_a_set_without_the_rigs_landmarks_is_refused(tmp_path):
    samples = ParsingSamples(PairSet(make_set(tmp_path)))
    with pytest.raises(SourceError):
        samples.sample(0, np.random.default_rng(0))
