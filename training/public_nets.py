"""Public networks in place of ours, for those who have their weights: LightCNN-29 v2, VGG16.

The paper's F_reg is LightCNN-29 v2 (AlfredXiangWu/LightCNN, ``LightCNN_29Layers_V2_checkpoint``);
its perceptual loss looks through VGG16 (torchvision, ``vgg16-397923af.pth``). Neither is part of
this project: bring your own. Files are read as tensors alone; nothing in them is run. The public
face-parsing network is ``training.public_parsing``.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import crop_points
from geface_bridge.errors import ModelError

_GREY = (0.299, 0.587, 0.114)
_EYE_LINE, _EYES_TO_MOUTH = 40.0, 48.0
"""LightCNN's alignment of 128² pictures (its README, ec_y and ec_mc_y): the row between the eyes,
and from there down to the middle of the mouth, pixels."""


# LightCNN-29 v2 --------------------------------------------------------------------------------


class LightCNN29(nn.Module):
    """Our crops (N, 3, 128, 128), RGB 0..1 → (N, 256) embeddings of unit length.

    The layers and their names are the checkpoint's; its classes (``fc2``) are left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _Mfm(1, 48, 5)
        self.block1, self.group1 = _blocks(48, 1), _Group(48, 96)
        self.block2, self.group2 = _blocks(96, 2), _Group(96, 192)
        self.block3, self.group3 = _blocks(192, 3), _Group(192, 128)
        self.block4, self.group4 = _blocks(128, 4), _Group(128, 128)
        self.fc = nn.Linear(8 * 8 * 128, 256)
        self.register_buffer("grid", _lightcnn_grid(), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Embeddings; the gradient reaches the pictures."""
        deepest = self.content(pictures)[-1]
        return functional.normalize(self.fc(deepest.flatten(1)), dim=1)

    def content(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Maps after each of the four poolings, for the perceptual loss."""
        weights = torch.tensor(_GREY, dtype=pictures.dtype, device=pictures.device)
        grey = (pictures * weights[:, None, None]).sum(1, keepdim=True)
        grid = self.grid.expand(len(grey), -1, -1, -1)
        x = functional.grid_sample(grey, grid, padding_mode="border", align_corners=False)
        maps = [_pooled(self.conv1(x))]
        maps.append(_pooled(self.group1(self.block1(maps[-1]))))
        maps.append(_pooled(self.group2(self.block2(maps[-1]))))
        middle = self.group3(self.block3(maps[-1]))
        maps.append(_pooled(self.group4(self.block4(middle))))
        return tuple(maps)


class _Mfm(nn.Module):
    """Max-feature-map: twice the maps, the larger of each two kept."""

    def __init__(self, before: int, after: int, size: int) -> None:
        super().__init__()
        self.filter = nn.Conv2d(before, 2 * after, size, padding=size // 2)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.filter(x).chunk(2, dim=1)
        return torch.maximum(first, second)


class _Group(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv_a, self.conv = _Mfm(before, before, 1), _Mfm(before, after, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.conv_a(x))


class _ResBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _Mfm(width, width, 3), _Mfm(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x))


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(_ResBlock(width) for _ in range(count)))


def _pooled(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 2) + functional.avg_pool2d(x, 2)


def _lightcnn_grid() -> Tensor:
    """(1, 128, 128, 2) where in our crop each pixel of LightCNN's alignment lies, -1..1."""
    right_eye, left_eye, _, *mouth = torch.as_tensor(crop_points(), dtype=torch.float32)
    eyes, lips = (right_eye + left_eye) / 2, torch.stack(mouth).mean(0)
    ours_per_theirs = (lips[1] - eyes[1]) / _EYES_TO_MOUTH
    theirs = torch.arange(CROP_SIZE) + 0.5
    x = eyes[0] + (theirs - CROP_SIZE / 2) * ours_per_theirs
    y = eyes[1] + (theirs - _EYE_LINE) * ours_per_theirs
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows], dim=-1)[None] / CROP_SIZE * 2 - 1


def load_lightcnn(path: Path) -> LightCNN29:
    """The public LightCNN-29 v2 with a user's weights, frozen.

    Args:
        path: ``.pth`` or ``.pth.tar``: a state dict, or a training checkpoint that holds one;
            names with or without the ``module.`` that many cards leave.

    Raises:
        ModelError: the file is missing, holds more than tensors, or is of another network.
    """
    net = LightCNN29()
    give_weights(net, read_state(path), path, "LightCNN-29 v2", spare=("fc2.",))
    return net.eval().requires_grad_(False)


# VGG16 -----------------------------------------------------------------------------------------

_VGG_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512))
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, as torchvision


class Vgg16(nn.Module):
    """VGG16 to relu4_3; the layers are numbered as torchvision's ``features``."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.taken = _vgg_layers()
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)

    def content(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """relu2_2, relu3_3, relu4_3 (paper, eq. 3) of (N, 3, H, W), RGB 0..1."""
        x, maps = (pictures - self.mean) / self.deviation, []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.taken:
                maps.append(x)
        return tuple(maps)


def _vgg_layers() -> tuple[nn.Sequential, tuple[int, ...]]:
    """The layers to relu4_3, and the numbers of relu2_2, relu3_3 and relu4_3."""
    layers: list[nn.Module] = []
    before, ends = 3, []
    for stage in _VGG_STAGES:
        layers += [nn.MaxPool2d(2)] if layers else []
        for width in stage:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        ends.append(len(layers) - 1)
    return nn.Sequential(*layers), tuple(ends[1:])


def load_vgg16(path: Path) -> Vgg16:
    """torchvision's VGG16 with a user's weights, frozen.

    Raises:
        ModelError: the file is missing, holds more than tensors, or is of another network (that
            with batch normalisation for instance).
    """
    net = Vgg16()
    spare = ("classifier.", "features.24.", "features.26.", "features.28.")
    give_weights(net, read_state(path), path, "torchvision's VGG16", spare)
    return net.eval().requires_grad_(False)


# Files -----------------------------------------------------------------------------------------


def read_state(path: Path) -> dict[str, Tensor]:
    """Name → tensor of a .pth, which may hold a training's state around it.

    Raises:
        ModelError: the file is missing, or holds what is no name with a tensor.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of old files
            found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle and zip errors of many kinds
        reason = str(error).split("\n", 1)[0]
        raise ModelError(f"{path} is no file of tensors: {reason}") from error
    if isinstance(found, Mapping):
        found = found.get("state_dict", found)
    if not isinstance(found, Mapping) or not all(isinstance(v, Tensor) for v in found.values()):
        raise ModelError(f"{path} holds no state dict: expected names with tensors")
    return {str(name).removeprefix("module."): value for name, value in found.items()}


def give_weights(
    net: nn.Module, found: dict[str, Tensor], path: Path, called: str, spare: tuple[str, ...] = ()
) -> None:
    """Load weights whose names and shapes are all as they must be.

    Older files lack batch norm's counters, which nothing frozen reads.

    Args:
        net: takes them.
        found: of ``read_state``.
        path, called: the file and what it should be, for the error.
        spare: beginnings of names that are not needed.

    Raises:
        ModelError: a tensor is missing, foreign, or of another shape.
    """
    expected = net.state_dict()
    kept = {name: value for name, value in found.items() if not name.startswith(spare)}
    wrong = [
        k
        for k, v in expected.items()
        if not k.endswith("num_batches_tracked") and (k not in kept or kept[k].shape != v.shape)
    ]
    if wrong:
        told = f"{wrong[0]} is missing or of another shape"
    elif foreign := sorted(set(kept) - set(expected)):
        told = f"it has {foreign[0]}"
    else:
        net.load_state_dict(kept, strict=False)
        return
    raise ModelError(
        f"{path} is not {called}: {told}; {len(wrong)} of {len(expected)} tensors do not fit"
    )
