from dataclasses import replace

import click
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import ConfigError
from tests.training.samples import TINY, random_aligned
from training.align_pairs import target_names
from training.ensemble import REST, Ensemble, Member, calibrated, read_members, without
from training.estimator import EstimatorNet

NAMES = target_names()


def nets(count=2):
    torch.manual_seed(3)
    return [
        EstimatorNet(NAMES, replace(TINY, landmark_features=4 + i)).eval() for i in range(count)
    ]


def inputs():
    pairs = random_aligned(3)
    return torch.from_numpy(pairs.crop), torch.from_numpy(pairs.landmarks_crop)


@torch.no_grad()
def test_it_answers_the_mean():
    members = nets()
    answers = [net(*inputs())[0] for net in members]
    torch.testing.assert_close(Ensemble(members)(*inputs())[0], sum(answers) / 2)


@torch.no_grad()
def test_one_network_alone_answers_as_it_is():
    (net,) = nets(1)
    for found, expected in zip(Ensemble([net])(*inputs()), net(*inputs()), strict=True):
        torch.testing.assert_close(found, expected)


@torch.no_grad()
def test_disagreement_widens_sigma():
    one, other = nets()
    one.mean_head.bias[:] = 0.2
    other.mean_head.bias[:] = 0.8
    for net in (one, other):
        net.mean_head.weight.zero_()
        net.sigma_head.weight.zero_()
        net.sigma_head.bias.fill_(-2.0)
    sigma = Ensemble([one, other])(*inputs())[1]
    alone = one(*inputs())[1]
    intensities = one.scale == 1
    expected = (alone.square() + 0.09).sqrt()
    torch.testing.assert_close(sigma[:, intensities], expected[:, intensities])


def test_channels_left_out_are_gone():
    left = without(Ensemble(nets()), ("head_yaw",))
    assert left.channel_names == tuple(name for name in NAMES if name != "head_yaw")
    assert left(*inputs())[0].shape == (3, len(NAMES) - 1)


@torch.no_grad()
def test_a_network_counts_only_in_the_aus_that_it_is_asked_of():
    members = nets()
    (one, one_sigma), (other, _) = (net(*inputs()) for net in members)
    found, sigma = Ensemble(members, [(), ("AU01", "AU43")])(*inputs())
    asked = torch.tensor([name[:4] in ("AU01", "AU43") for name in NAMES])
    assert asked.sum() == 4
    torch.testing.assert_close(found, torch.where(asked, (one + other) / 2, one))
    torch.testing.assert_close(sigma[:, ~asked], one_sigma[:, ~asked])


def test_what_nobody_answers_and_what_is_no_au_is_refused():
    with pytest.raises(ConfigError, match=r"no network is asked of AU02_L, AU02_R,.* gaze"):
        Ensemble(nets(), [("AU01",), ("AU01",)])
    with pytest.raises(ConfigError, match=r"\['AU99'\] are no AUs, expected some of AU01, "):
        Ensemble(nets(), [(), ("AU99",)])


def test_left_out_channels_leave_the_others_asked_as_before():
    members = nets()
    whole = Ensemble(members, [(), ("AU01",)])
    keep = [name != "AU01_L" for name in NAMES]
    left = without(whole, ("AU01_L",))(*inputs())[0]
    torch.testing.assert_close(left, whole(*inputs())[0][:, keep])


@pytest.mark.parametrize(
    ("told", "aus"), [("", ()), ("=AU01", ("AU01",)), ("=AU01,AU30L", ("AU01", "AU30L"))]
)
def test_a_member_is_told_by_its_path_and_its_aus(tmp_path, told, aus):
    path = tmp_path / "seed=3.safetensors"
    path.touch()
    assert read_members(None, None, [f"{path}{told}", str(path)]) == (
        Member(path, aus),
        Member(path),
    )


def test_a_member_that_is_not_there_is_named(tmp_path):
    with pytest.raises(click.BadParameter, match="nowhere does not exist, expected a checkpoint"):
        read_members(None, None, [f"{tmp_path}/nowhere=AU01"])


def test_networks_of_different_channels_are_refused():
    one, other = nets()
    other.channel_names = other.channel_names[:-1]
    with pytest.raises(ConfigError, match="different channels"):
        Ensemble([one, other])
    with pytest.raises(ConfigError, match="0 networks"):
        Ensemble([])


def test_above_its_zero_an_au_is_stretched_and_below_pressed_into_rest():
    mean = torch.tensor([[0.0, 0.05, 0.2, 0.3, 0.9]]).T
    found = calibrated(mean, torch.tensor([1.5]), torch.tensor([0.2]))
    expected = torch.tensor([[0, REST / 4, REST, REST + 0.15, 1.0]]).T
    torch.testing.assert_close(found, expected)


@given(st.floats(1, 1.5), st.floats(0, 0.5))
def test_calibration_keeps_the_order_of_answers_and_zero_at_zero(gain, zero):
    mean = torch.linspace(0, 1, 101)[:, None]
    found = calibrated(mean, torch.tensor([gain]), torch.tensor([zero]))[:, 0]
    assert found[0] == 0
    assert (found.diff()[found[1:] < 1] > 0).all()
    assert found.max() <= 1
    assert found[mean[:, 0] <= zero].max() <= REST + 1e-6


@torch.no_grad()
def test_calibration_leaves_angles_and_sigma_alone():
    ensemble = Ensemble(nets())
    before, sigma = ensemble(*inputs())
    gain, zero = torch.full((len(NAMES),), 2.0), torch.full((len(NAMES),), 0.01)
    ensemble.calibrate(gain, zero)
    after, same = ensemble(*inputs())
    au = ensemble.is_intensity
    torch.testing.assert_close(after[:, au], calibrated(before, gain, zero)[:, au])
    assert torch.equal(after[:, ~au], before[:, ~au])
    assert torch.equal(sigma, same)
    left = without(ensemble, ("AU12_L",))(*inputs())[0]
    keep = [i for i, name in enumerate(NAMES) if name != "AU12_L"]
    torch.testing.assert_close(left, after[:, keep])
