"""``geface-bridge rig`` as a user starts it."""

import signal
import subprocess
import sys
import urllib.request

import pytest


@pytest.fixture
def command():
    words = ["-m", "geface_bridge", "rig", "--no-browser", "--viewer-port", "0"]
    with subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,
    ) as running:
        yield running
        running.kill()


def _heed_ctrl_c():
    """Tests that a script runs in its background inherit that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_it_serves_its_page_until_ctrl_c(command):
    address = command.stdout.readline().split()[1]
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(address, timeout=60) as answer:
        assert b"rig.js" in answer.read()
    command.send_signal(signal.SIGINT)
    assert command.wait(60) == 0


def test_it_ends_by_itself_when_told_to():
    words = ["rig", "--no-browser", "--viewer-port", "0", "--seconds", "0.1"]
    done = subprocess.run(
        [sys.executable, "-m", "geface_bridge", *words], capture_output=True, timeout=120
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"rig: http://127.0.0.1:")
