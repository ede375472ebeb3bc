"""GE-Net: parameters of one photograph by gradient search (paper, 6).

    python -m training.fit photo.jpg --out runs/fit

Renderer G and F_seg stay as they are; pose, identity, brow style and expression are moved until
F_seg sees in G's picture what it sees in the photograph. What is minimised is the content loss
and a tenth of the parameter loss, as the regressor's (paper, eq. 8 and 10), and, which is not the
paper's, a tenth of the pixels between the rig's points and the tracker's (``--landmarks 0``
leaves them out). It needs no regressor, and is a hundred times slower than one.

Song et al., "Unsupervised Facial Action Unit Intensity Estimation via Differentiable
Optimization", arXiv 2004.05908 (2020).
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="misc, no-any-return, untyped-decorator"

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from geface_bridge.align import CROP_SIZE, AlignedFace, FaceAligner
from geface_bridge.capture.images import read_image
from geface_bridge.errors import ConfigError, ImageError, SourceError
from rig.layout import channels_from_parameters, load_layout
from training.console import TrainingCommand
from training.data.faces import picture_from_crop, pose_parameters
from training.data.predictions import prediction_from_channels
from training.fit_picture import rig_crop, side_by_side
from training.losses.content import content_loss, part_sizes
from training.losses.features import FaceFeatures
from training.losses.parameter import parameter_loss
from training.mesh_points import MeshPoints
from training.parameters import BROWS, EXPRESSION, IDENTITY, POSE, base
from training.shards import write_json
from training.shipped import PARSING, RENDERER

Report = Callable[[int, float], None]


@dataclass(frozen=True)
class FitConfig:
    """How a photograph is searched.

    Attributes:
        steps: of Adam, in all.
        learning_rate: the first, in parameters' units; half a cosine to 0 follows.
        pose_rate, identity_rate, brow_rate: of these blocks, by ``learning_rate``; alignment knows
            the pose well, and 208 identity parameters together move a face far.
        person_share: share of the steps that move pose, identity and brows alone, so that
            they explain what they can before the expression does.
        blend_share: share of the steps in which brow styles are blended (softmax); the likeliest
            is taken then.
        parameter_weight: of the parameter loss.
        base_identity, base_au: its α and β.
        landmark_weight: of the landmark loss, by pixel; 0 is the paper's way.
        starts: how many starts are searched at once; the best wins.
        spread: standard deviation by which further starts differ from the first.
        seed: of the further starts.
    """

    steps: int = 200
    learning_rate: float = 0.03
    pose_rate: float = 0.2
    identity_rate: float = 0.5
    brow_rate: float = 10.0
    person_share: float = 0.2
    blend_share: float = 0.5
    parameter_weight: float = 0.1
    base_identity: float = 1.0
    base_au: float = 0.3
    landmark_weight: float = 0.1
    starts: int = 2
    spread: float = 0.08
    seed: int = 0


@dataclass(frozen=True)
class Photograph:
    """An aligned face.

    Attributes:
        picture: (1, 3, 128, 128) RGB 0..1.
        pose: (1, 2) h_b, parameters 0..1.
        landmarks: (478, 2) crop coordinates over the crop's size; None if nobody tracked it.
    """

    picture: Tensor
    pose: Tensor
    landmarks: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes:
        parameters: (P,) within the layout's ranges, one brow style.
        before, after: loss of the first start and of ``parameters``; after <= before.
        content_before, content_after: the content loss within them.
    """

    parameters: Tensor
    before: float
    after: float
    content_before: float
    content_after: float


class Objective:
    """What a parameter vector is worth: its loss against one photograph."""

    def __init__(
        self, renderer: nn.Module, parsing: nn.Module, photograph: Photograph, config: FitConfig
    ) -> None:
        self.renderer, self.parsing, self.config = renderer, parsing, config
        self.pose = photograph.pose
        with torch.no_grad():
            self.target = parsing.features(photograph.picture)
            face = parsing.features(shown(renderer, base(photograph.pose)[None]))
        self.sizes = part_sizes(face)
        self.points, self.seen = None, torch.zeros(0)
        if config.landmark_weight and photograph.landmarks is not None:
            self.points = MeshPoints().to(photograph.pose.device)
            self.seen = self.points.seen(photograph.landmarks)

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) losses and (N,) content losses within them, of (N, P) parameters."""
        seen = self.parsing.features(shown(self.renderer, parameters))
        content = torch.stack(
            [content_loss(_one(seen, i), self.target, self.sizes) for i in range(len(parameters))]
        )
        prior = torch.stack([self._prior(y[None]) for y in parameters])
        return content + prior, content

    def _prior(self, parameters: Tensor) -> Tensor:
        config = self.config
        weights = {"identity_weight": config.base_identity, "au_weight": config.base_au}
        loss = config.parameter_weight * parameter_loss(parameters, self.pose, **weights)
        if self.points is not None:
            loss = loss + config.landmark_weight * self.points(parameters, self.seen)
        return loss


def shown(renderer: nn.Module, parameters: Tensor) -> Tensor:
    """(N, 3, 128, 128) G's pictures; those of a smaller G are drawn up."""
    made = renderer(parameters)
    size = (CROP_SIZE, CROP_SIZE)
    if made.shape[-2:] == size:
        return made
    return nn.functional.interpolate(made, size=size, mode="bilinear", align_corners=False)


def _one(features: FaceFeatures, index: int) -> FaceFeatures:
    """The features of one of N pictures."""
    maps = {field.name: getattr(features, field.name) for field in fields(features)}
    return FaceFeatures(**{name: part[index : index + 1] for name, part in maps.items()})


# The search ------------------------------------------------------------------------------------


def fit_photograph(
    objective: Objective, start: Tensor, config: FitConfig, report: Report | None = None
) -> Fit:
    """Search from ``start``; the best parameters met are kept, ``start`` among them.

    Args:
        objective: of the photograph.
        start: (P,) the base face with the photograph's pose, or a regressor's answer.
        config: how.
        report: called with each step's number and the least loss so far.
    """
    begin = _one_style(_clamped(start[None]))
    with torch.no_grad():
        loss, content = objective(begin)
    best = _Best(begin[0], float(loss[0]), float(content[0]))
    before = best.loss, best.content
    moving = _Moving(_starts(begin[0], config))
    for step in range(config.steps):
        _step(objective, moving, step, config, best)
        if report:
            report(step + 1, best.loss)
    with torch.no_grad():
        last = _one_style(moving.parameters(1.0))
        best.offer(last, *objective(last))
    return Fit(best.parameters, before[0], best.loss, before[1], best.content)


class _Best:
    """The best parameters met so far."""

    def __init__(self, parameters: Tensor, loss: float, content: float) -> None:
        self.parameters, self.loss, self.content = parameters, loss, content

    def offer(self, parameters: Tensor, losses: Tensor, contents: Tensor) -> None:
        """Take the best of (N, P) if it is better; losses that are no numbers never are."""
        losses, contents = losses.detach(), contents.detach()
        index = int(torch.nan_to_num(losses, nan=math.inf).argmin())
        if float(losses[index]) < self.loss:
            self.parameters = parameters[index].detach().clone()
            self.loss, self.content = float(losses[index]), float(contents[index])


class _Moving:
    """The parameters that are searched, and Adam.

    Brow styles move as logits, since one of them is meant.
    """

    def __init__(self, starts: Tensor) -> None:
        self.at = load_layout().blocks[BROWS]
        self.values = starts.clone().requires_grad_(True)
        chosen = starts[:, self.at]
        self.logits = (3.0 * chosen).clone().requires_grad_(True)
        groups = [{"params": [self.values]}, {"params": [self.logits]}]
        self.optimizer = torch.optim.Adam(groups, lr=0.0, betas=(0.9, 0.99))

    def parameters(self, temperature: float) -> Tensor:
        """(N, P) with brow styles blended by softmax."""
        styles = (self.logits / temperature).softmax(dim=1)
        left, right = self.values[:, : self.at.start], self.values[:, self.at.stop :]
        return torch.cat([left, styles, right], dim=1)

    def move(self, rates: Tensor, brow_rate: float) -> None:
        """One step; (P,) ``rates`` are the parameters' own, 0 for those that stay."""
        kept = self.values.detach().clone()
        for group, rate in zip(self.optimizer.param_groups, (1.0, brow_rate), strict=True):
            group["lr"] = rate
        self.optimizer.step()
        with torch.no_grad():
            # Adam's step is scaled, not its gradient: the size of a gradient does not matter to it
            self.values.copy_(_clamped(kept + rates * (self.values - kept)))


def _step(objective: Objective, moving: _Moving, step: int, config: FitConfig, best: _Best) -> None:
    blended = step < config.blend_share * config.steps
    parameters = moving.parameters(_temperature(step, config))
    parameters = parameters if blended else _one_style(parameters)
    losses, contents = objective(parameters)
    if not blended:
        best.offer(parameters, losses, contents)
    moving.optimizer.zero_grad(set_to_none=True)
    losses.sum().backward()
    rates = _rates(step, config).to(losses)
    cooled = config.learning_rate * schedule(step, config)
    moving.move(cooled * rates, cooled * config.brow_rate if blended else 0.0)


def schedule(step: int, config: FitConfig) -> float:
    """Share of the learning rate: half a cosine to 0 in each of the two phases."""
    first = round(config.person_share * config.steps)
    start, end = (0, first) if step < first else (first, config.steps)
    return 0.5 * (1 + math.cos(math.pi * (step - start) / max(end - start, 1)))


def _temperature(step: int, config: FitConfig) -> float:
    """Of the blend of brow styles: from 1 to a tenth, where it is nearly one of them."""
    done = min(1.0, step / max(config.blend_share * config.steps, 1))
    return float(0.1**done)


def _rates(step: int, config: FitConfig) -> Tensor:
    """(P,) rates of the parameters by the learning rate: the person first, then all."""
    blocks = load_layout().blocks
    rates = torch.zeros(len(load_layout().parameter_names))
    rates[blocks[POSE]] = config.pose_rate
    rates[blocks[IDENTITY]] = config.identity_rate
    if step >= round(config.person_share * config.steps):
        for name in EXPRESSION:
            rates[blocks[name]] = 1.0
    return rates


def _starts(start: Tensor, config: FitConfig) -> Tensor:
    """(starts, P): ``start``, and others about it; AUs only go up from none."""
    generator = torch.Generator().manual_seed(config.seed)
    shape = (config.starts, len(start))
    noise = config.spread * torch.randn(shape, generator=generator).to(start)
    noise[0] = 0
    noise[:, load_layout().blocks[BROWS]] = 0
    return _clamped(start[None] + noise)


def _clamped(parameters: Tensor) -> Tensor:
    """Within the layout's ranges: −1..1 for asymmetries, 0..1 for the others."""
    return torch.maximum(parameters, _lowest().to(parameters)).clamp(max=1.0)


def _lowest() -> Tensor:
    signed = [name.endswith(".asymmetry") for name in load_layout().parameter_names]
    return torch.tensor([-1.0 if s else 0.0 for s in signed])


def _one_style(parameters: Tensor) -> Tensor:
    """The likeliest brow style as 1, the others 0."""
    at = load_layout().blocks[BROWS]
    styles = parameters[:, at]
    hard = nn.functional.one_hot(styles.argmax(dim=1), styles.shape[1]).to(parameters)
    return torch.cat([parameters[:, : at.start], hard, parameters[:, at.stop :]], dim=1)


# Starts ----------------------------------------------------------------------------------------


def base_start(photograph: Photograph) -> Tensor:
    """(P,) the base face, turned as the photograph's."""
    start = base(photograph.pose).clone()
    start[load_layout().blocks[POSE]] = photograph.pose[0]
    return start


def regressor_start(regressor: nn.Module, photograph: Photograph) -> Tensor:
    """(P,) what R, from a picture to parameters, answers."""
    with torch.no_grad():
        return regressor(photograph.picture)[0]


# A photograph ----------------------------------------------------------------------------------


def read_face(path: Path) -> AlignedFace:
    """The largest face of a picture.

    Raises:
        SourceError: the file is missing, or no face is found in it.
        ImageError: it is no picture.
    """
    if path.is_dir():
        raise ImageError(f"{path} is a folder, expected a picture")
    image = read_image(path)
    with FaceAligner(tracking=False) as aligner:
        faces = aligner.align(image)
    if not faces:
        raise SourceError(f"no face is found in {path}; is it upright, and large enough?")
    return faces[0]


def photograph_of(face: AlignedFace, device: str = "cpu") -> Photograph:
    """What is fitted to."""
    picture = torch.from_numpy(picture_from_crop(face.crop_rgb))[None]
    pose = torch.from_numpy(pose_parameters(face.head))[None]
    return Photograph(picture.to(device), pose.to(device), face.landmarks_crop)


def search_face(
    face: AlignedFace,
    networks: Networks,
    config: FitConfig,
    report: Report | None = None,
    device: str = "cpu",
) -> Fit:
    """Fit an aligned face: from R's answer where there is an R, else from the base face.

    Args:
        face: what is fitted to.
        networks: on ``device``.
        config: how.
        report: of ``fit_photograph``.
        device: where to compute.
    """
    photograph = photograph_of(face, device)
    objective = Objective(networks.renderer, networks.parsing, photograph, config)
    start = base_start(photograph)
    if networks.regressor is not None:
        start = regressor_start(networks.regressor, photograph)
    return fit_photograph(objective, start, config, report)


def as_json(found: Fit, photo: Path, config: FitConfig) -> dict[str, Any]:
    """For ``write_json``: parameters by name, AUs 0..5, losses."""
    layout = load_layout()
    values = _numbers(found.parameters)
    channels = channels_from_parameters(values).astype(np.float32)
    sides = {name: 5 * float(channels[i]) for name, i in layout.channel_index.items()}
    answer = prediction_from_channels(channels)
    return {
        "photo": photo.name,
        "layout_id": layout.layout_id,
        "parameters": dict(zip(layout.parameter_names, map(float, values), strict=True)),
        "aus": answer.aus,
        "au_channels": {name: sides[name] for name in layout.au_channel_names},
        "head_yaw_rad": answer.yaw_rad,
        "head_pitch_rad": answer.pitch_rad,
        "loss_before": found.before,
        "loss_after": found.after,
        "content_before": found.content_before,
        "content_after": found.content_after,
        "steps": config.steps,
        "seed": config.seed,
    }


def _numbers(parameters: Tensor) -> NDArray[np.float64]:
    return parameters.detach().cpu().numpy().astype(np.float64)


def strongest(aus: dict[str, float], count: int = 7) -> str:
    """The strongest AUs in words, 0..5."""
    order = sorted(aus, key=lambda name: -aus[name])[:count]
    return "  ".join(f"{name} {aus[name]:.1f}" for name in order if aus[name] >= 0.25) or "no AU"


def draw(face: AlignedFace, found: Fit, renderer: nn.Module, told: dict[str, Any]) -> Any:
    """(H, W, 3) photograph, G's face and the rig's face of the parameters found."""
    with torch.no_grad():
        made = shown(renderer, found.parameters[None])[0].clamp(0, 1).cpu().numpy()
    panels = {
        "photograph": face.crop_rgb,
        "learned renderer G": (255 * made.transpose(1, 2, 0) + 0.5).astype(np.uint8),
        "rig": rig_crop(_numbers(found.parameters)),
    }
    losses = f"loss {found.before:.4f} before, {found.after:.4f} after {told['steps']} steps"
    return side_by_side(panels, (losses, strongest(told["aus"])))


# The command -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Networks:
    """What a fit needs; R only to start from."""

    renderer: nn.Module
    parsing: nn.Module
    regressor: nn.Module | None = None


def load_networks(
    renderer: Path, parsing: Path, regressor: Path | None = None, device: str = "cpu"
) -> Networks:
    """The frozen networks of checkpoints.

    Raises:
        ModelError: one is missing, no checkpoint, or another network's.
    """
    from training.parsing import load_parsing
    from training.regressor import load_regressor
    from training.renderer import load_renderer

    reader = load_regressor(regressor).to(device) if regressor else None
    return Networks(load_renderer(renderer).to(device), load_parsing(parsing).to(device), reader)


def fit_file(
    photo: Path, networks: Networks, config: FitConfig, out: Path, device: str = "cpu"
) -> Fit:
    """Fit one photograph; writes PHOTO.json and PHOTO.png into ``out``.

    Raises:
        SourceError, ImageError: as ``read_face``.
        MissingDependencyError: the rig cannot be rendered.
    """
    face = read_face(photo)
    with tqdm(total=config.steps, desc=photo.name, unit="step") as bar:

        def report(step: int, loss: float) -> None:
            bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
            bar.update(step - bar.n)

        found = search_face(face, networks, config, report, device)
    told = as_json(found, photo, config)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / f"{photo.stem}.json", told)
    write_picture(out / f"{photo.stem}.png", draw(face, found, networks.renderer, told))
    return found


def write_picture(path: Path, picture_rgb: NDArray[np.uint8]) -> None:
    """Write a PNG.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    if not cv2.imwrite(str(path), np.ascontiguousarray(picture_rgb[..., ::-1])):
        raise ConfigError(f"{path} cannot be written; choose another --out")


def _same_names(photos: Iterable[Path]) -> list[str]:
    stems = [photo.stem for photo in photos]
    return sorted({stem for stem in stems if stems.count(stem) > 1})


_FILE = click.Path(path_type=Path)


@click.command(cls=TrainingCommand)
@click.argument("photos", type=_FILE, nargs=-1, required=True)
@click.option("--renderer", type=_FILE, default=RENDERER, help="Checkpoint of G; ours if not told.")
@click.option("--parsing", type=_FILE, default=PARSING, help="Of F_seg; ours if not told.")
@click.option("--regressor", type=_FILE, help="Checkpoint of R, for --start regressor.")
@click.option("--start", type=click.Choice(["base", "regressor"]), default="base")
@click.option("--steps", type=click.IntRange(0), default=FitConfig.steps, show_default=True)
@click.option("--starts", type=click.IntRange(1), default=FitConfig.starts, show_default=True)
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    default=FitConfig.learning_rate,
    show_default=True,
)
@click.option(
    "--landmarks",
    type=click.FloatRange(0),
    default=FitConfig.landmark_weight,
    show_default=True,
    help="Weight of a pixel between the rig's points and the tracker's.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--out", type=_FILE, default=Path("runs/fit"), show_default=True)
def main(
    photos: tuple[Path, ...],
    renderer: Path,
    parsing: Path,
    regressor: Path | None,
    start: str,
    steps: int,
    starts: int,
    learning_rate: float,
    landmarks: float,
    seed: int,
    threads: int,
    device: str,
    out: Path,
) -> None:
    """Find the parameters of the largest face of each of PHOTOS."""
    if start == "regressor" and regressor is None:
        raise ConfigError("--start regressor needs --regressor, R's checkpoint")
    if _same_names(photos):
        raise ConfigError(f"two photos are called {_same_names(photos)[0]}: fit them apart")
    torch.set_num_threads(threads)
    config = FitConfig(
        steps=steps,
        learning_rate=learning_rate,
        landmark_weight=landmarks,
        starts=starts,
        seed=seed,
    )
    networks = load_networks(
        renderer, parsing, regressor if start == "regressor" else None, _device(device)
    )
    for photo in photos:
        found = fit_file(photo, networks, config, out, device)
        click.echo(
            f"{photo}: loss {found.before:.4f} → {found.after:.4f}, {out / photo.stem}.json and "
            ".png"
        )


def _device(name: str) -> str:
    """The name, if torch can compute there.

    Raises:
        ConfigError: it cannot.
    """
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"--device {name} cannot be used here: {error}") from error
    return name


if __name__ == "__main__":
    main()
