"""What waits is bounded, and put = taken + dropped + waiting, whatever happens."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from geface_bridge.protocol import Dropped, Packet
from geface_bridge.protocol.outbox import Outbox


def take_all(outbox):
    items = []
    while (item := outbox.take()) is not None:
        items.append(item)
    return items


def packet(sequence, subject=0):
    return Packet(subject, sequence, b"")


def test_newest_replaces_the_waiting_frame_of_its_subject_only():
    outbox = Outbox()
    for item in (packet(0), packet(0, 1), packet(1), packet(2)):
        outbox.put(item)
    assert take_all(outbox) == [packet(0, 1), packet(2)]
    assert outbox.dropped == 2


def test_all_keeps_order_and_drops_the_oldest_beyond_its_limit():
    outbox = Outbox(limit=3)
    outbox.set_mode("all")
    for sequence in range(5):
        outbox.put(packet(sequence))
    expected = [Dropped(0, 0, 2), packet(2), packet(3), packet(4)]
    assert take_all(outbox) == expected
    assert outbox.dropped == 2


def test_a_gap_is_told_before_the_next_frame_of_its_own_subject():
    outbox = Outbox(limit=2)
    outbox.set_mode("all")
    for item in (packet(0), packet(7, 1), packet(1)):
        outbox.put(item)
    assert take_all(outbox) == [packet(7, 1), Dropped(0, 0, 1), packet(1)]


def test_changing_to_newest_keeps_the_last_of_each_subject():
    outbox = Outbox()
    outbox.set_mode("all")
    for item in (packet(0), packet(1), packet(0, 1)):
        outbox.put(item)
    outbox.set_mode("newest")
    assert take_all(outbox) == [packet(1), packet(0, 1)]
    assert outbox.dropped == 1


def test_clear_forgets_frames_and_gaps():
    outbox = Outbox(limit=1)
    outbox.set_mode("all")
    outbox.put(packet(0))
    outbox.put(packet(1))
    outbox.clear()
    outbox.put(packet(2))
    assert take_all(outbox) == [packet(2)]


actions = st.lists(st.sampled_from(["put0", "put1", "take", "newest", "all"]), max_size=60)


@given(actions, st.integers(1, 5))
def test_every_frame_is_taken_dropped_or_waiting(actions, limit):
    outbox, sequence, taken, told = Outbox(limit), 0, [], 0
    for action in actions:
        if action.startswith("put"):
            outbox.put(packet(sequence, int(action[-1])))
            sequence += 1
        elif action == "take":
            item = outbox.take()
            taken += [item] if isinstance(item, Packet) else []
            told += item.count if isinstance(item, Dropped) else 0
        else:
            outbox.set_mode(action)
        assert len(outbox) <= max(limit, 2)
        assert sequence == len(taken) + outbox.dropped + len(outbox)
    assert told <= outbox.dropped
    for subject in (0, 1):
        order = [p.sequence for p in taken if p.subject == subject]
        assert order == sorted(set(order))
