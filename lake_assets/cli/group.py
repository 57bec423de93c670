"""A group of commands: in which order they are listed, and how a command ends, well or with an error.

Which commands there are belongs to `main`, `alerts.commands` and `quarantine.commands`.
"""

import sys
from typing import Any, NoReturn

import click

from lake_assets.cli.exit_status import STOPPED, UNUSABLE
from lake_assets.exceptions import LakeAssetsError


class Group(click.Group):
    """Commands in the order they are written, whose errors are sentences on stderr and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of the commands."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error that names its remedy ends it with status 2, Ctrl-C with 130."""
        try:
            return super().invoke(ctx)
        except LakeAssetsError as error:
            raise Unusable(str(error)) from error
        except KeyboardInterrupt as error:
            raise Stopped("Stopped. Every table-hour is loaded whole, or as it was before.") from error


class Unusable(click.ClickException):
    """An error whose message is shown as it is, line by line."""

    exit_code = UNUSABLE

    def show(self, file: Any = None) -> None:
        """Write the message to stderr."""
        del file
        from rich.text import Text

        from lake_assets.cli.output.console import print_line, stderr_console
        from lake_assets.escapes import escape_unprintable

        lines = "\n".join(escape_unprintable(line) for line in self.message.splitlines())
        print_line(stderr_console(), Text.assemble(("Error: ", "bold red"), lines))


class Stopped(click.ClickException):
    """The end by Ctrl-C."""

    exit_code = STOPPED

    def show(self, file: Any = None) -> None:
        """Write the message to stderr."""
        click.echo(self.message, err=True, file=file)


def leave(status: int) -> NoReturn:
    """End with an exit status; output that is still on its way is written first."""
    sys.stdout.flush()
    raise SystemExit(status)
