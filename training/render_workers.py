"""Shards rendered by several processes, of this machine or of a Ray cluster.

Both engines yield shards as they are done, in any order. A worker renders with one thread: many
workers share a machine better than the threads of one software renderer do.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from geface_bridge.errors import MissingDependencyError
from training.shards import Pair, pack_shard, shard_path, whole_file

if TYPE_CHECKING:
    from rig.sampling import FaceSample
    from training.render_pairs import RenderConfig

# Mesa and PyOpenGL read these at import.
ENVIRONMENT = {"PYOPENGL_PLATFORM": "egl", "LP_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
POLL_S = 0.5
RAY_THIS_MACHINE = "local"
_worker: dict[str, Any] = {}


@dataclass(frozen=True)
class Rendered:
    """A shard that is done: its samples, and the renderer that drew them."""

    indices: range
    gl: str


class Engine(Protocol):
    """Renders shards into ``config.out``; ``reach`` hears how many faces are done."""

    def __call__(
        self, config: RenderConfig, ranges: list[range], reach: Callable[[int], None]
    ) -> Iterator[Rendered]:
        """Yield every shard when it is there."""
        ...


def pairs(config: RenderConfig, indices: range, tell: Callable[[], None]) -> Iterator[Pair]:
    """Render samples; ``tell`` is called after each."""
    for index in indices:
        sample = _sample(config, index)
        render = _renderer(config).render(sample, mask=config.masks, depth=config.depth)
        yield Pair(
            index=index,
            image_rgb=render.image_rgb,
            mask=render.mask,
            parameters=np.asarray(sample.parameters, np.float32),
            landmarks=render.landmarks,
            visible=render.visible,
            depth_m=render.depth_m,
        )
        tell()


def _sample(config: RenderConfig, index: int) -> FaceSample:
    from rig import sampling

    if config.draw == "plain":
        return sampling.sample_plain_face(config.seed, index)
    if config.draw == "people":
        return sampling.sample_face_of_person(config.seed, index, config.each)
    return sampling.sample_face(config.seed, index, emphasis=config.emphasis)


def _renderer(config: RenderConfig) -> Any:
    """This process' renderer; its textures and buffers serve all samples."""
    key = (config.size, config.antialias)
    if _worker.get("key") != key:
        os.environ.update({k: os.environ.get(k, v) for k, v in ENVIRONMENT.items()})
        from rig.render import Renderer  # after the environment: PyOpenGL binds its backend here

        _worker.update(key=key, renderer=Renderer(config.size, antialias=config.antialias))
    return _worker["renderer"]


def _gl() -> str:
    from rig.render_gl import context

    return context().description()


# Processes of this machine ---------------------------------------------------------------------


class _Stopped(Exception):  # noqa: N818 - no error: the parent asked for it
    """The run ends; this shard is left for the next."""


def by_processes(
    config: RenderConfig, ranges: list[range], reach: Callable[[int], None]
) -> Iterator[Rendered]:
    """``config.workers`` processes, one shard each at a time."""
    spawn = multiprocessing.get_context("spawn")  # a forked process would share the GL context
    faces, stop = spawn.Value("Q", 0), spawn.Event()
    os.environ.update({k: os.environ.get(k, v) for k, v in ENVIRONMENT.items()})
    with ProcessPoolExecutor(config.workers, spawn, _start, (faces, stop)) as pool:
        try:
            left = {pool.submit(_render_file, config, indices) for indices in ranges}
            while left:
                done, left = wait(left, POLL_S, FIRST_COMPLETED)
                reach(faces.value)
                yield from (job.result() for job in done)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(faces: Any, stop: Any) -> None:
    """Prepare a worker: Ctrl-C is the parent's affair, and it does not outlive its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker.update(faces=faces, stop=stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _render_file(config: RenderConfig, indices: range) -> Rendered:
    with whole_file(shard_path(config.out, indices.start)) as file:
        pack_shard(file, pairs(config, indices, _count))
    return Rendered(indices, _gl())


def _count() -> None:
    if _worker["stop"].is_set():
        raise _Stopped
    with _worker["faces"].get_lock():
        _worker["faces"].value += 1


# A Ray cluster ---------------------------------------------------------------------------------


def by_ray(address: str) -> Engine:
    """Every processor of a Ray cluster, or ``workers`` of this machine's if ``address`` is
    "local". Shards travel to this process, which alone writes: nodes need no shared folder.

    Raises:
        MissingDependencyError: Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            "--ray needs Ray, which is not installed: pip install 'geface-bridge[ray]'"
        ) from error

    def engine(
        config: RenderConfig, ranges: list[range], reach: Callable[[int], None]
    ) -> Iterator[Rendered]:
        here = {"num_cpus": config.workers} if address == RAY_THIS_MACHINE else {}
        environment = {"env_vars": ENVIRONMENT}
        ray.init(address, runtime_env=environment, include_dashboard=False, **here)
        try:
            task = ray.remote(num_cpus=1)(_render_bytes)
            yield from _collect(ray, task, config, ranges, reach)
        finally:
            ray.shutdown()

    return engine


def _collect(
    ray: Any, task: Any, config: RenderConfig, ranges: list[range], reach: Callable[[int], None]
) -> Iterator[Rendered]:
    """Keep twice as many tasks under way as there are processors; write what comes back."""
    from training.render_pairs import rig_digest

    digest, most = rig_digest(), 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting, faces = list(reversed(ranges)), 0
    running: dict[Any, range] = {}
    while waiting or running:
        while waiting and len(running) < most:
            indices = waiting.pop()
            running[task.remote(_portable(config), indices, digest)] = indices
        (done,), _ = ray.wait(list(running))
        indices = running.pop(done)
        shard, gl = ray.get(done)
        with whole_file(shard_path(config.out, indices.start)) as file:
            file.write(shard)
        faces += len(indices)
        reach(faces)
        yield Rendered(indices, gl)


def _portable(config: RenderConfig) -> dict[str, Any]:
    """A configuration without this machine's paths."""
    return {**asdict(config), "emphasis": config.emphasis, "out": None}


def _render_bytes(fields: dict[str, Any], indices: range, digest: str) -> tuple[bytes, str]:
    """One shard as bytes, with the renderer's name; runs on a node of the cluster."""
    from training.render_pairs import RenderConfig, rig_digest

    if rig_digest() != digest:
        raise RuntimeError(
            f"this node's rig is {rig_digest()}, the run's is {digest}: install the same version"
        )
    buffer = io.BytesIO()
    pack_shard(buffer, pairs(RenderConfig(**fields), indices, lambda: None))
    return buffer.getvalue(), _gl()
