"""Fits profiles for other skeletons on MakeHuman's mesh: ``python -m rig.author.fit_profile NAME``.

NAME is ``makehuman`` (MPFB's default skeleton) or ``rigify`` (MPFB's Rigify face). What an AU does
to the mesh is known (``solve.au_shapes``); looked for are the translations, turns and even scales
of the skeleton's bones that come nearest to it under the skeleton's own weights, in place and from
vertex to vertex, so that the skin does not tear: Gauss-Newton with a ridge, then once more with
only those bones that matter. Right poses are the left ones mirrored. The command prints the
displacement variance explained, pose by pose, and writes ``rig/profiles/NAME.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rig.author import anatomy, makehuman, mpfb_rig
from rig.author.arkit_profile import PROFILES, is_left, written
from rig.author.fit import explained_variance
from rig.author.leaving import leave
from rig.author.own_profile import CONVENTION, driver_json
from rig.author.solve import au_shapes
from rig.layout import load_layout
from rig.profile import VERSION

FloatArray = NDArray[np.float64]
DOFS = 7  # translation, rotvec, even scale - 1
MIRRORED = np.array([-1.0, 1, 1, 1, -1, -1, 1])
GAZE_AXIS = {
    "gaze_down": (1.0, 0.0, 0.0),
    "gaze_up": (-1.0, 0.0, 0.0),
    "gaze_left": (0.0, 1.0, 0.0),
}


@dataclass(frozen=True)
class RetargetConfig:
    """Strengths of the fit.

    Attributes:
        steps: of Gauss-Newton.
        shift_penalty: of a metre of translation, in metres of one vertex.
        turn_penalty, scale_penalty: of a radian, and of a scale of 2.
        least_m: a bone stays if, alone, it moves some vertex as far as this.
    """

    steps: int = 4
    shift_penalty: float = 0.5
    turn_penalty: float = 0.02
    scale_penalty: float = 0.04
    least_m: float = 0.0004


class Model(Protocol):
    """A skeleton that deforms a mesh.

    Attributes:
        names: bones or controls that poses may use.
        lids_follow: whether the skeleton itself turns the lids with the eyes.
        jaw, tongue: those of them that move for the AUs of the jaw and when the tongue is shown.
        target, head_bone: as the profile has them.
        mesh, rest: MakeHuman's base mesh and its (19158, 3) positions.
        vertices: (V,) those that the fit looks at.
        metric: (V, V) sparse, in which misfits are squared; see ``edge_metric``.
    """

    names: tuple[str, ...]
    lids_follow: bool
    jaw: tuple[str, ...]
    tongue: tuple[str, ...]
    target: str
    head_bone: str
    mesh: makehuman.BaseMesh
    rest: FloatArray
    vertices: NDArray[np.int64]
    metric: Any

    def displacement(self, pose: FloatArray) -> FloatArray:
        """(V, 3) metres for (N, 7) translation, rotvec and even scale − 1 of each bone."""

    def jacobian(self, pose: FloatArray, bones: list[int]) -> FloatArray:
        """(3 V, 7 len(bones)) derivative by the dofs of ``bones`` near ``pose``."""

    def look(self, axis: tuple[float, float, float]) -> dict[str, Any]:
        """Bones in JSON that turn both eyes by one radian about ``axis``."""


def edge_metric(mesh: makehuman.BaseMesh, vertices: NDArray[np.int64], weight: float = 3.0) -> Any:
    """(V, V) sparse 1 + weight · L: misfits count, and how they differ along the mesh's edges."""
    row = np.full(len(mesh.positions), -1)
    row[vertices] = np.arange(len(vertices))
    quads = row[mesh.quads]
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    edges = np.unique(np.sort(edges[(edges >= 0).all(axis=1)], axis=1), axis=0)
    ends = sparse.coo_matrix(
        (np.tile([1.0, -1.0], len(edges)), (np.repeat(np.arange(len(edges)), 2), edges.ravel())),
        shape=(len(edges), len(vertices)),
    ).tocsr()
    return sparse.identity(len(vertices), format="csr") + weight * (ends.T @ ends)


def differences(model: Model, pose: FloatArray, bones: list[int]) -> FloatArray:
    """Jacobian by forward differences of 10 µm, 0.1 mrad and 0.1 ‰."""
    start = model.displacement(pose)
    columns = []
    for bone in bones:
        for dof in range(DOFS):
            step = 1e-5 if dof < 3 else 1e-4
            moved = pose.copy()
            moved[bone, dof] += step
            columns.append((model.displacement(moved) - start).ravel() / step)
    return np.stack(columns, axis=1)


class MakeHuman:
    """MPFB's default skeleton on the average adult; the model of ``makehuman.json``.

    Only bones that have weights of their own are used, and the tongue's by its chain; what stands
    above them in the skeleton stays at rest, so that no two bones do the same.
    """

    head_bone = "head"
    target = "MakeHuman and MPFB, default skeleton (rig.default)"
    jaw: tuple[str, ...] = ("jaw",)
    lids_follow = False

    def __init__(self) -> None:
        self.mesh = makehuman.read_base_mesh()
        self.rest = makehuman.average_adult(self.mesh)
        self.rig = mpfb_rig.read_rig("standard/rig.default.json", self.mesh, self.rest)
        weights = mpfb_rig.read_weights("standard/weights.default.json", self.rig.names)
        head = self.rig.index("head")
        self._below = [i for i in range(len(self.rig.names)) if self._hangs_on(i, head)]
        self.names = tuple(
            self.rig.names[i]
            for i in self._below
            if weights[:, i].max() > 0.2 and not self.rig.names[i].startswith(("special", "eye"))
        )
        self.tongue = tuple(name for name in self.names if name.startswith("tongue"))
        self._bones = [self.rig.index(name) for name in self.names]
        body = self.mesh.vertices_of("body", "helper-tongue", "helper-lower-teeth")
        self.vertices = body[weights[body][:, self._bones].sum(axis=1) > 1e-4]
        self.metric = edge_metric(self.mesh, self.vertices)
        self._weights, self._points = weights[self.vertices], self.rest[self.vertices]

    def _hangs_on(self, bone: int, ancestor: int) -> bool:
        parent = self.rig.parents[bone]
        return parent >= 0 and (parent == ancestor or self._hangs_on(parent, ancestor))

    def local(self, pose: FloatArray) -> FloatArray:
        """(B, 9) of all bones of the skeleton for (N, 7) of ``names``."""
        out = np.zeros((len(self.rig.names), 9))
        out[self._bones, :6], out[self._bones, 6:] = pose[:, :6], pose[:, 6:]
        return out

    def displacement(self, pose: FloatArray) -> FloatArray:
        """See ``Model``."""
        return mpfb_rig.moved_by(self.rig, self._weights, self._points, self.local(pose))

    def jacobian(self, pose: FloatArray, bones: list[int]) -> FloatArray:
        """See ``Model``."""
        return differences(self, pose, bones)

    def look(self, axis: tuple[float, float, float]) -> dict[str, Any]:
        """See ``Model``: the eyeballs turn by exactly the gaze."""
        part = {"translation": [0.0, 0.0, 0.0], "rotvec": list(axis), "scale": [1.0, 1.0, 1.0]}
        return {"eye.L": part, "eye.R": part}


def ridge(count: int, config: RetargetConfig) -> FloatArray:
    """(7 count,) penalty of each unknown."""
    each = [config.shift_penalty] * 3 + [config.turn_penalty] * 3 + [config.scale_penalty]
    return np.tile(each, count)


def solve(model: Model, target: FloatArray, bones: list[int], config: RetargetConfig) -> FloatArray:
    """(N, 7) pose of ``bones`` nearest to ``target`` (V, 3); the others stay at rest."""
    pose = np.zeros((len(model.names), DOFS))
    if not bones:
        return pose
    penalty = ridge(len(bones), config)
    for _ in range(config.steps):
        matrix = model.jacobian(pose, bones)
        residual = model.metric @ (target - model.displacement(pose))
        right = matrix.T @ residual.ravel() - penalty**2 * pose[bones].ravel()
        weighted = (model.metric @ matrix.reshape(len(target), -1)).reshape(matrix.shape)
        step = np.linalg.solve(matrix.T @ weighted + np.diag(penalty**2), right)
        pose[bones] += step.reshape(-1, DOFS)
    return pose


def is_symmetric(name: str) -> bool:
    """Whether a pose is its own mirror image."""
    return not is_left(name) and name != "gaze_left"


def mirror_of(model: Model) -> list[int]:
    """(N,) the twin of each bone on the other side."""
    return [model.names.index(other_side(name)) for name in model.names]


def other_side(name: str) -> str:
    """Blender's mirror name: .L and .R swap, at the end or before a number."""
    parts = name.split(".")
    return ".".join({"L": "R", "R": "L"}.get(part, part) for part in parts)


def may_move(model: Model, bone: str, au: str) -> bool:
    """The jaw moves for the AUs of the jaw, the tongue when it is shown, the left for the left."""
    if bone in model.jaw:
        return au in anatomy.JAW_AUS
    if bone in model.tongue:
        return au == "AU19"
    return not (other_side(bone) != bone and ".R" in bone and au.endswith("_L"))


def fitted(model: Model, target: FloatArray, config: RetargetConfig, name: str) -> FloatArray:
    """(N, 7) pose for one shape; sparse, and its own mirror image where the shape is."""
    bones = [i for i, bone in enumerate(model.names) if may_move(model, bone, name)]
    symmetric = is_symmetric(name)
    pose = solve(model, target, bones, config)
    keep = []
    for bone in bones:
        alone = np.zeros_like(pose)
        alone[bone] = pose[bone]
        if np.linalg.norm(model.displacement(alone), axis=1).max() > config.least_m:
            keep.append(bone)
    if symmetric:
        twin = mirror_of(model)
        keep = sorted({*keep, *(twin[bone] for bone in keep)})
    pose = solve(model, target, keep, config)
    return (pose + pose[mirror_of(model)] * MIRRORED) / 2 if symmetric else pose


def pose_json(model: Model, pose: FloatArray) -> dict[str, Any]:
    """Bones that move, to 1 µm, 0.01 mrad and 0.01 ‰."""
    bones = {
        name: {
            "translation": [round(float(x), 6) + 0.0 for x in row[:3]],
            "rotvec": [round(float(x), 5) + 0.0 for x in row[3:6]],
            "scale": [round(1 + float(row[6]), 5)] * 3,
        }
        for name, row in zip(model.names, pose, strict=True)
        if np.abs(row).max() > 1e-6
    }
    return {"bones": bones, "curves": {}}


def all_poses(model: Model, config: RetargetConfig) -> dict[str, dict[str, Any]]:
    """Pose name → JSON of every pose; prints what each explains."""
    poses, twin, values = {}, mirror_of(model), []
    shapes = au_shapes(model.mesh, model.rest)
    print(f"{model.target}: displacement variance explained, bones used")
    lids = () if model.lids_follow else tuple(anatomy.GAZE_UNITS)
    for name in [*anatomy.AU_UNITS, *lids]:
        target = shapes[name][model.vertices]
        pose = fitted(model, target, config, name)
        values.append(explained_variance(target, model.displacement(pose)))
        used = [n for n, row in zip(model.names, pose, strict=True) if row.any()]
        print(f"{name:<10} {values[-1]:.3f}  {' '.join(used)}", flush=True)
        if name in anatomy.GAZE_UNITS:
            pose = pose * gaze_share(name, model)
        poses[name] = pose_json(model, pose)
        if not is_symmetric(name):
            other = "gaze_right" if name == "gaze_left" else name[:-1] + "R"
            poses[other] = pose_json(model, pose[twin] * MIRRORED)
    aus = values[: len(anatomy.AU_UNITS)]
    print(f"mean {np.mean(aus):.3f}, least {min(aus):.3f} (AUs)")
    for name, axis in {**GAZE_AXIS, "gaze_right": (0.0, -1.0, 0.0)}.items():
        poses.setdefault(name, {"bones": {}, "curves": {}})["bones"] |= model.look(axis)
    return poses


def gaze_share(name: str, model: Model) -> float:
    """What brings the lids of a gaze shape to one radian of gaze.

    The shapes turn the eye by 10 to 14 degrees; lids follow a larger gaze by less than in
    proportion, so half of it is taken.
    """
    eye = model.mesh.vertices_of("helper-l-eye")
    unit = {
        "gaze_down": "eyeLookDownLeft",
        "gaze_up": "eyeLookUpLeft",
        "gaze_left": "eyeLookOutLeft",
    }
    moved = makehuman.face_unit(unit[name])[eye]
    reach = np.linalg.norm(moved, axis=1).max()
    radius = np.ptp(model.rest[eye, 1]) / 2
    return float(0.5 * radius / reach)


def profile_json(model: Model, poses: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The whole file."""
    eyes = [makehuman.joint_centre(model.mesh, model.rest, f"{side}-eye") for side in "lr"]
    drivers = [driver_json(name, ((name, 1.0),)) for name in load_layout().au_channel_names]
    for name, channel, sign in (
        ("gaze_left", "gaze_yaw", 1.0),
        ("gaze_right", "gaze_yaw", -1.0),
        ("gaze_down", "gaze_pitch", 1.0),
        ("gaze_up", "gaze_pitch", -1.0),
    ):
        drivers.append(driver_json(name, ((channel, sign),)))
    return {
        "format": "geface-profile",
        "format_version": VERSION,
        "target": model.target,
        "layout_id": load_layout().layout_id,
        "convention": CONVENTION,
        "head_bone": model.head_bone,
        "reference_eye_distance_m": round(float(np.linalg.norm(eyes[0] - eyes[1])), 5),
        "drivers": drivers,
        "poses": poses,
    }


def rigify() -> Model:
    """MPFB's Rigify face; needs Blender's module."""
    from rig.author.rigify_face import RigifyFace

    return RigifyFace()


MODELS: dict[str, Callable[[], Model]] = {"makehuman": MakeHuman, "rigify": rigify}


def main() -> None:
    """Fit one profile and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=MODELS)
    parser.add_argument("--out", type=Path, default=PROFILES, help="folder for NAME.json")
    options = parser.parse_args()
    model = MODELS[options.name]()
    raw = profile_json(model, all_poses(model, RetargetConfig()))
    (options.out / f"{options.name}.json").write_text(written(raw), encoding="utf-8")


if __name__ == "__main__":
    main()
    leave()
