"""What the rig's page is told, and that a person and a picture depend on the query alone."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from geface_bridge.viewer.rig_page import PEOPLE_SEED, PICTURES, person_json, picture_png, rig_json
from rig.layout import load_layout
from rig.sampling import sample_face
from rig.skeleton import Skeleton

LAYOUT = load_layout()
RIG = json.loads(rig_json())


def picture(name, **query):
    data = np.frombuffer(picture_png(name, query), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED).astype(int)


def test_every_parameter_is_there_with_a_doc_and_a_range():
    assert RIG["layout_id"] == LAYOUT.layout_id
    assert [channel["name"] for channel in RIG["channels"]] == list(LAYOUT.channel_names)
    named = [p["name"] for component in RIG["identity"] for p in component["parameters"]]
    assert named == list(LAYOUT.identity_names)
    assert all(component["doc"] for component in RIG["identity"])
    assert [tuple(pair) for pair in RIG["exclusions"]] == list(LAYOUT.exclusions)
    assert len(RIG["brow_styles"]) == 36


def test_offsets_are_the_skeletons():
    skeleton = Skeleton()
    table = np.zeros_like(skeleton.identity_offsets)
    for row, moved in enumerate(RIG["offsets"]):
        for joint, values in moved.items():
            table[row, skeleton.head.joint_index(joint)] = values
    np.testing.assert_array_equal(table, skeleton.identity_offsets)


def test_a_person_is_the_member_of_the_set():
    person = json.loads(person_json({"person": "12"}))
    expected = sample_face(PEOPLE_SEED, 12).parameters
    identity = expected[LAYOUT.blocks["identity"]]
    np.testing.assert_allclose(person["identity"], identity, atol=5.1e-5)
    assert person["brow_style"] == expected[LAYOUT.blocks["brow_style"]].argmax()


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_painted(name):
    image = picture(name)
    assert image.ndim == 3
    assert image.shape[2] in (3, 4)


def test_skin_shows_person_brows_and_creases():
    plain = picture("skin")
    assert (picture("skin") == plain).all()
    changes = {"person": "3"}, {"brow": "20"}, {"AU04_L": "1.0", "AU04_R": "1.0"}
    for query in changes:
        assert np.abs(picture("skin", **query) - plain).max() > 8, query


def test_names_that_are_no_channels_change_nothing():
    assert (picture("skin", AU99="1", v="2") == picture("skin")).all()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"person": "-1"}, "person is '-1', expected a whole number from 0 to 2147483647"),
        ({"person": "9" * 11}, "expected a whole number"),
        ({"person": "٣"}, "expected a whole number"),
        ({"brow": "36"}, "brow is '36', expected a whole number from 0 to 35"),
        ({"AU12_L": "nan"}, "AU12_L is 'nan', expected a number from 0 to 1"),
        ({"AU12_L": "x"}, "AU12_L is 'x', expected a number from 0 to 1"),
    ],
)
def test_what_is_no_number_is_refused_by_name(query, words):
    with pytest.raises(ValueError, match=words):
        picture_png("skin", query)


def test_a_person_has_to_be_named():
    with pytest.raises(ValueError, match="person is ''"):
        person_json({})
