"""Puts the plugin, with the profiles of ``rig/profiles``, where an Unreal project finds it.

    python -m unreal_plugin.build --out MyProject/Plugins

What is written is source: the engine builds it when the project is opened.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "GeFaceBridge"
PROFILES = HERE.parent / "rig" / "profiles"
DESCRIPTOR = "GeFaceBridge.uplugin"
SHIPPED_PROFILES = Path("Resources", "Profiles")
# What the engine makes of a plugin, where somebody built it in place.
BUILT = shutil.ignore_patterns("Binaries", "Intermediate", "Saved", "__pycache__")


class BuildError(Exception):
    """The plugin cannot be handed out; the text says what to do."""


def build(out: Path, source: Path = SOURCE, profiles: Path = PROFILES) -> Path:
    """Write ``GeFaceBridge/`` into a folder, which is made, and return its path.

    An older copy there is replaced, with what the engine built from it.

    Raises:
        BuildError: profiles or sources are missing, or something else of that name is there.
        OSError: the folder cannot be written.
    """
    target = out / source.name
    if target.exists() and not (target / DESCRIPTOR).is_file():
        raise BuildError(
            f"{target} is there and is not the plugin; move it or choose another --out"
        )
    if not (source / DESCRIPTOR).is_file() or not any(profiles.glob("*.json")):
        raise BuildError(f"{source} or {profiles} is not complete; install geface-bridge again")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".geface-", dir=out) as scratch:
        fresh = Path(scratch) / source.name
        shutil.copytree(source, fresh, ignore=BUILT)
        _add_profiles(fresh / SHIPPED_PROFILES, profiles)
        if target.exists():
            shutil.move(target, Path(scratch) / "old")
        shutil.move(fresh, target)
    return target


def _add_profiles(folder: Path, profiles: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(profiles.glob("*.json")):
        shutil.copyfile(path, folder / path.name)


def main(arguments: list[str] | None = None) -> None:
    """Write the plugin, and print where it is."""
    parser = argparse.ArgumentParser(description="Write the Unreal plugin.")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="folder, default dist")
    print(build(parser.parse_args(arguments).out))


if __name__ == "__main__":
    main()
