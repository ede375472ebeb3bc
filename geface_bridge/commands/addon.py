"""``geface-bridge addon``: the add-on for Blender as a file that one can install."""

from __future__ import annotations

from pathlib import Path

import click

from geface_bridge.errors import GefaceError


@click.group("addon")
def addon() -> None:
    """Write an add-on that moves characters in another program."""


@addon.command("blender")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the zip; default here.",
)
def blender(out: Path) -> None:
    """Write the Blender add-on as one zip, for Blender 3.4 and later."""
    from blender_addon.build import BuildError, build

    try:
        path = build(out)
    except BuildError as error:
        raise GefaceError(str(error)) from error
    except OSError as error:
        raise GefaceError(f"cannot write to {out}: {error}; choose another --out") from error
    click.echo(f"{path}: drag it into Blender's window, or Preferences > Install from Disk")
