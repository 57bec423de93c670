"""The arguments and options that commands share, and how what is written in them is read.

An option that one command alone has stands with that command.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import click

from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import parse_hour

Command = Callable[..., None]


def read_hour(_: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return the hour in UTC that was written, such as 2018-09-06T10.

    Raises:
        click.BadParameter: it is no hour; the error says what would be one.
    """
    if value is None:
        return None
    try:
        return parse_hour(value)
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param=param) from error


def read_days(_: click.Context, param: click.Parameter, value: str) -> timedelta:
    """Return the age that was written in days, such as 90d.

    Raises:
        click.BadParameter: it is no number of days; the error says what would be one.
    """
    found = re.fullmatch(r"([0-9]{1,5})d", value)
    if not found:
        raise click.BadParameter(f"{value!r} is no number of days. Write it as 90d.", param=param)
    return timedelta(days=int(found[1]))


def json_option(command: Command) -> Command:
    """Return a command with the option --json."""
    text = "Write one JSON document to stdout, for machines."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def range_options(command: Command) -> Command:
    """Return a command with the options --from and --to."""
    end = "The hour to stop before (UTC), such as 2018-09-06T12."
    first = "The first hour (UTC), such as 2018-09-06T10."
    command = click.option("--to", "end", metavar="HOUR", callback=read_hour, help=end)(command)
    return click.option("--from", "first", metavar="HOUR", callback=read_hour, help=first)(command)


tables_argument = click.argument("tables", metavar="[TABLE]...", nargs=-1)
