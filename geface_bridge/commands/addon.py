"""``geface-bridge addon``: what other programs install to follow a face."""

from __future__ import annotations

from collections.abc import Callable
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

    path = _written(out, build, BuildError)
    click.echo(f"{path}: drag it into Blender's window, or Preferences > Install from Disk")


@addon.command("unreal")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The project's Plugins folder; default here. An older copy is replaced.",
)
def unreal(out: Path) -> None:
    """Write the plugin for Unreal Engine 5.2 and later, as source with its profiles."""
    from unreal_plugin.build import BuildError, build

    path = _written(out, build, BuildError)
    click.echo(f"{path}: open the project in Unreal, which builds it; see docs/unreal.md")


def _written(out: Path, build: Callable[[Path], Path], refusal: type[Exception]) -> Path:
    try:
        return build(out)
    except refusal as error:
        raise GefaceError(str(error)) from error
    except OSError as error:
        raise GefaceError(f"cannot write to {out}: {error}; choose another --out") from error
