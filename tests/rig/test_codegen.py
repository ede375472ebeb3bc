"""Generated constants are current, and a stale copy is noticed."""

from __future__ import annotations

from rig import codegen
from rig.layout import load_layout
from rig.profile import load_profile

HEADER = next(iter(codegen.TARGETS))


def test_committed_copies_are_current():
    assert codegen.stale(codegen.ROOT) == []
    assert codegen.main(["--check"]) == 0


def test_a_copy_that_differs_or_is_missing_fails_the_check(tmp_path, capsys):
    assert codegen.main(["--check"], tmp_path) == 1
    codegen.main([], tmp_path)
    assert codegen.main(["--check"], tmp_path) == 0
    path = tmp_path / HEADER
    path.write_text(path.read_text(encoding="utf-8").replace("AU12_L", "AU12_l"), encoding="utf-8")
    assert codegen.main(["--check"], tmp_path) == 1
    assert HEADER in capsys.readouterr().out


def test_every_channel_and_arkit_curve_stands_in_the_header():
    text = codegen.cpp_header(load_layout(), load_profile("arkit52"))
    assert load_layout().layout_id in text
    for name in (*load_layout().channel_names, *load_profile("arkit52").curve_names):
        assert f'"{name}"' in text
