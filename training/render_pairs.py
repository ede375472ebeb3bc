"""Render random faces with their exact parameters into WebDataset shards.

    python -m training.render_pairs --count 20000 --size 256 --seed 1 --out runs/pairs

Sample ``i`` depends on (seed, i) alone, so shards can be rendered in any order, on any number
of machines, and a run that was stopped goes on where it was. See ``shards.py`` for the format.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import numpy as np
from tqdm import tqdm

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from rig.sampling import Emphasis
from training.console import TrainingCommand
from training.shards import Pair, count_pairs, shard_path, shard_ranges, write_json, write_shard

_VERSIONED = ("geface-bridge", "numpy", "opencv-contrib-python", "pyrender")
_worker: dict[str, Any] = {}


@dataclass(frozen=True)
class RenderConfig:
    """What to render: ``count`` samples of ``size`` pixels a side, from ``seed``, into ``out``.

    Without ``masks`` the parsing pass is skipped, without ``antialias`` pixels have one sample:
    each saves about a third of the time on software GL.
    """

    count: int
    size: int
    seed: int
    out: Path
    workers: int = 1
    masks: bool = True
    antialias: bool = True
    emphasis: Emphasis = field(default_factory=Emphasis)


def manifest(config: RenderConfig) -> dict[str, Any]:
    """What identifies a data set; ``count`` may grow, nothing else may change."""
    return {
        "format": "geface-pairs",
        "format_version": 1,
        "layout_id": load_layout().layout_id,
        "rig": rig_digest(),
        "parameter_names": list(load_layout().parameter_names),
        "seed": config.seed,
        "size": config.size,
        "masks": config.masks,
        "antialias": config.antialias,
        "emphasis": asdict(config.emphasis),
        "count": config.count,
        "versions": {name: version(name) for name in _VERSIONED},
    }


def rig_digest() -> str:
    """16 hex digits that change with the rig's assets: half a set of each rig is no set."""
    assets = resources.files("rig").joinpath("assets")
    files = (assets.joinpath(name).read_bytes() for name in ("head.glb", "skin_maps.npz"))
    return hashlib.sha256(b"".join(files)).hexdigest()[:16]


def render_pairs(config: RenderConfig) -> int:
    """Render every shard that is not there yet; returns how many were rendered.

    Raises:
        ConfigError: ``out`` holds a data set of another seed, size or layout.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    _check_same(config)
    write_json(config.out / "manifest.json", manifest(config))
    missing = [
        (shard, indices)
        for shard, indices in enumerate(shard_ranges(config.count))
        if not _is_complete(config.out, shard, indices)
    ]
    _prepare_environment()
    with (
        ProcessPoolExecutor(
            max_workers=config.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(config.size, config.antialias),
        ) as pool,
        tqdm(total=sum(len(r) for _, r in missing), unit="face", disable=None) as bar,
    ):
        jobs = {
            pool.submit(_render_shard, config, indices, shard_path(config.out, shard)): indices
            for shard, indices in missing
        }
        for job in as_completed(jobs):
            job.result()
            bar.update(len(jobs[job]))
    return len(missing)


def _is_complete(out: Path, shard: int, indices: range) -> bool:
    """Whether a shard is there; a last, short one is redone when ``count`` has grown."""
    path = shard_path(out, shard)
    return path.exists() and count_pairs(path) >= len(indices)


def _check_same(config: RenderConfig) -> None:
    path = config.out / "manifest.json"
    if not path.exists():
        return
    found, wanted = json.loads(path.read_text(encoding="utf-8")), manifest(config)
    for key in ("layout_id", "rig", "seed", "size", "masks", "antialias", "emphasis"):
        if found.get(key, wanted[key]) != wanted[key]:
            raise ConfigError(
                f"{path} has {key} {found[key]}, this run {wanted[key]}: choose another --out"
            )


def _prepare_environment() -> None:
    """Set what Mesa and PyOpenGL read at import; spawned workers inherit it."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    os.environ.setdefault("LP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def _start_worker(size: int, antialias: bool) -> None:
    _prepare_environment()
    from rig.render import Renderer  # after the environment: PyOpenGL binds its backend here

    _worker["renderer"] = Renderer(size, antialias=antialias)


def _render_shard(config: RenderConfig, indices: range, path: Path) -> None:
    write_shard(path, _pairs(config, indices))


def _pairs(config: RenderConfig, indices: range) -> Iterator[Pair]:
    from rig.sampling import sample_face

    for index in indices:
        sample = sample_face(config.seed, index, emphasis=config.emphasis)
        render = _worker["renderer"].render(sample, mask=config.masks)
        yield Pair(
            index=index,
            image_rgb=render.image_rgb,
            mask=render.mask,
            parameters=np.asarray(sample.parameters, np.float32),
            landmarks={name: (float(x), float(y)) for name, (x, y) in render.landmarks.items()},
        )


@click.command(cls=TrainingCommand)
@click.option("--count", type=click.IntRange(1), required=True, help="Samples in all.")
@click.option("--size", type=click.IntRange(32, 2048), default=256, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--masks/--no-masks", default=True, show_default=True, help="Parsing masks too.")
@click.option("--antialias/--no-antialias", default=True, show_default=True)
@click.option("--one-sided", type=click.FloatRange(0, 1), default=Emphasis.one_sided)
@click.option("--wink", type=click.FloatRange(0, 1), default=Emphasis.wink, show_default=True)
def main(
    count: int,
    size: int,
    seed: int,
    out: Path,
    workers: int,
    masks: bool,
    antialias: bool,
    one_sided: float,
    wink: float,
) -> None:
    """Render random faces with their exact parameters into WebDataset shards."""
    emphasis = Emphasis(one_sided, wink)
    config = RenderConfig(count, size, seed, out, workers, masks, antialias, emphasis)
    rendered = render_pairs(config)
    click.echo(f"{rendered} shards rendered, {len(shard_ranges(count))} in {out}")


if __name__ == "__main__":
    main()
