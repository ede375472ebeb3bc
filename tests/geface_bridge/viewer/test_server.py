from __future__ import annotations

import http.client
import json
from importlib import resources

import pytest

from geface_bridge.errors import ServerError
from geface_bridge.viewer import ViewerServer
from geface_bridge.viewer.server import content_policy, page_assets, stream_address
from rig.layout import load_layout

STREAM = "ws://127.0.0.1:9/?token=a%20b"


@pytest.fixture(scope="module")
def viewer():
    with ViewerServer(STREAM, 0) as running:
        yield running


@pytest.fixture
def ask(viewer):
    """ask(path, method="GET", **headers): (status, headers, body)."""

    def make(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=20)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    return make


def test_the_page_names_only_files_that_are_served(ask):
    _, _, page = ask("/")
    names = {part.split(b'"')[0].decode() for part in page.split(b'src="')[1:]}
    names |= {part.split(b'"')[0].decode() for part in page.split(b'href="')[1:]}
    assert names >= {"main.js", "style.css"}
    assert {ask(f"/{name}")[0] for name in names} == {200}


def test_nothing_on_the_page_comes_from_elsewhere():
    for path, asset in page_assets().items():
        if path.endswith((".html", ".css", ".js")):
            text = asset.read({}).decode()
            assert "https://" not in text, path
            assert "//cdn" not in text, path


def test_the_head_and_the_profile_are_the_rigs(ask):
    for path, folder, name in (
        ("/rig/head.glb", "assets", "head.glb"),
        ("/rig/profile.json", "profiles", "geface.json"),
    ):
        status, headers, body = ask(path)
        packaged = resources.files("rig").joinpath(folder).joinpath(name).read_bytes()
        assert (status, body) == (200, packaged)
        assert int(headers["Content-Length"]) == len(packaged)


def test_the_skins_relief_is_painted_for_the_viewer(ask):
    status, headers, body = ask("/rig/surface.png")
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body.startswith(b"\x89PNG")


def test_the_session_tells_where_to_connect_and_what_comes(ask):
    session = json.loads(ask("/session.json")[2])
    layout = load_layout()
    assert session["url"] == STREAM
    assert session["subprotocol"] == "geface.v1"
    assert [channel["name"] for channel in session["channels"]] == list(layout.channel_names)
    named = [name for unit in session["units"] for name in unit["channels"]]
    assert sorted(named) == sorted(layout.au_channel_names)


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/..%2fserver.py", "/server.py", "//etc/passwd", "/page/", "/x.js", ""],
)
def test_nothing_else_is_served(ask, path):
    assert ask(path or "/ ".strip() + "nothing")[0] in (400, 404)


def test_other_methods_are_refused(ask):
    assert ask("/", "POST")[0] == 501
    assert ask("/", "HEAD")[2] == b""


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_name_for_this_machine_reads_no_token(ask, host):
    status, _, body = ask("/session.json", Host=host)
    assert status == 421
    assert b"token" not in body


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:1", "[::1]:1", "[::1]"])
def test_local_names_are_answered(ask, host):
    assert ask("/session.json", Host=host)[0] == 200


def test_the_policy_allows_our_stream_alone(ask):
    policy = ask("/")[1]["Content-Security-Policy"]
    assert policy == content_policy(STREAM)
    assert "connect-src 'self' ws://127.0.0.1:9;" in policy
    assert "default-src 'none'" in policy
    assert "token" not in policy


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "ws://127.0.0.1:8765"),
        ("localhost", "ws://localhost:8765"),
        ("0.0.0.0", "ws://127.0.0.1:8765"),
        ("::", "ws://[::1]:8765"),
        ("::1", "ws://[::1]:8765"),
        ("192.168.1.7", "ws://192.168.1.7:8765"),
    ],
)
def test_the_address_of_a_stream_from_this_machine(host, address):
    assert stream_address(host, 8765) == address
    assert stream_address(host, 8765, "a b&c") == f"{address}/?token=a%20b%26c"


def test_a_busy_port_is_an_error_with_a_way_out(viewer):
    with pytest.raises(ServerError, match=f"viewer port {viewer.port} is already in use.*--viewer"):
        ViewerServer(STREAM, viewer.port).start()


def test_only_this_machine_is_served_and_stopping_twice_is_harmless():
    server = ViewerServer(STREAM, 0)
    server.start()
    assert server.url == f"http://127.0.0.1:{server.port}/"
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=5).request("GET", "/")


@pytest.fixture(scope="module")
def rig_server():
    with ViewerServer(None, 0) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/", 200, "text/html; charset=utf-8"),
        ("/rig/rig.json", 200, "application/json"),
        ("/rig/head.glb", 200, "model/gltf-binary"),
        ("/rig/person.json?person=1", 200, "application/json"),
        ("/rig/person.json?person=x", 400, "text/plain"),
        ("/rig/skin.png?brow=3&AU12_L=0.5", 200, "image/png"),
        ("/rig/skin.png?brow=99", 400, "text/plain"),
        ("/session.json", 404, "text/plain"),
    ],
)
def test_the_rigs_page_needs_no_stream(rig_server, path, status, kind):
    connection = http.client.HTTPConnection("127.0.0.1", rig_server.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert (answer.status, answer.getheader("Content-Type")) == (status, kind)
    assert answer.getheader("Content-Security-Policy") == content_policy(None)
    assert "ws:" not in content_policy(None)
    if path == "/":
        assert b"rig.js" in body


def test_a_foreign_name_sees_no_rig(rig_server):
    connection = http.client.HTTPConnection("127.0.0.1", rig_server.port, timeout=20)
    connection.request("GET", "/rig/person.json?person=1", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 421
