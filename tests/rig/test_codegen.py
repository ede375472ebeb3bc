"""Generated constants are current, and a stale copy is noticed."""

from __future__ import annotations

import pytest

from rig import codegen
from rig.layout import load_layout
from rig.profile import load_profile

HEADER, MODULE = codegen.TARGETS


def test_committed_copies_are_current():
    assert codegen.stale(codegen.ROOT) == []
    assert codegen.main(["--check"]) == 0


@pytest.mark.parametrize("target", [HEADER, MODULE])
def test_a_copy_that_differs_or_is_missing_fails_the_check(target, tmp_path, capsys):
    assert codegen.main(["--check"], tmp_path) == 1
    codegen.main([], tmp_path)
    assert codegen.main(["--check"], tmp_path) == 0
    capsys.readouterr()
    path = tmp_path / target
    path.write_text(path.read_text(encoding="utf-8").replace("AU12_L", "AU12_l"), encoding="utf-8")
    assert codegen.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"{target} is stale: run python -m rig.codegen\n"


def test_every_channel_and_arkit_curve_stands_in_the_header():
    text = codegen.cpp_header(load_layout(), load_profile("arkit52"))
    assert load_layout().layout_id in text
    for name in (*load_layout().channel_names, *load_profile("arkit52").curve_names):
        assert f'"{name}"' in text


def test_the_add_ons_module_says_what_the_layout_says():
    found = {}
    exec(codegen.blender_module(load_layout()), found)
    layout = load_layout()
    assert found["LAYOUT_ID"] == layout.layout_id
    rows = tuple((c.name, c.unit, c.low, c.high) for c in layout.channels)
    assert found["CHANNELS"] == rows
    order, signs = layout.mirror_channels
    twins = [layout.channel_names[i] for i in order]
    assert found["MIRROR"] == dict(
        zip(layout.channel_names, zip(twins, signs, strict=True), strict=True)
    )
    assert tuple(found["LABELS"]) == layout.au_channel_names
    assert found["LABELS"]["AU12_L"] == "AU12 lip corner puller, left"
    assert found["LABELS"]["AU30R"].startswith("AU30R ")
