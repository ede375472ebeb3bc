"""Where points of the rig's face lie in the aligned crop, as a differentiable function of y.

The rig's arithmetic (``rig.skeleton``, ``rig.skinning``, ``rig.view.project``) once more in torch:
parameters → channels → joints → points → pixels → crop, exact and with a gradient. What is drawn
there is for the learned renderer to learn; where things are it need not.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rig.head import Head, load_head
from rig.landmarks import Landmarks
from rig.layout import Layout, load_layout
from rig.profile import Profile, load_profile
from rig.skeleton import Skeleton
from rig.view import EVEN_VIEW, clip_from_rig
from training.data.rig_crops import FIVE_POINTS, crop_targets

FloatArray = NDArray[np.float64]

SKIN_POINTS = 64
_FRONT_M, _TOP_M = 0.01, 0.10  # z above which skin is the face's, y below which it has no hair
_FACTORS = 4


class RigPoints(nn.Module):
    """y → places in the crop of the rig's named landmarks, then of ``SKIN_POINTS`` of its skin.

    Attributes:
        names: of the landmarks, in order.
        count: of all points.
    """

    def __init__(self) -> None:
        super().__init__()
        head, layout = load_head(), load_layout()
        self.channels = _Channels(layout)
        self.joints = _Joints(head, load_profile(), layout)
        points = _point_weights(head)
        self.names, self.count = tuple(points)[: -SKIN_POINTS or None], len(points)
        rows = {name: row for row, name in enumerate(points)}
        self.register_buffer("points", _tensor(np.stack(list(points.values()))), persistent=False)
        self.register_buffer("clip", _tensor(clip_from_rig(EVEN_VIEW)), persistent=False)
        five = np.zeros((len(FIVE_POINTS), self.count))
        for row, parts in enumerate(FIVE_POINTS):
            five[row, [rows[name] for name in parts]] = 1 / len(parts)
        self.register_buffer("five", _tensor(five), persistent=False)
        self.register_buffer("targets", _tensor(crop_targets()), persistent=False)

    def forward(self, parameters: Tensor) -> Tensor:
        """(N, P) in the layout's order → (N, K, 2) x, y in pixels of the 128² crop."""
        # half precision would put points pixels off
        with torch.autocast(parameters.device.type, enabled=False):
            return self._in_crop(self.rig_points(parameters))

    def _in_crop(self, placed: Tensor) -> Tensor:
        clip = placed @ self.clip[:, :3].T + self.clip[:, 3]
        flat = clip[..., :2] / clip[..., 3:] * clip.new_tensor([1.0, -1.0])
        return _as_fitted(flat, self.five @ flat, self.targets)

    def rig_points(self, parameters: Tensor) -> Tensor:
        """(N, P) → (N, K, 3) metres, rig frame."""
        identity = parameters[:, load_layout().blocks["identity"]]
        matrices = self.joints(self.channels(parameters), identity)  # (N, J, 3, 4)
        flat = matrices.transpose(1, 2).flatten(2)  # (N, 3, J·4)
        return (flat @ self.points.T).transpose(1, 2)


class _Channels(nn.Module):
    """``rig.layout.channels_from_parameters``: min(max(x (1 + s a), 0), 1), or low + x range."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        index, count = layout.parameter_index, len(layout.channels)
        value, other = np.zeros(count, int), np.zeros(count, int)
        sign, low, span = np.zeros(count), np.zeros(count), np.zeros(count)
        for au in layout.all_aus:
            for side, name in zip((1.0, -1.0), au.channels, strict=False):
                at = layout.channel_index[name]
                value[at], span[at] = index[au.name], 1.0
                if au.sided:
                    other[at], sign[at] = index[f"{au.name}.asymmetry"], side
        for angle in (*layout.raw["pose"], *layout.raw["extension"]["gaze"]):
            at, ends = layout.channel_index[angle["name"]], (angle["deg_at_0"], angle["deg_at_1"])
            value[at] = index[angle["name"]]
            low[at], span[at] = np.deg2rad(ends[0]), np.deg2rad(ends[1] - ends[0])
        bounded = np.array([channel.unit == "intensity" for channel in layout.channels])
        self.register_buffer("value", torch.from_numpy(value), persistent=False)
        self.register_buffer("other", torch.from_numpy(other), persistent=False)
        for name, array in {"sign": sign, "low": low, "span": span}.items():
            self.register_buffer(name, _tensor(array), persistent=False)
        self.register_buffer("bounded", torch.from_numpy(bounded), persistent=False)

    def forward(self, parameters: Tensor) -> Tensor:
        """(N, P) → (N, C)."""
        sided = parameters[:, self.value] * (1 + self.sign * parameters[:, self.other])
        return torch.where(self.bounded, sided.clamp(0, 1), self.low + self.span * sided)


class _Joints(nn.Module):
    """``Skeleton.skin_matrices``: (N, C) channels and (N, 208) identity → (N, J, 3, 4)."""

    def __init__(self, head: Head, profile: Profile, layout: Layout) -> None:
        super().__init__()
        count = len(head.joint_names)
        channels, gains = _factors(profile, layout)
        self.register_buffer("factors", torch.from_numpy(channels), persistent=False)
        self.register_buffer("gains", _tensor(gains), persistent=False)
        poses = np.zeros((len(profile.drivers), count, 9))
        for row, driver in enumerate(profile.drivers):
            for bone, part in profile.poses[driver.pose].bones.items():
                poses[row, head.joint_index(bone)] += part.offset
        self.register_buffer("poses", _tensor(poses.reshape(len(poses), -1)), persistent=False)
        identity = Skeleton(head, profile, layout).identity_offsets
        flat = identity.reshape(len(identity), -1)
        self.register_buffer("identity", _tensor(flat), persistent=False)
        self.register_buffer("rest", _tensor(head.rest_translations), persistent=False)
        self.register_buffer("places", _tensor(head.rest_positions), persistent=False)
        self.levels = _levels(head.joint_parents)
        self.head_joint = head.joint_index(profile.head_bone or "head")
        self.turns = [layout.channel_index[name] for name in ("head_yaw", "head_pitch")]

    def forward(self, channels: Tensor, identity: Tensor) -> Tensor:
        local = self._offsets(channels, identity)
        rotation = _rotations(local[..., 3:6])
        turned = self._turn(channels) @ rotation[:, self.head_joint]
        before, after = rotation[:, : self.head_joint], rotation[:, self.head_joint + 1 :]
        rotation = torch.cat([before, turned[:, None], after], dim=1)
        linear = rotation * (1 + local[..., None, 6:])
        linear, shift = self._chained(linear, self.rest + local[..., :3])
        shift = shift - (linear @ self.places[..., None])[..., 0]
        return torch.cat([linear, shift[..., None]], dim=-1)

    def _offsets(self, channels: Tensor, identity: Tensor) -> Tensor:
        """(N, J, 9) translation from rest, rotation vector, scale - 1."""
        padded = torch.cat([channels, torch.ones_like(channels[:, :1])], dim=1)
        factors = (padded[:, self.factors] * self.gains).clamp_min(0)
        weights = factors[..., 0] * factors[..., 1] * factors[..., 2] * factors[..., 3]
        offsets = weights @ self.poses + (2 * identity - 1) @ self.identity
        return offsets.unflatten(1, (-1, 9))

    def _turn(self, channels: Tensor) -> Tensor:
        """(N, 3, 3) R_y(yaw) R_x(pitch) of the head."""
        yaw, pitch = (channels[:, at] for at in self.turns)
        none = torch.zeros_like(yaw)
        about_y = _rotations(torch.stack([none, yaw, none], dim=1))
        return about_y @ _rotations(torch.stack([pitch, none, none], dim=1))

    def _chained(self, linear: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """rig_from_joint of parent_from_joint; joints are in the order of their depth."""
        first = self.levels[0][1]
        linears, shifts = linear[:, :first], shift[:, :first]
        for start, stop, parents in self.levels[1:]:
            above, here = linears[:, parents], linear[:, start:stop]
            placed = (above @ shift[:, start:stop, :, None])[..., 0] + shifts[:, parents]
            linears = torch.cat([linears, above @ here], dim=1)
            shifts = torch.cat([shifts, placed], dim=1)
        return linears, shifts


def _factors(profile: Profile, layout: Layout) -> tuple[NDArray[np.int64], FloatArray]:
    """(D, 4) channels and gains of every driver's factors; the one after the last channel is 1."""
    if max(len(driver.factors) for driver in profile.drivers) > _FACTORS:
        raise ValueError(f"a driver of {profile.target} has more than {_FACTORS} factors")
    channels = np.full((len(profile.drivers), _FACTORS), len(layout.channels))
    gains = np.ones(channels.shape)
    for row, driver in enumerate(profile.drivers):
        for column, factor in enumerate(driver.factors):
            channels[row, column] = layout.channel_index[factor.channel]
            gains[row, column] = factor.gain
    return channels, gains


def _levels(parents: tuple[int, ...]) -> list[tuple[int, int, list[int]]]:
    """Runs of joints (first, behind the last, their parents) whose parents are in earlier runs."""
    out: list[tuple[int, int, list[int]]] = []
    start = 0
    for joint in range(1, len(parents) + 1):
        if joint == len(parents) or parents[joint] >= start:
            out.append((start, joint, list(parents[start:joint])))
            start = joint
    return out


def _rotations(rotvec: Tensor) -> Tensor:
    """(..., 3, 3) of (..., 3) rotation vectors (Rodrigues), with a gradient at 0."""
    squared = rotvec.square().sum(-1)[..., None, None] + 1e-12
    angle = squared.sqrt()
    x, y, z = rotvec.unbind(-1)
    o = torch.zeros_like(x)
    cross = torch.stack([o, -z, y, z, o, -x, -y, x, o], dim=-1).unflatten(-1, (3, 3))
    one = torch.eye(3, dtype=rotvec.dtype, device=rotvec.device)
    return one + angle.sin() / angle * cross + (1 - angle.cos()) / squared * (cross @ cross)


def _as_fitted(points: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Points (N, K, 2), y down, under the similarity that best takes ``source`` to ``target``.

    In the plane, Umeyama's least squares has a closed form: with points as complex numbers about
    their means, the factor is Σ t s* / Σ |s|².
    """
    mean, aim = source.mean(dim=1, keepdim=True), target.mean(dim=0)
    s, t = source - mean, target - aim
    size = s.square().sum((1, 2))
    real = (s * t).sum((1, 2)) / size
    imaginary = (s[..., 0] * t[:, 1] - s[..., 1] * t[:, 0]).sum(1) / size
    turn = torch.stack([real, -imaginary, imaginary, real], dim=1).unflatten(1, (2, 2))
    return (points - mean) @ turn.transpose(1, 2) + aim


def _point_weights(head: Head) -> dict[str, FloatArray]:
    """Point → (J · 4,): its weighted rest place and weight at every joint.

    A mean of vertices is a point too, as skinning is linear in these.
    """
    rows = {name: _vertex_weights(head, name) for name in ("skin", "eyes")}
    out = dict(Landmarks(head).positions(rows))
    for vertex in _spread_vertices(head.primitives["skin"].positions):
        out[f"skin_{vertex}"] = rows["skin"][vertex]
    return out


def _vertex_weights(head: Head, name: str) -> FloatArray:
    """(V, J · 4) likewise of a primitive's vertices."""
    part = head.primitives[name]
    dense = np.zeros((len(part.positions), len(head.joint_names)))
    np.add.at(dense, (np.arange(len(dense))[:, None], part.joints), part.weights)
    homogeneous = np.concatenate([part.positions, np.ones((len(dense), 1))], axis=1)
    return (dense[:, :, None] * homogeneous[:, None]).reshape(len(dense), -1)


def _spread_vertices(positions: FloatArray) -> list[int]:
    """``SKIN_POINTS`` vertices of the face, each the farthest from those before it."""
    face = np.flatnonzero((positions[:, 2] > _FRONT_M) & (positions[:, 1] < _TOP_M))
    chosen = [int(face[np.argmax(positions[face, 2])])]
    distance = np.full(len(face), np.inf)
    while len(chosen) < SKIN_POINTS:
        apart = np.linalg.norm(positions[face] - positions[chosen[-1]], axis=1)
        distance = np.minimum(distance, apart)
        chosen.append(int(face[np.argmax(distance)]))
    return chosen


def _tensor(array: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).float()
