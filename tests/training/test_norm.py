"""Batch norm as torch has it, in one process; two are tested with R's runs."""

import pytest
import torch
from torch import nn

from training.norm import SharedBatchNorm1d, SharedBatchNorm2d, statistics_kept

ALONE_AND_SHARED = [(SharedBatchNorm1d, (6, 3)), (SharedBatchNorm2d, (4, 3, 5, 6))]


def both(seed=0):
    torch.manual_seed(seed)
    ours, theirs = SharedBatchNorm2d(3), nn.BatchNorm2d(3)
    with torch.no_grad():
        ours.weight.copy_(torch.rand(3))
        ours.bias.copy_(torch.rand(3))
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs, 2 + 3 * torch.randn(4, 3, 5, 6)


@pytest.mark.parametrize("training", [True, False])
def test_it_is_torchs_batch_norm(training):
    ours, theirs, x = both()
    a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
    ours.train(training)
    theirs.train(training)
    torch.testing.assert_close(ours(a), theirs(b), rtol=1e-4, atol=1e-5)
    ours(a).square().mul(x).sum().backward()
    theirs(b).square().mul(x).sum().backward()
    torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-4)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_statistics_can_be_kept():
    ours, _, x = both()
    before = ours.running_mean.clone()
    with statistics_kept(nn.Sequential(ours)):
        ours(x)
    assert torch.equal(ours.running_mean, before)
    ours(x)
    assert not torch.equal(ours.running_mean, before)


def test_with_statistics_kept_the_batchs_own_count():
    """The sums that several processes share give what torch gives one."""
    ours, theirs, x = both()
    a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
    with statistics_kept(nn.Sequential(ours)):
        y = ours(a)
    torch.testing.assert_close(y, theirs(b), rtol=1e-4, atol=1e-5)
    y.square().mul(x).sum().backward()
    theirs(b).square().mul(x).sum().backward()
    torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-4)


def test_numbers_without_scale_and_shift_are_normalised_as_torch_does():
    ours, theirs = SharedBatchNorm1d(3, affine=False), nn.BatchNorm1d(3, affine=False)
    torch.manual_seed(0)
    x = 2 + 3 * torch.randn(6, 3)
    with statistics_kept(nn.Sequential(ours)):  # the sums that several processes share
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)
    ours.eval()
    assert ours(x).shape == x.shape


@pytest.mark.parametrize(("norm", "shape"), ALONE_AND_SHARED)
def test_numbers_that_lie_close_together_keep_their_spread(norm, shape):
    """Landmarks lie about .5 within .001: squares less a square would leave rounding alone."""
    torch.manual_seed(0)
    x = 0.5 + 1e-3 * torch.randn(shape)
    with statistics_kept(nn.Sequential(ours := norm(3, eps=1e-12))):
        found = ours(x).double()
    others = [0, *range(2, len(shape))]
    torch.testing.assert_close(
        found.var(others, unbiased=False), torch.ones(3).double(), rtol=1e-3, atol=0
    )
    assert found.mean(others).abs().max() < 1e-3


@pytest.mark.parametrize(("norm", "shape"), ALONE_AND_SHARED)
def test_half_precision_goes_in_and_comes_out_and_is_not_what_is_summed(norm, shape):
    torch.manual_seed(0)
    x = (3 + torch.randn(shape)).bfloat16()
    ours = norm(3)
    with statistics_kept(nn.Sequential(ours)):
        found = ours(x)
        exact = ours(x.float())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, exact.bfloat16())
