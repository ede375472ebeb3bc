"""F_reg, the identity network: who a face is, whatever it does (paper, 5, L_id).

A narrow LightCNN (Wu et al., IEEE TIFS 2018; max-feature-map in place of an activation) on grey,
normalised pictures; it learns on people of the rig under changing expression, pose and light,
with a margin loss (CosFace), and is frozen afterwards. Grey, since the learned renderer paints
one skin only: what L_id compares is the shape of faces.

    python -m training.identity --data runs/people --out runs/identity --steps 4000
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn
from torch.nn import functional

from geface_bridge.align import CROP_SIZE
from rig.layout import load_layout
from training.chance import SharedDropout
from training.console import TrainingCommand
from training.data.pairs import PairSet
from training.data.people import PeopleSet, WithPlain
from training.loop import LoopConfig, Task, load_averaged, read_averaged, under
from training.losses.margin import margin_loss
from training.norm import SharedBatchNorm1d, SharedBatchNorm2d
from training.parameters import IDENTITY, base
from training.rig_points import RigPoints
from training.running import Running, running

TASK = "identity"
SHAPE_SPREAD_PX = 1.5  # about the deviation of where people's points are
_SPREAD_OF_UNIT = 16.0  # an embedding's numbers are about 1/16: of unit length, 256 of them
_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601, as OpenCV and LightCNN's own pictures


@dataclass(frozen=True)
class IdentityConfig:
    """The network's size.

    Attributes:
        side: pixels that pictures are reduced to.
        stem: channels at half of that.
        widths: channels at 1/4, 1/8 and 1/16 of it.
        embedding: numbers that say who it is.
        dropout: of the embedding's input, in training.
    """

    side: int = 64
    stem: int = 16
    widths: tuple[int, int, int] = (32, 64, 96)
    embedding: int = 256
    dropout: float = 0.2


class IdentityNet(nn.Module):
    """Pictures (N, 3, 128, 128), RGB 0..1 → (N, 256) embeddings of unit length.

    Other sizes from ``side`` up are taken too."""

    def __init__(self, config: IdentityConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or IdentityConfig()
        self.register_buffer("window", face_window(config.side), persistent=False)
        self.stem = MaxFeatureMap(1, config.stem, 5, stride=2)
        widths = (config.stem, *config.widths)
        self.groups = nn.ModuleList(
            _group(before, after) for before, after in zip(widths, config.widths, strict=False)
        )
        self.last = Residual(config.widths[-1])
        self.embed = nn.Sequential(
            SharedDropout(config.dropout),
            nn.Linear(config.widths[-1] * 16, config.embedding, bias=False),
            # without it all faces begin as one, and a hundred steps do not part them
            SharedBatchNorm1d(config.embedding, affine=False),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Embeddings; the gradient reaches the pictures."""
        deepest = self.content(pictures)[-1]
        features = functional.adaptive_avg_pool2d(self.last(deepest), 4)
        return functional.normalize(self.embed(features.flatten(1)), dim=1)

    def content(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Maps at 1/2, 1/4, 1/8 and 1/16 of ``side``, for the perceptual loss."""
        small = functional.adaptive_avg_pool2d(pictures, self.config.side)
        maps = [self.stem(normalised(small, self.window))]
        for group in self.groups:
            maps.append(group(maps[-1]))
        return tuple(maps)


def normalised(pictures: Tensor, window: Tensor) -> Tensor:
    """(N, 1, H, W) grey, of mean 0 and deviation 1 within the window, and 0 outside.

    How bright a picture is is nobody, and who somebody is is not behind them.
    """
    weights = torch.tensor(_GREY, dtype=pictures.dtype, device=pictures.device)
    grey = (pictures * weights[:, None, None]).sum(1, keepdim=True)
    share = window / window.sum()
    grey = grey - (share * grey).sum((2, 3), keepdim=True)
    variance = (share * grey.square()).sum((2, 3), keepdim=True)
    return window * grey / (variance + 1e-4).sqrt()


def face_window(side: int = CROP_SIZE) -> Tensor:
    """(side, side) 1 where an aligned face is, 0 well outside, soft between."""
    middles = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(middles, middles, indexing="ij")
    across, down = (x - 0.5) / 0.41, (y - 0.47) / 0.5
    return ((1.15 - (across.square() + down.square()).sqrt()) / 0.3).clamp(0, 1)


class MaxFeatureMap(nn.Module):
    """A convolution to twice as many maps; of each two the larger is kept (LightCNN, eq. 4)."""

    def __init__(self, before: int, after: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, 2 * after, size, stride, size // 2, bias=False)
        self.norm = SharedBatchNorm2d(2 * after)

    def forward(self, x: Tensor) -> Tensor:
        """(N, after, h / stride, w / stride)."""
        first, second = self.norm(self.conv(x)).chunk(2, dim=1)
        return torch.maximum(first, second)


class Residual(nn.Module):
    """Two max-feature-map convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(MaxFeatureMap(width, width, 3), MaxFeatureMap(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x + self.body(x)


def _group(before: int, after: int) -> nn.Sequential:
    """LightCNN's group: half the size, then 1x1 and 3x3."""
    return nn.Sequential(
        nn.MaxPool2d(2), MaxFeatureMap(before, before, 1), MaxFeatureMap(before, after, 3)
    )


# Training --------------------------------------------------------------------------------------


class Recogniser(nn.Module):
    """The network and, for training alone, a centre for every person and a reading of shapes."""

    def __init__(self, config: IdentityConfig, people: int, points: int) -> None:
        super().__init__()
        self.identity = IdentityNet(config)
        # short, as their direction alone counts: a step turns a short one further
        self.centres = nn.Parameter(0.05 * torch.randn(people, config.embedding))
        self.shape = nn.Linear(config.embedding, 2 * points)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(N, P) cosines to the people's centres; (N, 2 K) shapes as ``neutral_shape``."""
        embedded = self.identity(pictures)
        centres = functional.normalize(self.centres, dim=1)
        return embedded @ centres.T, _SPREAD_OF_UNIT * self.shape(embedded)


class IdentityTask(Task):
    """Whose picture it is, by a margin; and where their neutral face has its points.

    The shape is known of every render. It says more of a face than its name among a few hundred
    does, and it tells apart those whose hair and glasses are alike. The raw identity numbers
    taught next to nothing in its place: most of the 208 cannot be seen.

    Args:
        people: who are to be told apart.
        scale, margin: of the margin loss; shape_weight: of the points' squared error.
        start: a checkpoint whose averaged weights to begin with, of the same people.

    Raises:
        ModelError: ``start`` is no checkpoint of this network or of as many people.
    """

    name = TASK

    def __init__(
        self,
        people: int,
        config: IdentityConfig,
        scale: float = 24.0,
        margin: float = 0.15,
        shape_weight: float = 4.0,
        start: Path | None = None,
    ) -> None:
        super().__init__()
        self.points = RigPoints()
        self.net = Recogniser(config, people, self.points.count)
        if start:
            begin_with(self.net, start)
        self.scale, self.margin, self.shape_weight = scale, margin, shape_weight
        told = {"scale": scale, "margin": margin, "shape_weight": shape_weight}
        self.described = {"net": asdict(config), **told}

    def forward(self, *batch: Tensor) -> dict[str, Tensor]:
        """Of pictures (N, 3, S, S) uint8, people (N, 1), −1 nobody's, and numbers (N, 208)."""
        pictures, people = batch[0].float() / 255, batch[1][:, 0]
        cosines, shape = self.net(pictures)
        apart = margin_loss(cosines.float(), people, scale=self.scale, margin=self.margin)
        off = (shape.float() - neutral_shape(self.points, batch[2])).square().mean()
        right = (cosines.argmax(1) == people).float().sum() / (people >= 0).sum().clamp_min(1)
        loss = apart + self.shape_weight * off
        return {"loss": loss, "margin": apart, "shape": off, "accuracy": right.detach()}


def begin_with(net: Recogniser, start: Path) -> None:
    """Give a network the averaged weights of a checkpoint, to go on learning from there.

    Raises:
        ModelError: it is no checkpoint of this network, or of as many people.
    """
    load_averaged(net, read_averaged(start, TASK)[1], start)
    net.train().requires_grad_(True)


@torch.no_grad()
def neutral_shape(points: RigPoints, numbers: Tensor) -> Tensor:
    """Where faces differ from the base face: frontal, without expression, over their spread.

    Args:
        points: where the rig's points are; numbers: (N, 208) of identity, 0..1.

    Returns:
        (N, 2 K).
    """
    faces = base(numbers).repeat(len(numbers) + 1, 1)
    faces[1:, load_layout().blocks[IDENTITY]] = numbers
    placed = points(faces).flatten(1)
    return (placed[1:] - placed[:1]) / SHAPE_SPREAD_PX


def load_identity(path: Path) -> IdentityNet:
    """The averaged network of a checkpoint, frozen; without the training people's centres.

    Raises:
        ModelError: the file is missing, no checkpoint, or another network's.
    """
    described, weights = read_averaged(path, TASK)
    told: dict[str, Any] = described["net"]
    sizes: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told.items()}
    net = IdentityNet(IdentityConfig(**sizes))
    return load_averaged(net, under(weights, "identity"), path)


_DEFAULTS = LoopConfig(
    steps=4000, batch_size=32, learning_rate=2e-3, weight_decay=0.02, clip_norm=5.0,
    ema_decay=0.998, checkpoint_every=200,
)  # fmt: skip
_FOLDER = click.Path(path_type=Path)


@click.command(cls=TrainingCommand)
@click.option("--data", type=_FOLDER, required=True, help="Folder of render_pairs --draw people.")
@click.option(
    "--plain",
    type=_FOLDER,
    help="Folder of render_pairs --draw plain: a quarter of what is seen.",
)
@click.option("--start", type=_FOLDER, help="Checkpoint whose weights to begin with.")
@click.option("--margin", type=click.FloatRange(0, 1), default=0.15, show_default=True)
@running(_DEFAULTS, least_batch=2)
def main(
    running: Running, data: Path, plain: Path | None, start: Path | None, margin: float
) -> None:
    """Train F_reg, the identity network, on people of the rig."""
    people = PeopleSet(data)
    samples = WithPlain(people, PairSet(plain)) if plain else people
    make_task = partial(
        IdentityTask, len(people.names), IdentityConfig(), margin=margin, start=start
    )
    with running.world() as world:
        running.run(make_task, samples, world)


if __name__ == "__main__":
    main()
