from __future__ import annotations

import os
from pathlib import Path

import pytest

from geface_bridge.errors import ConfigError
from geface_bridge.takes import atomic_text


def test_the_file_appears_at_the_end_and_replaces_an_older_one(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    with atomic_text(path) as stream:
        stream.write("new\n")
        stream.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == b"new\n"
    assert os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_a_failure_nothing_is_left(tmp_path, error):
    def write_half() -> None:
        with atomic_text(tmp_path / "out.csv") as stream:
            stream.write("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_others_may_read_it_as_any_other_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with atomic_text(tmp_path / "out.csv"):
        pass
    assert (tmp_path / "out.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_dash_is_standard_output(capsys):
    with atomic_text(Path("-")) as stream:
        stream.write("shown")
    assert capsys.readouterr().out == "shown"


def test_where_nothing_can_be_written_is_said(tmp_path):
    with (
        pytest.raises(ConfigError, match=r"cannot be written .* create its folder"),
        atomic_text(tmp_path / "missing" / "out.csv"),
    ):
        pass
    with pytest.raises(ConfigError, match="is a folder, expected a file"), atomic_text(tmp_path):
        pass
