"""What the guide says of our own side is so: options, profiles, names of curves and files."""

from __future__ import annotations

import re

import click
import pytest

from geface_bridge.cli import COMMANDS, cli
from rig.layout import load_layout
from unreal_plugin.build import HERE, PROFILES, SOURCE

GUIDE = (HERE.parent / "docs" / "unreal.md").read_text(encoding="utf-8")


def options_of(command: click.BaseCommand) -> set[str]:
    """Every option of a command and of those below it."""
    found = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    for below in getattr(command, "commands", {}).values():
        found |= options_of(below)
    return found


def test_every_option_that_the_guide_names_is_there():
    context = click.Context(cli)
    known = set().union(*(options_of(cli.get_command(context, name)) for name in COMMANDS))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE))
    assert len(named) >= 15
    assert named <= known


def test_every_command_that_the_guide_names_is_there():
    assert set(re.findall(r"`(?:geface-bridge )(\w+)", GUIDE)) <= set(COMMANDS)


def test_the_guide_names_the_profiles_that_are_handed_out():
    row = next(line for line in GUIDE.splitlines() if line.startswith("| Profile |"))
    shipped = {path.stem for path in PROFILES.glob("*.json")}
    assert set(re.findall(r"`(\w+)`", row)) == shipped


def test_one_pose_a_muscle_and_side():
    intensities = [name for name in load_layout().channel_names if name.startswith("AU")]
    assert f"need {len(intensities)} poses" in GUIDE


@pytest.mark.parametrize("quoted", re.findall(r'^\| "([^"…]+)', GUIDE, re.MULTILINE))
def test_what_the_source_says_is_what_the_guide_looks_up(quoted):
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.cpp"))
    assert quoted.strip() in sources
