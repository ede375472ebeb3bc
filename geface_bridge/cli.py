"""``geface-bridge``: the commands by name, each imported only when it runs.

Every ``GefaceError`` ends here, as one line on stderr and exit code 2; Ctrl-C ends with 130.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Any

import click

from geface_bridge import __version__
from geface_bridge.errors import GefaceError

USAGE_ERROR = 2
INTERRUPTED = 130

# Name → what --help says of it, so that --help imports no command.
COMMANDS = {
    "stream": "Follow a face live and serve it to characters.",
    "calibrate": "Teach a running stream the performer's face.",
    "play": "Serve a recorded take as if it happened now.",
    "take": "Look into recorded takes, cut them, convert them.",
    "watch": "Print the live action units of a stream.",
    "estimate": "Estimate videos, images and folders into a CSV or JSON file.",
    "rig": "Move the rig's head by hand: a page with all its sliders.",
    "addon": "Write the add-on for Blender or the plugin for Unreal, to install.",
    "bench": "Measure this machine: latency of a live stream.",
    "doctor": "Check camera, models, GL and ports, and say what to do.",
}


class LazyGroup(click.Group):
    """A group whose commands live in ``geface_bridge.commands``, one module each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"geface_bridge.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geface-bridge")
def cli() -> None:
    """Read a face as FACS action units and move a character's bones with it."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exits the process, as click does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe on Windows may lack our characters
            stream.reconfigure(errors="replace")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        result: Any = cli.main(arguments, prog_name="geface-bridge", standalone_mode=False)
    except GefaceError as error:
        return _fail(str(error), error.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "geface-bridge"
        return _fail(f"{error.format_message()} Try: {command} --help", USAGE_ERROR)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # `geface-bridge watch --json | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0


def _fail(message: str, exit_code: int) -> int:
    click.echo(f"geface-bridge: error: {' '.join(message.split())}", err=True)
    return exit_code
