"""A network rewritten so that onnxruntime answers the same, sooner.

On a processor onnxruntime keeps maps in blocks of channels, but knows only convolutions, pooling,
sums and ReLUs in that layout: around everything else it turns maps over and back. A PReLU, a
padding before a convolution and a padding of channels cost MediaPipe's network more than its
arithmetic did (2.4 against 1.6 ms a face, most of it in 600 small steps). Here they are written as
what the layout knows, and the three branches run as one, in groups. Nothing is approximated;
answers differ by rounding. Training knows nothing of this: ``quick`` changes a copy.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.face_backbone import (
    BRANCH,
    BRANCH_MARGIN,
    BRANCH_SIDE,
    REGIONS,
    Block,
    FaceFrontEnd,
)


def quick(net: nn.Module) -> nn.Module:
    """A copy of a network, in evaluation mode, that answers the same sooner in onnxruntime."""
    net = copy.deepcopy(net)
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, FaceFrontEnd):
                setattr(module, name, QuickFront(child))
            elif isinstance(child, nn.BatchNorm1d):
                setattr(module, name, Standard(child))
    return net


class Standard(nn.Module):
    """A batch norm of rows at run time; the exporter must know the width of its own."""

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        gain = (norm.running_var + norm.eps).rsqrt()
        self.register_buffer("gain", gain if norm.weight is None else gain * norm.weight.detach())
        offset = -norm.running_mean * self.gain
        self.register_buffer("offset", offset if norm.bias is None else offset + norm.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) -> (N, C)."""
        return x * self.gain + self.offset


class Slope(nn.Module):
    """A PReLU of maps as two 1x1 convolutions of each channel for itself.

    ``x + sign * relu(-|1 - slope| * x)``, where sign is -1 for slopes beyond 1.
    """

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        slope = slope.detach()[:, None, None, None]
        self.channels = len(slope)
        self.register_buffer("below", -(1 - slope).abs())
        self.register_buffer("sign", torch.where(slope <= 1, 1.0, -1.0))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> x where x > 0, slope times x elsewhere."""
        below = functional.relu(functional.conv2d(x, self.below, groups=self.channels))
        return x + functional.conv2d(below, self.sign, groups=self.channels)


class _PaddedConv(torch.autograd.Function):
    """A 3x3 convolution of stride 2 under TensorFlow's padding of an even map.

    ONNX's convolution pads each side by itself, torch's does not.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int) -> Tensor:
        padded = functional.pad(x, (0, 1, 0, 1))
        return functional.conv2d(padded, weight, bias, stride=2, groups=groups)

    @staticmethod
    def symbolic(graph: Any, x: Any, weight: Any, bias: Any, groups: int) -> Any:
        sides = {"kernel_shape_i": [3, 3], "strides_i": [2, 2], "pads_i": [0, 0, 1, 1]}
        return graph.op("Conv", x, weight, bias, group_i=groups, **sides)


class Halving(nn.Module):
    """``_PaddedConv`` with the weights of convolutions that run side by side, as its groups."""

    def __init__(self, convs: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.groups = sum(conv.groups for conv in convs)
        self.register_buffer("weight", _stacked([conv.weight for conv in convs]))
        self.register_buffer("bias", _stacked([conv.bias for conv in convs]))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / 2, W / 2); H and W are even."""
        return _PaddedConv.apply(x, self.weight, self.bias, self.groups)


class QuickBlock(nn.Module):
    """Blocks of one shape side by side: channels of the first, then of the second, …"""

    def __init__(self, blocks: Sequence[Block]) -> None:
        super().__init__()
        first = blocks[0]
        depthwise = [block.depthwise for block in blocks]
        self.halves = first.halves
        self.depthwise = Halving(depthwise) if first.halves else _side_by_side(depthwise)
        self.pointwise = _side_by_side([block.pointwise for block in blocks])
        self.act = Slope(_stacked([block.act.weight for block in blocks]))
        self.widen = _widening(blocks) if first.added else None

    def forward(self, x: Tensor) -> Tensor:
        """As ``Block``'s, on the channels of all blocks."""
        around = functional.max_pool2d(x, 2) if self.halves else x
        if self.widen:
            around = self.widen(around)
        return self.act(around + self.pointwise(self.depthwise(x)))


class QuickFront(nn.Module):
    """``FaceFrontEnd`` with the branches of all regions as one."""

    def __init__(self, front: FaceFrontEnd) -> None:
        super().__init__()
        self.stem, self.stem_act = Halving([front.stem]), Slope(front.stem_act.weight)
        trunk = [[QuickBlock([block]) for block in stage] for stage in front.stages]
        self.fine = nn.Sequential(*trunk[0], trunk[1][0])
        self.rest = nn.Sequential(*trunk[1][1:], *(b for stage in trunk[2:] for b in stage))
        branches = [[b for stage in stages for b in stage] for stages in front.regions.values()]
        self.branches = nn.Sequential(*(QuickBlock(b) for b in zip(*branches, strict=True)))
        self.grids = RegionGrids(tuple(front.regions))

    def forward(self, pictures: Tensor, landmarks: Tensor) -> Tensor:
        """As ``FaceFrontEnd``'s."""
        fine = self.fine(self.stem_act(self.stem(pictures)))
        parts = functional.grid_sample(fine, self.grids(landmarks), align_corners=False)
        seen = self.branches(_as_channels(parts, self.grids.regions))
        return torch.cat([self.rest(fine).flatten(1), seen.flatten(1)], dim=1)


class RegionGrids(nn.Module):
    """``region_grid`` of several regions at once, one below the other, as ``grid_sample`` counts.

    Args:
        names: of the regions, in order.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        regions = [REGIONS[name] for name in names]
        count = max(len(region.points) for region in regions)
        self.regions = len(regions)
        # A point named twice moves no box.
        points = [(*r.points, *r.points[:1] * (count - len(r.points))) for r in regions]
        steps = (torch.arange(BRANCH_SIDE) + 0.5) / BRANCH_SIDE - 0.5
        rows, columns = torch.meshgrid(steps, steps, indexing="ij")
        self.register_buffer("points", torch.tensor(points))
        self.register_buffer("level", torch.tensor([region.level for region in regions]))
        self.register_buffer("steps", torch.stack([columns, rows], 2).reshape(-1, 2))
        # (x, y) @ turns = (x, y, -y, x): the directions right and down
        self.register_buffer("turns", torch.tensor([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, -1.0, 0.0]]))

    def forward(self, landmarks: Tensor) -> Tensor:
        """(N, 478, 2) over the picture's side -> (N, regions * 16, 16, 2), the picture -1..1."""
        ends = landmarks[:, self.level]
        right = ends[:, :, 1] - ends[:, :, 0]
        right = right / (right.square().sum(2, keepdim=True) + 1e-12).sqrt()
        frame = (right @ self.turns).reshape(-1, self.regions, 2, 2)
        turned = landmarks[:, self.points] @ frame.transpose(2, 3)
        low, high = turned.amin(2, keepdim=True), turned.amax(2, keepdim=True)
        axes = frame * (2 * BRANCH_MARGIN * (high - low)).transpose(2, 3)
        grids = (low + high) @ frame - 1 + self.steps @ axes
        return grids.reshape(-1, self.regions * BRANCH_SIDE, BRANCH_SIDE, 2)


def _as_channels(parts: Tensor, regions: int) -> Tensor:
    """(N, 32, regions * 16, 16) -> (N, regions * 32, 16, 16)."""
    channels = BRANCH[0][0]
    apart = parts.reshape(-1, channels, regions, BRANCH_SIDE * BRANCH_SIDE).transpose(1, 2)
    return apart.reshape(-1, regions * channels, BRANCH_SIDE, BRANCH_SIDE)


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.detach() for tensor in tensors])


def _side_by_side(convs: Sequence[nn.Conv2d]) -> nn.Conv2d:
    """Convolutions of one shape as the groups of one."""
    first, count = convs[0], len(convs)
    out = nn.Conv2d(
        count * first.in_channels,
        count * first.out_channels,
        first.kernel_size,
        first.stride,
        first.padding,
        groups=count * first.groups,
    )
    out.weight = nn.Parameter(_stacked([conv.weight for conv in convs]))
    out.bias = nn.Parameter(_stacked([conv.bias for conv in convs]))
    return out


def _widening(blocks: Sequence[Block]) -> nn.Conv2d:
    """Fills every block's new channels with zeros, as a convolution with ones and zeros."""
    inputs, outputs = blocks[0].pointwise.in_channels, blocks[0].pointwise.out_channels
    count = len(blocks)
    out = nn.Conv2d(count * inputs, count * outputs, 1, groups=count, bias=False)
    out.weight = nn.Parameter(torch.eye(outputs, inputs).repeat(count, 1)[:, :, None, None])
    return out
