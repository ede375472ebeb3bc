"""The public BiSeNet for face parsing as F_seg, for those who have its weights.

The file is the widely used ``79999_iter.pth`` of zllrunning/face-parsing.PyTorch: 19 classes of
CelebAMask-HQ, a whole ResNet18 as context path, the spatial path replaced by its first stage,
pictures of 512² normalised as ImageNet's. It is not part of this project: bring your own, and
mind that CelebAMask-HQ is for research that is not commercial.

    net = load_parsing(Path("79999_iter.pth"))  # training.parsing, by the name's ending
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.parsing_samples import CLASSES
from training.losses.features import FaceFeatures
from training.parsing import Parsing, masked_features
from training.public_nets import give_weights, read_state

CELEBA_CLASSES = (
    "background", "skin", "l_brow", "r_brow", "l_eye", "r_eye", "eye_g", "l_ear", "r_ear",
    "ear_r", "nose", "mouth", "u_lip", "l_lip", "neck", "neck_l", "cloth", "hair", "hat",
)  # fmt: skip
"""The order of the checkpoint's channels."""

_RENAMED = {
    "l_brow": "brows", "r_brow": "brows", "l_eye": "eyes", "r_eye": "eyes", "eye_g": "glasses",
    "l_ear": "ears_neck", "r_ear": "ears_neck", "ear_r": "ears_neck", "neck": "ears_neck",
    "mouth": "mouth_interior", "u_lip": "upper_lip", "l_lip": "lower_lip",
    "neck_l": "background", "cloth": "background", "hat": "hair",
}  # fmt: skip
_SIDE = 512
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NEVER = 1e-12


class PublicParsingNet(nn.Module):
    """Pictures (N, 3, 128, 128), RGB 0..1 → ``Parsing``, as ``ParsingNet`` does.

    The logits are over our classes, with nothing in those that CelebAMask-HQ lacks (iris, beard,
    occluder). Features: f_gb (N, 256, 64, 64); C of 128, 256 and 512 channels at 64², 32², 16².
    """

    def __init__(self) -> None:
        super().__init__()
        self.bisenet = BiSeNet(len(CELEBA_CLASSES))
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)
        self.register_buffer("ours_of_theirs", _ours_of_theirs(), persistent=False)

    def forward(self, pictures: Tensor) -> Parsing:
        """Logits and features; the gradient reaches the pictures."""
        large = functional.interpolate(
            pictures, (_SIDE, _SIDE), mode="bilinear", align_corners=False
        )
        stages, whole, theirs = self.bisenet((large - self.mean) / self.deviation)
        probabilities = torch.einsum("kc,nchw->nkhw", self.ours_of_theirs, theirs.softmax(1))
        logits = probabilities.clamp_min(_NEVER).log()
        features = masked_features(whole, stages, logits, torch.ones(5, device=whole.device))
        size = tuple(pictures.shape[-2:])
        logits = functional.interpolate(logits, size, mode="bilinear", align_corners=False)
        return Parsing(logits, features)

    def features(self, pictures: Tensor) -> FaceFeatures:
        """f_gb and T alone."""
        return self(pictures).features


def _ours_of_theirs() -> Tensor:
    """(K, 19): which of their classes make each of ours."""
    matrix = torch.zeros(len(CLASSES), len(CELEBA_CLASSES))
    for column, name in enumerate(CELEBA_CLASSES):
        matrix[CLASSES.index(_RENAMED.get(name, name)), column] = 1
    return matrix


def load_public_parsing(path: Path) -> PublicParsingNet:
    """The public network with a user's weights, frozen.

    Raises:
        ModelError: the file is missing, holds more than tensors, or is not of this network.
    """
    net = PublicParsingNet()
    called = "the public BiSeNet of 19 classes (79999_iter.pth)"
    give_weights(net.bisenet, read_state(path), path, called)
    return net.eval().requires_grad_(False)


# The network, with the names of the public file --------------------------------------------------


class BiSeNet(nn.Module):
    """What the checkpoint's names and shapes belong to.

    The two auxiliary outputs are only for its training; they are here so that every tensor of
    the file has its place.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cp = _ContextPath()
        self.ffm = _FeatureFusion(256, 256)
        self.conv_out = _Output(256, 256, classes)
        self.conv_out16 = _Output(128, 64, classes)
        self.conv_out32 = _Output(128, 64, classes)

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """C_1, C_2, C_3; f_gb; logits at 1/8."""
        stages, context = self.cp(x)
        whole = self.ffm(torch.cat([stages[0], context], 1))
        return stages, whole, self.conv_out(whole)


class _ContextPath(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.resnet = _ResNet18()
        self.arm16 = _AttentionRefinement(256, 128)
        self.arm32 = _AttentionRefinement(512, 128)
        self.conv_head32 = _ConvBNReLU(128, 128, 3)
        self.conv_head16 = _ConvBNReLU(128, 128, 3)
        self.conv_avg = _ConvBNReLU(512, 128, 1)

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        stages = self.resnet(x)
        eighth, sixteenth, last = stages
        deep = self.arm32(last) + self.conv_avg(last.mean((2, 3), keepdim=True))
        deep = self.conv_head32(functional.interpolate(deep, tuple(sixteenth.shape[-2:])))
        deep = self.arm16(sixteenth) + deep
        deep = self.conv_head16(functional.interpolate(deep, tuple(eighth.shape[-2:])))
        return stages, deep


class _ResNet18(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(_Basic(64, 64), _Basic(64, 64))
        self.layer2 = nn.Sequential(_Basic(64, 128), _Basic(128, 128))
        self.layer3 = nn.Sequential(_Basic(128, 256), _Basic(256, 256))
        self.layer4 = nn.Sequential(_Basic(256, 512), _Basic(512, 512))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        eighth = self.layer2(self.layer1(x))
        sixteenth = self.layer3(eighth)
        return [eighth, sixteenth, self.layer4(sixteenth)]


class _Basic(nn.Module):
    """A residual block; the first of a wider stage halves the map."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        stride = 1 if before == after else 2
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample: nn.Module | None = None
        if stride > 1:
            shortcut = nn.Conv2d(before, after, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class _ConvBNReLU(nn.Module):
    def __init__(self, before: int, after: int, size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, size, 1, size // 2, bias=False)
        self.bn = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _AttentionRefinement(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = _ConvBNReLU(before, after, 3)
        self.conv_atten = nn.Conv2d(after, after, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x * self.bn_atten(self.conv_atten(x.mean((2, 3), keepdim=True))).sigmoid()


class _FeatureFusion(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convblk = _ConvBNReLU(before, after, 1)
        self.conv1 = nn.Conv2d(after, after // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(after // 4, after, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.convblk(x)
        weight = self.conv2(functional.relu(self.conv1(x.mean((2, 3), keepdim=True))))
        return x + x * weight.sigmoid()


class _Output(nn.Module):
    def __init__(self, before: int, middle: int, classes: int) -> None:
        super().__init__()
        self.conv = _ConvBNReLU(before, middle, 3)
        self.conv_out = nn.Conv2d(middle, classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_out(self.conv(x))
