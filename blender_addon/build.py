# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the add-on into one zip, which Blender takes as an extension and as a legacy add-on.

    python -m blender_addon.build --out DIR

The same sources give the same bytes. The profiles come from ``rig/profiles``; nothing of Blender
is needed.
"""

from __future__ import annotations

import argparse
import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "geface"
PROFILES = HERE.parent / "rig" / "profiles"
MANIFEST = "blender_manifest.toml"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # zip has no earlier date
FILE_MODE = 0o644 << 16
LONGEST = 64  # characters of a tagline or reason, Blender's manifest rules
KEPT = {".py", ".toml"}


class BuildError(Exception):
    """The sources make no add-on that Blender would take; the text says what to mend."""


def build(out: Path, source: Path = SOURCE, profiles: Path = PROFILES) -> Path:
    """Write ``geface-VERSION.zip`` into a folder, which is made, and return its path.

    Raises:
        BuildError: profiles are missing, or the manifest breaks a rule of Blender's.
        OSError: the folder cannot be written.
    """
    version = checked_version(source)
    files = dict(sorted({**dict(_sources(source)), **dict(_profiles(profiles))}.items()))
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"geface-{version}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = FILE_MODE
            archive.writestr(entry, data)
    return path


def _sources(source: Path) -> Iterator[tuple[str, bytes]]:
    for path in source.rglob("*"):
        if path.suffix in KEPT:
            yield f"geface/{path.relative_to(source).as_posix()}", path.read_bytes()
    yield "geface/LICENSE", (source.parent / "LICENSE").read_bytes()


def _profiles(folder: Path) -> Iterator[tuple[str, bytes]]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise BuildError(f"no profiles in {folder}; install geface-bridge again")
    for path in paths:
        yield f"geface/profiles/{path.name}", path.read_bytes()


def checked_version(source: Path) -> str:
    """The version that manifest and ``bl_info`` agree on.

    Raises:
        BuildError: they do not, or the manifest breaks a rule of Blender's.
    """
    manifest = (source / MANIFEST).read_text(encoding="utf-8")
    for complaint in complaints(manifest):
        raise BuildError(f"{MANIFEST}: {complaint}")
    version = _strings(manifest)["version"]
    legacy = ".".join(map(str, _bl_info(source)["version"]))
    if legacy != version:
        raise BuildError(f"{MANIFEST} says version {version}, bl_info {legacy}; make them one")
    return version


def complaints(manifest: str) -> Iterator[str]:
    """What Blender's extensions platform would refuse in a manifest."""
    strings = _strings(manifest)
    for key in ("schema_version", "id", "version", "name", "maintainer", "blender_version_min"):
        if not strings.get(key):
            yield f"{key} is missing"
    for key in ("tagline", "network", "files"):
        text = strings.get(key, "")
        if not 0 < len(text) <= LONGEST:
            yield f"{key} has {len(text)} characters, 1 to {LONGEST} are allowed"
        elif not (text[-1].isalnum() or text[-1] in ")]}"):
            yield f"{key} ends in {text[-1]!r}; leave final punctuation out"


def _strings(manifest: str) -> dict[str, str]:
    """Its ``key = "text"`` lines; Python 3.10 has no reader of TOML."""
    return dict(re.findall(r'^(\w+) = "([^"\n]*)"$', manifest, re.MULTILINE))


def _bl_info(source: Path) -> dict[str, tuple[int, ...]]:
    tree = ast.parse((source / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "bl_info":
            value: dict[str, tuple[int, ...]] = ast.literal_eval(node.value)
            return value
    raise BuildError("geface/__init__.py has no bl_info, which Blender before 4.2 needs")


def main(arguments: list[str] | None = None) -> None:
    """Build, and print where the zip is."""
    parser = argparse.ArgumentParser(description="Build the Blender add-on.")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder, default dist")
    print(build(parser.parse_args(arguments).out))


if __name__ == "__main__":
    main()
