# SPDX-License-Identifier: GPL-3.0-or-later
"""In every Blender: no action of the user's is lost, and keys go where they can be saved."""

from tests.blender_addon.host.made import performance
from tests.blender_addon.host.test_bake import run


def test_the_old_action_is_never_lost_and_goes_on_where_it_moves_more(blender, tmp_path):
    performance(tmp_path / "a.geface", 30)
    got = run(blender, tmp_path, "old_actions", tmp_path / "a.geface")
    always = {"new", "kept", "played"}
    assert {name: set(found.tolist()) for name, found in got.items()} == {
        "AUTO_face": always,
        "AUTO_body": always | {"pushed", "placed"},
        "NLA_face": always | {"pushed"},
        "NLA_body": always | {"pushed", "placed"},
        "ASIDE_face": always,
        "ASIDE_body": always,
    }


def test_a_linked_head_needs_an_override(blender, tmp_path):
    performance(tmp_path / "a.geface")
    got = run(blender, tmp_path, "linked", tmp_path / "a.geface")
    assert "is linked from head.blend" in str(got["problem"])
    assert "make a library override" in str(got["problem"])
    assert got["untouched"]
    assert abs(got["off"]) < 1e-6
