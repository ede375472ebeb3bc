"""Addresses as people write them, and sockets that nobody answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geface_bridge.errors import ConfigError, ServerError
from geface_bridge.outputs import Address, parse_address
from geface_bridge.outputs.udp import UdpSender
from tests.geface_bridge.outputs.listening import listening


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("studio", Address("studio", 7)),
        ("10.0.0.2:11111", Address("10.0.0.2", 11111)),
        ("[fe80::1]:9", Address("fe80::1", 9)),
        ("[::1]", Address("::1", 7)),
        ("::1", Address("::1", 7)),
    ],
)
def test_addresses(text, address):
    assert parse_address(text, 7) == address


@pytest.mark.parametrize("text", ["", ":7", "a:", "a:0", "a:65536", "a:b", "[::1", "[::1]7"])
def test_what_is_no_address(text):
    with pytest.raises(ConfigError, match="expected HOST or HOST:PORT"):
        parse_address(text, 7)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_a_clean_error(text):
    try:
        address = parse_address(text, 7)
    except ConfigError:
        return
    assert address.host
    assert 1 <= address.port <= 65535


def test_a_name_that_is_unknown():
    with pytest.raises(ServerError, match="is unknown"):
        UdpSender(Address("no-such-host.invalid", 7))


def test_nobody_there_is_no_error():
    with listening() as gone:
        address = gone.address
    sender = UdpSender(address)
    for _ in range(200):
        sender.send(b"x" * 300)
    assert sender.sent + sender.failed == 200
    sender.close()
    sender.close()


def test_a_receiver_that_never_reads_delays_nobody():
    with listening() as deaf:
        sender = UdpSender(deaf.address)
        began_s = time.monotonic()
        for _ in range(20_000):
            sender.send(b"x" * 300)
        sender.close()
    assert sender.sent + sender.failed == 20_000
    assert time.monotonic() - began_s < 60  # it would wait for ever, not a little
