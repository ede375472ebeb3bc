"""Compares a fresh build with the packaged assets: ``python -m rig.author.check FOLDER``.

FOLDER is what ``python -m rig.author.build --out FOLDER`` wrote. Numbers may differ in their last
digits between machines (BLAS adds in another order), so they are compared, not bytes: poses and
vertices to 10 µm (and as much in radians and scale), texels to 2 of 255. Exit code 1 if any differ
by more. ``head.blend`` holds the same meshes as ``head.glb``; the tests compare those two.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rig.glb import read_glb
from rig.head import Head, asset_path, parse_head

LENGTH, TEXEL = 1e-5, 2.0


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


def differences(folder: Path) -> dict[str, tuple[float, float]]:
    """File → (largest difference, what is allowed)."""
    packaged = asset_path("head.glb").parent
    poses, heads, maps = [], [], []
    for assets in (packaged, folder / "assets"):
        profile = assets.parent / "profiles" / "geface.json"
        poses.append(json.loads(profile.read_text(encoding="utf-8")))
        heads.append(parse_head(read_glb(assets / "head.glb")))
        with np.load(assets / "skin_maps.npz") as data:
            maps.append({name: data[name] for name in data.files})
    masks = [array_difference(m, maps[1][n]) for n, m in maps[0].items() if n != "position"]
    place = array_difference(maps[0]["position"], maps[1]["position"])
    return {
        "profiles/geface.json": (pose_difference(*poses), 2e-4),
        "assets/head.glb": (head_difference(*heads), LENGTH),
        "assets/skin_maps.npz, position": (place, 2e-4),
        "assets/skin_maps.npz, masks": (max(masks), TEXEL),
    }


def main(arguments: list[str]) -> int:
    """Print the differences; 1 if one is too large."""
    found = differences(Path(arguments[0]))
    for name, (size, allowed) in found.items():
        print(f"{name:<32} differs by {size:.2g}, allowed {allowed:.2g}")
    return int(any(size > allowed for size, allowed in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
