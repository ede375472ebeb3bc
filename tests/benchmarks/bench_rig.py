"""Figures of the rig: what its poses explain of the sculpted shapes, how fast it is, who sees it.

    .venv-author/bin/python tests/benchmarks/bench_rig.py variance identity  # needs make author-env
    .venv/bin/python tests/benchmarks/bench_rig.py skinning render faces

* ``variance``: share of each action unit's displacement (sum of squares over all vertices but
  the teeth) that the committed GLB and profile reproduce, against the face units of MakeHuman
  that the unit is made of. Measured through the whole chain, not taken from the fit.
* ``identity``: share of the shape variance of 300 random MakeHuman people that the best identity
  numbers reproduce through skeleton and skinning, about the base head and about the people's
  mean, over skin, mouth, teeth, tongue and lashes of the head (what follows the neck by half or
  more left out); size and place are no shape. Then the least gap of lips and lids, and of lids
  and eyeball, over every number alone at 0 and 1 and over 300 random corners of all numbers.
* ``lids``: square millimetres of eyeball that a frontal view shows through lids shut by AU43 (the
  open eye shows some 130): on 100 random people of seed 5 with random gaze and three random AUs
  beside it, and on every identity number of eyes and lids alone at 0 and at 1; how much of the
  eye half a blink leaves, and what lids leave of it when the gaze goes up and down.
* ``skinning``: milliseconds for channels and identity → posed vertices of all parts.
* ``render``: milliseconds a picture by size, with and without mask and depth, and at 256 without
  antialiasing and without shadows; median of 16 random faces of seed 0. Processor time sums over
  software GL's threads and hardly depends on what else runs.
* ``throughput``: pictures a second with mask and depth in two processes of one GL thread each, by
  size, the first 12 of each not counted; and processor time, which other work hardly changes.
* ``pairs``: samples a second that ``training.render_pairs`` writes with masks and depth from two
  workers, by size; from the eighth sample on, so that their start does not count.
* ``faces``: share of random renders (seed 11, 256 pixels, yaw within 40 and pitch within 25
  degrees; ``--count`` of them) in which MediaPipe finds the face; the others' indices.

One thread where the libraries let it (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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
    from rig.author import makehuman
    from rig.author.fit import explained_variance
    from rig.author.solve import au_shapes

    layout, skeleton = load_layout(), Skeleton()
    rest = posed(skeleton, np.zeros(len(layout.channels)))
    adult, index, nearest = _match_base_mesh()
    found = {}
    for name, shape in au_shapes(makehuman.read_base_mesh(), adult).items():
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


def lids() -> None:
    """Print what is seen of the eyes when they are shut, half shut, and look up and down."""
    layout, skeleton = load_layout(), Skeleton()
    rest = np.zeros(len(layout.channels))
    shut = _set(rest, {"AU43_L": 1.0, "AU43_R": 1.0})
    seen = [_seen_mm2(skeleton, *_shut_person(i, shut)) for i in range(100)]
    worst, open_share = np.sort(seen)[::-1][:3].round(2), np.mean(np.array(seen) > 0.5)
    print(f"lids shut, random people: {open_share:.0%} show more than .5 mm², most {worst}")
    extremes = {}
    for i, name in enumerate(layout.identity_names):
        for value in (0.0, 1.0) if name.startswith(("eye", "lid")) else ():
            identity = np.full(len(layout.identity_names), 0.5)
            identity[i] = value
            extremes[f"{name}={value:.0f}"] = _seen_mm2(skeleton, shut, identity)
    worst_name = max(extremes, key=lambda name: extremes[name])
    print(f"lids shut, {len(extremes)} extremes: {worst_name} {extremes[worst_name]:.2f} mm²")
    for values in ({}, {"AU43_L": 0.5}, {"gaze_pitch": 0.43}, {"gaze_pitch": -0.43}):
        print(f"lids {values or 'open'}: {_seen_mm2(skeleton, _set(rest, values)):.1f} mm²")


def _set(channels: FloatArray, values: dict[str, float]) -> FloatArray:
    out = channels.copy()
    for name, value in values.items():
        out[load_layout().channel_index[name]] = value
    return out


def _shut_person(index: int, shut: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Channels and identity of a random person with shut eyes and more going on."""
    layout, rng = load_layout(), np.random.default_rng([5, index])
    names = rng.choice([n for n in layout.au_channel_names if not n.startswith("AU43")], 3)
    values = dict.fromkeys(names.tolist(), 1.0)
    gaze = {"gaze_yaw": rng.uniform(-0.6, 0.6), "gaze_pitch": rng.uniform(-0.43, 0.43)}
    identity = sample_face(5, index).parameters[layout.blocks["identity"]]
    return _set(shut, values | gaze), identity


def _seen_mm2(
    skeleton: Skeleton, channels: FloatArray, identity: FloatArray | None = None
) -> float:
    """Square millimetres of the left eyeball that a frontal view shows."""
    from rig.author.openings import eye_area

    head, matrices = skeleton.head, skeleton.skin_matrices(channels, identity)
    parts = head.primitives.items()
    vertices = {n: skin(p.positions, p.joints, p.weights, matrices) for n, p in parts}
    return 1e6 * eye_area(head, vertices, "L")


def identity() -> None:
    """Print what identity explains of random people, and how near lips and lids come."""
    from rig.author.identity_statistics import fit_people, report

    report(fit_people(load_head()))
    count = len(load_layout().identity_names)
    ends = np.concatenate([0.5 + np.eye(count) / 2, 0.5 - np.eye(count) / 2])
    corners = np.random.default_rng(0).integers(0, 2, (300, count)).astype(float)
    for label, rows in (("single", ends), ("corner", corners)):
        least = 1e3 * np.min([_gaps(row) for row in rows], axis=0)
        print(f"identity {label}: lips {least[0]:.2f} lids {least[1]:.2f} eye {least[2]:.2f} mm")


def _gaps(numbers: FloatArray) -> FloatArray:
    """(3,) metres: upper over lower lip, upper over lower lid, lids over the eyeball; the least."""
    from rig.author.contacts import find_contacts
    from rig.author.parts import EYE_RADIUS_M

    skeleton, part = Skeleton(), load_head().primitives["skin"]
    matrices = skeleton.skin_matrices(np.zeros(len(skeleton.layout.channels)), numbers)
    posed_skin = skin(part.positions, part.joints, part.weights, matrices)
    contacts = find_contacts(part.positions, part.normals)
    eyeball = matrices[skeleton.head.joint_index("eyeball_L")]
    over = contacts.eye_clearance(posed_skin, eyeball) - EYE_RADIUS_M
    gaps = (contacts.lip_gap(posed_skin), contacts.lid_gap(posed_skin), over)
    return np.array([gap.min() for gap in gaps])


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

    samples = [sample_face(0, i) for i in range(16)]
    for size, options in (
        (128, {}),
        (256, {}),
        (512, {}),
        (256, {"antialias": False}),
        (256, {"shadows": False}),
    ):
        with Renderer(size, **options) as renderer:
            for mask in (False, True):
                turn = itertools.cycle(samples)
                took = milliseconds(
                    lambda: renderer.render(next(turn), mask=mask, depth=mask),  # noqa: B023
                    16,
                )
                words = [f"no {name}" for name in options] + ["mask, depth" if mask else "no mask"]
                print(f"render {size:3d} {', '.join(words):<24}", took)


def throughput(processes: int = 2, seconds: float = 15.0) -> None:
    """Print the pictures a second of two processes that share nothing."""
    os.environ["LP_NUM_THREADS"] = "1"
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for size in (128, 256, 512):
            jobs = [(size, worker, seconds) for worker in range(processes)]
            rates, worked_s = zip(*pool.starmap(_rate, jobs, chunksize=1), strict=True)
            print(
                f"throughput {size:3d}: {sum(rates):5.1f} pictures/s on {processes} processes,",
                f"{1e3 * np.mean(worked_s):.0f} ms of processor time a picture",
            )


def _rate(size: int, worker: int, seconds: float, warm: int = 12) -> tuple[float, float]:
    """Pictures a second of this process, all outputs asked for; processor seconds of one."""
    from rig.render import Renderer

    first = worker * 100_000
    with Renderer(size) as renderer:
        for index in range(first, first + warm):
            renderer.render(sample_face(0, index), depth=True)
        count, start, worked = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < seconds:
            renderer.render(sample_face(0, first + warm + count), depth=True)
            count += 1
        took_s, worked_s = time.perf_counter() - start, time.process_time() - worked
    return count / took_s, worked_s / count


def turned_at_most(index: int, yaw_deg: float = 40.0, pitch_deg: float = 25.0) -> FaceSample:
    """A random face whose head is turned by no more than this."""
    sample, layout = sample_face(11, index), load_layout()
    parameters = sample.parameters.copy()
    limits = {"head_yaw": yaw_deg, "head_pitch": pitch_deg}
    for angle in layout.raw["pose"]:
        most = np.deg2rad(limits[angle["name"]])
        place = layout.parameter_index[angle["name"]]
        ends = sorted(parameter_from_angle(np.array([-most, most]), angle))
        parameters[place] = np.clip(parameters[place], *ends)
    return replace(sample, parameters=parameters)


def faces(count: int) -> None:
    """Print in how many random renders MediaPipe finds the face."""
    from geface_bridge.align import FaceAligner
    from rig.render import Renderer

    aligner = FaceAligner(max_faces=1, tracking=False)
    missed = []
    with Renderer(256) as renderer:
        for index in range(count):
            picture = renderer.render(turned_at_most(index), mask=False).image_rgb
            if not aligner.align(picture):
                missed.append(index)
    aligner.close()
    share = 1 - len(missed) / count
    print(f"faces found by MediaPipe in {share:.4f} of {count} renders; missed: {missed}")


def pairs(count: int = 96) -> None:
    """Print how fast the dataset command writes."""
    from training.render_pairs import RenderConfig
    from training.render_workers import by_processes
    from training.shards import shard_ranges

    for size in (128, 256, 512):
        reached: list[tuple[float, int]] = []
        with tempfile.TemporaryDirectory() as folder:
            config = RenderConfig(count, size, 0, Path(folder), workers=2, depth=True)
            ranges = shard_ranges(0, count, size=8)
            for _ in by_processes(
                config,
                ranges,
                lambda n: reached.append((time.perf_counter(), n)),  # noqa: B023
            ):
                pass
        counted = [(at, done) for at, done in reached if done >= 8]
        (first_s, first), (last_s, last) = counted[0], counted[-1]
        print(f"pairs {size:3d}: {(last - first) / (last_s - first_s):.1f} a second")


PARTS: dict[str, Callable[..., None]] = {
    "variance": variance,
    "identity": identity,
    "lids": lids,
    "skinning": skinning,
    "render": render,
    "throughput": throughput,
    "pairs": pairs,
    "faces": faces,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--count", type=int, default=300, help="faces: how many")
    arguments = parser.parse_args()
    for part in arguments.parts:
        PARTS[part](**({"count": arguments.count} if part == "faces" else {}))


if __name__ == "__main__":
    main()
