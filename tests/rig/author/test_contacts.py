"""Lips and lids of the packaged head: no identity makes them cross."""

import numpy as np
import pytest

from rig.author.contacts import Contacts, find_contacts
from rig.author.parts import EYE_RADIUS_M
from tests.rig.support import HEAD, LAYOUT, SKELETON, channels, posed

SKIN = HEAD.primitives["skin"].positions
NORMALS = HEAD.primitives["skin"].normals
CONTACTS = find_contacts(SKIN, NORMALS)
EYEBALL = HEAD.joint_index("eyeball_L")
COUNT = len(LAYOUT.identity_names)
# Lips touch at rest, and their flesh gives: this much overlap of the inner edges is contact.
LIPS_GIVE_M = {"single": 0.0002, "corners": 0.0010}


def corners(count, seed=0):
    """Identities with every number at one of its ends."""
    return np.random.default_rng(seed).integers(0, 2, (count, COUNT)).astype(float)


def extremes():
    """Identities with one number at an end, the others at rest."""
    for row in range(COUNT):
        for end in (0.0, 1.0):
            identity = np.full(COUNT, 0.5)
            identity[row] = end
            yield identity


IDENTITIES = {"single": list(extremes()), "corners": list(corners(150))}


def skins(kind):
    for identity in IDENTITIES[kind]:
        yield identity, posed(identity=identity)["skin"]


def edges(upper, lower):
    """Contacts of a mouth of two edges (N, 3), which are also its lids."""
    count = len(upper)
    rows = np.arange(count), np.arange(count, count + len(lower))
    return Contacts(*rows, *rows, lids=np.arange(count)), np.concatenate([upper, lower])


def test_a_gap_is_the_upper_edge_over_the_lower():
    x = np.linspace(0, 1, 5)
    flat = np.zeros(5)
    contacts, points = edges(np.stack([x, 0.5 + x, flat], 1), np.stack([x, x, flat], 1))
    np.testing.assert_allclose(contacts.lip_gap(points), 0.5)
    points[5:, 1] += 0.7
    np.testing.assert_allclose(contacts.lid_gap(points), -0.2)


def test_an_edge_that_the_head_lacks_is_named():
    with pytest.raises(ValueError, match="no vertex near"):
        find_contacts(SKIN * 1.5, NORMALS)


def test_lips_are_closed_and_eyes_open_at_rest():
    assert 0 <= CONTACTS.lip_gap(SKIN).min() <= CONTACTS.lip_gap(SKIN).max() < 0.001
    assert 0.003 < CONTACTS.lid_gap(SKIN).min() < CONTACTS.lid_gap(SKIN).max() < 0.009


def test_the_jaw_parts_the_lips_and_a_blink_takes_the_upper_lid_past_the_lower():
    assert CONTACTS.lip_gap(posed(channels(AU26=1))["skin"])[:8].min() > 0.01
    assert CONTACTS.lid_gap(posed(channels(AU43_L=1))["skin"])[5:].max() < 0


@pytest.mark.parametrize("kind", IDENTITIES)
def test_no_identity_drives_one_lip_through_the_other(kind):
    for identity, skin in skins(kind):
        gap = CONTACTS.lip_gap(skin).min()
        assert gap > -LIPS_GIVE_M[kind], f"{1e3 * gap:.2f} mm at {np.flatnonzero(identity != 0.5)}"


@pytest.mark.parametrize("kind", IDENTITIES)
def test_no_identity_shuts_an_eye(kind):
    for identity, skin in skins(kind):
        gap = CONTACTS.lid_gap(skin).min()
        assert gap > 0, f"{1e3 * gap:.2f} mm at {np.flatnonzero(identity != 0.5)}"


@pytest.mark.parametrize("kind", IDENTITIES)
def test_no_identity_drives_an_eyeball_through_its_lids(kind):
    for identity, skin in skins(kind):
        matrices = SKELETON.skin_matrices(channels(), identity)
        reach = CONTACTS.eye_clearance(skin, matrices[EYEBALL]).min()
        assert reach > EYE_RADIUS_M, f"{1e3 * reach:.2f} mm at {np.flatnonzero(identity != 0.5)}"
