"""What is drawn within a step; that two processes draw as one does is tested with whole runs."""

import pytest
import torch
from torch import nn

from training import chance
from training.chance import SharedDropout, drawn_for


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_alone_it_is_torchs_dropout_to_the_bit(rate):
    ours, theirs, x = SharedDropout(rate), nn.Dropout(rate), torch.randn(5, 7)
    torch.manual_seed(3)
    found = ours(x)
    torch.manual_seed(3)
    assert torch.equal(found, theirs(x))
    assert torch.equal(ours.eval()(x), x)


def test_processes_deal_the_rows_of_one_batch_out_among_them(monkeypatch):
    torch.manual_seed(3)
    whole = torch.rand(6, 2)
    monkeypatch.setattr(chance.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(chance.distributed, "get_world_size", lambda: 3)
    for rank in range(3):
        monkeypatch.setattr(chance.distributed, "get_rank", lambda rank=rank: rank)
        torch.manual_seed(3)
        assert torch.equal(drawn_for(2, lambda n: torch.rand(n, 2)), whole[rank::3])
