# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip: complete, the same every time, and refused before Blender refuses it."""

import json
import re
import shutil
import zipfile

import pytest

from blender_addon.build import (
    LONGEST,
    MANIFEST,
    PROFILES,
    SOURCE,
    BuildError,
    build,
    checked_version,
    complaints,
)
from geface_bridge import __version__

GOOD = (SOURCE / MANIFEST).read_text(encoding="utf-8")


@pytest.fixture
def copied(tmp_path):
    """The add-on's sources, to be spoilt."""
    shutil.copy(SOURCE.parent / "LICENSE", tmp_path / "LICENSE")
    return shutil.copytree(SOURCE, tmp_path / "geface")


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_it_has_every_module_and_profile_under_one_folder_and_nothing_else(tmp_path):
    names = names_in(build(tmp_path))
    modules = {f"geface/{path.relative_to(SOURCE).as_posix()}" for path in SOURCE.rglob("*.py")}
    profiles = {f"geface/profiles/{path.name}" for path in PROFILES.glob("*.json")}
    assert len(profiles) >= 5
    assert set(names) == modules | profiles | {"geface/LICENSE", f"geface/{MANIFEST}"}
    assert names == sorted(names)


def test_profiles_go_in_as_they_are(tmp_path):
    with zipfile.ZipFile(build(tmp_path)) as archive:
        packed = json.loads(archive.read("geface/profiles/rigify.json"))
    assert packed == json.loads((PROFILES / "rigify.json").read_text(encoding="utf-8"))


def test_the_same_sources_give_the_same_bytes(tmp_path, copied):
    for number, path in enumerate(sorted(copied.rglob("*.py"), reverse=True)):
        path.touch()
        path.chmod(0o600 if number % 2 else 0o755)
    first, second = build(tmp_path / "1"), build(tmp_path / "2", copied)
    assert first.read_bytes() == second.read_bytes()


def test_what_editors_and_pythons_leave_behind_stays_out(tmp_path, copied):
    for name in ("core/__pycache__/a.pyc", "profiles/mine.json", "panels.py~", ".DS_Store"):
        path = copied / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert names_in(build(tmp_path / "out", copied)) == names_in(build(tmp_path / "clean"))


def test_the_version_is_the_package_s(tmp_path):
    assert checked_version(SOURCE) == __version__
    assert build(tmp_path).name == f"geface-{__version__}.zip"


def test_a_version_that_two_places_tell_differently_is_refused(copied, tmp_path):
    manifest = copied / MANIFEST
    manifest.write_text(GOOD.replace(f'"{__version__}"', '"9.8.7"', 1), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"9\.8\.7, bl_info {re.escape(__version__)}"):
        build(tmp_path, copied)


def test_without_profiles_there_is_no_zip(tmp_path):
    with pytest.raises(BuildError, match="no profiles"):
        build(tmp_path / "out", SOURCE, tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_manifest_has_nothing_to_complain_of():
    assert list(complaints(GOOD)) == []


@pytest.mark.parametrize("key", ["tagline", "network", "files"])
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x" * (LONGEST + 1), "65 characters"),
        ("Ends here.", "ends in '.'"),
        ("Really!", "ends in '!'"),
        ("", "0 characters"),
    ],
)
def test_texts_that_blender_refuses_are_found(key, text, complaint):
    spoilt = re.sub(rf'^{key} = ".*"$', f'{key} = "{text}"', GOOD, flags=re.MULTILINE)
    (found,) = complaints(spoilt)
    assert found.startswith(key)
    assert complaint in found


@pytest.mark.parametrize("text", ["x" * LONGEST, "From FACS (AUs)", "3 faces"])
def test_texts_that_blender_takes_pass(text):
    spoilt = re.sub(r'^tagline = ".*"$', f'tagline = "{text}"', GOOD, flags=re.MULTILINE)
    assert list(complaints(spoilt)) == []


@pytest.mark.parametrize("key", ["id", "name", "maintainer", "blender_version_min"])
def test_a_missing_key_is_found(key):
    spoilt = re.sub(rf'^{key} = ".*"\n', "", GOOD, flags=re.MULTILINE)
    assert list(complaints(spoilt)) == [f"{key} is missing"]


def test_every_file_says_its_licence():
    for path in (*SOURCE.parent.rglob("*.py"), SOURCE / MANIFEST):
        assert path.read_text(encoding="utf-8").startswith(
            "# SPDX-License-Identifier: GPL-3.0-or-later\n"
        ), path
