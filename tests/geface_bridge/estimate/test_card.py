from __future__ import annotations

import json

import pytest

from geface_bridge.errors import ModelError
from geface_bridge.estimate.card import REQUIRED, card_path, read_card
from tests.geface_bridge.estimate.tiny_model import LAYOUT, NAMES, write_tiny_model


def test_a_card_is_read_whole(tmp_path):
    card = read_card(card_path(write_tiny_model(tmp_path)))
    assert card.name == "tiny"
    assert card.channel_names == NAMES
    assert card.layout_id == LAYOUT.layout_id
    assert card.raw["seed"] == 0


@pytest.mark.parametrize("field", REQUIRED)
def test_every_field_is_needed(tmp_path, field):
    path = card_path(write_tiny_model(tmp_path))
    raw = json.loads(path.read_text())
    del raw[field]
    path.write_text(json.dumps(raw))
    with pytest.raises(ModelError, match=f"lacks {field}; export it again"):
        read_card(path)


@pytest.mark.parametrize("text", ["", "{", "\x00", "[]", "3"])
def test_what_is_no_card_is_refused(tmp_path, text):
    path = tmp_path / "card.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"model card .* (is no JSON|lacks name, file)"):
        read_card(path)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"card\.json does not exist; weights are only used with"):
        read_card(tmp_path / "card.json")
