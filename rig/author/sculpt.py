"""Shapes that MakeHuman's face units lack, sculpted as smooth fields on the base mesh.

Lips: ``lip_field`` draws the red of the lips together, back and in from the sides. A field of
the rest position alone keeps neighbours neighbours, so that lips made by it never cross.
``Eyes`` lets lids follow the gaze by a given share, and the hidden rim of the upper lid close
what its edge leaves open.
All lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.author import makehuman
from rig.author.fit import rigid_fit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SEAM_Y, SEAM_Z = -0.0287, 0.102  # where the lips of the average adult meet, in the middle
CORNER_X = 0.0222
RED_UPPER, RED_LOWER = 0.0095, 0.0120  # height of the lips' red in the middle
SKIN_REACH = 0.0100  # what the red does dies away over this much skin
OVERLAP_RAD = np.radians(4.0)  # by which a shut upper lid passes the lower one's edge
LID_SPLIT_RAD = np.radians(-9.0)  # between the lids' edges, as an angle about the eye's axis


@dataclass(frozen=True)
class LipField:
    """What the ring muscle of the mouth does at intensity 1.

    Attributes:
        height: of the red, as a share of that at rest.
        back_m: how far the middle of the red moves back.
        narrow: share of the mouth's width that is lost.
        raise_m: how far the seam of the lips rises.
    """

    height: float = 1.0
    back_m: float = 0.0
    narrow: float = 0.0
    raise_m: float = 0.0


def smoothstep(low: float, high: float, x: FloatArray) -> FloatArray:
    """Hermite step, 0 below ``low`` and 1 above ``high`` (either order)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _mouth_window(position: FloatArray) -> FloatArray:
    """(V,) 1 on the lips, 0 away from the mouth's sides, behind it and near the nose."""
    x, y, z = np.abs(position[:, 0]), position[:, 1], position[:, 2]
    depth = z - (SEAM_Z - 16.5 * np.minimum(x, 0.03) ** 2)
    sides = smoothstep(CORNER_X + 0.014, CORNER_X - 0.004, x)
    return np.asarray(sides * smoothstep(-0.018, -0.007, depth) * smoothstep(-0.009, -0.014, y))


def lip_field(position: FloatArray, field: LipField) -> FloatArray:
    """(V, 3) displacement of the average adult's (V, 3) positions in the rig's frame."""
    above = position[:, 1] - SEAM_Y
    taper = 0.4 + 0.6 * smoothstep(CORNER_X, 0.006, np.abs(position[:, 0]))
    red = np.where(above > 0, RED_UPPER, RED_LOWER) * taper
    inside = np.minimum(np.abs(above), red)
    beyond = np.abs(above) - inside
    fade = smoothstep(SKIN_REACH, 0.0, beyond)
    window = _mouth_window(position)
    out = np.zeros_like(position)
    out[:, 0] = -field.narrow * position[:, 0] * fade
    out[:, 1] = -np.sign(above) * inside * (1 - field.height) * fade + field.raise_m * fade
    out[:, 2] = -field.back_m * smoothstep(1.6, 0.3, np.abs(above) / red)
    return out * window[:, None]


def lips_drawn_together(position: FloatArray, by_m: float) -> FloatArray:
    """(V, 3) displacement that brings each lip's edge ``by_m`` nearer to the other's.

    Which lip a vertex belongs to shows in what the dropping jaw does to it.
    """
    drop = -makehuman.face_unit("jawOpen")[:, 1]
    lower = smoothstep(0.010, 0.016, drop)
    near = smoothstep(0.007, 0.002, np.abs(position[:, 1] - SEAM_Y)) * _mouth_window(position)
    out = np.zeros_like(position)
    out[:, 1] = by_m * (2 * lower - 1) * near
    return out


def lid_angle(position: FloatArray, eye: FloatArray) -> FloatArray:
    """(V,) radians of positions above the eye's axis, about the line through both eyes."""
    local = position - eye
    return np.asarray(np.arctan2(local[:, 1], local[:, 2]))


class Eyes:
    """The left eye of the base mesh and what moves its lids, in MakeHuman's frame.

    Attributes:
        centre: (3,) of the eyeball.
        upper_edge, lower_edge: vertices of the lids' front edges.
        upper_rim: those of the upper lid's inner rim, which touches the ball.
    """

    def __init__(self, mesh: makehuman.BaseMesh, rest: FloatArray) -> None:
        self.rest = rest
        self.centre = makehuman.joint_centre(mesh, rest, "l-eye")
        self._ball = mesh.vertices_of("helper-l-eye")
        self._raise = makehuman.face_unit("eyeLookUpLeft") + makehuman.face_unit("eyeLookUpRight")
        rim = makehuman.LID_RIM_LEFT
        edge = self._beside_rim(mesh, rim)
        drop = self._edge_turns(makehuman.face_unit("eyeBlinkLeft"), edge)
        self.upper_edge, self.lower_edge = edge[drop < -0.1], edge[drop > -0.02]
        lashes = mesh.vertices_of("helper-l-eyelashes-1", "helper-l-eyelashes-2")
        self._upper_lashes = lashes[lid_angle(rest[lashes], self.centre) > LID_SPLIT_RAD]
        self.upper_rim = rim[self._edge_turns(makehuman.face_unit("eyeBlinkLeft"), rim) < -0.1]

    def _beside_rim(self, mesh: makehuman.BaseMesh, rim: IntArray) -> IntArray:
        """The lids' front edge: what hangs together with the rim and stands further out."""
        beside = np.setdiff1d(mesh.quads[np.isin(mesh.quads, rim).any(1)], rim)
        reach = np.linalg.norm(self.rest[beside] - self.centre, axis=1)
        return np.asarray(beside[reach > 0.0152])

    def turn_of(self, shape: FloatArray) -> float:
        """Radians by which a shape turns the eyeball of the base mesh."""
        start = self.rest[self._ball]
        rotation, _ = rigid_fit(start, start + shape[self._ball], self.centre)
        return float(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))

    def _edge_turns(self, shape: FloatArray, rows: IntArray) -> FloatArray:
        start = self.rest[rows]
        return lid_angle(start + shape[rows], self.centre) - lid_angle(start, self.centre)

    def following(self, shape: FloatArray, upper: float, lower: float) -> FloatArray:
        """A gaze shape whose lids turn by these shares of what its eyeballs turn.

        The lower lid is that of the upward gaze, turned round for a downward one: the units for
        the latter hardly move it.
        """
        above = self._above()[:, None]
        turn = self.turn_of(shape)
        top, bottom = (
            self._median(shape, self.upper_edge),
            self._median(self._raise, self.lower_edge),
        )
        raised = np.copysign(lower * turn / bottom, top)
        above_lid = shape * above * abs(upper * turn / top)
        return np.asarray(above_lid + self._raise * (1 - above) * raised)

    def turn_of_edge(self, shape: FloatArray) -> float:
        """Radians up by which a shape turns the middle of the left upper lid's edge."""
        return self._median(shape, self.upper_edge)

    def _median(self, shape: FloatArray, rows: IntArray) -> float:
        middle = np.abs(self.rest[rows, 0] - self.centre[0]) < 0.004
        return float(np.median(self._edge_turns(shape, rows[middle])))

    def _above(self) -> FloatArray:
        """(V,) 1 above the slit of both eyes, 0 below."""
        mirrored = np.concatenate([np.abs(self.rest[:, :1]), self.rest[:, 1:]], axis=1)
        angle = lid_angle(mirrored, self.centre)
        return smoothstep(LID_SPLIT_RAD - 0.05, LID_SPLIT_RAD + 0.05, angle)

    def of_left_front(self, shape: FloatArray) -> FloatArray:
        """``shape`` (V, 3) without what it does behind the left lids and on the other side.

        MakeHuman's blink moves the hidden socket and the roof of the mouth by up to a centimetre.
        """
        behind = self.centre[2] - self.rest[:, 2]
        front = smoothstep(0.001, -0.007, behind) * smoothstep(0.0, 0.008, self.rest[:, 0])
        return np.asarray(shape * front[:, None])

    def just_shut(self, blink: FloatArray) -> FloatArray:
        """``blink`` (V, 3) scaled from place to place so that the upper lid just meets the lower.

        MakeHuman's blink passes the lower lid's edge outside and stops short of it at the nose.
        """
        x_lower, lower = self._edge_heights(self.lower_edge)
        x_upper, upper = self._edge_heights(self.upper_edge)
        drop = self._edge_turns(blink, self.upper_edge[np.argsort(self.rest[self.upper_edge, 0])])
        share = (np.interp(x_upper, x_lower, lower) - OVERLAP_RAD - upper) / drop
        places = np.linspace(x_upper.min(), x_upper.max(), 40)
        near = np.exp(-(((places[:, None] - x_upper) / 0.0015) ** 2))
        smooth = near @ np.clip(share, 0.55, 1.3) / near.sum(1)
        out = blink * np.interp(self.rest[:, 0], places, smooth)[:, None]
        order = self.upper_edge[np.argsort(self.rest[self.upper_edge, 0])]
        self._turn_lashes(out, x_upper, self._edge_turns(out, order))
        return np.asarray(out)

    def _turn_lashes(self, shape: FloatArray, x_edge: FloatArray, turns: FloatArray) -> None:
        """Let the left upper lashes turn with the lid's edge beside them, in place."""
        rows = self._upper_lashes
        angle = np.interp(self.rest[rows, 0], x_edge, turns)
        local = self.rest[rows] - self.centre
        cos, sin = np.cos(angle), np.sin(angle)
        shape[rows, 0] = 0
        shape[rows, 1] = cos * local[:, 1] + sin * local[:, 2] - local[:, 1]
        shape[rows, 2] = cos * local[:, 2] - sin * local[:, 1] - local[:, 2]

    def _edge_heights(self, edge: IntArray) -> tuple[FloatArray, FloatArray]:
        """x and the angle above the eye's axis of an edge's vertices, from the nose outwards."""
        order = edge[np.argsort(self.rest[edge, 0])]
        return self.rest[order, 0], lid_angle(self.rest[order], self.centre)

    def lifted(self, shape: FloatArray, by_m: float) -> FloatArray:
        """``shape`` (V, 3) with the outside of the left lids a little further from the ball."""
        local = self.rest - self.centre
        reach = np.linalg.norm(local, axis=1)
        near = (reach > 0.0157) & (local[:, 2] > 0.004)
        lid = near * smoothstep(0.0205, 0.0175, reach)
        return np.asarray(shape + (by_m * lid / np.maximum(reach, 1e-6))[:, None] * local)

    def skirt(self, shape: FloatArray, turn: float, reach_m: float) -> FloatArray:
        """``shape`` (V, 3) with the upper lid's rim drawn down behind the lower lid.

        Nobody sees the rim of a shut eye. Drawn down it hides the eyeball of those whose lids
        stand too far apart for the same pose to shut them.

        Args:
            turn: how far the rim's middle goes, radians down; reach_m: its distance then from
                the eye's centre.
        """
        rows = self.upper_rim
        drop = self._edge_turns(makehuman.face_unit("eyeBlinkLeft"), rows)
        share = np.clip(drop / drop.min(), 0, 1)
        local = self.rest[rows] - self.centre
        length = np.linalg.norm(local, axis=1)
        angle = np.arctan2(local[:, 1], local[:, 2]) - turn * share
        far = length + share * (reach_m - length)
        flat = np.sqrt(np.maximum(far**2 - local[:, 0] ** 2, 1e-8))
        goal = np.stack([local[:, 0], flat * np.sin(angle), flat * np.cos(angle)], axis=1)
        out = shape.copy()
        out[rows] = goal - local
        return out
