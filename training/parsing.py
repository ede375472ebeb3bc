"""F_seg, the parsing network: what part of the face is at each pixel, and features of each part.

A narrow BiSeNet (paper, 3 and eq. 4-5; Yu et al., ECCV 2018): a context path of residual stages
with attention refinement, a spatial path, and a feature-fusion module. The fusion's output is
f_gb; the stages' maps, multiplied by where the parts are, are T. Frozen once it is trained.

    python -m training.parsing --data runs/pairs --out runs/parsing --steps 3000
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn import functional

from geface_bridge.errors import ModelError
from training.console import TrainingCommand
from training.data.pairs import PairSet
from training.data.parsing_samples import CLASSES, ParsingSamples, ParsingVariation
from training.loop import LoopConfig, Task, load_averaged, read_averaged
from training.losses.features import FaceFeatures
from training.norm import SharedBatchNorm2d
from training.running import Running, data_folders, running

TASK = "parsing"
GROUPS = {
    "brows": ("brows",),
    "eyes": ("eyes", "iris"),
    "nose": ("nose",),
    "mouth": ("upper_lip", "lower_lip", "mouth_interior"),
    "outline": ("skin", "beard"),
}
"""The five parts of T and the classes that make each one's attention mask A."""

STAGES = {"brows": 0, "eyes": 0, "nose": 1, "mouth": 1, "outline": 2}
"""The stage C that each part takes its features from (paper, eq. 5)."""


@dataclass(frozen=True)
class ParsingConfig:
    """The network's size.

    Attributes:
        stem: channels at half the picture's resolution.
        widths: channels of C_1, C_2, C_3, at 1/4, 1/8 and 1/16.
        blocks: residual blocks of each.
        path: channels of the refined context.
        fused: channels of f_gb, at 1/4.
    """

    stem: int = 16
    widths: tuple[int, int, int] = (32, 64, 128)
    blocks: tuple[int, int, int] = (1, 1, 1)
    path: int = 32
    fused: int = 48


@dataclass(frozen=True)
class Parsing:
    """What F_seg says of N pictures.

    Attributes:
        logits: (N, K, 128, 128) over ``CLASSES``.
        features: f_gb and T.
    """

    logits: Tensor
    features: FaceFeatures


class ParsingNet(nn.Module):
    """Pictures (N, 3, 128, 128), RGB 0..1 → ``Parsing``.

    β, which weighs the parts of T, is learnt from the pictures seen in training: the inverse of
    the mean magnitude inside the mask, so that no part speaks louder than another.
    """

    def __init__(self, config: ParsingConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ParsingConfig()
        self.stem = _convolved(3, config.stem, stride=2)
        widths = (config.stem, *config.widths)
        self.stages = nn.ModuleList(
            _stage(before, after, count)
            for before, after, count in zip(widths, config.widths, config.blocks, strict=False)
        )
        self.context = ContextPath(config)
        self.spatial = nn.Sequential(
            _convolved(3, config.stem, stride=2), _convolved(config.stem, config.path, stride=2)
        )
        self.fusion = FeatureFusion(2 * config.path, config.fused)
        self.head = Head(config.fused, len(CLASSES))
        self.register_buffer("magnitude", torch.ones(len(GROUPS)))

    def forward(self, pictures: Tensor) -> Parsing:
        """Logits and features; the gradient reaches the pictures."""
        normal = (pictures - 0.5) * 4
        stages = list(self.content(pictures)[1:])
        whole = self.fusion(torch.cat([self.spatial(normal), self.context(stages)], 1))
        coarse = self.head(whole)
        if self.training:
            self._weigh(stages, coarse)
        features = masked_features(whole, stages, coarse, 1 / self.magnitude)
        return Parsing(_resized(coarse, pictures.shape[-2:]), features)

    def content(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """The stem's map and C_1, C_2, C_3, for the perceptual loss (paper, eq. 3)."""
        maps = [self.stem((pictures - 0.5) * 4)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return tuple(maps)

    def features(self, pictures: Tensor) -> FaceFeatures:
        """f_gb and T alone."""
        return self(pictures).features

    @torch.no_grad()
    def _weigh(self, stages: list[Tensor], logits: Tensor) -> None:
        """Follow the mean magnitude of every part's features inside its mask."""
        maps, masks = masked_maps(stages, logits)
        inside = [(masks[k] * maps[k].abs()).sum() for k in GROUPS]
        areas = [masks[k].sum() * maps[k].shape[1] for k in GROUPS]
        sums = torch.stack([torch.stack(inside), torch.stack(areas)]).float()
        if distributed.is_initialized():
            distributed.all_reduce(sums)
        self.magnitude.lerp_((sums[0] / (sums[1] + 1e-3)).clamp_min(1e-3), 0.02)


def masked_features(
    whole: Tensor, stages: list[Tensor], logits: Tensor, betas: Tensor
) -> FaceFeatures:
    """T_i = β_i · A_i · C_i (paper, eq. 5), beside f_gb.

    Args:
        whole: f_gb.
        stages: C_1, C_2, C_3.
        logits: (N, K, H, W) over ``CLASSES``.
        betas: (5,) in the order of ``GROUPS``.
    """
    maps, masks = masked_maps(stages, logits)
    weights = dict(zip(GROUPS, betas, strict=True))
    return FaceFeatures(whole, **{k: weights[k] * masks[k] * maps[k] for k in GROUPS})


def masked_maps(
    stages: list[Tensor], logits: Tensor
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """C and A of every part."""
    maps = {name: stages[stage] for name, stage in STAGES.items()}
    return maps, attention(logits, {name: x.shape[-2:] for name, x in maps.items()})


def attention(logits: Tensor, sizes: dict[str, torch.Size]) -> dict[str, Tensor]:
    """A: where each part is, 0..1, averaged down to the size of its features (paper, eq. 5).

    Args:
        logits: (N, K, H, W) over ``CLASSES``.
        sizes: part → (h, w).

    Returns:
        Part → (N, 1, h, w), the sum of the probabilities of its classes.
    """
    probabilities = logits.softmax(1)
    masks = {}
    for name, classes in GROUPS.items():
        chosen = probabilities[:, [CLASSES.index(c) for c in classes]].sum(1, keepdim=True)
        masks[name] = functional.adaptive_avg_pool2d(chosen, sizes[name])
    return masks


class ContextPath(nn.Module):
    """C_2 and C_3, refined by attention and by what the whole picture says, at C_1's size."""

    def __init__(self, config: ParsingConfig) -> None:
        super().__init__()
        _, middle, last = config.widths
        self.whole = nn.Sequential(nn.Conv2d(last, config.path, 1), nn.ReLU())
        self.refine_last = AttentionRefinement(last, config.path)
        self.refine_middle = AttentionRefinement(middle, config.path)
        self.smooth_last = _convolved(config.path, config.path)

    def forward(self, stages: list[Tensor]) -> Tensor:
        """(N, path, h, w) of the three stages' maps."""
        first, middle, last = stages
        x = self.refine_last(last) + self.whole(last.mean((2, 3), keepdim=True))
        x = self.smooth_last(_resized(x, middle.shape[-2:]))
        return _resized(self.refine_middle(middle) + x, first.shape[-2:])


class AttentionRefinement(nn.Module):
    """A convolution whose channels are weighed by the picture's mean (BiSeNet, ARM)."""

    def __init__(self, wide: int, narrow: int) -> None:
        super().__init__()
        self.conv = _convolved(wide, narrow)
        self.weigh = nn.Sequential(nn.Conv2d(narrow, narrow, 1), SharedBatchNorm2d(narrow))

    def forward(self, x: Tensor) -> Tensor:
        """(N, narrow, h, w) of (N, wide, h, w)."""
        x = self.conv(x)
        return x * self.weigh(x.mean((2, 3), keepdim=True)).sigmoid()


class FeatureFusion(nn.Module):
    """Spatial and context path made one; its output is f_gb (BiSeNet, FFM)."""

    def __init__(self, wide: int, narrow: int) -> None:
        super().__init__()
        self.join = _convolved(wide, narrow, size=1)
        self.weigh = nn.Sequential(
            nn.Conv2d(narrow, narrow // 4, 1), nn.ReLU(), nn.Conv2d(narrow // 4, narrow, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, narrow, h, w) of (N, wide, h, w)."""
        x = self.join(x)
        return x + x * self.weigh(x.mean((2, 3), keepdim=True)).sigmoid()


class Head(nn.Module):
    """f_gb → logits of twice its resolution: four sub-pixels a cell."""

    def __init__(self, fused: int, classes: int) -> None:
        super().__init__()
        self.conv = _convolved(fused, fused)
        self.sub_pixels = nn.Sequential(nn.Conv2d(fused, 4 * classes, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        """(N, classes, 2 h, 2 w)."""
        return self.sub_pixels(self.conv(x))


class Residual(nn.Module):
    """Two convolutions beside a shortcut (ResNet's basic block)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = _convolved(before, after, stride=stride)
        self.second = nn.Sequential(
            nn.Conv2d(after, after, 3, padding=1, bias=False), SharedBatchNorm2d(after)
        )
        self.stride = stride
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, after, h / stride, w / stride)."""
        # not a convolution with this stride: oneDNN's of one pixel writes past its memory where
        # channels are few (torch 2.13, narrow nets on a processor)
        kept = x[:, :, :: self.stride, :: self.stride]
        return functional.relu(self.second(self.first(x)) + self.shortcut(kept))


def _stage(before: int, after: int, count: int) -> nn.Sequential:
    rest = [Residual(after, after, 1) for _ in range(count - 1)]
    return nn.Sequential(Residual(before, after, 2), *rest)


def _convolved(before: int, after: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, SharedBatchNorm2d(after), nn.ReLU())


def _resized(x: Tensor, size: torch.Size) -> Tensor:
    return functional.interpolate(x, tuple(size), mode="bilinear", align_corners=False)


def load_parsing(path: Path) -> nn.Module:
    """The averaged network of a checkpoint, or the public BiSeNet of a ``.pth``, frozen.

    Raises:
        ModelError: the file is missing, no checkpoint, or another network's.
    """
    if path.suffix == ".pth":
        from training.public_parsing import load_public_parsing

        return load_public_parsing(path)
    described, weights = read_averaged(path, TASK)
    if described.get("classes") != list(CLASSES):
        raise ModelError(f"{path} tells other classes apart than this program: train it again")
    sizes: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in described["net"].items()
    }
    return load_averaged(ParsingNet(ParsingConfig(**sizes)), weights, path)


def described(config: ParsingConfig) -> dict[str, Any]:
    """What a checkpoint says of its network."""
    return {"net": asdict(config), "classes": list(CLASSES)}


WEIGHTS = {
    "brows": 2.0, "eyes": 2.0, "iris": 3.0, "upper_lip": 2.0, "lower_lip": 2.0,
    "mouth_interior": 2.0, "glasses": 2.0, "occluder": 1.5,
}  # fmt: skip
"""How much a pixel of a class counts, 1 if not named: the small ones would drown."""


class ParsingTask(Task):
    """Cross-entropy of the classes, pixel by pixel."""

    name = TASK

    def __init__(self, config: ParsingConfig | None = None) -> None:
        super().__init__()
        self.net = ParsingNet(config).to(memory_format=torch.channels_last)
        self.described = described(self.net.config)
        weights = torch.tensor([WEIGHTS.get(name, 1.0) for name in CLASSES])
        self.register_buffer("weights", weights)

    def forward(self, pictures: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """The loss, and the share of pixels that are right.

        Args:
            pictures: (N, 3, 128, 128) uint8.
            classes: (N, 128, 128) uint8; 255 counts for nothing.
        """
        logits = self.net(as_input(pictures)).logits
        total = functional.cross_entropy(
            logits, classes.long(), self.weights, ignore_index=255, reduction="sum"
        )
        # by the number of pixels and not of labels, so that many processes agree with one
        loss = total / classes.numel()
        with torch.no_grad():
            right = (logits.argmax(1) == classes).float().mean()
        return {"loss": loss, "right": right}


def as_input(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) float 0..1 of uint8, laid out as convolutions are fastest."""
    return pictures.float().div(255).contiguous(memory_format=torch.channels_last)


def split(count: int, held_out: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the samples to learn from, and of the last ``held_out``, which are never seen."""
    numbers = np.arange(count)
    cut = max(count - held_out, 0)
    return numbers[:cut], numbers[cut:]


_DEFAULTS = LoopConfig(
    1500, 32, 2e-3, weight_decay=1e-4, warmup_steps=50, ema_decay=0.995, checkpoint_every=100
)


@click.command(cls=TrainingCommand)
@data_folders("Folder of pairs rendered with masks; may be given several times.")
@click.option(
    "--held-out",
    type=click.IntRange(0),
    default=512,
    show_default=True,
    help="Last samples, which are left for scores.",
)
@running(_DEFAULTS, least_batch=2)
def main(running: Running, folders: tuple[Path, ...], held_out: int) -> None:
    """Train the parsing network on renders; scores: python -m training.parsing_scores."""
    pairs = PairSet(*folders)
    samples = ParsingSamples(pairs, split(len(pairs), held_out)[0], ParsingVariation())
    with running.world() as world:
        running.run(ParsingTask, samples, world)


if __name__ == "__main__":
    main()
