"""The perceptual loss by worked values, by its gradient, and by where a step leads."""

import pytest
import torch
from torch import nn

from geface_bridge.errors import ModelError
from tests.training.identity_toy import Strangers
from tests.training.identity_toy import make_task as make_identity
from tests.training.parsing_toy import TINY, Colours
from tests.training.parsing_toy import make_task as make_parsing
from tests.training.toy import Fit, Lines, config
from training.loop import CHECKPOINT, run_loop
from training.parsing import ParsingNet
from training.perceptual import load_perceptual, perceptual_loss


class Stages(nn.Module):
    """The picture itself, and three times its mean."""

    def content(self, pictures):
        return pictures, 3 * pictures.mean((2, 3), keepdim=True)


def pictures(count=2, seed=0, size=8):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def parsing():
    torch.manual_seed(0)
    return ParsingNet(TINY)


def test_a_worked_value():
    # both stages are a tenth larger everywhere, so each is off by a tenth of its size
    real = torch.full((2, 3, 4, 4), 0.5)
    found = perceptual_loss(Stages())(1.1 * real, real)
    assert float(found) == pytest.approx(0.1, rel=0.05)


def test_it_is_the_mean_of_the_stages():
    real = pictures()
    same_mean = real.flip(3)  # the second stage sees no difference
    off = (same_mean - real).square().flatten(1).mean(1).sqrt()
    wanted = (off / real.square().flatten(1).mean(1).sqrt()).mean() / 2
    assert float(perceptual_loss(Stages())(same_mean, real)) == pytest.approx(
        float(wanted), rel=0.02
    )


def test_equal_pictures_cost_nothing_and_have_a_gradient():
    generated = pictures().requires_grad_()
    loss = perceptual_loss(Stages())(generated, pictures())
    assert float(loss.detach()) == 0
    loss.backward()
    assert generated.grad.isfinite().all()


def test_the_gradient_is_right():
    real = pictures(1, size=3).double()
    generated = pictures(1, seed=1, size=3).double().requires_grad_()
    loss = perceptual_loss(Stages())
    assert torch.autograd.gradcheck(lambda x: loss(x, real), (generated,))


def test_a_step_makes_pictures_more_alike():
    loss, real = perceptual_loss(parsing()), pictures(size=32)
    generated = pictures(seed=1, size=32).requires_grad_()
    before = loss(generated, real)
    before.backward()
    after = loss(generated - 0.5 * generated.grad / generated.grad.norm(), real)
    assert after < before


def test_the_real_picture_has_no_gradient():
    real = pictures(size=32).requires_grad_()
    loss = perceptual_loss(parsing())(pictures(seed=1, size=32).requires_grad_(), real)
    loss.backward()
    assert real.grad is None


def test_the_network_stays_as_it_is():
    loss = perceptual_loss(parsing())
    before = {k: v.clone() for k, v in loss.state_dict().items()}
    loss.train()
    loss(pictures(size=32), pictures(seed=1, size=32))
    assert not any(p.requires_grad for p in loss.parameters())
    assert all(torch.equal(v, before[k]) for k, v in loss.state_dict().items())


@pytest.mark.parametrize(
    ("make_task", "samples", "stages"),
    [(make_identity, Strangers(), 4), (make_parsing, Colours(), 4)],
)
def test_our_own_networks_are_read_by_their_task(tmp_path, make_task, samples, stages):
    run_loop(make_task, samples, config(1), tmp_path)
    loss = load_perceptual(tmp_path / CHECKPOINT)
    real = pictures(size=64)
    assert len(loss.net.content(real)) == stages
    assert float(loss(real, real)) == 0
    assert float(loss(pictures(seed=1, size=64), real)) > 0.01


def test_another_networks_checkpoint_is_refused(tmp_path):
    run_loop(Fit, Lines(), config(1), tmp_path)
    with pytest.raises(ModelError, match="is of task toy"):
        load_perceptual(tmp_path / CHECKPOINT)


@pytest.mark.parametrize("name", ["absent.safetensors", "absent.pth"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(ModelError, match=name):
        load_perceptual(tmp_path / name)
