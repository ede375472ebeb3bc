"""What an Unreal project gets: sources and profiles, and nothing of somebody's own builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from unreal_plugin.build import DESCRIPTOR, PROFILES, SHIPPED_PROFILES, SOURCE, BuildError, build


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def source(tmp_path):
    """A plugin of two files that somebody built in place."""
    folder = tmp_path / "from" / "GeFaceBridge"
    for name in (DESCRIPTOR, "Source/A.cpp", "Binaries/a.dll", "Source/Intermediate/b.obj"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_every_source_and_profile_is_there(tmp_path):
    target = build(tmp_path / "Plugins")
    assert target == tmp_path / "Plugins" / "GeFaceBridge"
    profiles = {(SHIPPED_PROFILES / path.name).as_posix() for path in PROFILES.glob("*.json")}
    assert len(profiles) >= 5
    assert names(target) == names(SOURCE) | profiles
    assert [path.name for path in (tmp_path / "Plugins").iterdir()] == ["GeFaceBridge"]


def test_what_the_engine_built_is_left_behind(source, tmp_path):
    target = build(tmp_path / "to", source)
    kept = {name for name in names(target) if not name.startswith("Resources")}
    assert kept == {DESCRIPTOR, "Source/A.cpp"}


def test_an_older_copy_is_replaced_as_a_whole(source, tmp_path):
    target = build(tmp_path / "to", source)
    (target / "Binaries").mkdir()
    (target / "Binaries" / "old.dll").write_text("of the old sources")
    (source / "Source" / "A.cpp").unlink()
    (source / "Source" / "B.cpp").write_text("new")
    assert build(tmp_path / "to", source) == target
    kept = {name for name in names(target) if not name.startswith("Resources")}
    assert kept == {DESCRIPTOR, "Source/B.cpp"}


def test_a_folder_that_is_not_the_plugin_is_left_alone(source, tmp_path):
    mine = tmp_path / "to" / "GeFaceBridge" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(BuildError, match="not the plugin"):
        build(tmp_path / "to", source)
    assert mine.read_text() == "mine"


def test_missing_profiles_are_told_and_nothing_is_written(source, tmp_path):
    with pytest.raises(BuildError, match="install geface-bridge again"):
        build(tmp_path / "to", source, profiles=tmp_path / "none")
    assert not (tmp_path / "to").exists()


def test_what_is_compiled_is_plain_ascii():
    """Microsoft's compiler reads files without a mark in the machine's own code page."""
    files = [path for path in SOURCE.rglob("*") if path.suffix in {".h", ".cpp", ".cs"}]
    assert len(files) >= 40
    strange = [path.name for path in files if not path.read_bytes().isascii()]
    assert not strange
