"""Render random faces with their exact parameters into WebDataset shards.

    python -m training.render_pairs --count 20000 --size 256 --seed 1 --out runs/pairs

Sample ``i`` depends on (seed, i) alone, so shards can be rendered in any order, on any number of
machines (``--start`` gives each its own range), and a run that was stopped, or killed, goes on
where it was with the same bytes. See ``shards.py`` for the format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import click

from geface_bridge.errors import ConfigError
from rig.head import rig_file
from rig.layout import load_layout
from rig.sampling import Emphasis
from training.console import TrainingCommand
from training.progress import Progress
from training.render_workers import RAY_THIS_MACHINE, Engine, by_processes, by_ray
from training.shards import SHARD_SIZE, count_pairs, shard_path, shard_ranges, write_json

Draw = Literal["random", "plain", "people"]
_VERSIONED = ("geface-bridge", "numpy", "opencv-contrib-python", "pyrender", "PyOpenGL")
_SAME = (
    "layout_id", "rig", "seed", "size", "masks", "depth", "antialias", "draw", "each", "emphasis",
    "shard_size",
)  # fmt: skip


@dataclass(frozen=True)
class RenderConfig:
    """What to render.

    Attributes:
        count, start: samples ``start`` to ``start + count`` of the set.
        size: pixels a side; seed: of the set; out: folder.
        workers: processes.
        masks, depth: parsing masks and depth too; each costs a pass that without both is skipped.
        antialias: four samples a pixel instead of one.
        draw: what a set is of: "random" faces; "plain" ones, whose parameters alone decide the
            picture; or "people", who come ``each`` times running.
        emphasis: what random faces show more of than usual.
        shard_size: samples a shard.
    """

    count: int
    size: int
    seed: int
    out: Path
    start: int = 0
    workers: int = 1
    masks: bool = True
    depth: bool = False
    antialias: bool = True
    draw: Draw = "random"
    each: int = 8
    emphasis: Emphasis = field(default_factory=Emphasis)
    shard_size: int = SHARD_SIZE


def manifest(config: RenderConfig) -> dict[str, Any]:
    """What identifies a data set; its ranges may grow, nothing else may change."""
    return {
        "format": "geface-pairs",
        "format_version": 2,
        "layout_id": load_layout().layout_id,
        "rig": rig_digest(),
        "parameter_names": list(load_layout().parameter_names),
        "seed": config.seed,
        "size": config.size,
        "masks": config.masks,
        "depth": config.depth,
        "antialias": config.antialias,
        "draw": config.draw,
        "each": config.each,
        "emphasis": asdict(config.emphasis),
        "shard_size": config.shard_size,
        "ranges": [[config.start, config.start + config.count]],
        "versions": {name: version(name) for name in _VERSIONED},
    }


@lru_cache(maxsize=1)
def rig_digest() -> str:
    """16 hex digits that change with all that decides a picture: the rig's assets, poses, layout,
    shaders and sources. Half a set of each rig is no set.
    """
    digest = hashlib.sha256()
    for name in _rig_files():
        digest.update(name.encode() + b"\0" + rig_file(name).read_bytes())
    return digest.hexdigest()[:16]


def _rig_files() -> list[str]:
    package = resources.files("rig")
    folders = {"": (".py",), "assets/": (".glb", ".npz"), "shaders/": (".vert", ".frag", ".glsl")}
    names = ["face_layout.json", "profiles/geface.json"]
    for folder, endings in folders.items():
        entries = (package.joinpath(folder) if folder else package).iterdir()
        names += [folder + entry.name for entry in entries if entry.name.endswith(endings)]
    return sorted(names)


def render_pairs(config: RenderConfig, engine: Engine = by_processes) -> int:
    """Render every shard that is not there yet; returns how many were rendered.

    Raises:
        ConfigError: ``out`` holds a data set of another seed, size, rig …, or a shard that
            overlaps this range.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    described = _continued(config)
    missing = missing_ranges(config)
    write_json(config.out / "manifest.json", described)
    with Progress(sum(map(len, missing)), "faces") as progress:
        for shard in engine(config, missing, progress.reach) if missing else ():
            _note_renderer(config.out, described, shard.gl)
    return len(missing)


def missing_ranges(config: RenderConfig) -> list[range]:
    """Shards still to render; a shard that ends early is redone when ``count`` has grown.

    Raises:
        ConfigError: a shard in ``out`` overlaps one of this range.
    """
    held = list(_held(config.out))
    wanted = shard_ranges(config.start, config.count, config.shard_size)
    missing = [w for w in wanted if not any(_within(w, h) for h in held)]
    for each in missing:
        for other in held:
            if other.start != each.start and each.start < other.stop and other.start < each.stop:
                raise ConfigError(
                    f"{shard_path(config.out, other.start)} holds samples {other.start} to "
                    f"{other.stop - 1}, overlapping this range: remove it or choose another --out"
                )
    return missing


def _within(one: range, other: range) -> bool:
    return other.start <= one.start and one.stop <= other.stop


def _held(out: Path) -> Iterator[range]:
    """Samples of every shard that is there."""
    for path in sorted(out.glob("shard-*.tar")):
        number = path.stem.removeprefix("shard-")
        if not number.isdecimal():
            raise ConfigError(f"{path} is not named as a shard is: choose another --out")
        first = int(number)
        yield range(first, first + count_pairs(path))


def _continued(config: RenderConfig) -> dict[str, Any]:
    """The manifest of ``out`` with this run's range in it.

    Raises:
        ConfigError: it is another set's.
    """
    path, wanted = config.out / "manifest.json", manifest(config)
    if not path.exists():
        return wanted
    found = _read_manifest(path)
    for key in _SAME:
        if found.get(key) != wanted[key]:
            raise ConfigError(
                f"{path} has {key} {found.get(key)}, this run {wanted[key]}: choose another --out"
            )
    ranges = joined((*found["ranges"], *wanted["ranges"]))
    return {**found, "ranges": ranges, "versions": wanted["versions"]}


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for start, stop in found["ranges"]:
            range(start, stop)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path} is no manifest of rendered pairs ({error!r}): choose another --out"
        ) from error
    return found


def joined(ranges: Iterable[list[int]]) -> list[list[int]]:
    """Sorted [start, stop] pairs; those that touch or overlap are one."""
    out: list[list[int]] = []
    for start, stop in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([start, stop])
    return out


def _note_renderer(out: Path, described: dict[str, Any], gl: str) -> None:
    """Write down who drew: software and graphics card agree to the eye, not to the byte."""
    drawn_by = described.setdefault("drawn_by", [])
    if gl not in drawn_by:
        if drawn_by:
            click.echo(
                f"drawn by {gl}, earlier shards by {drawn_by[0]}: bytes may differ", err=True
            )
        drawn_by.append(gl)
        write_json(out / "manifest.json", described)


@click.command(cls=TrainingCommand)
@click.option("--count", type=click.IntRange(1), required=True, help="Samples in all.")
@click.option("--start", type=click.IntRange(0), default=0, show_default=True, help="First sample.")
@click.option("--size", type=click.IntRange(32, 2048), default=256, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value=RAY_THIS_MACHINE,
    metavar="[ADDRESS]",
    help="Render under Ray: on this machine, or the cluster at ADDRESS (auto, HOST:PORT, ray://…).",
)
@click.option("--masks/--no-masks", default=True, show_default=True, help="Parsing masks too.")
@click.option("--depth/--no-depth", default=False, show_default=True, help="Depth too.")
@click.option("--antialias/--no-antialias", default=True, show_default=True)
@click.option(
    "--draw",
    type=click.Choice(["random", "plain", "people"]),
    default="random",
    show_default=True,
    help="Random faces; plain ones, whose parameters alone decide the picture; or people who come "
    "--each times running.",
)
@click.option("--each", type=click.IntRange(1), default=8, show_default=True)
@click.option("--one-sided", type=click.FloatRange(0, 1), default=Emphasis.one_sided)
@click.option("--wink", type=click.FloatRange(0, 1), default=Emphasis.wink, show_default=True)
@click.option("--shard-size", type=click.IntRange(1), default=SHARD_SIZE, show_default=True)
def main(
    ray: str | None, one_sided: float, wink: float, out: Path, count: int, **options: Any
) -> None:
    """Render random faces with their exact parameters into WebDataset shards.

    The same command goes on where it was stopped. --start gives each of several machines a range
    of its own; their folders can be put together into one.
    """
    config = RenderConfig(count=count, out=out, emphasis=Emphasis(one_sided, wink), **options)
    rendered = render_pairs(config, by_ray(ray) if ray else by_processes)
    shards = len(shard_ranges(config.start, count, config.shard_size))
    click.echo(f"{rendered} shards rendered, {shards} of this range in {out}")


if __name__ == "__main__":
    main()
