"""The learned renderer G: parameters → picture (paper, 2, eq. 1-3).

    python -m training.renderer --data runs/plain --out runs/renderer --steps 40000

A game engine has no gradient, so a network learns to draw what the rig's renderer draws of plain
faces (``training.render_pairs --draw plain``), cut out as ``geface_bridge.align`` would: eight
transposed convolutions as in DCGAN, with instance instead of batch normalisation, trained by

    L_G = E ‖I − G(y)‖₁ + λ E ‖F(I) − F(G(y))‖₂

Beyond the paper, its middle layers are told where points of the rig are; ``--unguided`` leaves
that out. Afterwards prints PSNR and SSIM on pairs it never saw and how far each AU moves G's
picture as it moves the render, and writes ``sheet.png``: renders, G's pictures, what differs.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geface_bridge.align import CROP_SIZE
from geface_bridge.align.template import crop_points
from geface_bridge.errors import ModelError
from rig.layout import Layout, load_layout
from rig.sampling import FaceSample, sample_plain_face
from training.console import TrainingCommand
from training.data.pairs import PairSet
from training.data.rig_crops import aligned, crop_from_image_of, extended_crop
from training.images import Image, picture, planes, psnr_db, ssim
from training.loop import (
    CHECKPOINT,
    Arrays,
    LoopConfig,
    Task,
    load_averaged,
    read_averaged,
)
from training.rig_points import RigPoints
from training.running import Running, data_folders, running
from training.shards import write_json
from training.shipped import ship

TASK = "renderer"
HELD_OUT_EVERY = 64  # pairs whose number is 63 modulo 64 are never trained on
SHEET_COLUMNS = 8
Draw = Callable[[NDArray[np.float64]], Image]

# Mean and spread of a block's numbers among plain faces: about what sample_plain_face gives.
_USUAL = {"pose": (0.5, 0.29), "au": (0.15, 0.28), "identity": (0.5, 0.22)}
_USUAL |= {"brow_style": (0.03, 0.17), "extension": (0.15, 0.28)}
_RENDER_SIZE_PX = 256
_BLOT_GAIN = 4.0  # blots must be as large as normalised maps; steps of Adam do not grow with them
_BLOT_PX = 0.9  # spread of a blot, pixels of the layer that sees it
_FRONTAL = 0.3  # of the pose's 0..1 about .5: 36 degrees of yaw, 24 of pitch
# Where a face tells what it does: about the eyes, the brows over them and the mouth.
_BROW_ABOVE_EYE_PX, _NOTABLE_RADIUS_PX = 11.0, 15.0


@dataclass(frozen=True)
class RendererConfig:
    """The network.

    Attributes:
        code: numbers that the picture is drawn from.
        widths: channels after each layer but the last.
        guided: layers are told where the rig's points are; False is the paper's network alone.
    """

    code: int = 256
    widths: tuple[int, ...] = (256, 128, 64, 64, 48, 24, 24)
    guided: bool = True


class RendererNet(nn.Module):
    """G: a code of the parameters, then eight transposed convolutions to 128² pixels.

    The first layers, below 16 pixels, have no normalisation: of so few pixels it would take away
    how strong an AU is. Layers of 32 and 64 pixels see where points of the rig are
    (``training.rig_points``), as sums of blots: that is arithmetic and need not be learned, and
    without it the same training left brows and lids where they are on average.
    """

    def __init__(self, config: RendererConfig | None = None) -> None:
        super().__init__()
        config = config or RendererConfig()
        self.coded = Coded()
        width = 2 * config.code
        self.code = nn.Sequential(
            nn.Linear(self.coded.count, width), nn.LeakyReLU(0.2),
            nn.Linear(width, config.code), nn.LeakyReLU(0.2),
        )  # fmt: skip
        a, b, c, d, e, f, g = config.widths
        self.layers = nn.ModuleList(
            [
                _Layer(nn.ConvTranspose2d(config.code, a, 4), None),
                _Layer(_double(a, b), None),
                _Layer(_double(b, c), c),
                _Layer(_same(c, d), d),
                _Layer(_double(d, e), e),
                _Layer(_double(e, f), f),
                _Layer(_same(f, g), g),
            ]
        )
        self.last = _double(g, 3)
        self.points = RigPoints() if config.guided else None
        self.blots = nn.ModuleDict()
        if self.points:
            told = {4: _Blots(self.points.count, e, 32), 5: _Blots(self.points.count, f, 64)}
            self.blots.update({str(layer): blots for layer, blots in told.items()})

    def forward(self, parameters: Tensor) -> Tensor:
        """(N, P) in the layout's order and ranges → (N, 3, 128, 128) RGB in 0..1."""
        points = self.points(parameters) if self.points else None
        maps = self.code(self.coded(parameters))[:, :, None, None]
        for number, layer in enumerate(self.layers):
            blots = self.blots[str(number)](points) if str(number) in self.blots else 0
            maps = layer(maps, blots)
        return torch.sigmoid(self.last(maps))


class _Layer(nn.Module):
    """A transposed convolution, normalised over each picture where ``normal`` channels are told."""

    def __init__(self, convolution: nn.Module, normal: int | None) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.InstanceNorm2d(normal, affine=True) if normal else nn.Identity()

    def forward(self, maps: Tensor, told: Tensor | int = 0) -> Tensor:
        return nn.functional.leaky_relu(self.norm(self.convolution(maps)) + told, 0.1)


class _Blots(nn.Module):
    """Points in the crop → (N, C, S, S): in every channel, weights of Gaussian blots there."""

    def __init__(self, points: int, channels: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, points) / 8)
        self.size = size
        middles = (torch.arange(size) + 0.5) * (CROP_SIZE / size)
        self.register_buffer("middles", middles, persistent=False)

    def forward(self, points: Tensor) -> Tensor:
        spread = _BLOT_PX * CROP_SIZE / self.size
        off = (points[..., None] - self.middles) / spread  # (N, K, 2, S)
        across, down = (-0.5 * off.square()).exp().unbind(2)
        # Σ_k w_ck down_ky across_kx as one product of matrices: no map of a point is ever made
        weighted = _BLOT_GAIN * self.weight[:, None] * down.transpose(1, 2)[:, None]  # (N, C, S, K)
        return (weighted.flatten(1, 2) @ across).unflatten(1, (len(self.weight), self.size))


def _double(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)


def _same(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose2d(before, after, 3, padding=1)


class Coded(nn.Module):
    """Parameters as numbers of about unit spread, and each sided AU's strength left and right.

    A side's strength is a product of two parameters, which G need not learn to form.
    """

    def __init__(self) -> None:
        super().__init__()
        layout = load_layout()
        mean, spread = _usual(layout)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("spread", spread, persistent=False)
        index = layout.parameter_index
        self.intensities = [index[au.name] for au in layout.sided_aus]
        self.asymmetries = [index[f"{au.name}.asymmetry"] for au in layout.sided_aus]
        self.count = len(index) + 2 * len(layout.sided_aus)

    def forward(self, parameters: Tensor) -> Tensor:
        """(N, P) → (N, count)."""
        intensity = parameters[:, self.intensities]
        asymmetry = parameters[:, self.asymmetries]
        sides = [(intensity * (1 + sign * asymmetry)).clamp(0, 1) for sign in (1, -1)]
        mean, spread = _USUAL["au"]
        coded = [(side - mean) / spread for side in sides]
        return torch.cat([(parameters - self.mean) / self.spread, *coded], dim=1)


def _usual(layout: Layout) -> tuple[Tensor, Tensor]:
    """(P,) mean and (P,) spread of plain faces' parameters."""
    mean, spread = torch.zeros(len(layout.parameter_names)), torch.ones(len(layout.parameter_names))
    for name, part in layout.blocks.items():
        mean[part], spread[part] = _USUAL[name]
    for au in layout.sided_aus:
        at = layout.parameter_index[f"{au.name}.asymmetry"]
        mean[at], spread[at] = 0.0, 0.4
    for angle in layout.raw["extension"]["gaze"]:
        at = layout.parameter_index[angle["name"]]
        mean[at], spread[at] = _USUAL["pose"]
    return mean, spread


def load_renderer(path: Path) -> RendererNet:
    """G with the averaged weights of a checkpoint, frozen, in evaluation mode.

    Raises:
        ModelError: no checkpoint, or of another network.
    """
    described, weights = read_averaged(path, TASK)
    return load_averaged(RendererNet(_config_of(described, path)), weights, path)


def _config_of(described: dict[str, Any], path: Path) -> RendererConfig:
    try:
        return RendererConfig(**{**described, "widths": tuple(described["widths"])})
    except (TypeError, KeyError) as error:
        raise ModelError(f"{path} describes no renderer ({error})") from error


# What it learns --------------------------------------------------------------------------------


class RendererTask(Task):
    """G with eq. 3."""

    name = TASK

    def __init__(
        self,
        config: RendererConfig | None = None,
        perceptual: nn.Module | None = None,
        perceptual_weight: float = 0.1,
        start: Path | None = None,
        notable: float = 3.0,
    ) -> None:
        """Take G's parts.

        Args:
            config: of the network.
            perceptual: (generated, real) → distance, as ``training.perceptual``; None for none.
            perceptual_weight: λ.
            start: checkpoint of a G whose layers to begin with.
            notable: how much more a pixel of eyes, brows and mouth counts than one of the hair.
        """
        super().__init__()
        config = config or RendererConfig()
        self.net = RendererNet(config)
        if start:
            begin_with(self.net, start)
        self.perceptual, self.perceptual_weight = perceptual, perceptual_weight
        self.register_buffer("weights", pixel_weights(CROP_SIZE, notable), persistent=False)
        self.described = {**asdict(config), "widths": list(config.widths)}

    def forward(self, parameters: Tensor, image: Tensor) -> dict[str, Tensor]:
        """Losses of (N, P) parameters and their renders (N, 3, 128, 128)."""
        drawn = self.net(parameters)
        off = (drawn - image).abs()
        content = (off * self.weights).mean()
        losses = {"loss": content, "content": off.detach().mean()}
        if self.perceptual is not None:
            perceptual = self.perceptual(drawn, image)
            losses["loss"] = content + self.perceptual_weight * perceptual
            losses["perceptual"] = perceptual.detach()
        return losses


def pixel_weights(size: int, notable: float) -> Tensor:
    """(S, S) of mean 1, ``notable`` times as high about eyes, brows and mouth as far from them."""
    right, left, _, *corners = crop_points()
    brows = [eye - (0.0, _BROW_ABOVE_EYE_PX) for eye in (right, left)]
    centres = np.array([right, left, *brows, *corners, np.mean(corners, axis=0)])
    centres *= size / CROP_SIZE
    places = np.stack(np.meshgrid(*[np.arange(size) + 0.5] * 2), axis=-1)
    squared = np.square(places[:, :, None] - centres).sum(axis=-1).min(axis=-1)
    near = np.exp(-squared / (2 * (_NOTABLE_RADIUS_PX * size / CROP_SIZE) ** 2))
    weights = 1 + (notable - 1) * near
    return torch.from_numpy(weights / weights.mean()).float()


def begin_with(net: RendererNet, path: Path) -> None:
    """Give ``net`` the averaged weights of another G where both have the same layer.

    Raises:
        ModelError: no checkpoint of a G, or no layer is the same.
    """
    _, theirs = read_averaged(path, TASK)
    ours = net.state_dict()
    same = {k: v for k, v in theirs.items() if k in ours and v.shape == ours[k].shape}
    if not any(value.ndim > 1 for value in same.values()):
        raise ModelError(f"{path} is of another network: none of its layers can be taken over")
    net.load_state_dict({**ours, **same})


class RendererSamples:
    """Pairs for G, by position; nothing is varied, as the parameters alone decide the picture."""

    def __init__(self, places: Sequence[tuple[PairSet, int]]) -> None:
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """(P,) parameters and (3, 128, 128) picture."""
        pairs, at = self.places[position]
        return pairs.parameters(at), planes(self.image(position))

    def image(self, position: int) -> Image:
        """(128, 128, 3) uint8."""
        return aligned(*self.places[position], extended=True)


def frontal(parameters: NDArray[Any]) -> bool:
    """Whether (P,) parameters turn the head by less than a camera's user mostly does."""
    return bool(np.all(np.abs(parameters[load_layout().blocks["pose"]] - 0.5) < _FRONTAL))


def fewer_turned(samples: RendererSamples, share: float) -> RendererSamples:
    """All frontal faces, and that share of the others, evenly from first to last."""
    if share >= 1:
        return samples
    places, due = [], 0.0
    for pairs, at in samples.places:
        ahead = frontal(pairs.parameters(at))
        due += 0.0 if ahead else share
        if due >= 1 or ahead:
            places.append((pairs, at))
        due -= due >= 1
    return RendererSamples(places)


def split(sets: Iterable[PairSet]) -> tuple[RendererSamples, RendererSamples]:
    """What to learn from and what is held out, by number: more pairs move none.

    The sets need not be of one size, as crops are.
    """
    parts: tuple[list[tuple[PairSet, int]], list[tuple[PairSet, int]]] = [], []
    for pairs in sets:
        for position, place in enumerate(pairs.places):
            held_out = place.index % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
            parts[held_out].append((pairs, position))
    return RendererSamples(parts[0]), RendererSamples(parts[1])


# How good it is --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """How what an AU changes in one picture is what it changes in another.

    Attributes:
        correlation: of the two difference images, -1..1.
        size: the first one's length over the second's.
    """

    correlation: float
    size: float


@torch.no_grad()
def draw(net: nn.Module, parameters: NDArray[np.float32]) -> list[Image]:
    """Pictures of (N, P) parameters."""
    device = next(net.parameters()).device
    found = net(torch.from_numpy(parameters).to(device)).float().cpu().numpy()
    return [picture(each) for each in found]


def scores(net: nn.Module, held_out: RendererSamples, most: int = 512) -> dict[str, float]:
    """Mean PSNR (dB) and SSIM (0..1) over pairs that were held out, and over the frontal ones."""
    found, ahead = [], []
    for position in _spread(len(held_out), most):
        parameters, _ = held_out.sample(position, np.random.default_rng(0))
        ours, theirs = draw(net, parameters[None])[0], held_out.image(position)
        found.append((psnr_db(ours, theirs), ssim(ours, theirs)))
        ahead.append(frontal(parameters))
    rows, facing = np.array(found).reshape(-1, 2), np.array(ahead, bool)
    means = [part.mean(axis=0) if len(part) else (math.nan,) * 2 for part in (rows, rows[facing])]
    (psnr, similarity), (psnr_frontal, similarity_frontal) = np.asarray(means).tolist()
    return {
        "psnr_db": psnr,
        "ssim": similarity,
        "pairs": len(rows),
        "psnr_db_frontal": psnr_frontal,
        "ssim_frontal": similarity_frontal,
        "pairs_frontal": int(facing.sum()),
    }


def _spread(count: int, most: int) -> list[int]:
    """At most so many positions, evenly from first to last."""
    return [k * count // min(count, most) for k in range(min(count, most))]


def au_agreement(ours: Draw, theirs: Draw, names: Iterable[str]) -> dict[str, Agreement]:
    """AU → how what it changes on the base face, alone and in full, agrees."""
    layout = load_layout()
    neutral = layout.neutral_parameters()
    rest = [each(neutral).astype(np.float64) for each in (ours, theirs)]
    out = {}
    for name in names:
        moved = neutral.copy()
        moved[layout.parameter_index[name]] = 1.0
        pictures = zip((ours, theirs), rest, strict=True)
        out[name] = agreement(*(each(moved) - before for each, before in pictures))
    return out


def agreement(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Agreement:
    """Of two difference images of one shape; correlation 0 where one does not change at all."""
    ours, theirs = (each.ravel() - each.mean() for each in (ours, theirs))
    lengths = np.linalg.norm(ours), np.linalg.norm(theirs)
    if not all(lengths):
        return Agreement(0.0, 0.0 if lengths[1] else math.inf)
    return Agreement(float(ours @ theirs / math.prod(lengths)), float(lengths[0] / lengths[1]))


class RigDraw:
    """What G imitates: the rig's render of a plain face, cut out. Close it when done."""

    def __init__(self) -> None:
        from rig.render import Renderer

        self._renderer = Renderer(_RENDER_SIZE_PX)
        self._plain = sample_plain_face(0, 0)

    def __call__(self, parameters: NDArray[np.float64]) -> Image:
        """(128, 128, 3) of (P,) parameters."""
        layout = load_layout()
        style = int(np.argmax(parameters[layout.blocks["brow_style"]]))
        look = replace(self._plain.look, brow=layout.brow_styles[style])
        sample = FaceSample(parameters, look, self._plain.view, self._plain.photo)
        render = self._renderer.render(sample, mask=False)
        return extended_crop(render.image_rgb, crop_from_image_of(render.landmarks))

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()


def drawn_by(net: nn.Module) -> Draw:
    """(P,) parameters → G's picture (128, 128, 3)."""
    return lambda parameters: draw(net, parameters[None].astype(np.float32))[0]


def sheet(net: nn.Module, held_out: RendererSamples, rows: int = 3) -> Image:
    """Rows of renders, of G's pictures of the same parameters, and of what differs (grey: none)."""
    shown = _spread(len(held_out), SHEET_COLUMNS * rows)
    strips = [
        _strip(net, held_out, shown[k : k + SHEET_COLUMNS])
        for k in range(0, len(shown), SHEET_COLUMNS)
    ]
    width = max(strip.shape[1] for strip in strips)
    return np.vstack([np.pad(s, ((0, 0), (0, width - s.shape[1]), (0, 0))) for s in strips])


def _strip(net: nn.Module, held_out: RendererSamples, positions: Sequence[int]) -> Image:
    rng = np.random.default_rng(0)
    found = np.stack([held_out.sample(position, rng)[0] for position in positions])
    above = np.hstack([held_out.image(position) for position in positions])
    below = np.hstack(draw(net, found))
    off = np.clip(128 + (below.astype(np.int16) - above), 0, 255).astype(np.uint8)
    return np.vstack([above, below, off])


def report(net: nn.Module, held_out: RendererSamples, out: Path) -> None:
    """Print how good G is; write ``metrics.json`` and ``sheet.png``."""
    found, theirs = scores(net, held_out), RigDraw()
    names = [au.name for au in load_layout().all_aus]
    agreements = au_agreement(drawn_by(net), theirs, names)
    theirs.close()
    click.echo(json.dumps(found))
    for name, each in sorted(agreements.items(), key=lambda item: item[1].correlation):
        click.echo(f"{name:<6} correlation {each.correlation:.2f} size {each.size:.2f}")
    told = {name: asdict(each) for name, each in agreements.items()}
    write_json(out / "metrics.json", {**found, "au_agreement": told})
    if len(held_out):
        cv2.imwrite(str(out / "sheet.png"), sheet(net, held_out)[..., ::-1])


@click.command(cls=TrainingCommand)
@data_folders("Folder of plain pairs; repeatable.")
@click.option("--unguided", is_flag=True, help="The paper's network, not told where points are.")
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint of a G to begin with.",
)
@click.option(
    "--perceptual",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint of F, for the perceptual loss; without it there is none.",
)
@click.option(
    "--turned-share",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Of the faces turned far aside, up or down, this share is learned from.",
)
@click.option("--perceptual-weight", type=float, default=0.1, show_default=True, help="λ.")
@click.option(
    "--notable",
    type=click.FloatRange(1),
    default=3.0,
    show_default=True,
    help="How much more a pixel about eyes, brows and mouth counts.",
)
@click.option(
    "--ship",
    "shipped",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write G alone there, in half precision.",
)
@click.option("--report-only", is_flag=True, help="Train nothing; say how good OUT's G is.")
@running(LoopConfig(40000, 16, 1.5e-3, betas=(0.5, 0.99), ema_decay=0.998))
def main(
    running: Running,
    folders: tuple[Path, ...],
    start: Path | None,
    perceptual: Path | None,
    perceptual_weight: float,
    turned_share: float,
    notable: float,
    unguided: bool,
    shipped: Path | None,
    report_only: bool,
) -> None:
    """Train G; goes on from OUT's checkpoint where there is one."""
    learned, held_out = split([PairSet(folder) for folder in folders])
    network, checkpoint = RendererConfig(guided=not unguided), running.out / CHECKPOINT
    with running.world() as world:
        if not report_only:
            running.run(
                lambda: RendererTask(
                    network, _perceptual(perceptual), perceptual_weight, start, notable
                ),
                fewer_turned(learned, turned_share),
                world,
            )
        if world.leads:
            report(load_renderer(checkpoint).to(world.device), held_out, running.out)
            if shipped:
                ship(checkpoint, shipped)


def _perceptual(path: Path | None) -> nn.Module | None:
    if path is None:
        return None
    from training.perceptual import load_perceptual

    return load_perceptual(path)


if __name__ == "__main__":
    main()
