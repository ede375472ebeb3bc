"""Readers refuse with the actual value and the expected one; goldens hold the wire's cases."""

from __future__ import annotations

import numpy as np
import pytest

from geface_bridge.errors import ProtocolError
from geface_bridge.protocol import fields


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (fields.integer(0, 15), True, "x is True, expected an integer in 0..15"),
        (fields.integer(0, 15), 16, "x is 16, expected an integer in 0..15"),
        (fields.number(0, 1), float("nan"), "x is nan, expected a number in 0..1"),
        (fields.number(), "1", "x is '1', expected a finite number"),
        (fields.string(3, empty=False), "", "x has 0 characters, expected 1..3"),
        (fields.string(9), "a\ud800", "x is 'a\\ud800', expected text that UTF-8 can hold"),
        (fields.boolean, 0, "x is 0, expected true or false"),
        (fields.floats, b"abc", "x has 3 bytes, expected a multiple of 4 up to 1024"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(read, value, message):
    with pytest.raises(ProtocolError) as caught:
        read(value, "x")
    assert str(caught.value) == message


def test_numpy_scalars_become_python_values():
    assert fields.integer(0, 9)(np.int64(3), "x") == 3
    assert type(fields.number()(np.float32(0.5), "x")) is float
    assert fields.boolean(np.bool_(True), "x") is True


def test_optional_lets_only_none_through():
    read = fields.optional(fields.integer(0, 1))
    assert read(None, "x") is None
    assert read(1, "x") == 1
    with pytest.raises(ProtocolError):
        read(2, "x")


def test_show_never_repeats_a_peers_long_text():
    assert len(fields.show("x" * 10_000)) <= 48
    assert len(fields.show([1] * 10_000)) <= 48


def test_floats_are_little_endian():
    assert fields.floats(b"\x00\x00\x80\x3f", "x").tolist() == [1.0]
    assert fields.floats_to_wire(np.float32([1.0])) == b"\x00\x00\x80\x3f"
