"""From MakeHuman's shapes to skeleton, weights and bone poses; no Blender needed.

The result, a ``SolvedRig``, is everything that ``build`` writes into the assets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rig.author import anatomy, contacts, fit, makehuman, sculpt
from rig.author.fit import BonePose, FitConfig, rigid_fit
from rig.author.identities import principal_shapes
from rig.author.identity_fit import IdentityShapes
from rig.layout import load_layout, mirror_name
from rig.rotations import matrix_to_rotvec, rotvec_to_matrix

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DECIMETRE = makehuman.METRES_PER_DECIMETRE
LASHES = tuple(f"helper-{s}-eyelashes-{i}" for s in "lr" for i in (1, 2))
CUT_HEIGHT_M = 0.5  # the chest below is cut away
TEETH = ("helper-upper-teeth", "helper-lower-teeth")
LIDS_APART_RAD = np.radians(4.0)  # from the slit's middle, beyond which skin is of one lid only
SKIRT_HOLD = 0.45  # or else the fit shares the rim out among bones that leave the eye ajar
NOTHING = np.zeros((19158, 3))


@dataclass(frozen=True)
class Skeleton:
    """Bones in parent-before-child order.

    Attributes:
        names, parents: (B,) parent index, -1 for the root.
        pivots: (B, 3) rest positions, metres, rig frame.
        anchors: (B, 3) where the bone acts on the skin.
        radii: (B,) spread of influence, 0 for bones without weights.
        expressive: (B,) True for bones that AUs move.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    pivots: FloatArray
    anchors: FloatArray
    radii: FloatArray
    expressive: NDArray[np.bool_]

    def index(self, name: str) -> int:
        """Position of the bone ``name``."""
        return self.names.index(name)

    def mirror(self) -> IntArray:
        """(B,) index of each bone's twin on the other side."""
        return np.array([self.index(mirror_name(name)) for name in self.names])


@dataclass(frozen=True)
class SolvedRig:
    """Skin and poses.

    Attributes:
        skeleton: the bones.
        base_index: (V,) vertex of MakeHuman's mesh behind each row.
        positions: (V, 3) rest, metres, rig frame.
        weights: (V, B) at most four a row.
        poses: pose name → transforms in the parent's frame (of the jaw's children: the jaw's).
        together: (first, second) of ``anatomy.SCULPTED`` → what both need beside their sum.
        late_blink: what the left blink needs beside its pose, by the fourth power of its channel.
        explained: pose name → displacement variance explained.
        origin: (3,) MakeHuman position of the rig's origin.
    """

    skeleton: Skeleton
    base_index: IntArray
    positions: FloatArray
    weights: FloatArray
    poses: dict[str, BonePose]
    explained: dict[str, float]
    origin: FloatArray
    together: dict[tuple[str, str], BonePose]
    late_blink: BonePose


def _with_twins(names: list[str]) -> list[str]:
    out: list[str] = []
    for name in names:
        out += [name] if not name.endswith("_L") else [name, mirror_name(name)]
    return out


def _on_skin(front: FloatArray, x: float, y: float) -> FloatArray:
    """Point of the frontal surface at (x, y) metres: the foremost vertex near there."""
    distance = np.hypot(front[:, 0] - x, front[:, 1] - y)
    near = front[distance < max(0.004, distance.min() * 1.3)]
    return np.array([x, y, near[:, 2].max()])


def _place(front: FloatArray, place: tuple[float, ...]) -> FloatArray:
    """A place in decimetres: (x, y) is dropped onto the skin."""
    if len(place) == 3:
        return np.array(place) * DECIMETRE
    return _on_skin(front, place[0] * DECIMETRE, place[1] * DECIMETRE)


def place_bones(rest: FloatArray, skin: IntArray, eye_left: FloatArray) -> Skeleton:
    """Put the skeleton of ``anatomy`` onto the average adult (MakeHuman frame, metres)."""
    layout_bones = {b for c in load_layout().identity for b in c.bones}
    front = rest[skin]
    front = front[front[:, 2] > 0.02]
    rows: dict[str, tuple[str, FloatArray, FloatArray, float, bool]] = {
        name: ("" if name == "root" else "root", np.zeros(3), np.zeros(3), 0.0, False)
        for name in anatomy.ROOT_BONES
    }
    for name, part in anatomy.COMPONENT_BONES.items():
        pivot = eye_left if name in anatomy.EYE_PIVOTS else _place(front, part.pivot)
        anchor = _place(front, part.acts_at or part.pivot)
        rows[name] = (part.parent, pivot, anchor, part.radius * DECIMETRE, False)
    for bone in anatomy.EXPRESSION_BONES:
        anchor = _on_skin(front, bone.x * DECIMETRE, bone.y * DECIMETRE)
        if bone.pivot == "inside":
            anchor = np.array([bone.x, bone.y, bone.z]) * DECIMETRE
        pivot = eye_left if bone.pivot == "eye" else anchor
        rows[bone.name] = (bone.parent, pivot, anchor, bone.radius * DECIMETRE, True)
    names = _sorted_by_parent(rows)
    missing = layout_bones - set(names)
    if missing:
        raise ValueError(f"layout components without a bone: {sorted(missing)}")
    return _mirrored_skeleton(names, rows)


def _sorted_by_parent(
    rows: dict[str, tuple[str, FloatArray, FloatArray, float, bool]],
) -> list[str]:
    """All names with twins, parents first."""
    waiting, done = _with_twins(list(rows)), [""]
    while waiting:
        for name in waiting:
            if _parent_of(name, rows) in done:
                done.append(name)
                waiting.remove(name)
                break
        else:
            raise ValueError(f"bones without a reachable parent: {waiting}")
    return done[1:]


def _parent_of(name: str, rows: dict[str, tuple[str, FloatArray, FloatArray, float, bool]]) -> str:
    if name in rows:
        return rows[name][0]
    return mirror_name(rows[mirror_name(name)][0])


def _mirrored_skeleton(
    names: list[str], rows: dict[str, tuple[str, FloatArray, FloatArray, float, bool]]
) -> Skeleton:
    flip = np.array([-1.0, 1.0, 1.0])
    pick = [(rows[n], np.ones(3)) if n in rows else (rows[mirror_name(n)], flip) for n in names]
    parents = [_parent_of(name, rows) for name in names]
    return Skeleton(
        names=tuple(names),
        parents=tuple(names.index(p) if p else -1 for p in parents),
        pivots=np.array([row[1] * sign for row, sign in pick]),
        anchors=np.array([row[2] * sign for row, sign in pick]),
        radii=np.array([row[3] for row, _ in pick]),
        expressive=np.array([row[4] for row, _ in pick]),
    )


def au_shapes(mesh: makehuman.BaseMesh, rest: FloatArray) -> dict[str, FloatArray]:
    """Pose name → (V, 3) displacement of the whole base mesh at intensity 1, left and midline."""
    shapes = {name: unit_sum(units) for name, units in anatomy.AU_UNITS.items()}
    local = rest - makehuman.joint_centre(mesh, rest, "head")
    for name, field in anatomy.AU_LIPS.items():
        shapes[name] = shapes[name] + sculpt.lip_field(local, field)
    for name, by_m in anatomy.LIPS_SHUT_M.items():
        shapes[name] = shapes[name] + sculpt.lips_drawn_together(local, by_m)
    for name in anatomy.SPLIT_AT_MIDLINE:
        shapes[name] = shapes[name] * sculpt.smoothstep(-0.006, 0.006, rest[:, :1])
    for name in anatomy.MOUTH_SIDED:
        share = sculpt.smoothstep(-anatomy.ENDS_BEYOND_MIDLINE_M, 0.0, rest[:, :1])
        shapes[name] = shapes[name] * share
    eyes = sculpt.Eyes(mesh, rest)
    shapes["AU43_L"] = eyes.of_left_front(shapes["AU43_L"])
    shut = eyes.lifted(eyes.just_shut(shapes["AU43_L"]), anatomy.SHUT_LIFT_M)
    shapes["AU43_L"] = eyes.skirt(shut, anatomy.SKIRT_TURN_RAD, anatomy.SKIRT_REACH_M)
    for name, (_, _, gaze_units) in anatomy.GAZE_UNITS.items():
        shape = unit_sum(tuple((unit, 1.0) for unit in gaze_units))
        shapes[name] = shape * anatomy.GAZE_SIDEWARD
        if name in anatomy.LID_FOLLOW:
            shapes[name] = eyes.following(shape, *anatomy.LID_FOLLOW[name])
    return shapes


def unit_sum(units: tuple[tuple[str, float], ...]) -> FloatArray:
    """(V, 3) displacement of the whole base mesh by (unit, gain) together."""
    return np.asarray(sum((gain * makehuman.face_unit(u) for u, gain in units), NOTHING))


def prior_weights(
    positions: FloatArray, skeleton: Skeleton, neck: FloatArray, jaw_share: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Smooth weights before fitting, and which bones each vertex may follow.

    Returns:
        (V, B) prior that sums to 1, (V, B) bool.
    """
    config = FitConfig()
    spread = np.where(skeleton.radii > 0, skeleton.radii, 1.0)
    distance = np.linalg.norm(positions[:, None] - skeleton.anchors[None], axis=-1) / spread
    distance[:, skeleton.radii == 0] = np.inf
    prior = np.exp(-0.5 * distance**2)
    head, jaw, neck_bone = (skeleton.index(name) for name in ("head", "jaw_shape", "neck"))
    below = _descends_from(skeleton, skeleton.index("jaw"))
    prior[:, below] *= np.clip(jaw_share * 4, 0, 1)[:, None]
    prior[:, head] = 0.03 * (1 - jaw_share)
    prior[:, jaw] = 0.25 * jaw_share
    upper_lip = [
        i for i, n in enumerate(skeleton.names) if n.startswith(("lip_upper", "inner_upper"))
    ]
    prior[:, upper_lip] *= np.clip((1 - jaw_share) * 2, 0, 1)[:, None]
    strongest = fit.ranking(prior)[:, -config.candidates :]
    allowed = np.zeros(prior.shape, bool)
    np.put_along_axis(allowed, strongest, True, axis=1)
    allowed &= prior > 1e-5
    allowed[:, head] = True
    prior = prior / prior.sum(1, keepdims=True) * (1 - neck[:, None])
    prior[:, neck_bone] += neck
    return fit.keep_strongest(prior, config.influences), allowed


def _descends_from(skeleton: Skeleton, ancestor: int) -> list[int]:
    out: list[int] = []
    for i, parent in enumerate(skeleton.parents):
        if parent == ancestor or parent in out:
            out.append(i)
    return out


def smooth_weights(weights: FloatArray, edges: IntArray, amount: float) -> FloatArray:
    """One step of Laplacian smoothing over the mesh's edges (E, 2)."""
    total = np.zeros_like(weights)
    count = np.zeros(len(weights))
    for a, b in (edges.T, edges.T[::-1]):
        np.add.at(total, a, weights[b])
        np.add.at(count, a, 1)
    mean = np.divide(total, count[:, None], out=weights.copy(), where=count[:, None] > 0)
    return (1 - amount) * weights + amount * mean


def without(weights: FloatArray, foreign: NDArray[np.bool_]) -> FloatArray:
    """Weights (V, B) with the ``foreign`` ones left away and each row's sum made 1 again."""
    own = np.where(foreign, 0.0, weights)
    return np.asarray(own / own.sum(1, keepdims=True))


def mirrored_pose(pose: BonePose, twin: IntArray) -> BonePose:
    """The same pose on the other side."""
    turn, shift = np.array([1.0, -1.0, -1.0]), np.array([-1.0, 1.0, 1.0])
    return BonePose(pose.rotvec[twin] * turn, pose.translation[twin] * shift, pose.scale[twin])


def symmetrised(pose: BonePose, twin: IntArray) -> BonePose:
    """The mean of a pose and its mirror image."""
    other = mirrored_pose(pose, twin)
    pairs = zip(
        (pose.rotvec, pose.translation, pose.scale),
        (other.rotvec, other.translation, other.scale),
        strict=True,
    )
    return BonePose(*((a + b) / 2 for a, b in pairs))


class Solver:
    """Holds the mesh and shapes while skeleton, weights and poses are fitted."""

    def __init__(self, config: FitConfig | None = None) -> None:
        self.config = config or FitConfig()
        self.mesh = makehuman.read_base_mesh()
        self.rest = makehuman.average_adult(self.mesh)
        body = self.mesh.vertices_of("body")
        body = body[self.rest[body, 1] > CUT_HEIGHT_M]
        parts = self.mesh.vertices_of(*LASHES, *TEETH, "helper-tongue")
        self.index = np.concatenate([body, parts])
        self.eye_left = makehuman.joint_centre(self.mesh, self.rest, "l-eye")
        self.skeleton = place_bones(self.rest, body, self.eye_left)
        shapes = au_shapes(self.mesh, self.rest)
        self.eyes = sculpt.Eyes(self.mesh, self.rest)
        self.gaze_angle = {
            name: self.eyes.turn_of(unit_sum(tuple((unit, 1.0) for unit in units)))
            for name, (_, _, units) in anatomy.GAZE_UNITS.items()
        }
        self.blink_turn = self.eyes.turn_of_edge(shapes["AU43_L"])
        self.shapes = {name: shape[self.index] for name, shape in shapes.items()}
        self.points = self.rest[self.index]
        self.twin_bone = self.skeleton.mirror()
        self.twin_vertex = makehuman.mirror_index(self.points)
        self.jaw_poses = {name: self._jaw_pose(name) for name in anatomy.JAW_AUS}

    def _jaw_pose(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Rotation vector and translation of the jaw bone, from the lower teeth's motion."""
        teeth = np.isin(self.index, self.mesh.vertices_of("helper-lower-teeth"))
        pivot = self.skeleton.pivots[self.skeleton.index("jaw")]
        start = self.points[teeth]
        rotation, shift = rigid_fit(start, start + self.shapes[name][teeth], pivot)
        return matrix_to_rotvec(rotation), shift

    def jaw_share(self) -> FloatArray:
        """(V,) 0..1 how far each vertex follows the jaw bone when the jaw drops."""
        rotvec, shift = self.jaw_poses["AU26"]
        pivot = self.skeleton.pivots[self.skeleton.index("jaw")]
        rigid = (self.points - pivot) @ (rotvec_to_matrix(rotvec) - np.eye(3)).T + shift
        along = (self.shapes["AU26"] * rigid).sum(1) / np.maximum(np.square(rigid).sum(1), 1e-9)
        return np.asarray(np.clip(along, 0, 1))

    def _pin(self, weights: FloatArray) -> FloatArray:
        """Teeth belong to the mouth: the upper row stays with the head, the lower with the jaw."""
        for group, bone in zip(TEETH, ("mouth_upper", "mouth_lower"), strict=True):
            rows = np.isin(self.index, self.mesh.vertices_of(group))
            weights[rows] = 0
            weights[rows, self.skeleton.index(bone)] = 1
        return weights

    def _keep_tongue_apart(self, prior: FloatArray, allowed: NDArray[np.bool_]) -> None:
        """Only the tongue follows the tongue's bones, in place: they come close to the lip."""
        names = self.skeleton.names
        bones = np.array([i for i, n in enumerate(names) if n.startswith("tongue")])
        others = ~np.isin(self.index, self.mesh.vertices_of("helper-tongue"))
        prior[np.ix_(others, bones)] = 0
        allowed[np.ix_(others, bones)] = False
        prior /= prior.sum(1, keepdims=True)

    def _keep_lids_and_lips(
        self, prior: FloatArray, allowed: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Lids follow only what rides on the eye, lips what rides on the mouth, in place.

        Whatever else identity moves, an edge and the edge it meets then stay together. What
        rests there rests on the bones of the teeth and of the eye's corners.

        Returns:
            (V, B) bones that a vertex may not follow.
        """
        local = self.points - makehuman.joint_centre(self.mesh, self.rest, "head")
        foreign = np.zeros(allowed.shape, bool)
        lips = np.flatnonzero(contacts.lip_region(local))
        share = self.jaw_share()[lips]
        for bone, part in (("mouth_upper", 1 - share), ("mouth_lower", share)):
            prior[lips, self.skeleton.index(bone)] = 0.02 * part
            allowed[lips, self.skeleton.index(bone)] = True
        self._confine(lips, ("mouth_upper", "mouth_lower"), foreign)
        for side in "LR":
            lids = np.flatnonzero(contacts.lid_region(local, side))
            for bone in (f"tear_duct_{side}", f"eye_corner_{side}"):
                at = self.skeleton.index(bone)
                far = np.linalg.norm(self.points[lids] - self.skeleton.anchors[at], axis=1)
                prior[lids, at] = np.maximum(prior[lids, at], 0.02 * np.exp(-far / 0.02))
                allowed[lids, at] = True
            self._confine(lids, (f"eye_{side}",), foreign)
            self._part_lids(lids, side, foreign)
        prior[:] = fit.keep_strongest(without(prior, foreign), self.config.influences)
        allowed &= ~foreign
        return foreign

    def _part_lids(self, lids: IntArray, side: str, foreign: NDArray[np.bool_]) -> None:
        """Mark the lower lid's bones as foreign to the upper lid and the other way, in place."""
        above = sculpt.lid_angle(self.points[lids], self.eye_left) - sculpt.LID_SPLIT_RAD
        for part, other in ((above > LIDS_APART_RAD, "lower"), (above < -LIDS_APART_RAD, "upper")):
            bones = [self.skeleton.index(f"lid_{other}_{i}_{side}") for i in (1, 2, 3)]
            foreign[np.ix_(lids[part], bones)] = True

    def _confine(self, rows: IntArray, tops: tuple[str, ...], foreign: NDArray[np.bool_]) -> None:
        """Mark all bones but ``tops`` and those below them as foreign to ``rows``, in place."""
        own = [self.skeleton.index(top) for top in tops]
        own += [bone for top in own for bone in _descends_from(self.skeleton, top)]
        foreign[np.ix_(rows, np.setdiff1d(np.arange(foreign.shape[1]), own))] = True

    def _rows(self, vertices: IntArray) -> IntArray:
        """Rows of the solved mesh for vertices of the base mesh."""
        return np.flatnonzero(np.isin(self.index, vertices))

    def _keep_skirt_apart(
        self, prior: FloatArray, allowed: NDArray[np.bool_], foreign: NDArray[np.bool_]
    ) -> None:
        """Only the upper lid's rim follows the skirt bone, in place: its middle wholly."""
        bone = self.skeleton.index("lid_skirt_L")
        rows, share = self._skirt_share()
        foreign[:, [bone, self.twin_bone[bone]]] = True
        foreign[rows, bone] = False
        allowed &= ~foreign
        allowed[rows, bone] = True
        prior[rows] *= (1 - share)[:, None]
        prior[rows, bone] = share

    def _skirt_share(self) -> tuple[IntArray, FloatArray]:
        """Rows of the left upper lid's rim, and how far each should follow the skirt, 0..1."""
        rows = self._rows(self.eyes.upper_rim)
        drop = np.linalg.norm(self.shapes["AU43_L"][rows], axis=1)
        return rows, drop / drop.max()

    def _hold_skirt(self, weights: FloatArray) -> FloatArray:
        """Weights whose rim follows the skirt by ``SKIRT_HOLD`` of its share at the least."""
        bone = self.skeleton.index("lid_skirt_L")
        rows, share = self._skirt_share()
        own = np.maximum(weights[rows, bone], SKIRT_HOLD * share)
        weights[rows] *= ((1 - own) / np.maximum(1 - weights[rows, bone], 1e-9))[:, None]
        weights[rows, bone] = own
        return weights

    def _lashes_with_edge(self, weights: FloatArray) -> FloatArray:
        """The left lashes follow the lids' edges beside them (the right ones are mirrored)."""
        left = self.mesh.vertices_of(*(n for n in LASHES if "-l-" in n))
        rows = self._rows(left)
        angle = sculpt.lid_angle(self.points[rows], self.eye_left)
        upper = angle > sculpt.LID_SPLIT_RAD
        for part, edge in ((upper, self.eyes.upper_edge), (~upper, self.eyes.lower_edge)):
            beside = self._rows(edge)
            apart = self.points[rows[part], None, 0] - self.points[None, beside, 0]
            near = np.exp(-((apart / 0.0015) ** 2)) + 1e-9
            weights[rows[part]] = near @ weights[beside] / near.sum(1, keepdims=True)
        return weights

    def _symmetric(self, weights: FloatArray) -> FloatArray:
        left = self.points[:, 0] > 1e-5
        right = self.points[:, 0] < -1e-5
        mirrored = weights[self.twin_vertex][:, self.twin_bone]
        out = np.where(left[:, None], weights, mirrored)
        middle = ~left & ~right
        out[middle] = (weights[middle] + mirrored[middle]) / 2
        return out

    def _edges(self) -> IntArray:
        row = np.full(len(self.rest), -1)
        row[self.index] = np.arange(len(self.index))
        quads = row[self.mesh.quads]
        quads = quads[(quads >= 0).all(1)]
        return np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])

    def solve_pose(self, name: str, weights: FloatArray) -> BonePose:
        """Bone transforms in the head's frame that make the shape ``name``."""
        pose = self._fit_pose(weights, self.shapes[name], self.jaw_poses.get(name))
        return symmetrised(pose, self.twin_bone) if self._is_symmetric(name) else pose

    def _fit_pose(
        self, weights: FloatArray, shape: FloatArray, jaw: tuple[FloatArray, FloatArray] | None
    ) -> BonePose:
        """Bone transforms that make a shape (V, 3), the jaw's motion given."""
        pose = BonePose.identity(len(self.skeleton.names))
        free = self.skeleton.expressive.copy()
        free[[self.skeleton.index(n) for n in ("jaw", "eyeball_L", "eyeball_R")]] = False
        if jaw is not None:
            self._follow_jaw(pose, *jaw)
        pivots = self.skeleton.pivots
        return fit.solve_pose(self.points, weights, pivots, shape, free, self.config, pose)

    def _solve_together(
        self, pair: anatomy.Sculpted, weights: FloatArray, poses: dict[str, BonePose]
    ) -> BonePose:
        """What the bones need beside the sum of two poses (in the parents' frames)."""
        shape = self.shapes[pair.first] + self.shapes[pair.second]
        shape = shape + unit_sum(pair.units)[self.index]
        both = self._fit_pose(weights, shape, self.jaw_poses.get(pair.first))
        both = self._local(symmetrised(both, self.twin_bone))
        first, second = poses[pair.first], poses[pair.second]
        return BonePose(
            both.rotvec - first.rotvec - second.rotvec,
            both.translation - first.translation - second.translation,
            both.scale - first.scale - second.scale + 2,
        )

    @staticmethod
    def _is_symmetric(name: str) -> bool:
        return not name.endswith("L") and name != "gaze_left"

    def _follow_jaw(self, pose: BonePose, rotvec: FloatArray, shift: FloatArray) -> None:
        """Start the jaw and all below it with the jaw's own motion."""
        jaw = self.skeleton.index("jaw")
        pivots = self.skeleton.pivots
        turn = rotvec_to_matrix(rotvec)
        for bone in [jaw, *_descends_from(self.skeleton, jaw)]:
            arm = pivots[bone] - pivots[jaw]
            pose.rotvec[bone] = rotvec
            pose.translation[bone] = turn @ arm - arm + shift

    def run(self) -> SolvedRig:
        """Alternate poses and weights; return the rig in its own frame."""
        neck = makehuman.neck_share()[self.index]
        prior, allowed = prior_weights(self.points, self.skeleton, neck, self.jaw_share())
        self._keep_tongue_apart(prior, allowed)
        foreign = self._keep_lids_and_lips(prior, allowed)
        self._keep_skirt_apart(prior, allowed, foreign)
        prior = self._symmetric(self._pin(prior))
        weights, edges = prior, self._edges()
        names = list(self.shapes)
        half = np.flatnonzero(self.points[:, 0] > -1e-5)
        stack = np.stack([self.shapes[n] for n in names])
        identity = self._identity_shapes(neck)
        counts = np.array([anatomy.EMPHASIS.get(name, 1.0) for name in names])[:, None, None]
        targets = np.concatenate([stack[:, half] * counts, identity.targets[:, half]])
        for _ in range(self.config.outer_iterations):
            poses = [self.solve_pose(name, weights) for name in names]
            pivots = self.skeleton.pivots
            aus = [fit.moved_points(self.points[half], pivots, pose) for pose in poses]
            moved = np.concatenate([aus * counts[..., None], identity.moved(weights, half)])
            fitted = prior.copy()
            fitted[half] = fit.solve_weights(
                moved, targets, prior[half], allowed[half], self.config
            )
            fitted = without(smooth_weights(fitted, edges, self.config.smooth), foreign)
            fitted = self._lashes_with_edge(self._hold_skirt(fitted))
            weights = self._symmetric(self._pin(fit.keep_strongest(fitted, self.config.influences)))
            weights = fit.keep_strongest_pairs(weights, self.twin_bone, self.config.influences)
        return self._result(weights)

    def _identity_shapes(self, neck: FloatArray) -> IdentityShapes:
        """What people differ by, which has a say in the weights beside the action units."""
        shapes = principal_shapes(self.mesh)[:, self.index]
        skeleton = self.skeleton
        return IdentityShapes(
            skeleton.names, skeleton.parents, skeleton.pivots, self.points, shapes, neck
        )

    def _result(self, weights: FloatArray) -> SolvedRig:
        poses, explained = {}, {}
        for name, target in self.shapes.items():
            pose = self.solve_pose(name, weights)
            moved = fit.moved_points(self.points, self.skeleton.pivots, pose)
            rows = ~np.isin(self.index, self.mesh.vertices_of(*TEETH))
            got = np.einsum("vb,vbi->vi", weights, moved)
            explained[name] = fit.explained_variance(target[rows], got[rows])
            poses[name] = self._local(pose)
        together = {
            (pair.first, pair.second): self._solve_together(pair, weights, poses)
            for pair in anatomy.SCULPTED
        }
        origin = makehuman.joint_centre(self.mesh, self.rest, "head")
        skeleton = replace(
            self.skeleton,
            pivots=np.where(self._at_origin()[:, None], 0, self.skeleton.pivots - origin),
            anchors=self.skeleton.anchors - origin,
        )
        self._finish_gaze(poses)
        return SolvedRig(
            skeleton=skeleton,
            base_index=self.index,
            positions=self.points - origin,
            weights=weights,
            poses=poses,
            explained=explained,
            origin=origin,
            together=together,
            late_blink=self._split_blink(poses),
        )

    def _at_origin(self) -> NDArray[np.bool_]:
        return np.isin(self.skeleton.names, anatomy.ROOT_BONES)

    def _local(self, pose: BonePose) -> BonePose:
        """Express transforms in the parent's frame, where the parent moves too."""
        jaw = self.skeleton.index("jaw")
        out = BonePose(pose.rotvec.copy(), pose.translation.copy(), pose.scale.copy())
        for bone in _descends_from(self.skeleton, jaw):
            if self.skeleton.expressive[bone]:
                self._localise(bone, pose, out)
            else:  # component bones ride on the jaw and have no motion of their own
                out.rotvec[bone], out.translation[bone], out.scale[bone] = 0, 0, 1
        return out

    def _localise(self, bone: int, pose: BonePose, out: BonePose) -> None:
        """Replace one bone's transform in ``out`` by its part below its moving parent.

        Where the parent is scaled and the bone turns in it, T·R·S cannot hold the shear; it
        is left out (only the tongue's scales are near such a place, and they are small).
        """
        parent = self.skeleton.parents[bone]
        while not self.skeleton.expressive[parent]:
            parent = self.skeleton.parents[parent]
        pivots = self.skeleton.pivots
        turn = rotvec_to_matrix(pose.rotvec[[parent, bone]])
        shift = pivots[bone] + pose.translation[bone] - pivots[parent] - pose.translation[parent]
        place = turn[0].T @ shift / pose.scale[parent]
        out.rotvec[bone] = matrix_to_rotvec(turn[0].T @ turn[1])
        out.translation[bone] = place - (pivots[bone] - pivots[parent])
        out.scale[bone] = pose.scale[bone] / pose.scale[parent]

    def _finish_gaze(self, poses: dict[str, BonePose]) -> None:
        """Per radian; the eyeball itself turns by exactly the gaze."""
        axis = {"gaze_down": [1.0, 0, 0], "gaze_up": [-1.0, 0, 0], "gaze_left": [0, 1.0, 0]}
        for name, angle in self.gaze_angle.items():
            pose = poses[name]
            share = 1 / angle
            pose.rotvec *= share
            pose.translation *= share
            pose.scale = 1 + (pose.scale - 1) * share
            for side in "LR":
                pose.rotvec[self.skeleton.index(f"eyeball_{side}")] = axis[name]

    def _split_blink(self, poses: dict[str, BonePose]) -> BonePose:
        """Leave to the blink what grows with its channel; return what comes late, the skirt.

        In the blink's own pose the skirt turns with the lid's edge, which hides it.
        """
        blink, late = poses["AU43_L"], BonePose.identity(len(self.skeleton.names))
        skirt = self.skeleton.index("lid_skirt_L")
        turn = np.array([-self.blink_turn, 0, 0])
        late.rotvec[skirt] = blink.rotvec[skirt] - turn
        late.translation[skirt] = blink.translation[skirt]
        late.scale[skirt] = blink.scale[skirt]
        blink.rotvec[skirt], blink.translation[skirt], blink.scale[skirt] = turn, 0, 1
        return late


def all_poses(solved: SolvedRig) -> dict[str, BonePose]:
    """Every pose by name, the right sides mirrored from the left."""
    twin = solved.skeleton.mirror()
    out = {}
    for name, pose in solved.poses.items():
        out[name] = pose
        if name.endswith("L"):
            out[mirror_name(name)] = mirrored_pose(pose, twin)
    out["gaze_right"] = mirrored_pose(solved.poses["gaze_left"], twin)
    return out
