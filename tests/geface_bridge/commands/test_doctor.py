from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from geface_bridge import models
from geface_bridge.commands import doctor as module
from geface_bridge.commands.doctor import Finding, doctor
from tests.geface_bridge.estimate.tiny_model import write_tiny_model


@pytest.fixture
def busy_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def free_port(busy_port):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_lines_say_what_is_and_what_to_do():
    assert Finding("port", True, True, "free", "move").line() == "ok      port      free"
    needed = Finding("port", False, True, "taken", "move").line()
    assert needed == "PROBLEM port      taken -> move"
    wished = Finding("camera", False, False, "none", "plug one in").line()
    assert wished == "missing camera    none -> plug one in"


def test_this_environment_is_sound():
    for check in (module.python, module.packages, module.tracker):
        finding = check()
        assert finding.good, finding.line()
    assert "mediapipe 0.10.21" in module.packages().text


def test_a_port_is_taken_or_free(busy_port, free_port):
    taken = module.port_free(busy_port)
    assert not taken.good
    assert taken.needed
    assert f"{busy_port} is taken" in taken.text
    assert f"--port {busy_port + 1}" in taken.advice
    assert module.port_free(free_port).good


def test_the_phones_port_is_free_or_another_program_has_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 0))
        port = other.getsockname()[1]
        taken = module.phones(port)
    assert (taken.good, taken.needed) == (False, False)
    assert f"UDP port {port}" in taken.text
    assert "--from livelink:PORT" in taken.advice
    assert module.phones(port).good


def test_a_machine_without_camera_can_still_stream_a_video(monkeypatch):
    monkeypatch.setattr(module, "CAMERAS_TRIED", 0)
    finding = module.cameras()
    assert (finding.good, finding.needed, finding.text) == (False, False, "none")


def test_a_corrupt_model_is_a_problem_with_its_way_out(tmp_path, monkeypatch):
    path = write_tiny_model(tmp_path)
    monkeypatch.setattr(models, "ESTIMATOR", path)
    assert module.model().good
    path.write_bytes(path.read_bytes() + b"x")
    finding = module.model()
    assert (finding.good, finding.needed) == (False, True)
    assert "is corrupt" in finding.text
    assert "again" in finding.advice


@pytest.mark.parametrize("port_is_busy", [False, True])
def test_the_exit_code_says_whether_a_video_would_stream(
    tmp_path, monkeypatch, busy_port, free_port, port_is_busy
):
    monkeypatch.setattr(models, "ESTIMATOR", write_tiny_model(tmp_path))
    port = busy_port if port_is_busy else free_port
    result = CliRunner().invoke(doctor, ["--port", str(port), "--no-camera"])
    assert result.exit_code == int(port_is_busy), result.output
    lines = result.output.splitlines()
    assert len([line for line in lines if line.startswith("PROBLEM")]) == int(port_is_busy)
    assert lines[-1].startswith("not yet") == port_is_busy
