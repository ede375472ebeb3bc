"""R, the facial parameter regressor: F_seg's features of a face → the rig's parameters.

The paper's system (paper, 4 and 5): nobody scored a face. R is right when the learned renderer's
face with R's parameters has the photograph's features, and four more losses keep expression,
identity and pose apart. Renderer, parsing and identity networks stay as they are.

    python -m training.regressor --data photographs \\
        --renderer runs/renderer/checkpoint.safetensors \\
        --parsing runs/parsing/checkpoint.safetensors \\
        --identity runs/identity/checkpoint.safetensors --out runs/regressor
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses and decorators are too.
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from geface_bridge.align import CROP_SIZE
from geface_bridge.errors import ConfigError, ModelError
from rig.layout import load_layout
from rig.sampling import person_of, sample_parameters
from training.augment import AugmentConfig, photograph
from training.console import TrainingCommand
from training.data.faces import FaceSamples, picture_from_crop, read_faces
from training.data.pairs import PairSet
from training.data.rig_crops import aligned, random_jitter
from training.loop import (
    Arrays,
    LoopConfig,
    Samples,
    Task,
    load_averaged,
    read_averaged,
    under,
)
from training.losses.content import content_loss, part_sizes
from training.losses.disentangling import disentangling_loss
from training.losses.features import FaceFeatures
from training.losses.identity import identity_loss
from training.losses.loopback import loopback_loss
from training.losses.parameter import parameter_loss
from training.losses.supervised import supervised_loss
from training.norm import SharedBatchNorm2d, statistics_kept
from training.parameters import (
    BROWS,
    EXPRESSION,
    IDENTITY,
    POSE,
    base,
    with_base_expression,
    with_base_identity,
)
from training.parsing import ParsingConfig, ParsingNet, load_parsing
from training.running import Running, running

TASK = "regressor"
FEATURES = tuple(field.name for field in fields(FaceFeatures))


# The network -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RegressorConfig:
    """R's size.

    Attributes:
        channels: of F_seg's maps, in the order of ``FaceFeatures``.
        size: pixels a side to which all maps are pooled.
        width: channels of a sub-network.
        hidden: units between its two fully connected layers.
        expression_sees_brows: T_b for the AUs too; the paper gives it to the brow style alone.
    """

    channels: tuple[int, ...]
    size: int = 16
    width: int = 32
    hidden: int = 160
    expression_sees_brows: bool = True


class Attention(nn.Module):
    """Residual block; what the whole map says weighs its channels (Hu et al. 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            SharedBatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            SharedBatchNorm2d(width),
        )
        self.squeeze = nn.Linear(width, width // 4)
        self.excite = nn.Linear(width // 4, width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        out = self.body(x)
        weights = self.excite(self.squeeze(out.mean((2, 3))).relu()).sigmoid()
        return (x + out * weights[:, :, None, None]).relu()


class SubNetwork(nn.Module):
    """Maps of some parts → numbers (paper, 4): fusion, attention twice, two full layers."""

    def __init__(self, parts: tuple[str, ...], config: RegressorConfig, bias: Tensor) -> None:
        super().__init__()
        self.parts, self.size = parts, config.size
        width, half = config.width, (config.size + 1) // 2
        wide = sum(config.channels[FEATURES.index(part)] for part in parts)
        self.fusion = nn.Sequential(
            nn.Conv2d(wide, width, 3, 2, 1, bias=False), SharedBatchNorm2d(width), nn.ReLU()
        )
        self.attention = nn.Sequential(Attention(width), Attention(width))
        self.hidden = nn.Linear(width * half * half, config.hidden)
        self.out = nn.Linear(config.hidden, len(bias))
        with torch.no_grad():
            self.out.weight.mul_(0.3)
            self.out.bias.copy_(bias)

    def forward(self, features: FaceFeatures) -> Tensor:
        """(N, K) before any squashing."""
        maps = [getattr(features, part) for part in self.parts]
        pooled = [nn.functional.adaptive_avg_pool2d(x, self.size) for x in maps]
        x = self.attention(self.fusion(torch.cat(pooled, dim=1)))
        return self.out(self.hidden(x.flatten(1)).relu())


class Regressor(nn.Module):
    """R (paper, eq. 6): features → parameters (N, P) within the layout's ranges.

    A brow style is one of 36: the largest is answered as 1, the others as 0, for G knows no
    mixtures; the gradient is the softmax' (straight through, Bengio et al. 2013).
    """

    def __init__(self, config: RegressorConfig) -> None:
        super().__init__()
        self.config = config
        others = ("eyes", "nose", "mouth", "outline")
        seen = ("brows", *others) if config.expression_sees_brows else others
        blocks = load_layout().blocks
        size = {name: at.stop - at.start for name, at in blocks.items()}
        at_rest = torch.cat([_resting_bias()[blocks[name]] for name in EXPRESSION])
        self.pose = SubNetwork(("whole",), config, torch.zeros(size[POSE]))
        self.identity = SubNetwork(others, config, torch.zeros(size[IDENTITY]))
        self.expression = SubNetwork(seen, config, at_rest)
        self.brows = SubNetwork(("brows",), config, torch.zeros(size[BROWS]))
        signed = torch.cat([_signed()[blocks[name]] for name in EXPRESSION])
        self.register_buffer("signed", signed, persistent=False)
        self.sizes = [size[name] for name in EXPRESSION]

    def forward(self, features: FaceFeatures) -> Tensor:
        """y' of N faces."""
        raw = self.expression(features)
        expression = torch.where(self.signed, raw.tanh(), raw.sigmoid())
        au, extension = expression.split(self.sizes, dim=1)
        parts = {
            POSE: self.pose(features).sigmoid(),
            IDENTITY: self.identity(features).sigmoid(),
            BROWS: _one_of(self.brows(features)),
            **dict(zip(EXPRESSION, (au, extension), strict=True)),
        }
        return torch.cat([parts[name].float() for name in load_layout().blocks], dim=1)


def _one_of(logits: Tensor) -> Tensor:
    soft = logits.softmax(dim=1)
    hard = nn.functional.one_hot(soft.argmax(dim=1), soft.shape[1]).to(soft)
    return hard + soft - soft.detach()


def _signed() -> Tensor:
    """(P,) where a parameter's range is −1..1 and not 0..1."""
    return torch.tensor([name.endswith(".asymmetry") for name in load_layout().parameter_names])


def _resting_bias() -> Tensor:
    """(P,) before squashing: AUs near none (0 cannot be said, nor left), the rest in the middle."""
    names = {au.name for au in load_layout().all_aus}
    return torch.tensor([-2.5 if n in names else 0.0 for n in load_layout().parameter_names])


def channels_of(parsing: nn.Module) -> tuple[int, ...]:
    """Channels of a parsing network's maps, in the order of ``FaceFeatures``."""
    device = next(parsing.parameters()).device
    with torch.no_grad():
        features = parsing.features(torch.zeros(1, 3, 128, 128, device=device))
    return tuple(getattr(features, name).shape[1] for name in FEATURES)


class FaceReader(nn.Module):
    """Pictures (N, 3, 128, 128), RGB 0..1 → parameters (N, P): F_seg, which stays, and R."""

    def __init__(self, parsing: nn.Module, regressor: Regressor) -> None:
        super().__init__()
        self.parsing = parsing.eval().requires_grad_(False)
        self.regressor = regressor

    def forward(self, pictures: Tensor) -> Tensor:
        """y' of aligned faces."""
        return self.regressor(self.parsing.features(pictures))

    def train(self, mode: bool = True) -> FaceReader:
        """R alone changes its mode."""
        super().train(mode)
        self.parsing.eval()
        return self

    @property
    def described(self) -> dict[str, Any]:
        """What ``load_regressor`` needs."""
        parsing = getattr(self.parsing, "config", None)
        return {
            "regressor": asdict(self.regressor.config),
            "parsing": asdict(parsing) if parsing else None,
        }


def load_regressor(path: Path, parsing: nn.Module | None = None) -> FaceReader:
    """The averaged networks of a checkpoint, frozen.

    Args:
        path: of the checkpoint, which holds the weights of F_seg too.
        parsing: a network of F_seg's form, where it is not our own.

    Raises:
        ModelError: the file is missing, no checkpoint, or other networks'.
    """
    described, weights = read_averaged(path, TASK)
    try:
        told = described["net"]
        config = RegressorConfig(**_with_tuples(told["regressor"]))
        parsing = parsing or ParsingNet(ParsingConfig(**_with_tuples(told["parsing"])))
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} describes no regressor of this program ({error!r})") from error
    return load_averaged(FaceReader(parsing, Regressor(config)), weights, path)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


# The losses ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Weights:
    """Weights of the losses (paper, eq. 7); 0 leaves one out and costs no time.

    Attributes:
        content, identity, parameter, loopback, disentangling: the paper's five.
        generated: of ``supervised_loss`` on generated faces of random parameters; not in the
            paper.
        rendered: of it on pictures whose parameters are known (``RenderedSamples``); not in the
            paper either.
        base_identity, base_au: α and β of the parameter loss, which the paper does not give.
        loopback_identity: λ_le.
    """

    content: float = 1.0
    identity: float = 0.1
    parameter: float = 0.1
    loopback: float = 0.1
    disentangling: float = 0.1
    generated: float = 0.0
    rendered: float = 0.0
    base_identity: float = 0.3
    base_au: float = 0.3
    loopback_identity: float = 1.0


PAPERS = ("content", "identity", "parameter", "loopback", "disentangling")
LOSSES = (*PAPERS, "generated", "rendered")


def _asks(weights: Weights, names: tuple[str, ...]) -> bool:
    return any(getattr(weights, name) for name in names)


WARM = {
    "generated": Weights(0, 0, 0, 0, 0, generated=1),
    "rendered": Weights(0, 0, 0, 0, 0, rendered=1),
}
"""Warm starts: R learns to read G's faces, or the rig's renders, whose parameters are known."""


@dataclass(frozen=True)
class Frozen:
    """The networks that R learns by: G, F_seg and F_reg."""

    renderer: nn.Module
    parsing: nn.Module
    identity: nn.Module

    def as_modules(self) -> nn.ModuleDict:
        """All of them, in evaluation mode and without gradients of their own."""
        nets = nn.ModuleDict({f.name: getattr(self, f.name) for f in fields(self)})
        return nets.eval().requires_grad_(False)


class RegressorTask(Task):
    """R and the five losses."""

    name = TASK

    def __init__(self, net: FaceReader, frozen: Frozen, weights: Weights) -> None:
        super().__init__()
        self.net, self.weights, self.frozen = net, weights, frozen.as_modules()
        # the weights too: a run of one variant does not go on from another's checkpoint
        self.described: Mapping[str, Any] = {"net": net.described, "weights": asdict(weights)}
        if _asks(weights, PAPERS):
            with torch.no_grad():
                face = self._parsed(drawn(frozen.renderer, base(torch.zeros(1))[None]))
            self.register_buffer("base_mouth", face.mouth, persistent=False)
            self.register_buffer("sizes", part_sizes(face), persistent=False)

    def forward(self, pictures: Tensor, pose: Tensor, known: Tensor) -> dict[str, Tensor]:
        """Every loss that has a weight, and their weighted sum.

        Args:
            pictures: (N, 3, 128, 128) photographs.
            pose: (N, 2) h_b.
            known: (N, P) parameters, for the warm starts: of nobody, or of the pictures.
        """
        losses: dict[str, Tensor] = {}
        if _asks(self.weights, PAPERS):
            losses |= self._on_photographs(pictures, pose)
        if self.weights.generated:
            losses["generated"] = self._on_generated(known)
        if self.weights.rendered:
            losses["rendered"] = supervised_loss(self.net(pictures), known)
        if not losses:
            raise ConfigError("every loss is left out: nothing to learn")
        total = sum(getattr(self.weights, name) * value for name, value in losses.items())
        # every sub-network takes part, whatever is left out: DDP waits for all gradients
        nothing = 0.0 * sum(p.sum() for p in self.net.regressor.parameters())
        return {"loss": total + nothing, **losses}

    def _on_photographs(self, pictures: Tensor, pose: Tensor) -> dict[str, Tensor]:
        weights, losses = self.weights, {}
        with torch.no_grad():
            photograph = self._parsed(pictures)
        y = self.net.regressor(photograph)
        made = self._made(y)
        if weights.content:
            losses["content"] = content_loss(made["as_read"][1], photograph, self.sizes)
        if weights.identity:
            with torch.no_grad():
                person = self.frozen["identity"](pictures)
            ours = self.frozen["identity"](made["base_expression"][0])
            losses["identity"] = identity_loss(ours, person)
        if weights.parameter:
            losses["parameter"] = parameter_loss(
                y, pose, identity_weight=weights.base_identity, au_weight=weights.base_au
            )
        if weights.loopback:
            losses["loopback"] = self._loopback(y, made)
        if weights.disentangling:
            mouth = _only_mouth(self.base_mouth)
            found = disentangling_loss(made["base_expression"][1], mouth)
            losses["disentangling"] = found / self.sizes[3]
        return losses

    def _made(self, y: Tensor) -> dict[str, tuple[Tensor, FaceFeatures]]:
        """Pictures and features of I', I_gbe, I_gbi as far as a loss asks, in one pass."""
        weights = self.weights
        wanted = {}
        if weights.content:
            wanted["as_read"] = y
        if weights.identity or weights.loopback or weights.disentangling:
            wanted["base_expression"] = with_base_expression(_turned_as_it_is(y))
        if weights.loopback:
            wanted["base_identity"] = with_base_identity(y)
        if not wanted:
            return {}
        pictures = drawn(self.frozen["renderer"], torch.cat(list(wanted.values())))
        features = self._parsed(pictures)
        maps = [getattr(features, name).chunk(len(wanted)) for name in FEATURES]
        each = [FaceFeatures(*parts) for parts in zip(*maps, strict=True)]
        return dict(zip(wanted, zip(pictures.chunk(len(wanted)), each, strict=True), strict=True))

    def _loopback(self, y: Tensor, made: dict[str, tuple[Tensor, FaceFeatures]]) -> Tensor:
        both = [made[name][1] for name in ("base_expression", "base_identity")]
        maps = [torch.cat([getattr(f, name) for f in both]) for name in FEATURES]
        # the running statistics are the photographs': that is what R reads when it is used
        with statistics_kept(self.net):
            read = self.net.regressor(FaceFeatures(*maps)).chunk(2)
        return loopback_loss(
            with_base_expression(y),
            read[0],
            with_base_identity(y),
            read[1],
            identity_weight=self.weights.loopback_identity,
        )

    def _on_generated(self, known: Tensor) -> Tensor:
        with torch.no_grad():
            features = self._parsed(drawn(self.frozen["renderer"], known))
        if _asks(self.weights, PAPERS):
            with statistics_kept(self.net):
                return supervised_loss(self.net.regressor(features), known)
        return supervised_loss(self.net.regressor(features), known)

    def _parsed(self, pictures: Tensor) -> FaceFeatures:
        return self.frozen["parsing"].features(pictures)


def drawn(renderer: nn.Module, parameters: Tensor) -> Tensor:
    """(N, 3, 128, 128) of parameters (N, P), whatever the renderer's size is."""
    pictures = renderer(parameters)
    size = (CROP_SIZE, CROP_SIZE)
    if pictures.shape[-2:] == size:
        return pictures
    return nn.functional.interpolate(pictures, size, mode="bilinear", align_corners=False)


def _turned_as_it_is(y: Tensor) -> Tensor:
    """y whose pose gets no gradient: no head turns to look like somebody, or like I_base."""
    pose = load_layout().blocks[POSE]
    return torch.cat([y[:, pose].detach(), y[:, pose.stop :]], dim=1)


def _only_mouth(mouth: Tensor) -> FaceFeatures:
    return FaceFeatures(*(mouth if name == "mouth" else mouth[:, :0] for name in FEATURES))


# The data --------------------------------------------------------------------------------------


class RegressorSamples:
    """Faces with their pose, each with random parameters beside it, (P,) float32."""

    def __init__(self, faces: FaceSamples) -> None:
        self.faces = faces

    def __len__(self) -> int:
        return len(self.faces)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """See ``training.loop.Samples``."""
        picture, pose = self.faces.sample(position, rng)
        person = person_of(int(rng.integers(2**31)), 0)
        known = sample_parameters(rng, person, load_layout())
        return picture, pose, known.astype(np.float32)


class RenderedSamples:
    """Renders of the rig as a camera would have taken them, with their pose and parameters."""

    def __init__(self, pairs: PairSet) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def sample(self, position: int, rng: np.random.Generator) -> Arrays:
        """See ``training.loop.Samples``."""
        crop = aligned(self.pairs, position, jitter=random_jitter(rng))
        crop = photograph(crop, rng, AugmentConfig())
        known = self.pairs.parameters(position)
        return picture_from_crop(crop), known[load_layout().blocks[POSE]], known


# The run ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NetPaths:
    """Checkpoints of the networks that R learns by; those that nothing asks may be left out."""

    renderer: Path | None
    parsing: Path
    identity: Path | None

    def load(self) -> Frozen:
        """Read them.

        Raises:
            ModelError: one is missing or another network's.
        """
        from training.identity import load_identity
        from training.renderer import load_renderer

        renderer = load_renderer(self.renderer) if self.renderer else nn.Identity()
        identity = load_identity(self.identity) if self.identity else nn.Identity()
        return Frozen(renderer, load_parsing(self.parsing), identity)

    def check(self, weights: Weights) -> None:
        """See that what the losses ask for is there.

        Raises:
            ConfigError: it is not.
        """
        asked = {"renderer": (*PAPERS, "generated"), "identity": ("identity",)}
        for name, losses in asked.items():
            if getattr(self, name) is None and _asks(weights, losses):
                raise ConfigError(f"give --{name} CHECKPOINT: a loss asks for it")


def make_task(
    frozen: Frozen, config: RegressorConfig, weights: Weights, start: Path | None = None
) -> RegressorTask:
    """The task with fresh weights, or with those of ``start``.

    Raises:
        ModelError: ``start`` is no regressor, or of another size.
    """
    regressor = Regressor(config)
    if start:
        load_averaged(regressor, under(read_averaged(start, TASK)[1], "regressor"), start)
        regressor.requires_grad_(True)
    return RegressorTask(FaceReader(frozen.parsing, regressor), frozen, weights)


def weights_from(changes: tuple[str, ...], without: tuple[str, ...]) -> Weights:
    """Weights by NAME=VALUE, and losses that are left out.

    Raises:
        ConfigError: there is no such weight, no number, or not for photographs.
    """
    known, values = {f.name for f in fields(Weights)}, {}
    for change in changes:
        name, _, text = change.partition("=")
        try:
            values[name] = float(text)
        except ValueError:
            raise ConfigError(f"{change!r} is no NAME=NUMBER") from None
    values |= dict.fromkeys(without, 0.0)
    if unknown := set(values) - known:
        raise ConfigError(f"there is no weight {sorted(unknown)}; there are {sorted(known)}")
    if values.get("rendered"):
        raise ConfigError("photographs have no known parameters: --warm rendered learns from pairs")
    return replace(Weights(), **values)


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DEFAULTS = LoopConfig(
    steps=20000, batch_size=16, learning_rate=5e-4, warmup_steps=20, ema_decay=0.99
)


@click.command(cls=TrainingCommand)
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs, videos or folders of them; with --warm rendered, of pairs. Repeatable.",
)
@click.option("--cache", type=click.Path(dir_okay=False, path_type=Path), help="Aligned crops.")
@click.option("--renderer", type=FILE, help="G's checkpoint.")
@click.option("--parsing", type=FILE, required=True, help="F_seg's checkpoint.")
@click.option("--identity", type=FILE, help="F_reg's checkpoint.")
@click.option("--start", type=FILE, help="Checkpoint of R whose weights to start from.")
@click.option(
    "--warm",
    type=click.Choice(sorted(WARM)),
    help="Learn from known parameters alone, for another run's --start; not in the paper.",
)
@click.option("--without", multiple=True, type=click.Choice(LOSSES), help="Leave a loss out.")
@click.option("--weight", multiple=True, metavar="NAME=VALUE", help="Other weights; repeatable.")
@click.option("--paper-inputs", is_flag=True, help="No T_b for the AUs, as in the paper.")
@running(DEFAULTS, least_batch=2)
def main(
    running: Running,
    data: tuple[Path, ...],
    cache: Path | None,
    renderer: Path | None,
    parsing: Path,
    identity: Path | None,
    start: Path | None,
    warm: str | None,
    without: tuple[str, ...],
    weight: tuple[str, ...],
    paper_inputs: bool,
) -> None:
    """Train R on faces nobody labelled; goes on from OUT's checkpoint where there is one."""
    with running.world() as world:
        weights = WARM[warm] if warm else weights_from(weight, without)
        nets = NetPaths(renderer, parsing, identity)
        nets.check(weights)
        frozen = nets.load()
        channels = channels_of(frozen.parsing)
        config = RegressorConfig(channels, expression_sees_brows=not paper_inputs)
        samples: Samples = (
            RenderedSamples(PairSet(*data))
            if warm == "rendered"
            else RegressorSamples(FaceSamples(read_faces(data, cache)))
        )
        running.run(partial(make_task, frozen, config, weights, start), samples, world)


if __name__ == "__main__":
    main()
