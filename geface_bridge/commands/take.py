"""``geface-bridge take``: what is in recorded takes, parts of them, other formats."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geface_bridge.errors import ConfigError

if TYPE_CHECKING:
    from geface_bridge.takes import Take

FORMATS = ("csv", "json", "openface", "livelink", "gltf", "bvh")


@click.group("take")
def take() -> None:
    """Look into recorded takes, cut them, convert them."""


@take.command("info")
@click.argument("file", type=click.Path(path_type=Path))
def info(file: Path) -> None:
    """Say what a take holds, and what of it is damaged."""
    from geface_bridge.takes import read_take

    for line in _facts(file, read_take(file)):
        click.echo(line)


def _facts(file: Path, found: Take) -> list[str]:
    header, hello = found.header, found.hello
    created = datetime.datetime.fromtimestamp(header.created_unix_s, datetime.timezone.utc)
    lines = [
        f"{file}: {found.end_s - found.begin_s:.2f} s, {len(found.frames)} frames, "
        f"{found.rate_hz:.2f} Hz",
        f"recorded  {created:%Y-%m-%d %H:%M:%S} UTC by {header.software}",
        f"source    {hello.source or 'unknown'}",
        f"layout    {hello.layout_id}, {len(hello.channels)} channels",
    ]
    if header.performer:
        lines.append(f"performer {header.performer}")
    if header.audio:
        lines.append(f"audio     {header.audio}, from {header.audio_offset_s:.3f} s")
    for subject, name in enumerate(hello.subjects):
        frames = found.of_subject(subject)
        seen = sum(frame.valid for frame in frames)
        lines.append(f"subject   {subject} {name!r}: {len(frames)} frames, {seen} with a face")
    lines += [f"marker    {m.time_s - found.begin_s:.2f} s {m.label}" for m in found.markers]
    for damage in found.damage:
        what = "cut off at the end" if damage.at_end else "unreadable"
        lines.append(f"damage    {damage.end - damage.start} bytes at {damage.start} {what}")
    return lines


@take.command("trim")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "begin_s", type=float, default=0.0, metavar="S", help="Seconds in.")
@click.option("--to", "end_s", type=float, default=float("inf"), metavar="S", help="Seconds in.")
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="FILE")
def trim(file: Path, begin_s: float, end_s: float, output: Path) -> None:
    """Write the part of a take between two times, counted from its beginning."""
    from geface_bridge.takes import read_take, write_take

    whole = read_take(file)
    part = whole.between(whole.begin_s + begin_s, whole.begin_s + end_s)
    _refuse_same(file, output)
    write_take(output, part)
    click.echo(f"{output}: {part.end_s - part.begin_s:.2f} s, {len(part.frames)} frames")


@take.command("convert")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "kind", type=click.Choice(FORMATS), required=True, help="Format.")
@click.option("--subject", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: beside the take."
)
def convert(file: Path, kind: str, subject: int, output: Path | None) -> None:
    """Write a take in another format.

    csv and json are those of `geface-bridge estimate`; openface and livelink have those
    programs' columns; gltf is the rig's head with the take as an animation; bvh its skeleton.
    """
    from geface_bridge.takes import atomic_bytes, read_take
    from geface_bridge.takes.exports import WRITERS

    suffix, write = WRITERS[kind]
    target = output or file.with_suffix(suffix)
    _refuse_same(file, target)
    data = write(read_take(file), subject)
    with atomic_bytes(target) as stream:
        stream.write(data)
    click.echo(f"{target}: {len(data):,} bytes")


def _refuse_same(file: Path, output: Path) -> None:
    if output.resolve() == file.resolve():
        raise ConfigError(f"output {output} is the take itself: choose another name")
