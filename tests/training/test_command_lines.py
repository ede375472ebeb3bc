"""Every command of ``training`` answers bad inputs with a line, and writes over nothing.

Commands are found, not listed: a module of ``training`` with a ``main`` is tested as it appears.
"""

import importlib
import pkgutil
from functools import cache

import click
import pytest
from click.testing import CliRunner

import training
from rig.layout import load_layout
from tests.training.samples import random_pair
from training.console import TrainingCommand
from training.shards import shard_path, write_json, write_shard

WRITTEN = {"out", "output", "json_path", "cache", "sheet"}
JUNK = b"\x00\xffno such thing\n1,2\n" * 40
NAMES = (
    "shard-00000000.tar", "manifest.json", "aligned-00000000.npz", "labels.csv", "a.jpg", "a.mp4",
    "reference/a.csv", "checkpoint.safetensors", "ActionUnit_Labels/SN001/SN001_au1.txt",
    "F002_T1_AU06.csv", "F002/T1/0001.jpg",
)  # fmt: skip


@cache
def commands():
    """Module → its command."""
    names = sorted(m.name for m in pkgutil.iter_modules(training.__path__, "training."))
    found = {name: getattr(importlib.import_module(name), "main", None) for name in names}
    return {name: main for name, main in found.items() if isinstance(main, click.Command)}


def is_input(option):
    if option.name in WRITTEN:
        return False
    told = option.metavar or ""
    return isinstance(option.type, click.Path) or "PATH" in told or "FOLDER" in told


def options_of(name, wanted):
    return [option for option in commands()[name].params if wanted(option)]


def given(option, value):
    """The words that give an option, or an argument, a value."""
    if (option.metavar or "").startswith(("NAME=", "[NAME=]")):
        value = f"name={value}"
    return [str(value)] if isinstance(option, click.Argument) else [option.opts[0], str(value)]


def plain_value(option):
    if isinstance(option.type, click.types.IntRange):
        return max(option.type.min or 1, 1)
    return option.type.choices[0] if isinstance(option.type, click.Choice) else "1"


# What can be wrong with a path -----------------------------------------------------------------


def absent(folder):
    return folder / "broken"


def empty(folder):
    (folder / "broken").mkdir()
    return folder / "broken"


def junk_file(folder):
    path = folder / "broken.safetensors"
    path.write_bytes(JUNK)
    return path


def junk_picture(folder):
    path = folder / "broken.jpg"
    path.write_bytes(JUNK)
    return path


def junk_folder(folder):
    for name in NAMES:
        path = folder / "broken" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(JUNK)
    return folder / "broken"


def cut_shard(folder):
    """A set whose manifest is right and whose shard ends early."""
    path = empty(folder)
    write_json(path / "manifest.json", {"layout_id": load_layout().layout_id, "size": 32})
    write_shard(shard_path(path, 0), [random_pair(index) for index in range(3)])
    shard = shard_path(path, 0)
    shard.write_bytes(shard.read_bytes()[:-12000])
    return path


def foreign_set(folder):
    """Whole, and of another layout."""
    path = empty(folder)
    write_json(path / "manifest.json", {"layout_id": "another", "size": 32})
    write_shard(shard_path(path, 0), [random_pair(0)])
    return path


BROKEN = [absent, empty, junk_file, junk_picture, junk_folder, cut_shard, foreign_set]


def contents(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return {file: file.read_bytes() for file in files if file.is_file()}


def complaint(name, words, broken):
    """What a command says; it must be a line for a user, and what was there must still be."""
    before = contents(broken)
    done = CliRunner().invoke(commands()[name], words)
    told = (words, done.output, done.exc_info)
    assert isinstance(done.exception, SystemExit), told
    assert done.exit_code in (1, 2), done.output
    assert "Traceback" not in done.output
    assert contents(broken).items() >= before.items()
    return done.output


def words_of(name, broken, out, extra=()):
    """A whole command line whose inputs are all ``broken``."""
    words = []
    for option in commands()[name].params:
        if is_input(option) and (option.required or option in extra):
            words += given(option, broken)
        elif option.name in WRITTEN and option.name != "cache":
            words += given(option, out / option.name)
        elif option.required:
            words += given(option, plain_value(option))
    return words


NEED_INPUTS = [n for n in commands() if options_of(n, lambda o: is_input(o) and o.required)]
TAKE_INPUTS = [n for n in commands() if options_of(n, lambda o: is_input(o) and not o.required)]
NEED_ANYTHING = [n for n in commands() if options_of(n, lambda o: o.required)]


@pytest.mark.parametrize("name", commands())
def test_every_command_is_of_the_kind_that_tells_errors_in_a_line_and_has_help(name):
    assert isinstance(commands()[name], TrainingCommand)
    done = CliRunner().invoke(commands()[name], ["--help"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 4


@pytest.mark.parametrize("make", BROKEN)
@pytest.mark.parametrize("name", NEED_INPUTS)
def test_bad_inputs_are_one_complaint(name, make, tmp_path):
    broken = make(tmp_path)
    said = complaint(name, words_of(name, broken, tmp_path / "out"), broken)
    assert "broken" in said or "give --" in said


@pytest.mark.parametrize("make", BROKEN)
@pytest.mark.parametrize("name", TAKE_INPUTS)
def test_bad_inputs_that_are_not_required_are_one_complaint_too(name, make, tmp_path):
    options = options_of(name, lambda o: is_input(o) and not o.required)
    broken = make(tmp_path)
    said = complaint(name, words_of(name, broken, tmp_path / "out", extra=options), broken)
    assert "broken" in said


@pytest.mark.parametrize("name", NEED_ANYTHING)
def test_what_is_required_is_told(name):
    done = CliRunner().invoke(commands()[name], [])
    assert done.exit_code == 2
    assert "Missing" in done.output


def test_commands_are_found():
    assert {"training.evaluate", "training.estimator"} <= {*NEED_INPUTS, *TAKE_INPUTS}
    assert "training.render_pairs" in NEED_ANYTHING
