"""What an estimator must not do, shown on any model that ships: leak, invent, mix up sides.

    python -m training.probes --model MODEL.onnx --faces FOLDER --clips FOLDER --json probes.json

* ``identity``: the same expressions on ten people of the rig; how far the answers spread.
* ``neutral`` and ``smiling``: photographs that nobody scored. Which of them are neutral is judged
  by the geometry of the mouth's landmarks (``mouth_shape``) alone, so brows and lids are free.
* ``winks``: the clip ``wink_talk.mp4``, whose left eye is shut in frames 10-16 and right eye in
  frames 39-44; and, over every clip, whether one-sided smiles are on the side where a corner of
  the mouth stands higher.
* ``spoilt``: photographs made dark step by step, dark and brightened again, blurred, behind dark
  glasses, or with a hand's fingers over mouth or eyes, against the same photographs as they were:
  does confidence fall, and how far do AUs move?
* ``worn``: the same rendered face with and without glasses, a mask, a hand at the cheek.
* ``skins``: confidence of the photographs, by quarters from the darkest cheeks to the lightest.

AUs are on the 0..5 scale, the mean of the sides. Nothing is smoothed, tracked or calibrated but
for clips, which are tracked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.align import AlignedFace, FaceAligner
from geface_bridge.capture import open_video
from geface_bridge.capture.images import list_images, read_image
from geface_bridge.errors import ConfigError
from geface_bridge.estimate import Estimate, Estimator
from rig.layout import load_layout
from rig.photograph import Photo
from rig.props import Styling, suit_look
from rig.render import Renderer
from rig.sampling import FaceSample, sample_face
from rig.view import EVEN_VIEW
from training.console import TrainingCommand
from training.data.predictions import prediction_from_channels
from training.metrics import pearson
from training.shards import write_json

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
Table = dict[str, Any]

# The expressions of the identity probe: what the rig shows, as AUs 0..1.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {"AU06": 0.6, "AU12": 0.8, "AU25": 0.5},
    "brows up": {"AU01": 0.8, "AU02": 0.8, "AU05": 0.4},
    "brows down": {"AU04": 0.9, "AU07": 0.5},
    "jaw open": {"AU25": 0.7, "AU26": 0.7},
    "disgust": {"AU04": 0.4, "AU09": 0.8, "AU10": 0.6},
    "sad": {"AU01": 0.7, "AU04": 0.5, "AU15": 0.8, "AU17": 0.6},
    "eyes shut": {"AU43": 1.0},
    "pout": {"AU18": 0.8, "AU22": 0.4},
    "stretch": {"AU20": 0.8, "AU25": 0.4},
}
WITHIN = 0.5  # of the 0..5 scale: what ten people may differ by
RENDER_SIZE_PX = 256

# Landmarks of the mouth, MediaPipe's numbers: upper and lower inner lip, corners.
_UPPER, _LOWER, _RIGHT_CORNER, _LEFT_CORNER = 13, 14, 61, 291
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
_CHEEKS = (50, 280)

# Frames, counted from 0, in which an eye of ``wink_talk.mp4`` is shut: side → first and last.
WINK_CLIP = "wink_talk.mp4"
WINKS: dict[str, tuple[int, int]] = {"left": (10, 16), "right": (39, 44)}
WINK_LEAST = 1.0  # the shut eye's AU43 is so much above the other's, 0..5
VIDEO_SUFFIXES = (".mp4", ".mkv", ".avi", ".mov", ".webm")
GLASSES_SHOWN = ("thin", "thick", "square", "aviator")
THINGS_SHOWN = ("mask", "hand")


class Reader:
    """A model with its aligner: pictures in, answers out."""

    def __init__(self, model: Path | None, *, tracking: bool = False) -> None:
        self.estimator = Estimator.load(model)
        self._aligner = FaceAligner(tracking=tracking)

    def read(self, image_rgb: Picture) -> tuple[AlignedFace, Estimate] | None:
        """The largest face and what the model says of it; None where there is none."""
        faces = self._aligner.align(image_rgb)[:1]
        return (faces[0], self.estimator.estimate(faces)[0]) if faces else None

    def answers(self, images: Sequence[Picture]) -> list[Estimate]:
        """Of the pictures in which a face is found."""
        read = (self.read(image) for image in images)
        return [found[1] for found in read if found]


def au_names() -> tuple[str, ...]:
    """The 23 of the paper; those of the extension are no part of the judgement."""
    return tuple(au.name for au in load_layout().aus)


def intensities(estimate: Estimate) -> FloatArray:
    """(23,) on the 0..5 scale."""
    aus = prediction_from_channels(estimate.channels).aus
    return np.array([aus[name] for name in au_names()])


# The same expression on ten people --------------------------------------------------------------


def expressive(sample: FaceSample, aus: dict[str, float]) -> FaceSample:
    """A person with the given AUs and nothing else, from straight ahead in even light."""
    layout = load_layout()
    parameters = layout.neutral_parameters()
    for name in ("identity", "brow_style"):
        parameters[layout.blocks[name]] = sample.parameters[layout.blocks[name]]
    for au, value in aus.items():
        parameters[layout.parameter_index[au]] = value
    styling = replace(sample.styling, glasses="none", hat="none", extras=())
    look = suit_look(sample.look, styling)
    return FaceSample(parameters, look, EVEN_VIEW, Photo(), styling)


def probe_identity(reader: Reader, people: int = 10, seed: int = 404) -> Table:
    """How far one expression's AUs differ between people."""
    rows = {name: np.zeros((0, len(au_names()))) for name in EXPRESSIONS}
    with Renderer(RENDER_SIZE_PX) as renderer:
        for name, aus in tqdm(EXPRESSIONS.items(), desc="identity", leave=False, disable=None):
            samples = [expressive(sample_face(seed, i), aus) for i in range(people)]
            pictures = [renderer.render(s, mask=False).image_rgb for s in samples]
            rows[name] = np.array([intensities(e) for e in reader.answers(pictures)])
    return identity_table(rows)


def identity_table(rows: dict[str, FloatArray]) -> Table:
    """Spreads (largest minus least) of (people, 23) answers by expression.

    Returns:
        per_au: the largest spread over the expressions, and of which; within: share of (AU,
        expression) whose spread is at most ``WITHIN``; answers_within: share of the answers that
        far at most from the mean over the people; deviation: their standard deviation, the mean.
    """
    spread = np.array([np.ptp(found, axis=0) for found in rows.values()])
    off = np.concatenate([np.abs(found - found.mean(axis=0)) for found in rows.values()])
    worst, names = spread.argmax(axis=0), list(rows)
    return {
        "per_au": {
            au: {"spread": float(spread[worst[i], i]), "expression": names[worst[i]]}
            for i, au in enumerate(au_names())
        },
        "largest_spread": float(spread.max()),
        "mean_spread": float(spread.mean()),
        "within": float((spread <= WITHIN).mean()),
        "answers_within": float((off <= WITHIN).mean()),
        "deviation": float(np.mean([found.std(axis=0).mean() for found in rows.values()])),
    }


# Photographs ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MouthShape:
    """Geometry of a mouth, in distances between the eye centres (``mouth_shape``)."""

    gap: float
    lift: float
    width: float

    @property
    def neutral(self) -> bool:
        """Closed, corners not above the middle, not widened."""
        return self.gap < 0.03 and self.lift < 0.02 and self.width < 0.95

    @property
    def smiling(self) -> bool:
        """Corners clearly above the middle, and wide."""
        return self.lift > 0.09 and self.width > 0.95


def mouth_shape(face: AlignedFace) -> MouthShape:
    """Gap of the inner lips, height of the corners over the lips' middle, width of the mouth.

    In the upright crop, in units of the distance between the eye centres. Thresholds were set by
    looking at the photographs that they pick.
    """
    points = face.landmarks_crop.astype(float)
    upper, lower, right, left = points[[_UPPER, _LOWER, _RIGHT_CORNER, _LEFT_CORNER]]
    unit = float(np.linalg.norm(_eye_centre(points, 0) - _eye_centre(points, 1)))
    lift = (upper[1] + lower[1] - right[1] - left[1]) / 2
    width = float(np.linalg.norm(right - left))
    return MouthShape(float(lower[1] - upper[1]) / unit, float(lift) / unit, width / unit)


def _eye_centre(points: FloatArray, side: int) -> FloatArray:
    return np.asarray(points[list(_EYES[side])].mean(axis=0))


def probe_photographs(reader: Reader, paths: Sequence[Path]) -> Table:
    """AUs of the photographs whose mouths are neutral, and of those that smile."""
    neutral: list[FloatArray] = []
    smiling: list[FloatArray] = []
    skins: list[tuple[float, float]] = []
    for path in tqdm(paths, desc="photographs", leave=False, disable=None):
        found = reader.read(image := read_image(path))
        if found is None:
            continue
        skin = _skin_colour(image, found[0].landmarks_px[:, :2].astype(float)).mean()
        skins.append((float(skin), found[1].confidence))
        shape = mouth_shape(found[0])
        if shape.neutral or shape.smiling:
            (neutral if shape.neutral else smiling).append(intensities(found[1]))
    return {
        "neutral": neutral_table(neutral),
        "smiling": smiling_table(smiling),
        "skins": skins_table(skins),
    }


def skins_table(rows: Sequence[tuple[float, float]]) -> list[Table]:
    """Mean confidence of (level of the cheeks 0..255, confidence), by quarters of the levels."""
    ordered = np.array(sorted(rows), float).reshape(-1, 2)
    quarters = [quarter for quarter in np.array_split(ordered, 4) if len(quarter)]
    names = ("count", "cheeks", "confidence")
    return [dict(zip(names, (len(q), *q.mean(axis=0).tolist()), strict=True)) for q in quarters]


def neutral_table(rows: Sequence[FloatArray]) -> Table:
    """Mean and 90th percentile by AU, and means of both."""
    if not rows:
        return {"count": 0}
    means, high = np.mean(rows, axis=0), np.percentile(rows, 90, axis=0)
    per_au = {
        au: {"mean": float(m), "p90": float(h)}
        for au, m, h in zip(au_names(), means, high, strict=True)
    }
    total = {"mean": float(means.mean()), "p90": float(high.mean())}
    return {"count": len(rows), "per_au": per_au, **total}


def smiling_table(rows: Sequence[FloatArray]) -> Table:
    """How clear AU12 is: mean, 10th percentile, share at 1.5 and more."""
    if not rows:
        return {"count": 0}
    au12 = np.array(rows)[:, au_names().index("AU12")]
    return {
        "count": len(rows),
        "au12_mean": float(au12.mean()),
        "au12_p10": float(np.percentile(au12, 10)),
        "au12_clear": float((au12 >= 1.5).mean()),
    }


# Clips ------------------------------------------------------------------------------------------


def probe_clips(model: Path | None, clips: Sequence[Path]) -> Table:
    """Winks, one-sided smiles and confidence of real clips."""
    out: Table = {"winks": {}, "clips": {}}
    for clip in clips:
        reader = Reader(model, tracking=True)
        read = [reader.read(image) for image in _frames(clip)]
        if clip.name == WINK_CLIP:
            out["winks"] = winks_table([found and found[1] for found in read])
        out["clips"][clip.name] = clip_table(read)
    return out


def _frames(clip: Path) -> Iterator[Picture]:
    source = open_video(clip, realtime=False)  # every frame, however slow the model is
    try:
        for frame in tqdm(source.frames(), desc=clip.stem, leave=False, disable=None):
            yield frame.image_rgb
    finally:
        source.close()


def winks_table(estimates: Sequence[Estimate | None]) -> Table:
    """By side: AU43 of the shut and of the open eye, share of frames on the right side."""
    table: Table = {}
    for side, (first, last) in WINKS.items():
        shown = [e for e in estimates[first : last + 1] if e is not None]
        if not shown:
            table[side] = {"frames": 0}
            continue
        left, right = np.array([side_values(e, "AU43") for e in shown]).T
        shut, free = (left, right) if side == "left" else (right, left)
        table[side] = {
            "frames": len(shown),
            "shut": float(shut.mean()),
            "open": float(free.mean()),
            "right_side": float((shut > free).mean()),
            "clear": float((shut - free >= WINK_LEAST).mean()),
        }
    return table


def side_values(estimate: Estimate, au: str) -> tuple[float, float]:
    """(left, right) of a sided AU, 0..5; the person's left."""
    index = load_layout().channel_index
    left, right = (5 * float(estimate.channels[index[f"{au}_{side}"]]) for side in "LR")
    return left, right


def clip_table(read: Sequence[tuple[AlignedFace, Estimate] | None]) -> Table:
    """Share of frames with a face, confidence, and sides of lids and smiles against landmarks."""
    found = [item for item in read if item is not None]
    if not found:
        return {"frames": len(read), "found": 0.0}
    confidence = np.array([estimate.confidence for _, estimate in found])
    table: Table = {
        "frames": len(read),
        "found": len(found) / len(read),
        "confidence": float(confidence.mean()),
        "confidence_p10": float(np.percentile(confidence, 10)),
    }
    for name, au, measure in (
        ("lid_side_r", "AU43", lid_difference),
        ("smile_side_r", "AU12", corner_difference),
    ):
        ours = [np.subtract(*side_values(estimate, au)) for _, estimate in found]
        seen = [measure(face) for face, _ in found]
        table[name] = pearson(np.array(ours, float), np.array(seen, float))
    return table


def lid_difference(face: AlignedFace) -> float:
    """How much more the left eye is shut than the right, by the landmarks of the lids."""
    points = face.landmarks_crop.astype(float)
    right, left = (points[below, 1] - points[above, 1] for _, _, above, below in _EYES)
    return float(right - left)


def corner_difference(face: AlignedFace) -> float:
    """How much higher the mouth's left corner stands than its right, in the upright crop."""
    points = face.landmarks_crop.astype(float)
    return float(points[_RIGHT_CORNER, 1] - points[_LEFT_CORNER, 1])


# Pictures made worse ----------------------------------------------------------------------------


def spoilt(image_rgb: Picture, face: AlignedFace, seed: int) -> dict[str, Picture]:
    """The picture dark, blurred, behind dark glasses, with fingers over mouth, one eye or both."""
    rng = np.random.default_rng(seed)
    points = face.landmarks_px[:, :2].astype(float)
    unit = float(np.linalg.norm(_eye_centre(points, 0) - _eye_centre(points, 1)))
    skin = _skin_colour(image_rgb, points)
    mouth = points[[_UPPER, _LOWER]].mean(axis=0)
    right, left = _eye_centre(points, 0), _eye_centre(points, 1)
    return {
        "dark": _darkened(image_rgb, 0.12, rng),
        "very dark": _darkened(image_rgb, 0.04, rng),
        **{f"light {gain:g}": _darkened(image_rgb, gain, rng) for gain in (0.5, 0.25, 0.02)},
        "dark, brightened": _darkened(image_rgb, 0.04, rng, brightened=15.0),
        "blur": np.asarray(cv2.GaussianBlur(image_rgb, (0, 0), 0.09 * unit), np.uint8),
        "dark glasses": _shaded(image_rgb, (right, left), 0.36 * unit),
        "hand on mouth": covered(image_rgb, mouth, unit, skin, rng),
        "hand on eye": covered(image_rgb, left, 0.7 * unit, skin, rng),
        "hand on eyes": covered(image_rgb, (left + right) / 2, 1.2 * unit, skin, rng),
    }


def _skin_colour(image_rgb: Picture, points: FloatArray) -> FloatArray:
    """Median about the cheeks."""
    height, width = image_rgb.shape[:2]
    x, y = np.clip(points[list(_CHEEKS)], 3, [width - 4, height - 4]).astype(int).T
    patches = [image_rgb[b - 3 : b + 4, a - 3 : a + 4] for a, b in zip(x, y, strict=True)]
    return np.asarray(np.median(np.concatenate(patches).reshape(-1, 3), axis=0))


def _darkened(
    image_rgb: Picture, gain: float, rng: np.random.Generator, brightened: float = 1.0
) -> Picture:
    """Less light on a sensor: a share of it, with the noise that was hidden before.

    ``brightened`` is what the camera then multiplies it by, noise and all.
    """
    light = gain * (image_rgb / 255.0) ** 2.2
    light = brightened * (light + rng.normal(0, 0.004, image_rgb.shape))
    return np.asarray(255 * np.clip(light, 0, 1) ** (1 / 2.2), np.uint8)


def _shaded(image_rgb: Picture, eyes: Sequence[FloatArray], radius: float) -> Picture:
    """The picture behind round lenses (radius in pixels) that let a twentieth of light through."""
    lens = np.zeros(image_rgb.shape[:2], np.uint8)
    for eye in eyes:
        x, y = np.round(eye).astype(int).tolist()
        cv2.circle(lens, (x, y), round(radius), 255, -1, cv2.LINE_AA)
    through = 1 - (1 - 0.05 ** (1 / 2.2)) * lens[..., None] / 255.0
    return np.asarray(image_rgb * through, np.uint8)


def covered(
    image_rgb: Picture, centre: FloatArray, unit: float, skin: FloatArray, rng: np.random.Generator
) -> Picture:
    """Four fingers of the face's own colour across ``centre``, shaded at their edges.

    Args:
        image_rgb: (H, W, 3).
        centre: (2,) pixels.
        unit: pixels between the eyes; a finger is a third of it wide.
        skin: (3,) RGB of the hand.
        rng: draws the direction.
    """
    out, width = image_rgb.astype(np.float64), 0.34 * unit
    towards = rng.uniform(-0.6, 0.6)
    along = np.array([np.cos(towards), np.sin(towards)])
    across = np.array([-along[1], along[0]])
    for finger in range(4):
        middle = centre + (finger - 1.5) * width * across
        ends = [middle - 2.2 * unit * along, middle + (0.5 + 0.1 * (finger % 3)) * unit * along]
        _stroke(out, ends, width, skin * rng.uniform(0.9, 1.05))
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def _stroke(out: FloatArray, ends: list[FloatArray], width: float, colour: FloatArray) -> None:
    """Draw one finger: round, darker towards its edges."""
    for share, light in ((1.0, 0.72), (0.86, 0.88), (0.6, 1.0)):
        mask = np.zeros(out.shape[:2], np.uint8)
        first, last = (tuple(np.round(end).astype(int).tolist()) for end in ends)
        cv2.line(mask, first, last, 255, max(1, round(width * share)), cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), 0.05 * width + 0.3)[..., None] / 255.0
        out += soft * (light * colour - out)


class Changes:
    """Answers of the same faces before and after something was done to the picture."""

    def __init__(self) -> None:
        self.asked = 0
        self._confidence: list[tuple[float, float]] = []
        self._moved: list[FloatArray] = []

    def add(self, before: Estimate, after: Estimate | None) -> None:
        """One face; None where it is no longer found."""
        self.asked += 1
        if after is not None:
            self._confidence.append((before.confidence, after.confidence))
            self._moved.append(intensities(after) - intensities(before))

    def table(self) -> Table:
        """Faces lost; confidence before and after; how far AUs moved, and which the most."""
        if not self._moved:
            return {"asked": self.asked, "found": 0.0}
        before, after = np.array(self._confidence).T
        moved = np.array(self._moved)
        by_au = np.abs(moved).mean(axis=0)
        return {
            "asked": self.asked,
            "found": len(moved) / self.asked,
            "confidence_before": float(before.mean()),
            "confidence_after": float(after.mean()),
            "lowered": float((after < before).mean()),
            "mean_change": float(by_au.mean()),
            "within": float((np.abs(moved) <= WITHIN).mean()),
            "invented": float((moved > 1.0).any(axis=1).mean()),
            "worst_au": au_names()[int(by_au.argmax())],
            "worst_change": float(by_au.max()),
        }


def probe_spoilt(reader: Reader, paths: Sequence[Path], seed: int = 0) -> Table:
    """What darkness, blur and hands do to answers on photographs."""
    changes: dict[str, Changes] = {}
    for number, path in enumerate(tqdm(paths, desc="spoilt", leave=False, disable=None)):
        image = read_image(path)
        found = reader.read(image)
        if found is None:
            continue
        for name, picture in spoilt(image, found[0], seed + number).items():
            after = reader.read(picture)
            changes.setdefault(name, Changes()).add(found[1], after and after[1])
    return {name: change.table() for name, change in changes.items()}


def probe_worn(reader: Reader, people: int = 12, seed: int = 505) -> Table:
    """What glasses and things before the face do to answers on renders."""
    changes: dict[str, Changes] = {}
    with Renderer(RENDER_SIZE_PX) as renderer:
        for person in tqdm(range(people), desc="worn", leave=False, disable=None):
            aus = list(EXPRESSIONS.values())[person % len(EXPRESSIONS)]
            bare = expressive(sample_face(seed, person), aus)
            before = reader.read(renderer.render(bare, mask=False).image_rgb)
            if before is None:
                continue
            for name, styling in _worn(bare.styling).items():
                sample = replace(bare, styling=styling)
                after = reader.read(renderer.render(sample, mask=False).image_rgb)
                changes.setdefault(name, Changes()).add(before[1], after and after[1])
    return {name: change.table() for name, change in changes.items()}


def _worn(bare: Styling) -> dict[str, Styling]:
    glasses = {f"glasses {kind}": replace(bare, glasses=kind) for kind in GLASSES_SHOWN}
    dark = {"sunglasses": replace(bare, glasses="thick", lens=0.9)}
    return glasses | dark | {name: replace(bare, extras=(name,)) for name in THINGS_SHOWN}


# The command ------------------------------------------------------------------------------------


def run_probes(
    model: Path | None, faces: Path | None, clips: Path | None, *, most_spoilt: int = 60
) -> Table:
    """All that can be probed with what is there.

    Args:
        model: ONNX file with its card; None is the packaged one.
        faces: folder of photographs.
        clips: folder of videos.
        most_spoilt: so many photographs, evenly taken, are spoilt.
    """
    reader = Reader(model)
    card = reader.estimator.card
    out: Table = {"model": card.name, "identity": probe_identity(reader)}
    out["worn"] = probe_worn(reader)
    if faces:
        paths = list_images(faces)
        out["photographs"] = probe_photographs(reader, paths)
        step = max(1, len(paths) // most_spoilt)
        out["spoilt"] = probe_spoilt(reader, list(islice(paths, 0, None, step)))
    if clips:
        out |= probe_clips(model, list_clips(clips))
    return out


def list_clips(folder: Path) -> list[Path]:
    """Videos of a folder, by name.

    Raises:
        ConfigError: there are none.
    """
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
    if not found:
        kinds = " ".join(VIDEO_SUFFIXES)
        raise ConfigError(f"{folder} holds no video, expected files ending in {kinds}")
    return found


def format_probes(probes: Table) -> str:
    """The table a person reads."""
    parts: list[tuple[str, Callable[[Table], list[str]]]] = [
        ("identity", _identity_lines),
        ("photographs", _photograph_lines),
        ("winks", _wink_lines),
        ("clips", _clip_lines),
        ("spoilt", _change_lines),
        ("worn", _change_lines),
    ]
    lines = [f"model {probes['model']}; AUs on 0..5"]
    for name, format_part in parts:
        if probes.get(name):
            lines += ["", f"== {name}", *format_part(probes[name])]
    return "\n".join(lines)


def _identity_lines(table: Table) -> list[str]:
    rows = [
        f"{au:6} {row['spread']:5.2f}  {row['expression']}" for au, row in table["per_au"].items()
    ]
    return [
        f"same expression, ten people: largest spread {table['largest_spread']:.2f}, mean "
        f"{table['mean_spread']:.2f}; spread within {WITHIN}: {table['within']:.0%}; answers "
        f"within {WITHIN} of the mean: {table['answers_within']:.0%}; deviation "
        f"{table['deviation']:.2f}",
        "AU     spread  of expression",
        *rows,
    ]


def _photograph_lines(table: Table) -> list[str]:
    neutral, smiling = table["neutral"], table["smiling"]
    lines = [f"neutral mouths: {neutral['count']} photographs"]
    if neutral["count"]:
        lines.append(f"{'all':6} mean {neutral['mean']:.2f}  90th {neutral['p90']:.2f}")
        for au, row in neutral["per_au"].items():
            lines.append(f"{au:6} mean {row['mean']:.2f}  90th {row['p90']:.2f}")
    lines.append(f"smiling mouths: {smiling['count']} photographs")
    if smiling["count"]:
        lines.append(
            f"AU12 mean {smiling['au12_mean']:.2f}, 10th percentile {smiling['au12_p10']:.2f}, "
            f"at 1.5 and more {smiling['au12_clear']:.0%}"
        )
    for row in table.get("skins", []):
        lines.append(
            f"cheeks at {row['cheeks']:3.0f} of 255: confidence {row['confidence']:.2f} "
            f"({row['count']} photographs)"
        )
    return lines


def _wink_lines(table: Table) -> list[str]:
    return [
        f"{side} eye shut: {row['frames']} frames, AU43 {row['shut']:.2f} against "
        f"{row['open']:.2f}; right side {row['right_side']:.0%}, clearly {row['clear']:.0%}"
        if row["frames"]
        else f"{side} eye shut: no face found"
        for side, row in table.items()
    ]


def _clip_lines(table: Table) -> list[str]:
    lines = [f"{'clip':26}  found  confidence (10th)  side of lids r  of smiles r"]
    for name, row in table.items():
        if not row["found"]:
            lines.append(f"{name:26} {0:6.0%}")
            continue
        lines.append(
            f"{name:26} {row['found']:6.0%} {row['confidence']:11.2f} "
            f"({row['confidence_p10']:.2f}) {row['lid_side_r']:15.2f} {row['smile_side_r']:12.2f}"
        )
    return lines


def _change_lines(table: Table) -> list[str]:
    lines = [f"{'':16} found  confidence    lowered  AU change  within {WITHIN}  invented  worst"]
    for name, row in table.items():
        if not row["found"]:
            lines.append(f"{name:16} {0:5.0%}")
            continue
        lines.append(
            f"{name:16} {row['found']:5.0%}  {row['confidence_before']:.2f} → "
            f"{row['confidence_after']:.2f}  {row['lowered']:8.0%} {row['mean_change']:10.2f} "
            f"{row['within']:10.0%} {row['invented']:9.0%}  {row['worst_au']} "
            f"{row['worst_change']:.2f}"
        )
    return lines


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=TrainingCommand)
@click.option("--model", type=click.Path(path_type=Path), help="ONNX file; default: packaged.")
@click.option("--faces", type=_FOLDER, help="Folder of photographs.")
@click.option("--clips", type=_FOLDER, help="Folder of videos.")
@click.option("--spoilt", type=click.IntRange(1), default=60, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write it there too.")
def main(
    model: Path | None, faces: Path | None, clips: Path | None, spoilt: int, json_path: Path | None
) -> None:
    """Probe a model for leaks, inventions and mixed-up sides; print the table."""
    probes = run_probes(model, faces, clips, most_spoilt=spoilt)
    if json_path:
        write_json(json_path, probes)
    click.echo(format_probes(probes))


if __name__ == "__main__":
    main()
