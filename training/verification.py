"""How well F_reg tells people apart whom it never saw: area under the curve, equal error rate.

    python -m training.verification --weights runs/identity/checkpoint.safetensors \\
        --data runs/people --clips clips --photographs faces

Every pair of pictures of a set gives a cosine; pairs of one person should have larger ones. The
same pairs are put to the pixels themselves and to the network before it learnt anything.

* ``renders``: the people of the set who were never trained on, every moment against every other.
* ``expressions``: new people, each with ten expressions in one light. Pairs of one person with
  two expressions against pairs of two people with one expression.
* ``plain``: those people without expression, as the learned renderer paints them, against their
  pictures with look and light of their own: the pairs that L_id compares.
* ``clips``: frames of one clip against frames of two, each frame under light and dirt of its own.
  A clip is one person in one room and one camera, so a good figure here is necessary, not proof.
* ``photographs``: the same photograph twice, differently lit, blurred, covered and mirrored,
  against two photographs. It says what light and dirt do, nothing of expression and pose.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from geface_bridge.align.crop import warp_crop
from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from rig.looks import default_appearance
from rig.photograph import Photo
from rig.render import Renderer
from rig.sampling import FaceSample, sample_face
from rig.view import EVEN_VIEW
from training.augment import photograph
from training.console import TrainingCommand
from training.data.faces import list_files, read_faces
from training.data.people import DIRT, PeopleSet
from training.data.rig_crops import crop_from_image_of
from training.identity import IdentityConfig, IdentityNet, face_window, load_identity, normalised
from training.probes import EXPRESSIONS, RENDER_SIZE_PX, expressive
from training.public_nets import load_lightcnn
from training.reports import table
from training.shards import write_json

FloatArray = NDArray[np.float64]
Crops = NDArray[np.uint8]
Embedder = Callable[[Crops], FloatArray]
NEW_PEOPLE_SEED = 707  # of nobody's training set
_PIXELS = 32
_BATCH = 64


# Figures ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verification:
    """How far pairs of one person and pairs of two lie apart.

    Attributes:
        auc: chance that a pair of one person has a larger cosine than a pair of two.
        eer: share that is mistaken where as many of either are.
        same, different: mean cosines.
    """

    auc: float
    eer: float
    same: float
    different: float


def verification(same: FloatArray, different: FloatArray) -> Verification:
    """Of the cosines of (S,) pairs of one person and (D,) of two; NaN where there are none."""
    if not len(same) or not len(different):
        return Verification(*4 * (float("nan"),))
    return Verification(
        area_under_curve(same, different),
        equal_error_rate(same, different),
        float(same.mean()),
        float(different.mean()),
    )


def area_under_curve(same: FloatArray, different: FloatArray) -> float:
    """P(same > different) + P(equal) / 2 (Mann and Whitney's U over S D)."""
    ordered = np.sort(different)
    below = np.searchsorted(ordered, same, "left")
    not_above = np.searchsorted(ordered, same, "right")
    return float((below + not_above).sum() / (2 * len(same) * len(different)))


def equal_error_rate(same: FloatArray, different: FloatArray) -> float:
    """Where the share of ``same`` below a threshold meets that of ``different`` at or above it."""
    thresholds = np.unique(np.concatenate([same, different]))
    rejected = np.searchsorted(np.sort(same), thresholds, "left") / len(same)
    accepted = 1 - np.searchsorted(np.sort(different), thresholds, "left") / len(different)
    nearest = np.argmin(np.abs(rejected - accepted))
    return float((rejected[nearest] + accepted[nearest]) / 2)


def pairs_of(
    embeddings: FloatArray, people: NDArray[np.int64], counted: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Cosines of all pairs of one person, and of two.

    Args:
        embeddings: (N, D) of unit length.
        people: (N,) who.
        counted: (N, N) the pairs to take, those above the diagonal; None for all.
    """
    cosines = embeddings @ embeddings.T
    once = np.triu(np.ones(cosines.shape, bool) if counted is None else counted, 1)
    alike = people[:, None] == people
    return cosines[alike & once], cosines[~alike & once]


# What embeds -----------------------------------------------------------------------------------


def of_net(net: nn.Module) -> Embedder:
    """(N, 128, 128, 3) uint8 crops → (N, D) embeddings of unit length."""

    @torch.no_grad()
    def embed(crops: Crops) -> FloatArray:
        parts = []
        for first in range(0, len(crops), _BATCH):
            pictures = torch.from_numpy(crops[first : first + _BATCH]).permute(0, 3, 1, 2)
            parts.append(net(pictures.float() / 255).double().numpy())
        return np.concatenate(parts)

    return embed


def of_pixels(crops: Crops) -> FloatArray:
    """The crops themselves, as the network sees them: grey, normalised, windowed, 32²."""
    pictures = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    grey = normalised(pictures, face_window(pictures.shape[-1]))[:, 0].numpy()
    small = [cv2.resize(x, (_PIXELS, _PIXELS), interpolation=cv2.INTER_AREA) for x in grey]
    flat = np.stack(small).reshape(len(crops), -1).astype(np.float64)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True).clip(1e-9)


def embedders(weights: Path | None, lightcnn: Path | None) -> dict[str, Embedder]:
    """What is compared: the networks given, one that never learnt, and pixels."""
    out: dict[str, Embedder] = {}
    if weights:
        out["F_reg"] = of_net(load_identity(weights))
    if lightcnn:
        out["LightCNN-29 v2"] = of_net(load_lightcnn(lightcnn))
    if not out:
        raise ConfigError("nothing to verify: give --weights or --lightcnn")
    torch.manual_seed(0)
    out["untrained"] = of_net(IdentityNet(IdentityConfig()).eval())
    out["pixels"] = of_pixels
    return out


# Sets ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Faces:
    """Crops, who they show, and which pairs count, as ``pairs_of`` takes them."""

    crops: Crops
    people: NDArray[np.int64]
    counted: NDArray[np.bool_] | None = None

    def verify(self, embed: Embedder) -> Verification:
        """The figures of the pairs."""
        return verification(*pairs_of(embed(self.crops), self.people, self.counted))


def held_out_renders(folder: Path) -> Faces:
    """The pictures of people of a set who are never trained on."""
    people = PeopleSet(folder, "held_out")
    crops = [people.picture(k) for k in tqdm(range(len(people)), "renders", disable=None)]
    return Faces(np.stack(crops), people.people.astype(np.int64))


def new_people(count: int, seed: int = NEW_PEOPLE_SEED) -> dict[str, Faces]:
    """``expressions`` and ``plain``: people of the rig, shown again and again."""
    who = [sample_face(seed, index) for index in range(count)]
    expressions = list(EXPRESSIONS.values())
    acted = rendered([expressive(person, aus) for person in who for aus in expressions])
    twice = rendered([*who, *map(as_learned_renderer_paints, who)])
    people, moments = np.divmod(np.arange(len(acted)), len(expressions))
    halves = np.repeat([0, 1], count)
    return {
        "expressions": Faces(acted, people, _alike(people) | _alike(moments)),
        "plain": Faces(twice, np.tile(np.arange(count), 2), ~_alike(halves)),
    }


def _alike(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(values[:, None] == values)


def rendered(samples: list[FaceSample]) -> Crops:
    """(N, 128, 128, 3) aligned crops."""
    crops = []
    with Renderer(RENDER_SIZE_PX) as renderer:
        for sample in tqdm(samples, "rendering", disable=None):
            shown = renderer.render(sample, mask=False)
            crops.append(warp_crop(shown.image_rgb, crop_from_image_of(shown.landmarks)))
    return np.stack(crops)


def as_learned_renderer_paints(sample: FaceSample) -> FaceSample:
    """The person without expression, in the one look and light of plain renders."""
    layout = load_layout()
    bare = expressive(sample, {})
    style = int(np.argmax(bare.parameters[layout.blocks["brow_style"]]))
    look = replace(default_appearance(), brow=layout.brow_styles[style])
    return FaceSample(bare.parameters, look, EVEN_VIEW, Photo())


def clip_frames(folder: Path, cache: Path | None = None, every: int = 15) -> Faces:
    """Frames of clips, each as another camera might have seen it; a clip is a person."""
    found = read_faces(_films(folder), cache, every=every)
    clips = [name.partition("#")[0] for name in found.names]
    people = np.unique(clips, return_inverse=True)[1].astype(np.int64)
    return Faces(_dirtied(found.crops, seed=1), people)


def photographs_twice(folder: Path, cache: Path | None = None) -> Faces:
    """Photographs, once as one camera and once as another might have seen them, mirrored."""
    crops = read_faces((folder,), cache).crops
    other = _dirtied(np.ascontiguousarray(crops[:, :, ::-1]), seed=3)
    both = np.concatenate([_dirtied(crops, seed=2), other])
    return Faces(both, np.tile(np.arange(len(crops)), 2))


def _films(folder: Path) -> tuple[Path, ...]:
    """The videos that ought to show a face."""
    return tuple(path for path in list_files((folder,)) if not path.stem.startswith("no_face"))


def _dirtied(crops: Crops, seed: int) -> Crops:
    rngs = [np.random.default_rng([seed, k]) for k in range(len(crops))]
    return np.stack([photograph(c, r, DIRT) for c, r in zip(crops, rngs, strict=True)])


# The command -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sources:
    """Where the sets come from; None leaves a set out.

    Attributes:
        data: folder of people's renders.
        people: of the rig, rendered for this; 0 for none.
        clips, photographs: folders; cache: folder where their crops are kept.
    """

    data: Path | None = None
    people: int = 0
    clips: Path | None = None
    photographs: Path | None = None
    cache: Path | None = None


def read_sets(sources: Sources) -> dict[str, Faces]:
    """Every set that there is a source for.

    Raises:
        ConfigError: there is none.
        SourceError: one cannot be read.
    """
    cache = sources.cache
    out: dict[str, Faces] = {}
    if sources.data:
        out["renders"] = held_out_renders(sources.data)
    if sources.people:
        out |= new_people(sources.people)
    if sources.clips:
        out["clips"] = clip_frames(sources.clips, cache and cache / "identity_clips.npz")
    if sources.photographs:
        kept = cache and cache / "identity_photographs.npz"
        out["photographs"] = photographs_twice(sources.photographs, kept)
    if not out:
        raise ConfigError("nothing to verify on: give --data, --people, --clips or --photographs")
    return out


def report(results: dict[str, dict[str, Verification]]) -> str:
    """A table: a row for every set and embedder."""
    head = ("set", "by", "AUC", "EER", "same", "different")
    rows = [
        (name, by, *(f"{x:.3f}" for x in (v.auc, v.eer, v.same, v.different)))
        for name, found in results.items()
        for by, v in found.items()
    ]
    return table([head, *rows])


_FOLDER = click.Path(path_type=Path)


@click.command(cls=TrainingCommand)
@click.option("--weights", type=_FOLDER, help="Checkpoint of training.identity.")
@click.option("--lightcnn", type=_FOLDER, help="The public LightCNN-29 v2's weights.")
@click.option("--data", type=_FOLDER, help="Folder of render_pairs --draw people.")
@click.option("--people", type=click.IntRange(0), default=0, help="So many are rendered for this.")
@click.option("--clips", type=_FOLDER, help="Folder of videos, each of one person.")
@click.option("--photographs", type=_FOLDER, help="Folder of photographs.")
@click.option("--cache", type=_FOLDER, help="Folder for aligned crops, to be quicker next time.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--json", "json_path", type=_FOLDER, help="Write the figures there too.")
def main(
    weights: Path | None, lightcnn: Path | None, data: Path | None, people: int,
    clips: Path | None, photographs: Path | None, cache: Path | None, threads: int,
    json_path: Path | None,
) -> None:  # fmt: skip
    """Verify identities by F_reg, by a network that learnt nothing, and by pixels."""
    torch.set_num_threads(threads)
    compared = embedders(weights, lightcnn)
    sets = read_sets(Sources(data, people, clips, photographs, cache))
    results = {
        name: {by: faces.verify(embed) for by, embed in compared.items()}
        for name, faces in sets.items()
    }
    if json_path:
        write_json(json_path, {n: {k: asdict(v) for k, v in r.items()} for n, r in results.items()})
    click.echo(report(results))


if __name__ == "__main__":
    main()
