from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest

from geface_bridge import __version__, cli
from geface_bridge.errors import GefaceError, SourceError

HEAVY = ("cv2", "mediapipe", "numpy", "onnxruntime", "websockets", "rig")


def fresh(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command line in an interpreter of its own."""
    start = ["-c", code] if code else ["-m", "geface_bridge"]
    command = [sys.executable, *start, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_help_imports_nothing_heavy():
    done = fresh(
        "--help",
        code="import sys\nfrom geface_bridge.cli import run\nassert run() == 0\n"
        f"print('imported', [name for name in {HEAVY} if name in sys.modules])",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("imported []\n")
    assert all(f"\n  {name} " in done.stdout for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_there_under_its_name(name):
    command = getattr(importlib.import_module(f"geface_bridge.commands.{name}"), name)
    assert isinstance(command, click.Command)
    assert command.name == name


def test_version():
    done = fresh("--version")
    assert (done.returncode, done.stdout) == (0, f"geface-bridge, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stream", "--video", "nowhere.mp4"], "video nowhere.mp4 does not exist"),
        (["stream", "--camera", "1", "--url", "x"], "--camera and --url are given"),
        (["stream", "--port", "x"], "'x' is not a valid integer. Try: geface-bridge stream --help"),
        (["sream"], "No such command 'sream'."),
        (["stream", "--faces", "0"], "0 is not in the range 1<=x<=16"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(arguments, message):
    done = fresh(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("geface-bridge: error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def command_that(error: BaseException) -> click.Command:
    @click.command()
    def body() -> None:
        raise error

    return body


def test_a_message_of_several_lines_becomes_one(monkeypatch, capsys):
    class SpecialError(SourceError):
        exit_code = 7

    body = command_that(SpecialError("first\n  second"))
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: body)
    assert cli.run(["stream"]) == 7
    assert capsys.readouterr().err == "geface-bridge: error: first second\n"


def test_interrupted_is_quiet(monkeypatch, capsys):
    body = command_that(KeyboardInterrupt())
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: body)
    assert cli.run(["stream"]) == 130
    assert capsys.readouterr().err.strip() == ""


def test_other_exceptions_are_bugs_and_stay_visible(monkeypatch):
    body = command_that(ZeroDivisionError())
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: body)
    with pytest.raises(ZeroDivisionError):
        cli.run(["stream"])


def test_an_exit_code_of_a_command_is_the_programs(monkeypatch):
    body = command_that(click.exceptions.Exit(3))
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: body)
    assert cli.run(["stream"]) == 3


def test_a_reader_that_leaves_is_no_error():
    code = (
        "import click\nfrom geface_bridge import cli\n"
        "@click.command()\ndef body():\n"
        "    for _ in range(10**6): click.echo('x' * 80)\n"
        "cli.LazyGroup.get_command = lambda *_: body\ncli.main(['stream'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_the_base_class_exits_with_2():
    assert GefaceError.exit_code == 2
