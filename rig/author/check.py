"""Compares a fresh build with the packaged assets: ``python -m rig.author.check FOLDER``.

FOLDER is what ``python -m rig.author.build --out FOLDER`` wrote. Numbers may differ in their last
digits between machines (BLAS adds in another order), so they are compared, not bytes: poses and
vertices to 10 µm (and as much in radians and scale), keys of animations to 0.2 mrad or mm, texels
to 2 of 255, props to 2 of their steps, statistics to 0.005. Exit code 1 if any differ by more.
``head.blend`` is made from the same arrays: the tests compare its mesh, sliders and poses with the
other files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.glb import Glb, read_glb
from rig.head import Head, parse_head

PACKAGED = Path(__file__).resolve().parents[1]
LENGTH, STEP = 1e-5, 2.0


def head_difference(a: Head, b: Head) -> float:
    """Largest difference of rest places; infinite if the heads are built otherwise."""
    if a.joint_names != b.joint_names or a.joint_parents != b.joint_parents:
        return float("inf")
    pairs = [(a.rest_translations, b.rest_translations)]
    pairs += [(p.positions, b.primitives[n].positions) for n, p in a.primitives.items()]
    pairs += [(p.weights * 1e-2, b.primitives[n].weights * 1e-2) for n, p in a.primitives.items()]
    return max(array_difference(*pair) for pair in pairs)


def array_difference(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Largest difference of two arrays; infinite if their shapes differ."""
    if a.shape != b.shape:
        return float("inf")
    return float(np.abs(a.astype(float) - b.astype(float)).max(initial=0.0))


def pose_difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    """Largest difference of two profiles' poses; a bone that only one has counts with its own."""
    if a["drivers"] != b["drivers"] or a["layout_id"] != b["layout_id"]:
        return float("inf")
    rest = {"translation": [0, 0, 0], "rotvec": [0, 0, 0], "scale": [1, 1, 1]}
    worst = 0.0
    for name in a["poses"]:
        one, other = a["poses"][name]["bones"], b["poses"][name]["bones"]
        for bone in one.keys() | other.keys():
            for field, still in rest.items():
                pair = [np.array(pose.get(bone, rest).get(field, still)) for pose in (one, other)]
                worst = max(worst, array_difference(*pair))
    return worst


def animation_difference(a: Glb, b: Glb) -> float:
    """Largest difference of the last keys of two GLBs' animations.

    A joint that has no keys in one rests there, as the first key of the other says.
    """
    tables = [_last_keys(glb) for glb in (a, b)]
    if tables[0].keys() != tables[1].keys():
        return float("inf")
    worst = 0.0
    for name in tables[0]:
        one, other = (table[name] for table in tables)
        for joint_path in one.keys() | other.keys():
            keys = [moves.get(joint_path) for moves in (one, other)]
            present = next(key for key in keys if key is not None)
            pair = [present[:1] if key is None else key[1:] for key in keys]
            worst = max(worst, array_difference(*pair))
    return worst


def _last_keys(glb: Glb) -> dict[str, dict[tuple[str, str], NDArray[Any]]]:
    """Animation → (joint, path) → its keys: at rest, moved."""
    names = [node.get("name", "") for node in glb.json["nodes"]]
    return {
        animation["name"]: {
            (names[c["target"]["node"]], c["target"]["path"]): glb.accessor(
                animation["samplers"][c["sampler"]]["output"]
            )
            for c in animation["channels"]
        }
        for animation in glb.json.get("animations", [])
    }


def arrays_difference(a: Path, b: Path, names: Callable[[str], bool] = bool) -> float:
    """Largest difference of the arrays of two npz files whose names pass ``names``."""
    with np.load(a) as one, np.load(b) as other:
        if set(one.files) != set(other.files):
            return float("inf")
        pairs = [(one[name], other[name]) for name in one.files if names(name)]
    texts = [pair for pair in pairs if pair[0].dtype.kind == "U"]
    if any(not np.array_equal(*pair) for pair in texts):
        return float("inf")
    numbers = [array_difference(*pair) for pair in pairs if pair[0].dtype.kind != "U"]
    return max(numbers, default=0.0)


def statistics_difference(a: Path, b: Path) -> float:
    """Largest difference of what two files of identity statistics say, whatever factors' signs."""
    tables = []
    for path in (a, b):
        with np.load(path) as data:
            factors = data["factors"].astype(float)
            tables.append([data["regression"], data["spread"], factors.T @ factors])
    return max(array_difference(*pair) for pair in zip(*tables, strict=True))


def differences(folder: Path) -> dict[str, tuple[float, float]]:
    """File → (largest difference, what is allowed)."""
    folders = (PACKAGED, folder)
    poses = [json.loads((f / "profiles/geface.json").read_text(encoding="utf-8")) for f in folders]
    glbs = [read_glb(f / "assets/head.glb") for f in folders]
    names = ("skin_maps.npz", "props.npz", "identity_statistics.npz")
    maps, props, people = ([f / "assets" / name for f in folders] for name in names)
    return {
        "profiles/geface.json": (pose_difference(*poses), 2e-4),
        "assets/head.glb": (head_difference(*map(parse_head, glbs)), LENGTH),
        "assets/head.glb, animations": (animation_difference(*glbs), 2e-4),
        "assets/skin_maps.npz, position": (
            arrays_difference(maps[0], maps[1], names="position".__eq__),
            2e-4,
        ),
        "assets/skin_maps.npz, masks": (
            arrays_difference(maps[0], maps[1], names="position".__ne__),
            STEP,
        ),
        "assets/props.npz": (arrays_difference(props[0], props[1]), STEP),
        "assets/identity_statistics.npz": (statistics_difference(people[0], people[1]), 5e-3),
    }


def main(arguments: list[str]) -> int:
    """Print the differences; 1 if one is too large."""
    found = differences(Path(arguments[0]))
    for name, (size, allowed) in found.items():
        print(f"{name:<33} differs by {size:.2g}, allowed {allowed:.2g}")
    return int(any(size > allowed for size, allowed in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
