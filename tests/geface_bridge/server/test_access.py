"""Who is let in."""

from __future__ import annotations

import ssl
import subprocess

import hypothesis.strategies as st
import pytest
from hypothesis import given
from websockets.sync.client import connect

from geface_bridge.errors import ServerError
from geface_bridge.protocol import Hello, decode
from geface_bridge.server import FaceServer, access


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_needs_no_token(host):
    assert access.is_loopback(host)
    access.require_token(host, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.2", "10.0.0.1", "mybox", "a.b"])
def test_every_other_address_needs_one(host):
    assert not access.is_loopback(host)
    with pytest.raises(ServerError, match=r"needs a token: add --token \S{16}, or listen on"):
        access.require_token(host, None)
    access.require_token(host, "secret")


def test_an_empty_token_is_no_token():
    with pytest.raises(ServerError, match="the token is empty"):
        access.require_token("127.0.0.1", "")


@pytest.mark.parametrize(
    ("path", "authorization", "matches"),
    [
        ("/?token=s%20e", None, True),
        ("/x/?a=1&token=s+e", None, True),
        ("/?token=no&token=s+e", None, True),
        ("/", "Bearer s e", True),
        ("/", "bearer s e", True),
        ("/", "Basic s e", False),
        ("/?token=", None, False),
        ("/?token=s", None, False),
        ("/?token=s+e+", "Bearer", False),
        ("/?tokens=s+e", None, False),
        ("/token=s+e", None, False),
        ("//[?token=s+e", None, True),
    ],
)
def test_the_token_stands_in_the_query_or_the_header(path, authorization, matches):
    assert access.token_matches("s e", path, authorization) is matches


@given(st.text(), st.text())
def test_token_matching_never_raises(path, authorization):
    access.token_matches("Schlüssel", path, authorization)


@pytest.mark.parametrize(
    "origin",
    [None, "http://localhost", "http://localhost:3000", "https://127.0.0.1:8443", "http://[::1]:1"],
)
def test_programs_and_pages_of_this_machine_may_read(origin):
    assert access.origin_allowed(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://example.org",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://example.org#localhost",
        "http://localhost@example.org",
        "file://localhost",
        "http://192.168.1.2:8765",
        "http://[::1",
    ],
)
def test_pages_of_other_origins_may_not(origin):
    assert not access.origin_allowed(origin)


def test_an_origin_on_the_list_may():
    assert access.origin_allowed("https://example.org", ["https://example.org"])
    assert not access.origin_allowed("https://example.org:444", ["https://example.org"])


@pytest.mark.parametrize(
    ("origin", "host"),
    [("http://box.local", "box.local:8765"), ("http://192.168.1.2:80", "192.168.1.2"),
     ("https://[fe80::1]", "[FE80::1]:8765")],
)  # fmt: skip
def test_an_origin_that_names_the_host_asked_for_is_known_whatever_the_port(origin, host):
    assert access.origin_is_host(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [("http://example.org", "box.local:8765"), (None, "box.local"), ("null", "null"),
     ("http://box.local", None), ("http://box.local.example.org", "box.local"), ("", "")],
)  # fmt: skip
def test_any_other_origin_is_not_the_hosts(origin, host):
    assert not access.origin_is_host(origin, host)


@given(st.text(), st.text())
def test_origins_never_raise(text, host):
    access.origin_allowed(text)
    access.origin_is_host(text, host)


class TestTls:
    def test_a_pair_made_as_the_message_says_serves_wss(self, tmp_path, hello):
        key, certificate = make_pair(tmp_path)
        context = access.tls_context(certificate, key)
        trust = ssl.create_default_context(cafile=str(certificate))
        with (
            FaceServer(hello, port=0, tls=context) as server,
            connect(
                f"wss://localhost:{server.port}", ssl=trust, subprotocols=["geface.v1"], proxy=None
            ) as connection,
        ):
            assert isinstance(decode(connection.recv(20)), Hello)

    def test_files_that_are_no_pair(self, tmp_path):
        key, certificate = make_pair(tmp_path)
        other, _ = make_pair(tmp_path / "other")
        for bad in ((certificate, other), (tmp_path / "none.pem", key), (key, certificate)):
            with pytest.raises(ServerError, match="expected two PEM files that belong together"):
                access.tls_context(*bad)


def make_pair(folder):
    folder.mkdir(exist_ok=True)
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate
