from __future__ import annotations

import os

import pytest

from geface_bridge.align.quiet import quiet_stderr


def test_only_what_is_written_inside_is_lost(capfd):
    os.write(2, b"before ")
    with quiet_stderr(), quiet_stderr():
        os.write(2, b"inside ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_stderr_returns_after_an_error(capfd):
    with pytest.raises(ZeroDivisionError), quiet_stderr():
        raise ZeroDivisionError
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
