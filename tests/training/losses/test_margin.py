"""The margin loss by worked values, by its gradient, and by where a step along it leads."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from training.losses.margin import margin_loss


def cosines(*rows):
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def cost(*given, **options):
    return float(margin_loss(*given, **options).detach())


def test_a_worked_value():
    # s = 2, m = .5: logits 2 (.5 - .5) = 0 for the person, 2 (-.5) = -1 for the other
    loss = cost(cosines([0.5, -0.5]), torch.tensor([0]), scale=2.0, margin=0.5)
    assert loss == pytest.approx(math.log(1 + math.exp(-1)))


def test_without_a_margin_it_is_cross_entropy():
    found, people = cosines([0.9, 0.1, -0.3], [0.2, 0.3, 0.4]), torch.tensor([0, 1])
    wanted = torch.nn.functional.cross_entropy(5 * found, people)
    torch.testing.assert_close(margin_loss(found, people, scale=5.0, margin=0.0), wanted)


def test_the_larger_the_margin_the_harder():
    found, people = cosines([0.9, 0.1, -0.3]), torch.tensor([0])
    losses = [cost(found, people, margin=m) for m in (0.0, 0.2, 0.4)]
    assert losses == sorted(losses)
    assert losses[0] < losses[2]


def test_a_right_answer_that_wins_by_less_than_the_margin_still_costs():
    people = torch.tensor([0])
    by_little = cost(cosines([0.5, 0.45]), people, scale=100.0, margin=0.25)
    by_much = cost(cosines([0.9, 0.0]), people, scale=100.0, margin=0.25)
    assert by_little == pytest.approx(100 * 0.2, rel=1e-6)
    assert by_much < 1e-6


def test_the_gradient_is_right():
    found, people = cosines([0.3, 0.1, -0.3], [0.2, 0.3, 0.4]), torch.tensor([0, 2])
    assert gradcheck(lambda c: margin_loss(c, people, scale=3.0), (found,))


def test_a_step_brings_the_person_nearer_and_others_farther():
    found = cosines([0.2, 0.3, 0.1])
    margin_loss(found, torch.tensor([0])).backward()
    assert found.grad[0, 0] < 0
    assert (found.grad[0, 1:] > 0).all()


def test_nobody_in_particular_costs_nothing():
    rows = [0.3, 0.1, -0.3], [0.2, 0.3, 0.4]
    both = cosines(*rows)
    loss = margin_loss(both, torch.tensor([0, -1]))
    torch.testing.assert_close(2 * loss, margin_loss(cosines(rows[0]), torch.tensor([0])))
    loss.backward()
    assert both.grad[1].abs().max() == 0


def test_a_batch_of_nobody_costs_nothing():
    assert cost(cosines([0.3, 0.1]), torch.tensor([-1])) == 0
