"""``geface-bridge take``: info, trim, convert."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from geface_bridge import cli
from geface_bridge.commands.take import FORMATS
from geface_bridge.takes import read_take, take_bytes, write_take
from geface_bridge.takes.exports import WRITERS
from tests.geface_bridge.takes.made import made_take

TAKE = made_take(50, rate_hz=25.0, begin_s=7.0)


@pytest.fixture
def file(tmp_path):
    write_take(tmp_path / "smile.geface", TAKE)
    return tmp_path / "smile.geface"


def run(*arguments):
    result = CliRunner().invoke(cli.cli, ["take", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_info_says_what_a_take_holds(file):
    lines = run("info", file).splitlines()
    assert lines[0] == f"{file}: 1.96 s, 50 frames, 25.00 Hz"
    assert lines[1].startswith("recorded  2023-11-14 22:13:20 UTC by geface-bridge")
    assert "performer Zoë" in lines
    assert "audio     take.wav, from 0.250 s" in lines
    assert "subject   0 'face': 50 frames, 49 with a face" in lines
    assert lines[-1] == "marker    0.04 s go"


def test_info_tells_of_damage(file):
    file.write_bytes(take_bytes(TAKE)[:-10])
    last = run("info", file).splitlines()[-1]
    assert last.startswith("damage    ")
    assert last.endswith("cut off at the end")


def test_trim_counts_from_the_takes_beginning(file, tmp_path):
    run("trim", file, "--from", 1, "--to", 1.2, "--output", tmp_path / "part.geface")
    part = read_take(tmp_path / "part.geface")
    assert [f.sequence for f in part.frames] == [25, 26, 27, 28, 29]
    assert part.header == TAKE.header


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_written_beside_the_take(file, kind):
    assert set(FORMATS) == set(WRITERS)
    run("convert", file, "--to", kind)
    target = file.with_suffix(WRITERS[kind][0])
    assert target.stat().st_size > 1000


def test_a_take_is_not_overwritten_by_its_own_part(file, capsys):
    before = file.read_bytes()
    assert cli.run(["take", "trim", str(file), "--output", str(file)]) == 2
    assert "is the take itself: choose another name" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_file_that_is_no_take(tmp_path, capsys):
    (tmp_path / "a.geface").write_bytes(b"RIFF")
    assert cli.run(["take", "info", str(tmp_path / "a.geface")]) == 2
    assert "expected a take" in capsys.readouterr().err
