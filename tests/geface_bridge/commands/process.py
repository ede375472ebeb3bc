"""A serving command as a user runs it: a process of its own on a free port."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

PATIENCE_S = 60


@contextmanager
def serving(command, *arguments, **environment):
    """A running ``geface-bridge COMMAND``; yields the process and its address."""
    words = [sys.executable, "-m", "geface_bridge", command, "--port", "0", *map(str, arguments)]
    # A shell that runs the tests in the background has its children ignore Ctrl-C; a terminal
    # does not.
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **environment,
    )
    try:
        said = ""
        while not (found := re.search(r"wss?://\S+", said)):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            said += line
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def received(client, kind, wanted=lambda _: True):
    """The first message of a kind for which ``wanted`` holds."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        message = client.receive(1.0)
        if isinstance(message, kind) and wanted(message):
            return message
    raise AssertionError(f"no {kind.__name__} came")
