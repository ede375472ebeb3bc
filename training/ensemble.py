"""Several estimators as one: the mean of their answers.

Lakshminarayanan et al. 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
Ensembles". Networks that look at different things (pixels, MediaPipe's features, landmarks) err
differently: their mean errs less, and where they disagree, nothing sure is known. One that is good
at a few AUs alone may be asked of these alone.
"""

# torch is Any to mypy here (pyproject.toml), hence its subclasses are too.
# mypy: disable-error-code="misc"

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import torch
from torch import Tensor, nn

from geface_bridge.errors import ConfigError
from rig.layout import load_layout
from training.estimator import EstimatorNet, narrowed

_NAMED_AUS = re.compile(r"=AU\w+(,AU\w+)*$")
REST = 0.01
"""What an AU's zero is answered as, at most: a twentieth of an intensity of the 0..5 scale."""


@dataclass(frozen=True)
class Member:
    """A network's checkpoint, and the AUs that it is asked of; of everything, if none is named."""

    path: Path
    aus: tuple[str, ...] = ()


def read_members(
    context: click.Context, option: click.Parameter, told: Sequence[str]
) -> tuple[Member, ...]:
    """A click callback: members from PATH, or PATH=AU01,AU12 of one that is asked of these alone.

    Raises:
        click.BadParameter: a file does not exist.
    """
    out = []
    for text in told:
        path, _, aus = text.rpartition("=") if _NAMED_AUS.search(text) else (text, "", "")
        if not Path(path).is_file():
            raise click.BadParameter(f"{path} does not exist, expected a checkpoint")
        out.append(Member(Path(path), tuple(aus.split(",")) if aus else ()))
    return tuple(out)


class Ensemble(nn.Module):
    """The mean of networks with the same channels.

    Args:
        nets: the networks.
        aus: of each network, the AUs that it is asked of, all channels where empty; None asks
            everybody of everything.

    Raises:
        ConfigError: there is no network, their channels differ, or of some channel none is asked.
    """

    def __init__(
        self, nets: Sequence[EstimatorNet], aus: Sequence[tuple[str, ...]] | None = None
    ) -> None:
        super().__init__()
        if len({net.channel_names for net in nets}) != 1:
            raise ConfigError(
                f"{len(nets)} networks with different channels cannot be averaged: train them "
                "with one version of this program"
            )
        self.channel_names = nets[0].channel_names
        self.nets = nn.ModuleList(nets)
        self.aus = tuple(aus or [()] * len(nets))
        self.register_buffer("share", _shares(self.aus, self.channel_names))
        self.register_buffer("is_intensity", nets[0].scale == 1)
        self.register_buffer("gain", torch.ones(len(self.channel_names)))
        self.register_buffer("zero", torch.zeros(len(self.channel_names)))

    def calibrate(self, gain: Tensor, zero: Tensor) -> None:
        """Answer intensities as ``calibrated`` does from now on, by gain and zero, both (K,)."""
        self.gain.copy_(gain)
        self.zero.copy_(zero)

    def forward(self, crop: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Channels and their standard deviation, of the mixture of the networks' answers.

        Args:
            crop, landmarks: as of ``EstimatorNet``.

        Returns:
            (N, K) channels; (N, K) sigma: root of the mean variance and that of the means, before
            calibration.
        """
        answers = [net(crop, landmarks) for net in self.nets]
        means = torch.stack([channels for channels, _ in answers])
        share = self.share[:, None]
        mean = (share * means).sum(0)
        channels = torch.where(self.is_intensity, calibrated(mean, self.gain, self.zero), mean)
        variance = torch.stack([sigma for _, sigma in answers]).square() + (means - mean).square()
        return channels, (share * variance).sum(0).sqrt()


def _shares(aus: Sequence[tuple[str, ...]], channel_names: tuple[str, ...]) -> Tensor:
    """(T, K) what each of T networks counts for in each channel; columns sum to 1."""
    channels = {au.name: au.channels for au in load_layout().all_aus}
    unknown = sorted({name for asked in aus for name in asked} - set(channels))
    if unknown:
        raise ConfigError(f"{unknown} are no AUs, expected some of {', '.join(channels)}")
    rows = []
    for asked in aus:
        wanted = {channel for name in asked for channel in channels[name]}
        rows.append([float(not asked or name in wanted) for name in channel_names])
    asked_of = torch.tensor(rows)
    nobody = [n for n, count in zip(channel_names, asked_of.sum(0), strict=True) if not count]
    if nobody:
        raise ConfigError(f"no network is asked of {', '.join(nobody)}: name one without AUs")
    return asked_of / asked_of.sum(0)


def calibrated(mean: Tensor, gain: Tensor, zero: Tensor) -> Tensor:
    """Intensities 0..1: above its zero an AU is stretched, below it is pressed into ``REST``.

    Cut off at the zero, half of what a face at rest does would be lost, and a small AU, whose
    zero is high for what it ever reaches, would hardly move at all.

    Args:
        mean: (N, K) answers, 0..1.
        gain, zero: (K,).
    """
    below = torch.minimum(mean, zero) * (zero.clamp(max=REST) / zero.clamp(min=REST))
    return (below + gain * (mean - zero).clamp(min=0)).clamp(0, 1)


def without(ensemble: Ensemble, channels: tuple[str, ...]) -> Ensemble:
    """A copy that does not answer ``channels``.

    Raises:
        ConfigError: the networks have no such channel.
    """
    out = Ensemble([narrowed(net, channels) for net in ensemble.nets], ensemble.aus)
    keep = [ensemble.channel_names.index(name) for name in out.channel_names]
    out.calibrate(ensemble.gain[keep], ensemble.zero[keep])
    return out
