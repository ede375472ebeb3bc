"""Builds ``rig/assets`` and the rig's own profile: ``python -m rig.author.build``.

Steps: read MakeHuman → fit skeleton, weights and poses → cut parts → bake maps → assemble in
Blender → write profiles/geface.json, skin_maps.npz, head.glb, head.blend, props.npz and
identity_statistics.npz, and print what the fit explains. Each step reads what the ones before
have written, not the package's files.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from rig.author import identity_statistics, maps, occlusion, pose_library, props, scene, stage
from rig.author.controls import Controls
from rig.author.correctives import all_correctives
from rig.author.fit import FitConfig
from rig.author.glb_poses import settled, with_poses
from rig.author.own_profile import profile_json
from rig.author.parts import Part, PartBuilder
from rig.author.solve import SolvedRig, Solver
from rig.glb import read_glb
from rig.head import Head, parse_head
from rig.profile import Profile, parse_profile
from rig.skeleton import Skeleton

RIG = Path(__file__).resolve().parents[1]


def write_maps(solved: SolvedRig, parts: list[Part], solver: Solver, folder: Path) -> None:
    """Bake and write ``skin_maps.npz``."""
    rows = solved.base_index[_rows_of(parts[0], solved)]
    arrays = maps.skin_maps(parts, rows, solver.mesh)
    arrays["occlusion"] = occlusion.bake_texture(parts)
    np.savez_compressed(folder / "skin_maps.npz", **arrays)


def _rows_of(part: Part, solved: SolvedRig) -> NDArray[np.int64]:
    """Row of the solved rig behind each vertex of a part (positions are copied unchanged)."""
    lookup = {p.tobytes(): i for i, p in enumerate(solved.positions)}
    return np.array([lookup[p.tobytes()] for p in part.positions])


def write_profile(solved: SolvedRig, path: Path) -> dict[str, Any]:
    """Write the rig's own profile, a pose a line; returns it."""
    profile = profile_json(solved, all_correctives(solved))
    text = json.dumps(profile, indent=None, separators=(",", ":"))
    path.write_text(text.replace('},"', '},\n"') + "\n", encoding="utf-8")
    return profile


def write_glb(profile: Profile, path: Path) -> Head:
    """Export the open scene as GLB with the profile's poses; returns the head it holds."""
    scene.export_glb(path)
    glb = settled(read_glb(path))
    head = parse_head(glb)
    path.write_bytes(with_poses(glb, head, profile))
    return head


def write_blend(rig: Any, skeleton: Skeleton, raw_profile: dict[str, Any], path: Path) -> None:
    """Give the open scene its sliders and everything for the artist; save it."""
    Controls(rig, skeleton).add()
    pose_library.add(rig)
    stage.dress(rig, skeleton.profile)
    bpy.data.texts.new("geface_profile.json").write(json.dumps(raw_profile))
    scene.save_blend(path)


def report(solved: SolvedRig) -> None:
    """Print the displacement variance explained, per pose."""
    for name, value in solved.explained.items():
        print(f"{name:<12} {value:.3f}")
    values = np.array(list(solved.explained.values()))
    deforming = int((solved.weights > 0).any(0).sum())
    print(f"mean {values.mean():.3f}  min {values.min():.3f}  deforming bones {deforming}")


def build(out: Path, config: FitConfig) -> None:
    """Write all files below ``out``."""
    assets = out / "assets"
    for folder in (assets, out / "profiles"):
        folder.mkdir(parents=True, exist_ok=True)
    solver = Solver(config)
    solved = solver.run()
    report(solved)
    parts = PartBuilder(solved, solver.mesh).all()
    write_maps(solved, parts, solver, assets)
    raw_profile = write_profile(solved, out / "profiles" / "geface.json")
    # From here on the package's code reads these files: skin is painted by the maps just baked.
    os.environ["GEFACE_RIG_DIR"] = str(out.resolve())
    profile = parse_profile(raw_profile)
    rig = scene.make_head(parts, solved.skeleton)
    head = write_glb(profile, assets / "head.glb")
    write_blend(rig, Skeleton(head, profile), raw_profile, assets / "head.blend")
    props.write(assets)
    identity_statistics.write_statistics(assets)


def main() -> None:
    """Run the whole build into ``--out`` (default: this package)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=RIG, help="folder that holds assets/, profiles/"
    )
    parser.add_argument("--iterations", type=int, default=FitConfig.outer_iterations)
    options = parser.parse_args()
    build(options.out, FitConfig(outer_iterations=options.iterations))


if __name__ == "__main__":
    main()
