"""Who answers in an evaluation: our networks, exported or not, or another tool by its CSV files.

A checkpoint is read by what it says of itself: ``READERS`` has an entry for every task whose
network can answer. GE-Net's search, which is no network of its own, answers too.
"""

# torch is Any to mypy here (pyproject.toml).
# mypy: disable-error-code="no-any-return, untyped-decorator"

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from geface_bridge.align import AlignedFace
from geface_bridge.align.head import head_angles_with
from geface_bridge.errors import ConfigError, SourceError
from geface_bridge.estimate import Estimator
from rig.layout import channels_from_parameters, load_layout
from training.data.judged import FaceSample
from training.data.predictions import Prediction, prediction_from_channels, read_predictions

if TYPE_CHECKING:
    from training.fit import FitConfig, Networks

FloatArray = NDArray[np.float32]


class Predictor(Protocol):
    """Answers of faces, each by itself, without memory of the last."""

    name: str

    def predict(self, samples: Sequence[FaceSample]) -> list[Prediction | None]:
        """What it says of each; None where it sees no face."""
        ...


class OwnPredictor:
    """An exported estimator as it runs live, without smoothing over time."""

    def __init__(self, model: Path | None = None, name: str | None = None) -> None:
        self._estimator = Estimator.load(model)
        self.name = name or self._estimator.card.name

    def predict(self, samples: Sequence[FaceSample]) -> list[Prediction | None]:
        """See ``Predictor``."""
        faces = [sample.face for sample in samples if sample.face]
        answers = (prediction_from_channels(e.channels) for e in self._estimator.estimate(faces))
        return [next(answers) if sample.face else None for sample in samples]


class NetPredictor:
    """A network before its export.

    Args:
        name: what it is called.
        channels_of: faces → (N, C) channels, head yaw and pitch as seen in the upright crop.
        turns: whether the network tells the head's yaw and pitch; without, alignment does.
    """

    def __init__(
        self,
        name: str,
        channels_of: Callable[[Sequence[AlignedFace]], FloatArray],
        turns: bool = True,
    ) -> None:
        self.name, self._channels_of, self._turns = name, channels_of, turns

    def predict(self, samples: Sequence[FaceSample]) -> list[Prediction | None]:
        """See ``Predictor``."""
        faces = [sample.face for sample in samples if sample.face]
        rows = self._channels_of(faces) if faces else ()
        answers = (self._answer(row, face) for row, face in zip(rows, faces, strict=True))
        return [next(answers) if sample.face else None for sample in samples]

    def _answer(self, channels: FloatArray, face: AlignedFace) -> Prediction:
        seen, head = prediction_from_channels(channels), face.head
        angles = (head.yaw_rad, head.pitch_rad, head.roll_rad)
        if self._turns:
            angles = head_angles_with(head, seen.yaw_rad, seen.pitch_rad)
        return Prediction(seen.aus, *angles)


class CsvPredictor:
    """Another tool's answers: a folder with SEQUENCE.csv, OpenFace's columns."""

    def __init__(self, name: str, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceError(f"{folder} is no folder, expected one with a CSV file a sequence")
        self.name, self._folder = name, folder
        self._read: dict[str, dict[int, Prediction]] = {}

    def predict(self, samples: Sequence[FaceSample]) -> list[Prediction | None]:
        """See ``Predictor``; the pictures are not looked at."""
        return [self._of(sample.sequence).get(sample.number) for sample in samples]

    def _of(self, sequence: str) -> dict[int, Prediction]:
        if sequence not in self._read:
            self._read[sequence] = read_predictions(self._folder / f"{sequence}.csv")
        return self._read[sequence]


# Checkpoints -----------------------------------------------------------------------------------


def read_predictor(name: str | None, path: Path) -> Predictor:
    """The network of a file: ``.onnx`` with its card beside it, or a training's checkpoint.

    Raises:
        ModelError: it cannot be read.
        ConfigError: its task's network does not answer for a face.
    """
    if path.suffix != ".safetensors":
        return OwnPredictor(path, name)
    from training.loop import read_metadata

    task = read_metadata(path).get("task", "")
    if task not in READERS:
        raise ConfigError(
            f"{path} holds a network for {task!r}, expected one of {', '.join(sorted(READERS))}"
        )
    return READERS[task](name or path.parent.name or path.stem, path)


def _estimator(name: str, path: Path) -> Predictor:
    import torch

    from training.estimator import load_averaged

    net, _ = load_averaged(path)
    layout = load_layout()
    columns = [layout.channel_index[channel] for channel in net.channel_names]

    @torch.no_grad()
    def channels_of(faces: Sequence[AlignedFace]) -> FloatArray:
        crops = torch.from_numpy(np.stack([face.crop_rgb for face in faces]))
        points = torch.from_numpy(np.stack([face.landmarks_crop for face in faces]))
        channels = np.zeros((len(faces), len(layout.channels)), np.float32)
        channels[:, columns] = net(crops, points)[0].numpy()
        return channels

    return NetPredictor(name, channels_of, {"head_yaw", "head_pitch"} <= {*net.channel_names})


def _regressor(name: str, path: Path) -> Predictor:
    import torch

    from training.regressor import load_regressor

    net: Any = load_regressor(path)

    @torch.no_grad()
    def channels_of(faces: Sequence[AlignedFace]) -> FloatArray:
        parameters = net(pictures_of(faces)).numpy().astype(np.float64)
        return channels_from_parameters(parameters).astype(np.float32)

    return NetPredictor(name, channels_of)


def fit_predictor(name: str, networks: Networks, config: FitConfig) -> Predictor:
    """GE-Net: every face is searched from the base face, or from R's answer where there is an R.

    Args:
        name: what it is called.
        networks: G and F_seg, frozen.
        config: how each is searched; one takes as long as thousands of a network's answers.
    """
    from training.fit import search_face

    def channels_of(faces: Sequence[AlignedFace]) -> FloatArray:
        bar = tqdm(faces, desc=name, unit="face", leave=False, disable=None)
        found = [search_face(face, networks, config).parameters for face in bar]
        parameters = np.stack([one.cpu().numpy().astype(np.float64) for one in found])
        return channels_from_parameters(parameters).astype(np.float32)

    return NetPredictor(name, channels_of)


def pictures_of(faces: Sequence[AlignedFace]) -> Any:
    """(N, 3, 128, 128) float tensor, RGB 0..1, of aligned faces."""
    import torch

    crops = torch.from_numpy(np.stack([face.crop_rgb for face in faces]))
    return crops.permute(0, 3, 1, 2).float() / 255


READERS: dict[str, Callable[[str, Path], Predictor]] = {
    "estimator": _estimator,
    "regressor": _regressor,
}
