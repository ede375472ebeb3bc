import pytest
import torch

from training.losses.landmark import landmark_loss

WEIGHTS = torch.tensor([1.0, 3.0])
SEEN = torch.tensor([[10.0, 20.0], [30.0, 40.0]])


def test_points_in_their_places_cost_nothing():
    assert landmark_loss(SEEN[None], SEEN, WEIGHTS) == 0


def test_the_loss_is_the_weighted_distance_less_what_a_tracker_errs():
    placed = SEEN[None] + torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert float(landmark_loss(placed, SEEN, WEIGHTS)) == pytest.approx(0.75 * (26**0.5 - 1))


def test_a_batch_counts_by_its_mean():
    placed = torch.stack([SEEN, SEEN + 5])
    alone = landmark_loss(placed[1:], SEEN, WEIGHTS)
    assert float(landmark_loss(placed, SEEN, WEIGHTS)) == pytest.approx(float(alone) / 2)


def test_the_gradient_leads_points_to_their_places_and_leaves_the_photograph_alone():
    placed = (SEEN[None] + torch.tensor([2.0, -1.0])).requires_grad_()
    seen = SEEN.clone().requires_grad_()
    landmark_loss(placed, seen, WEIGHTS).backward()
    assert (placed.grad[..., 0] > 0).all()
    assert (placed.grad[..., 1] < 0).all()
    assert seen.grad is None


def test_the_gradient_is_that_of_differences():
    placed = (SEEN[None] + torch.tensor([2.0, -1.0])).double().requires_grad_()
    arguments = (placed, SEEN.double(), WEIGHTS.double())
    assert torch.autograd.gradcheck(landmark_loss, arguments)
