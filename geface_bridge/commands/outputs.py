"""The options by which ``stream`` and ``play`` send to other programs, and what they open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geface_bridge import config as c

if TYPE_CHECKING:
    from geface_bridge.live import Outlet, StatusLine

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _to(option: str, port: int, text: str) -> Callable[[Decorated], Decorated]:
    name = option.removeprefix("--").replace("-", "_")
    help_ = f"{text} Port {port} unless told otherwise. Repeatable."
    return click.option(option, name, multiple=True, metavar="HOST[:PORT]", help=help_)


_OPTIONS = (
    _to("--livelink", 11111, "Send Live Link Face to Unreal, for MetaHumans without a plugin."),
    click.option(
        "--livelink-subject",
        default="geface",
        show_default=True,
        metavar="NAME",
        help="Name in Unreal's Live Link window; several --faces add a number.",
    ),
    _to("--vmc", 39539, "Send VMC to VSeeFace, Warudo, VNyan, Unity."),
    click.option(
        "--vmc-names",
        type=click.Choice(["arkit", "vrm"]),
        default="arkit",
        show_default=True,
        help="Blend shapes: ARKit's 52, or VRM 1.0's presets.",
    ),
    _to("--ifacialmocap", 49983, "Send iFacialMocap's text."),
    _to("--osc", 9000, "Send every channel as plain OSC."),
    _to("--vts", 8001, "Feed VTube Studio; it asks for permission once."),
)


def output_options(command: Decorated) -> Decorated:
    """Add the outputs' options to a command; ``take_outputs`` turns them into a config."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_outputs(options: dict[str, Any]) -> c.OutputsConfig:
    """The outputs' configuration, taken out of a command's keyword arguments."""
    names = ("livelink", "vmc", "ifacialmocap", "osc", "vts", "livelink_subject", "vmc_names")
    return c.OutputsConfig(**{name: options.pop(name) for name in names})


def open_outputs(
    config: c.OutputsConfig, subjects: int, line: StatusLine, stack: ExitStack
) -> list[Outlet]:
    """Open every output and tell the user; the stack closes them.

    Raises:
        GefaceError: an address is none, or unknown.
    """
    out = [stack.enter_context(closing(each)) for each in _opened(config, subjects)]
    for output in out:
        line.say(f"output: {output.name}")
    return list(out)


def _opened(config: c.OutputsConfig, subjects: int) -> list[Any]:
    """Those that hold one face show the first subject, Live Link one subject a face."""
    if not config.any:
        return []
    from geface_bridge import outputs as o
    from geface_bridge.outputs import ifacialmocap, livelink, osc, vmc, vts

    found: list[Any] = []
    for text in config.livelink:
        address = o.parse_address(text, livelink.PORT)
        for index in range(subjects):
            name = config.livelink_subject + (f" {index + 1}" if subjects > 1 else "")
            found.append(o.LiveLinkOutput(address, name, index))
    found += [o.VmcOutput(o.parse_address(text, vmc.PORT), config.vmc_names) for text in config.vmc]
    found += [
        o.IFacialMocapOutput(o.parse_address(text, ifacialmocap.PORT))
        for text in config.ifacialmocap
    ]
    found += [o.OscOutput(o.parse_address(text, osc.PORT), subjects) for text in config.osc]
    found += [o.VtsOutput(o.parse_address(text, vts.PORT)) for text in config.vts]
    return found
