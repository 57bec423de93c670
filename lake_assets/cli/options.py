"""What all commands of the command line share: options, how hours are read, how errors end a command.

The commands themselves belong to `main`, `quarantine_commands` and `alert_commands`.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import click

from lake_assets.cli.answer import STOPPED, UNUSABLE
from lake_assets.exceptions import ConfigurationError, LakeAssetsError
from lake_assets.hours import parse_hour


def read_hour(_: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read an hour in UTC, such as 2018-09-06T10, or say what would be one."""
    try:
        return parse_hour(value) if value is not None else None
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param=param) from error


class Group(click.Group):
    """Commands in the order they are written, whose errors are sentences on stderr and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Name the commands."""
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

        from lake_assets.cli.display import one_line, say, talk

        lines = "\n".join(one_line(line) for line in self.message.splitlines())
        say(talk(), Text.assemble(("Error: ", "bold red"), lines))


class Stopped(click.ClickException):
    """The end by Ctrl-C."""

    exit_code = STOPPED

    def show(self, file: Any = None) -> None:
        """Write the message to stderr."""
        click.echo(self.message, err=True, file=file)


Command = Callable[..., None]


def json_option(command: Command) -> Command:
    """Give a command the option --json."""
    text = "Write one JSON document to stdout, for machines."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def range_options(command: Command) -> Command:
    """Give a command the options --from and --to."""
    end = "The hour to stop before (UTC), such as 2018-09-06T12."
    first = "The first hour (UTC), such as 2018-09-06T10."
    command = click.option("--to", "end", metavar="HOUR", callback=read_hour, help=end)(command)
    return click.option("--from", "first", metavar="HOUR", callback=read_hour, help=first)(command)


tables_argument = click.argument("tables", metavar="[TABLE]...", nargs=-1)


def leave(status: int) -> NoReturn:
    """End with an exit status; output that is still on its way is written first."""
    sys.stdout.flush()
    raise SystemExit(status)
