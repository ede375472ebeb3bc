import pytest
import torch

from training.losses.likelihood import beta_nll, censored_error


def test_censored_error_is_silent_only_where_the_clamp_makes_the_answer_right():
    mean = torch.tensor([-0.3, -0.3, 0.2, 1.4, 1.4, -0.3])
    target = torch.tensor([0.0, 0.5, 0.0, 1.0, 0.6, 0.0])
    intensity = torch.tensor([True, True, True, True, True, False])
    expected = torch.tensor([0.0, -0.8, 0.2, 0.0, 0.8, -0.3])
    torch.testing.assert_close(censored_error(mean, target, intensity), expected)


def test_beta_nll_is_least_at_sigma_equal_to_the_error():
    error = torch.full((1,), 0.2)
    for beta in (0.0, 0.5):
        slopes = []
        for value in (0.19, 0.2, 0.21):
            sigma = torch.tensor([value], requires_grad=True)
            beta_nll(error, sigma, beta).backward()
            slopes.append(float(sigma.grad))
        assert slopes[0] < 0 < slopes[2]
        assert slopes[1] == pytest.approx(0, abs=1e-5)


def test_beta_nll_pulls_the_mean_towards_the_target():
    error = torch.tensor([0.3, -0.3], requires_grad=True)
    beta_nll(error, torch.tensor([0.1, 0.1]), 0.5).backward()
    assert error.grad[0] > 0 > error.grad[1]


def test_beta_one_gives_the_mean_the_gradient_of_a_squared_error():
    error = torch.tensor([0.3, 0.3], requires_grad=True)
    beta_nll(error, torch.tensor([0.1, 0.7]), 1.0).backward()
    assert error.grad[0] == pytest.approx(float(error.grad[1]))
