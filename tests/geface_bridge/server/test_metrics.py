"""Prometheus' text format, and a scrape of a real server."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from geface_bridge.server import FaceServer
from geface_bridge.server.metrics import Metric, counter, exposition, gauge

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def scrape(server, path="/metrics", **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    with DIRECT.open(request, timeout=20) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_a_metric_is_help_type_and_samples():
    stage = Metric("stage_seconds", "Mean\ntime.", "gauge", (("a", 0.5), ('b"\\', 2)), "stage")
    assert exposition([counter("sent_total", "All.", 10_000_000), stage]) == (
        "# HELP geface_sent_total All.\n# TYPE geface_sent_total counter\n"
        "geface_sent_total 10000000\n"
        "# HELP geface_stage_seconds Mean\\ntime.\n# TYPE geface_stage_seconds gauge\n"
        'geface_stage_seconds{stage="a"} 0.5\ngeface_stage_seconds{stage="b\\"\\\\"} 2\n'
    )


def test_a_scrape_tells_what_the_server_does(server, frame, dial, read, eventually):
    connection = dial()
    read(connection)
    for number in range(3):
        server.publish(frame(number))
        read(connection)
    server.more_metrics = lambda: [gauge("faces", "In view.", 2)]
    kind, text = scrape(server)
    assert kind.startswith("text/plain")
    values = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert values["geface_clients"] == "1"
    assert values["geface_frames_published_total"] == "3"
    assert values["geface_frames_sent_total"] == "3"
    assert values["geface_faces"] == "2"


def test_a_scrape_obeys_the_same_rules_as_a_client(hello):
    with FaceServer(hello, port=0, token="s3cret") as server:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            scrape(server)
        assert "geface_clients 0" in scrape(server, Authorization="Bearer s3cret")[1]
        assert "geface_handshakes_refused_total 1" in scrape(server, "/metrics?token=s3cret")[1]
        with pytest.raises(urllib.error.HTTPError, match="403"):
            scrape(server, "/metrics?token=s3cret", Origin="https://evil.example")
