"""The sliders of head.blend move its vertices as numpy moves them, in Blender alone."""

import numpy as np
import pytest

from rig.author.controls import (
    LONGEST_EXPRESSION,
    Sum,
    bone_sums,
    channel_sliders,
    identity_sliders,
    split_sum,
    weight_expression,
)
from rig.head import asset_path
from tests.rig.author.blender_process import HEIGHT_M, run_worker
from tests.rig.support import HEAD, LAYOUT, SKELETON, posed, random_channels

FACES = 8
SLIDERS = channel_sliders(LAYOUT)


def random_faces():
    """Channels and identity; the first face is neutral, every slider moves in the others."""
    rng = np.random.default_rng(11)
    faces = [
        (random_channels(rng, most=0.9, turn=0.5), rng.uniform(0, 1, 208)) for _ in range(FACES)
    ]
    return [(np.zeros(len(LAYOUT.channels)), np.full(208, 0.5)), *faces]


def slider_job():
    """The arrays that ``slider_worker`` reads."""
    values, identity = (np.array(v) for v in zip(*random_faces(), strict=True))
    return {
        "sliders": np.array([s.name for s in SLIDERS]),
        "slider_values": values[:, [LAYOUT.channel_index[s.name] for s in SLIDERS]],
        "identity": np.array(LAYOUT.identity_names),
        "identity_values": identity,
    } | {f"points_{name}": part.positions for name, part in HEAD.primitives.items()}


def largest_error_m(found):
    """Farthest that any vertex of any face is from where numpy has it."""
    expected = [posed(*face) for face in random_faces()]
    return max(
        np.abs(found[f"posed_{name}"] - [face[name] for face in expected]).max()
        for name in HEAD.primitives
    )


@pytest.fixture(scope="module")
def blender(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sliders")
    return run_worker(folder, "slider_worker.py", asset_path("head.blend"), slider_job())


def test_sliders_and_numpy_agree_to_a_ten_thousandth_of_the_heads_height(blender):
    assert largest_error_m(blender) < 1e-4 * HEIGHT_M


def test_every_driver_works_without_python(blender):
    assert blender["invalid"].tolist() == []
    assert blender["complicated"].tolist() == []


def test_every_channel_but_the_heads_place_has_a_slider_with_its_range():
    assert [s.name for s in SLIDERS] == list(LAYOUT.channel_names[:-3])
    for slider, channel in zip(SLIDERS, LAYOUT.channels, strict=False):
        assert (slider.low, slider.high) == (channel.low, channel.high)


def test_every_identity_number_has_a_slider_in_the_layouts_order():
    assert [s.name for s in identity_sliders(LAYOUT)] == list(LAYOUT.identity_names)


def test_sums_are_the_skeletons_numbers_to_a_rounding_step():
    values, identity = random_faces()[3]
    weights = dict(enumerate(SKELETON.profile.weights(values)))
    shape = dict(zip(LAYOUT.identity_names, identity, strict=True))
    expected = SKELETON.local_parameters(values, identity)
    rest = np.zeros_like(expected)
    for (bone, column), total in bone_sums(SKELETON).items():
        value = total.bias
        for coefficient, source in total.terms:
            key = source.split("[")[-1].strip('"]')
            value += coefficient * (shape[key] if key in shape else weights[int(key)])
        rest[HEAD.joint_index(bone), column] = value / (1e6 if column < 3 else 1e5)
    np.testing.assert_allclose(rest[:, :3], expected[:, :3], atol=5e-6)
    np.testing.assert_allclose(rest[:, 3:], expected[:, 3:], atol=5e-5)


def evaluate(expression, values):
    return eval(expression, {"max": max, **values})


def test_a_weight_is_the_product_of_what_pulls_in_its_direction():
    expression, sources = weight_expression([("AU12_L", 1.0), ("gaze_pitch", -2.0)])
    assert [s.split('"')[3] for s in sources] == ["AU12_L", "gaze_pitch"]
    assert evaluate(expression, {"a": 0.5, "b": -0.25}) == 0.25
    assert evaluate(expression, {"a": 0.5, "b": 0.25}) == 0


@pytest.mark.parametrize("count", [0, 1, 25, 26, 27, 60, 150])
def test_the_pieces_of_a_long_sum_add_up_and_are_short_enough(count):
    rng = np.random.default_rng(count)
    coefficients = rng.integers(-999_999, 999_999, count)
    values = rng.uniform(0, 1, count)
    total = Sum(-7, tuple((int(c), str(i)) for i, c in enumerate(coefficients)))
    pieces = split_sum(total, 1000, rest=1)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found = sum(
        evaluate(text, {n: values[int(s)] for n, s in zip(letters, sources, strict=False)})
        for text, sources in pieces
    )
    assert found == pytest.approx(1 + (coefficients @ values - 7) / 1000, abs=1e-9)
    assert max(len(text) for text, _ in pieces) <= LONGEST_EXPRESSION
    assert len(pieces[0][0]) + 2 * (len(pieces) - 1) <= LONGEST_EXPRESSION
