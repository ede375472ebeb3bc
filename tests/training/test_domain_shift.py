import pytest
import torch

from training.domain_shift import SHIFT_RANGE, DomainShift, mean_of


def _shifted(features, shift, seed=0):
    layer = DomainShift(features.shape[1])
    layer.shift.copy_(shift)
    torch.manual_seed(seed)
    return layer, layer.train()(features)


def test_features_move_along_the_shift_alone_and_within_the_range():
    features, shift = torch.randn(200, 3), torch.tensor([2.0, 0.0, -1.0])
    _, moved = _shifted(features, shift)
    share = (moved - features)[:, 0] / 2.0
    torch.testing.assert_close(moved - features, share[:, None] * shift, atol=1e-6, rtol=1e-5)
    assert share.min() >= SHIFT_RANGE[0] - 1e-6
    assert share.max() <= SHIFT_RANGE[1] + 1e-6
    assert share.min() < 0 < 1 < share.max()


def test_an_answering_network_leaves_features_alone():
    features = torch.randn(4, 3)
    layer, _ = _shifted(features, torch.ones(3))
    assert torch.equal(layer.eval()(features), features)


def test_the_same_seed_moves_features_the_same_way():
    features = torch.randn(4, 3)
    assert torch.equal(_shifted(features, torch.ones(3))[1], _shifted(features, torch.ones(3))[1])


def test_a_head_trained_so_leans_on_what_the_shift_does_not_touch():
    # the label is in both numbers; only the second is the same for photographs
    torch.manual_seed(0)
    label = torch.rand(512, 1)
    features = torch.cat([label, label], 1)
    weights = []
    for shift in (torch.zeros(2), torch.tensor([5.0, 0.0])):
        head, layer = torch.nn.Linear(2, 1), DomainShift(2)
        layer.shift.copy_(shift)
        optimizer = torch.optim.Adam(head.parameters(), 0.05)
        for _ in range(300):
            loss = (head(layer(features)) - label).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        weights.append(head.weight.detach()[0])
    assert abs(weights[1][0]) < 0.05 < abs(weights[0][0])
    assert weights[1][1] > 0.8


def test_the_mean_counts_every_face_once_whatever_the_batch():
    crops = torch.randint(0, 255, (5, 2, 2, 3), dtype=torch.uint8)
    landmarks = torch.rand(5, 478, 2)

    def features(pixels, points):
        return torch.cat([pixels.flatten(1), points.mean(1)], 1)

    found = mean_of(features, crops, landmarks, batch_size=2)
    true = features(crops.permute(0, 3, 1, 2).float() / 255, landmarks).mean(0)
    torch.testing.assert_close(found, true)


def test_no_faces_have_no_mean():
    with pytest.raises(ValueError, match="no faces"):
        mean_of(lambda p, _: p, torch.zeros(0, 2, 2, 3, dtype=torch.uint8), torch.zeros(0, 478, 2))
