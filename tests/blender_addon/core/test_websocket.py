# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 6455 without a socket: addresses, the handshake, frames; the library is the yardstick."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from blender_addon.geface.core import websocket as ws
from blender_addon.geface.core.errors import AddressError, ProtocolError

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    b"Sec-WebSocket-Protocol: geface.v1\r\n\r\n"
)
MASK = b"\x01\x02\x03\x04"


def frame(opcode, payload, *, fin=True, mask=False):
    return Frame(Opcode(opcode), payload, fin=fin).serialize(mask=mask)


def read_all(data, **options):
    """All events in ``data``."""
    reader = ws.FrameReader(**options)
    reader.feed(data)
    return list(iter(reader.next, None))


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "shown"),
    [
        ("ws://127.0.0.1:8765", "127.0.0.1", 8765, "/", "ws://127.0.0.1:8765"),
        ("  ws://studio:1/ ", "studio", 1, "/", "ws://studio:1"),
        ("studio", "studio", 8765, "/", "ws://studio:8765"),
        ("192.168.1.5:9000", "192.168.1.5", 9000, "/", "ws://192.168.1.5:9000"),
        ("wss://Example.org/a b?token=x", "example.org", 443, "/a%20b?token=x", None),
        ("ws://example.org", "example.org", 80, "/", "ws://example.org:80"),
        ("ws://[::1]:8765/x", "::1", 8765, "/x", "ws://[::1]:8765"),
        ("ws://[fe80::1%eth0]:1", "fe80::1%eth0", 1, "/", "ws://[fe80::1%eth0]:1"),
        ("ws://bücher.example:1", "xn--bcher-kva.example", 1, "/", None),
        ("ws://h:1/?token=Zoë", "h", 1, "/?token=Zo%C3%AB", "ws://h:1"),
    ],
)
def test_addresses_as_people_type_them(url, host, port, target, shown):
    address = ws.parse_address(url)
    assert (address.host, address.port, address.target) == (host, port, target)
    assert address.is_tls == url.startswith("wss")
    assert shown in (None, str(address))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:8765",
        "file:///etc",
        "ws://",
        "ws://[::1",
        "ws://a:b",
        "ws://a:70000",
        "ws://a:0",
        "ws://a b:1",
        "ws://a..b:1",
        "ws://a\x00:1",
        "ws://user:word@a:1",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url):
    with pytest.raises(AddressError, match=r"expected one like ws://127\.0\.0\.1:8765"):
        ws.parse_address(url)


@given(st.text(max_size=40) | st.text("ws:/[]@%.0123456789 \r\n\x00é?#", max_size=40))
def test_any_text_is_an_address_or_refused(url):
    try:
        address = ws.parse_address(f"ws://{url}")
    except AddressError:
        return
    head = ws.request_head(address, KEY, "")
    assert head.count(b"\r\n\r\n") == 1
    assert len(head.split(b"\r\n")) == 9


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "Zoë", "\x00"])
def test_a_token_that_no_header_can_hold_is_refused(token):
    with pytest.raises(AddressError, match="the token holds"):
        ws.request_head(ws.parse_address("ws://a:1"), KEY, token)


def test_the_request_is_what_rfc_and_protocol_demand():
    head = ws.request_head(ws.parse_address("ws://[::1]:8765/a?b=c"), KEY, "secret")
    first, *lines = head.decode().split("\r\n")
    assert first == "GET /a?b=c HTTP/1.1"
    assert "Host: [::1]:8765" in lines
    assert "Sec-WebSocket-Protocol: geface.v1" in lines
    assert "Authorization: Bearer secret" in lines
    assert not any(line.startswith(("Origin", "Sec-WebSocket-Extensions")) for line in lines)


def test_the_answer_to_a_key_as_rfc_6455_works_it_out():
    assert ws.accept_of(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_right_answer_is_taken():
    response = ws.parse_response(ANSWER)
    assert response.status == 101
    ws.check_upgrade(response, KEY)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"s3pP", b"S3pP", "sec-websocket-accept is 'S3pP"),
        (b"geface.v1", b"geface.v2", "sec-websocket-protocol is 'geface.v2', expected geface.v1"),
        (b"Upgrade: websocket\r\n", b"", "upgrade is '', expected websocket"),
        (b"keep-alive, Upgrade", b"close", "connection is 'close'"),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: x\r\n\r\n", "expected no extension"),
    ],
)
def test_a_wrong_answer_is_refused(old, new, reason):
    response = ws.parse_response(ANSWER.replace(old, new))
    with pytest.raises(ProtocolError, match=reason):
        ws.check_upgrade(response, KEY)


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda x: ANSWER[:60] + x))
def test_any_head_is_an_answer_or_refused(head):
    try:
        response = ws.parse_response(head)
        ws.check_upgrade(response, KEY)
    except ProtocolError as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(st.sampled_from([2, 8, 9, 10]), st.binary(max_size=125), st.binary(min_size=4, max_size=4))
def test_our_frames_are_masked_and_read_back_by_unmasking(opcode, payload, mask):
    data = ws.frame_bytes(opcode, payload, mask)
    assert data[:2] == bytes((0x80 | opcode, 0x80 | len(payload)))
    assert data[2:6] == mask
    assert bytes(b ^ mask[i % 4] for i, b in enumerate(data[6:])) == payload


@pytest.mark.parametrize("count", [0, 125, 126, 65535, 65536, 70000])
def test_lengths_are_written_in_the_shortest_form(count):
    data = ws.frame_bytes(2, bytes(count), MASK)
    size = 6 if count < 126 else 8 if count < 65536 else 14
    assert len(data) == size + count
    unmasked = bytes((data[0], data[1] & 0x7F)) + data[2 : size - 4] + ws.masked(data[size:], MASK)
    assert read_all(unmasked, max_bytes=70000) == [(2, bytes(count))]


MESSAGES = st.lists(
    st.tuples(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.binary(max_size=125)),
    max_size=5,
)


@given(MESSAGES, st.data())
def test_messages_in_fragments_with_pings_between_are_put_together(messages, data):
    wire, expected = b"", []
    for parts, ping in messages:
        for i, part in enumerate(parts):
            wire += frame(9, ping) + frame(0 if i else 2, part, fin=i == len(parts) - 1)
            expected.append((9, ping))
        expected.append((2, b"".join(parts)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=9)))
    reader, found = ws.FrameReader(), []
    for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        reader.feed(wire[begin:end])
        found += iter(reader.next, None)
    assert found == expected


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        (frame(1, b"hello"), 1003, "server sent text"),
        (frame(2, b"x", mask=True), 1002, "masked"),
        (b"\xc2\x00", 1002, "extension"),
        (b"\x83\x00", 1002, "unknown opcode 3"),
        (b"\x8b\x00", 1002, "unknown opcode 11"),
        (b"\x09\x00", 1002, "control frame"),
        (b"\x89\x7e", 1002, "control frame"),
        (frame(0, b"x"), 1002, "a fragment of no message"),
        (frame(2, b"x", fin=False) + frame(2, b"y"), 1002, "a new message within one"),
        (b"\x82\x7e\x00\x05", 1002, "writes the length 5 in 4 bytes"),
        (b"\x82\x7f" + bytes(6) + b"\xff\xff", 1002, "writes the length 65535 in 10 bytes"),
        (b"\x82\x7f" + b"\xff" * 8, 1009, "expected at most 65536"),
        (b"\x82\x7f" + bytes(5) + b"\x01\x00\x01", 1009, "has 65537 bytes"),
        (frame(2, bytes(65536), fin=False) + b"\x80\x01", 1009, "has 65537 bytes"),
        (frame(2, b"", fin=False) + frame(0, b"", fin=False) * 1024, 1009, "1024 fragments"),
    ],
)
def test_what_a_server_may_not_send_is_refused_with_the_code_to_close_with(data, code, reason):
    with pytest.raises(ws.WebSocketError, match=reason) as caught:
        read_all(data)
    assert caught.value.code == code


def test_the_largest_message_is_taken():
    assert read_all(frame(2, bytes(65536))) == [(2, bytes(65536))]


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\x82", b"\x02", b"\x00\x01a"])))
def test_noise_is_frames_or_refused_and_never_piles_up(pieces):
    reader = ws.FrameReader(max_bytes=64)
    try:
        for piece in pieces:
            reader.feed(piece)
            for opcode, payload in iter(reader.next, None):
                assert opcode in (2, 8, 9, 10)
                assert len(payload) <= 125
    except ws.WebSocketError as error:
        assert error.code in (1002, 1003, 1009)  # noqa: PT017


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(b"", (1005, "")), (b"\x03\xe9stop", (1001, "stop")), (b"\x0b\xb8\xc3\xa9", (3000, "é"))],
)
def test_reasons_to_close(payload, expected):
    assert ws.parse_close(payload) == expected


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", 1002),
        (b"\x03\xed", 1002),  # 1005 and 1006 stand for none
        (b"\x03\xee", 1002),
        (b"\xff\xff", 1002),
        (b"\x03\xe8\xff", 1007),
    ],
)
def test_reasons_nobody_may_send(payload, code):
    with pytest.raises(ws.WebSocketError) as caught:
        ws.parse_close(payload)
    assert caught.value.code == code


@given(st.text(max_size=300))
def test_our_reason_to_close_fits_into_a_control_frame(reason):
    payload = ws.close_payload(1002, reason)
    assert len(payload) <= 125
    assert ws.parse_close(payload)[0] == 1002


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:8765",
        "127.9.9.9",
        "localhost:8765",
        "wss://localhost/a?token=b",
        "ws://[::1]:9",
        "http://nonsense",
    ],
)
def test_addresses_of_this_machine_need_no_permission_to_go_online(url):
    assert ws.stays_here(url)


@pytest.mark.parametrize(
    "url",
    ["ws://127.evil.example", "localhost.example.org", "ws://192.168.1.5:8765", "ws://[::2]:1"],
)
def test_other_machines_do_however_they_are_called(url):
    assert not ws.stays_here(url)
