"""The table of identity numbers: complete, true to the layout, up to date."""

import numpy as np
import pytest

from rig.identity_table import DOCUMENT, effect, table
from rig.layout import IdentityComponent
from tests.rig.support import LAYOUT

PAIR = IdentityComponent("ear", True, "ear", ("tx",), (0.004,), ("ear_L", "ear_R"))
SINGLE = IdentityComponent("chin", False, "chin", ("rx",), (0.1,), ("chin",))


def test_the_committed_table_is_what_the_layout_says():
    assert DOCUMENT.read_text(encoding="utf-8") == table(LAYOUT)


def test_every_number_stands_in_it_once_with_its_place_in_the_vector():
    rows = [line.split("|")[1:3] for line in table(LAYOUT).splitlines() if line.startswith("| ")]
    found = [(int(place), name.strip(" `")) for place, name in rows[0:] if place.strip().isdigit()]
    names = LAYOUT.identity_names
    assert found == [(LAYOUT.parameter_index[name], name) for name in names]


@pytest.mark.parametrize(
    ("component", "dof", "extent", "words"),
    [
        (PAIR, "tx", 0.0042, "4.2 mm outwards"),
        (SINGLE, "tx", 0.001, "1.0 mm to the left"),
        (SINGLE, "rx", np.pi / 12, "tips its top forward by 15.0°"),
        (PAIR, "sy", 0.25, "25 % taller"),
    ],
)
def test_words(component, dof, extent, words):
    assert effect(component, dof, extent) == words
