"""The command line of the training modules."""

from __future__ import annotations

from typing import Any

import click

from geface_bridge.errors import GefaceError


class TrainingCommand(click.Command):
    """A command whose expected errors are one line and an exit code, as ``geface-bridge``'s."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a ``GefaceError`` becomes click's."""
        try:
            return super().invoke(ctx)
        except GefaceError as error:
            raise _UsersError(str(error)) from error


class _UsersError(click.ClickException):
    exit_code = GefaceError.exit_code
