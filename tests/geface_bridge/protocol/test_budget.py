"""The token bucket: a burst, then a rate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.protocol.budget import MessageBudget


def test_a_burst_is_allowed_once():
    budget = MessageBudget()
    assert sum(budget.spend(5.0) for _ in range(1000)) == MessageBudget.BURST
    assert sum(budget.spend(6.0) for _ in range(1000)) == MessageBudget.RATE_HZ


@given(st.lists(st.floats(0, 0.1), max_size=500))
def test_never_more_than_burst_and_rate_whatever_the_rhythm(steps):
    budget, now_s, spent = MessageBudget(), 0.0, 0
    for step in steps:
        now_s += step
        spent += budget.spend(now_s)
    assert spent <= MessageBudget.BURST + MessageBudget.RATE_HZ * now_s + 1e-6


def test_a_clock_that_jumps_back_gives_nothing_away():
    budget = MessageBudget()
    while budget.spend(100.0):
        pass
    assert not budget.spend(50.0)
