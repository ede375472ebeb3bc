"""MediaPipe's face-landmark network as a torch module: a front end that has seen real faces.

The MediaPipe wheel, which the runtime needs anyway, holds
``modules/face_landmark/face_landmark_with_attention.tflite`` (Apache-2.0): Grishchenko et al.
2020, "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time". It was trained to place
landmarks on very many photographs; no action unit is among its labels. ``FaceBackbone`` is its
trunk up to the mesh of 468 points and its branches that look closer at lips and eyes, written
out, with the file's own weights. The irises' branches are left out.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from geface_bridge.errors import MissingDependencyError, ModelError
from training.tflite_weights import LayerWeights, read_layers

INPUT_SIZE = 192
MODEL_FILE = "modules/face_landmark/face_landmark_with_attention.tflite"
MESH_POINTS = 468

TRUNK = ((16, 2), (32, 3), (64, 3), (128, 3), (128, 3), (128, 3))
"""Channels and blocks of the trunk's stages. The stem and the first block of every stage but the
first halve the map: sides 96, 48, 24, 12, 6, 3 of a 192² picture."""
BRANCH = ((32, 2), (64, 3), (128, 3), (128, 3))
"""The same of a branch: sides 16, 8, 4, 2."""
BRANCH_SIDE = 16
FRONT_END_FEATURES = 128 * 4 * 4 + 3 * 128 * 2 * 2
BRANCH_MARGIN = 1.5

# What the file's operators Landmarks2TransformMatrix hold: the points a region's box goes around.
LIPS = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408),
    *(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407),
)
RIGHT_EYE = (
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173, 130, 25, 110),
    *(24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190, 226, 31, 228, 229, 230, 231, 232),
    *(233, 244, 113, 225, 224, 223, 222, 221, 189, 35, 124, 46, 53, 52, 65, 143, 111, 117, 118),
    *(119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193),
)
LEFT_EYE = (
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398, 359, 255),
    *(339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414, 446, 261, 448, 449),
    *(450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413, 265, 353, 276, 283, 282, 295),
    *(372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417),
)


@dataclass(frozen=True)
class Region:
    """A part of the face with a branch of its own.

    Attributes:
        output: name of the branch's last layer in the file; MediaPipe's left is the picture's.
        points: landmarks its box goes around, and which it places again, two values each.
        level: two landmarks that are level in the box.
    """

    output: str
    points: tuple[int, ...]
    level: tuple[int, int]


REGIONS = {
    "lips": Region("conv_lips", LIPS, (61, 291)),
    "right_eye": Region("conv_left_eye", RIGHT_EYE, (33, 133)),
    "left_eye": Region("conv_right_eye", LEFT_EYE, (362, 263)),
}


class Block(nn.Module):
    """Depthwise and pointwise convolution with a way around them, then a PReLU.

    A block that halves the map pools on the way around, and fills new channels with zeros.
    """

    def __init__(self, inputs: int, outputs: int, *, halves: bool = False) -> None:
        super().__init__()
        self.halves, self.added = halves, outputs - inputs
        stride, padding = (2, 0) if halves else (1, 1)
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding, groups=inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)
        self.act = nn.PReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W), or half of H and W; these are even then."""
        if not self.halves:
            return self.act(x + self.pointwise(self.depthwise(x)))
        around = functional.max_pool2d(x, 2)
        if self.added:
            around = functional.pad(around, (0, 0, 0, 0, 0, self.added))
        return self.act(around + self.pointwise(self.depthwise(_same(x))))


class Ending(nn.Module):
    """The layers before a linear answer: 32 channels instead of 128, one more block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(width, 32, 1)
        self.act = nn.PReLU(32)
        self.block = Block(32, 32)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> (N, 32, H, W)."""
        return self.block(self.act(self.narrow(x)))


class Branch(nn.Module):
    """What looks closer at one region."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self.region = region
        self.stages = _stages(BRANCH, BRANCH[0][0])
        self.ending = Ending(BRANCH[-1][0])
        self.head = nn.Conv2d(32, 2 * len(region.points), 2)

    def forward(self, fine: Tensor, landmarks: Tensor) -> Tensor:
        """What the branch sees.

        Args:
            fine: (N, 32, H, W), the trunk's map at a quarter of the picture's side.
            landmarks: (N, 468 or more, 2) over the picture's side.

        Returns:
            (N, 128, 2, 2).
        """
        return _seen_in(fine, landmarks, self.region, self.stages)

    def points(self, seen: Tensor, landmarks: Tensor) -> Tensor:
        """The region's points as the branch places them, (N, P, 2) over the picture's side."""
        local = self.head(self.ending(seen)).reshape(len(seen), -1, 2) / (4 * BRANCH_SIDE)
        centre, axes = region_box(landmarks, self.region)
        return centre[:, None] + (local - 0.5) @ axes


@dataclass(frozen=True)
class Taps:
    """What the network sees, from fine to coarse; sides are for a 192² picture.

    Attributes:
        map_48, map_24, map_12, map_6, map_3: (N, 32, 48, 48), (N, 64, 24, 24),
            (N, 128, 12, 12), (N, 128, 6, 6), (N, 128, 3, 3).
        regions: of each of ``REGIONS``, (N, 128, 2, 2); empty without landmarks.
    """

    map_48: Tensor
    map_24: Tensor
    map_12: Tensor
    map_6: Tensor
    map_3: Tensor
    regions: dict[str, Tensor]


class FaceBackbone(nn.Module):
    """Trunk and branches. Build it with ``load_face_backbone``; here its weights are random."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, TRUNK[0][0], 3, 2)
        self.stem_act = nn.PReLU(TRUNK[0][0])
        self.stages = _stages(TRUNK, TRUNK[0][0])
        self.ending = Ending(TRUNK[-1][0])
        self.mesh_head = nn.Conv2d(32, 3 * MESH_POINTS, 3)
        self.branches = nn.ModuleDict({n: Branch(region) for n, region in REGIONS.items()})

    def forward(self, pictures: Tensor, landmarks: Tensor | None = None) -> Taps:
        """What the network sees.

        Args:
            pictures: (N, 3, S, S) float RGB 0..1, the face upright, S a multiple of 64; 192 in
                MediaPipe, where the face's box takes up two thirds of it.
            landmarks: (N, 468 or more, 2) over S, for the regions; None leaves these out.
        """
        x = self.stem_act(self.stem(_same(pictures)))
        x = self.stages[0](x)
        fine = self.stages[1][0](x)
        maps = [self.stages[1][1:](fine)]
        for stage in list(self.stages)[2:]:
            maps.append(stage(maps[-1]))
        regions = {}
        if landmarks is not None:
            regions = {name: branch(fine, landmarks) for name, branch in self.branches.items()}
        return Taps(*maps, regions=regions)

    def mesh(self, taps: Taps) -> Tensor:
        """(N, 468, 3) landmarks in pixels of a 192² picture, z away from the camera."""
        return self.mesh_head(self.ending(taps.map_3)).reshape(-1, MESH_POINTS, 3)


class FaceFrontEnd(nn.Module):
    """What an estimator needs of the network, as one row of numbers a face.

    The trunk down to its map of 6x6 (4x4 of our crop, which is fed as it is: it frames the face
    at .9 of MediaPipe's scale, and the branches still place lips and lids to half a pixel), and
    the three regions.

    Args:
        backbone: whose modules to take; random ones if None.
    """

    def __init__(self, backbone: FaceBackbone | None = None) -> None:
        super().__init__()
        backbone = backbone or FaceBackbone()
        self.stem, self.stem_act = backbone.stem, backbone.stem_act
        self.stages = backbone.stages[:-1]
        self.regions = nn.ModuleDict({n: b.stages for n, b in backbone.branches.items()})

    def tune(self) -> None:
        """Train what comes after the fine map; edges and colours stay as real faces taught them.

        That half of the work needs no gradient, so a step takes two thirds of the time.
        """
        self.requires_grad_(True)
        for part in (self.stem, self.stem_act, self.stages[0], self.stages[1][0]):
            part.requires_grad_(False)

    def forward(self, pictures: Tensor, landmarks: Tensor) -> Tensor:
        """Features.

        Args:
            pictures: (N, 3, 128, 128) float RGB 0..1.
            landmarks: (N, 478, 2) over 128.

        Returns:
            (N, ``FRONT_END_FEATURES``).
        """
        x = self.stages[0](self.stem_act(self.stem(_same(pictures))))
        fine = self.stages[1][0](x)
        x = self.stages[1][1:](fine)
        for stage in list(self.stages)[2:]:
            x = stage(x)
        seen = [
            _seen_in(fine, landmarks, REGIONS[name], stages).flatten(1)
            for name, stages in self.regions.items()
        ]
        return torch.cat([x.flatten(1), *seen], dim=1)


def region_box(landmarks: Tensor, region: Region) -> tuple[Tensor, Tensor]:
    """Centre (N, 2) and axes (N, 2, 2) of a region's box, in the landmarks' unit.

    The axes' rows go along the box's width and its height; it is ``BRANCH_MARGIN`` times as
    large as the box about the region's points, along the line through its two level ones.
    """
    right = landmarks[:, region.level[1], :2] - landmarks[:, region.level[0], :2]
    right = right / (right.square().sum(1, keepdim=True) + 1e-12).sqrt()
    down = torch.stack([-right[:, 1], right[:, 0]], 1)
    frame = torch.stack([right, down], 1)
    turned = landmarks[:, list(region.points), :2] @ frame.transpose(1, 2)
    low, high = turned.amin(1), turned.amax(1)
    centre = ((low + high) / 2)[:, None] @ frame
    return centre[:, 0], frame * (BRANCH_MARGIN * (high - low))[:, :, None]


def region_grid(landmarks: Tensor, region: Region) -> Tensor:
    """(N, 16, 16, 2) where a branch's input is taken from, in the landmarks' unit."""
    centre, axes = region_box(landmarks, region)
    steps = (torch.arange(BRANCH_SIDE, device=landmarks.device) + 0.5) / BRANCH_SIDE - 0.5
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    return centre[:, None, None] + torch.stack([columns, rows], 2) @ axes[:, None]


def load_face_backbone(path: Path | None = None) -> FaceBackbone:
    """The network with MediaPipe's weights, in evaluation mode.

    Args:
        path: the tflite file; the one of the installed MediaPipe wheel if None.

    Raises:
        MissingDependencyError: MediaPipe or the package ``tflite`` is not installed.
        ModelError: the file is not that network's.
    """
    path = path or mediapipe_file(MODEL_FILE)
    net = FaceBackbone()
    trunk = read_layers(path, "output_mesh")
    _assign([m for n, m in net.named_modules() if not n.startswith("branches")], trunk, path)
    for branch in net.branches.values():
        # what a branch depends on begins with the trunk, whose mesh places its box
        layers = read_layers(path, branch.region.output)
        _assign(list(branch.modules()), layers[len(trunk) :], path)
    return net.eval()


def mediapipe_file(name: str) -> Path:
    """A file of the installed MediaPipe wheel.

    Raises:
        MissingDependencyError: MediaPipe is not installed.
    """
    spec = find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise MissingDependencyError("mediapipe is not installed: pip install geface-bridge")
    return Path(spec.origin).parent / name


def _assign(modules: list[nn.Module], layers: list[LayerWeights], path: Path) -> None:
    """Give modules a file's layers; both are in the order they run."""
    weighted = [m for m in modules if isinstance(m, (nn.Conv2d, nn.PReLU))]
    if len(weighted) != len(layers):
        raise ModelError(f"{path} is another network: {len(layers)} layers, not {len(weighted)}")
    for module, layer in zip(weighted, layers, strict=True):
        tensors = [torch.from_numpy(array) for array in layer.arrays]
        parameters = list(module.parameters())
        if [p.shape for p in parameters] != [t.shape for t in tensors]:
            raise ModelError(f"{path} is another network: {layer.name} has other shapes")
        for parameter, tensor in zip(parameters, tensors, strict=True):
            parameter.data.copy_(tensor)


def _seen_in(fine: Tensor, landmarks: Tensor, region: Region, stages: nn.ModuleList) -> Tensor:
    """A branch's stages on its part of the trunk's fine map."""
    grid = region_grid(landmarks, region)
    x = functional.grid_sample(fine, 2 * grid - 1, align_corners=False)
    for stage in stages:
        x = stage(x)
    return x


def _stages(widths: tuple[tuple[int, int], ...], inputs: int) -> nn.ModuleList:
    """Stages of blocks; the first block of each but the first stage halves the map."""
    stages = []
    for number, (outputs, count) in enumerate(widths):
        first = Block(inputs, outputs, halves=number > 0)
        stages.append(nn.Sequential(first, *(Block(outputs, outputs) for _ in range(count - 1))))
        inputs = outputs
    return nn.ModuleList(stages)


def _same(x: Tensor) -> Tensor:
    """TensorFlow's "same" padding of an even map for a 3x3 kernel of stride 2."""
    return functional.pad(x, (0, 1, 0, 1))
