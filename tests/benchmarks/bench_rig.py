"""Figures of the rig: what its poses explain of the sculpted shapes, how fast it is, who sees it.

    .venv-author/bin/python tests/benchmarks/bench_rig.py variance   # needs make author-env
    .venv/bin/python tests/benchmarks/bench_rig.py skinning render faces

* ``variance``: share of each action unit's displacement (sum of squares over all vertices but
  the teeth) that the committed GLB and profile reproduce, against the face units of MakeHuman
  that the unit is made of. Measured through the whole chain, not taken from the fit.
* ``skinning``: milliseconds for channels and identity → posed vertices of all parts.
* ``render``: milliseconds a picture by size, with and without the mask, and without antialiasing
  at 256; median of 12 random faces of seed 0. Processor time sums over software GL's threads and
  hardly depends on what else runs.
* ``faces``: share of 40 random near-frontal renders (seed 11, 256 pixels, yaw and pitch within
  20 degrees) in which MediaPipe finds the face.

One thread where the libraries let it (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from rig.head import load_head
from rig.layout import load_layout, parameter_from_angle
from rig.sampling import FaceSample, sample_face
from rig.skeleton import Skeleton
from rig.skinning import skin

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BODY_PARTS = ("skin", "mouth", "tongue", "lashes")


def posed(skeleton: Skeleton, channels: FloatArray) -> FloatArray:
    """(V, 3) posed vertices of ``BODY_PARTS``, one part after the other."""
    matrices = skeleton.skin_matrices(channels)
    picked = [skeleton.head.primitives[name] for name in BODY_PARTS]
    return np.concatenate([skin(p.positions, p.joints, p.weights, matrices) for p in picked])


def variance() -> None:
    """Print the displacement variance explained per action unit."""
    from rig.author.fit import explained_variance
    from rig.author.solve import au_shapes

    layout, skeleton = load_layout(), Skeleton()
    rest = posed(skeleton, np.zeros(len(layout.channels)))
    adult, index, nearest = _match_base_mesh()
    found = {}
    for name, shape in au_shapes(adult).items():
        if name in layout.channel_index:
            channels = np.zeros(len(layout.channels))
            channels[layout.channel_index[name]] = 1
            moved = (posed(skeleton, channels) - rest)[nearest]
            found[name] = explained_variance(shape[index], moved)
            print(f"variance {name:<7} {found[name]:.3f}")
    values = np.array(list(found.values()))
    print(f"variance mean {values.mean():.3f}, least {values.min():.3f}, {len(index)} vertices")


def _match_base_mesh() -> tuple[FloatArray, IntArray, IntArray]:
    """MakeHuman's adult (its frame), vertices of it, and their places in ``posed``'s order."""
    from scipy.spatial import cKDTree

    from rig.author import makehuman
    from rig.author.solve import LASHES

    mesh = makehuman.read_base_mesh()
    adult = makehuman.average_adult(mesh)
    local = adult - makehuman.joint_centre(mesh, adult, "head")
    groups = {"skin": ("body",), "mouth": ("body",), "tongue": ("helper-tongue",), "lashes": LASHES}
    rows, places, start = [], [], 0
    for name in BODY_PARTS:  # part by part: the tongue touches the floor of the mouth
        points = load_head().primitives[name].positions
        vertices = mesh.vertices_of(*groups[name])
        distance, nearest = cKDTree(points).query(local[vertices])
        rows.append(vertices[distance < 1e-5])
        places.append(nearest[distance < 1e-5] + start)
        start += len(points)
    return adult, np.concatenate(rows), np.concatenate(places)


def milliseconds(work: Callable[[], object], repeats: int) -> str:
    """Median time of one call, by the clock and of the processor, the first call not counted."""
    work()
    took = []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    clock, processor = 1e3 * np.median(took, axis=0)
    return f"{clock:7.2f} ms by the clock, {processor:7.2f} ms of processor time"


def skinning() -> None:
    """Print the time to pose the whole head."""
    head, layout, skeleton = load_head(), load_layout(), Skeleton()
    rng = np.random.default_rng(0)
    channels, identity = rng.uniform(0, 1, len(layout.channels)), rng.uniform(0, 1, 208)
    matrices = skeleton.skin_matrices(channels, identity)

    def skin_all() -> list[FloatArray]:
        parts = head.primitives.values()
        return [skin(p.positions, p.joints, p.weights, matrices) for p in parts]

    count = sum(len(p.positions) for p in head.primitives.values())
    joints = len(head.joint_names)
    print(f"skinning {count} vertices    ", milliseconds(skin_all, 50))
    pose = milliseconds(lambda: skeleton.skin_matrices(channels, identity), 50)
    print(f"evaluating {joints} joints     ", pose)


def render() -> None:
    """Print the time of a picture by size, with and without the mask."""
    from rig.render import Renderer

    samples = [sample_face(0, i) for i in range(12)]
    for size, antialias in ((128, True), (256, True), (512, True), (256, False)):
        with Renderer(size, antialias=antialias) as renderer:
            for mask in (False, True):
                turn = iter(samples * 2)
                took = milliseconds(lambda: renderer.render(next(turn), mask=mask), 12)  # noqa: B023
                words = f"{'' if mask else 'no '}mask{'' if antialias else ', no antialiasing'}"
                print(f"render {size:3d} {words:<25}", took)


def near_frontal(index: int) -> FaceSample:
    """A random face whose head is turned by at most 20 degrees."""
    sample, layout = sample_face(11, index), load_layout()
    parameters = sample.parameters.copy()
    for angle in layout.raw["pose"]:
        place = layout.parameter_index[angle["name"]]
        limits = parameter_from_angle(np.deg2rad(np.array([-20.0, 20.0])), angle)
        parameters[place] = np.clip(parameters[place], *limits)
    return replace(sample, parameters=parameters)


def faces(count: int = 40) -> None:
    """Print in how many near-frontal renders MediaPipe finds the face."""
    from geface_bridge.align import FaceAligner
    from rig.render import Renderer

    aligner = FaceAligner(max_faces=1, tracking=False)
    with Renderer(256) as renderer:
        pictures = [renderer.render(near_frontal(i), mask=False).image_rgb for i in range(count)]
    found = sum(bool(aligner.align(picture)) for picture in pictures)
    aligner.close()
    print(f"faces found by MediaPipe in {found} of {count} near-frontal renders")


PARTS: dict[str, Callable[[], None]] = {
    "variance": variance,
    "skinning": skinning,
    "render": render,
    "faces": faces,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", choices=PARTS)
    for part in parser.parse_args().parts:
        PARTS[part]()


if __name__ == "__main__":
    main()
