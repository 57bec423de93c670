"""The command line itself: its commands, options and exit statuses.

Modules that are slow to import are imported by the command that needs them. What a command does belongs to
the module named after it.
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn

import click

from lake_assets.exceptions import ConfigurationError, LakeAssetsError
from lake_assets.hours import parse_hour

FINE, NEEDS_ATTENTION, UNUSABLE = 0, 1, 2

EPILOG = "Exit status 0: all is well; 1: something needs attention; 2: usage, settings or a service."


class HourType(click.ParamType[datetime]):
    """An hour in UTC, such as 2018-09-06T10."""

    name = "hour"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the hour, or fail with what would be one."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_hour(value)
        except ConfigurationError as error:
            self.fail(str(error), param, ctx)


HOUR = HourType()


class Group(click.Group):
    """A command group whose errors are a sentence on stderr and an exit status, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors that name their remedy end it with status 2."""
        try:
            return super().invoke(ctx)
        except LakeAssetsError as error:
            raise Unusable(str(error)) from error


class Unusable(click.ClickException):
    """An error that is shown as it is."""

    exit_code = UNUSABLE

    def show(self, file: Any = None) -> None:
        """Write the message to stderr."""
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {self.message}", err=True, file=file)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout, for machines.")(
        command
    )


def range_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --from and --to."""
    for option in (
        click.option("--to", "end", type=HOUR, help="Hour to stop before (UTC), as 2018-09-06T12."),
        click.option("--from", "first", type=HOUR, help="First hour (UTC), as 2018-09-06T10."),
    ):
        command = option(command)
    return command


tables_argument = click.argument("tables", metavar="[TABLE]...", nargs=-1)


@click.group(cls=Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lake-assets", prog_name="lake-assets")
def main() -> None:
    """Hourly S3 files into a PostgreSQL warehouse, with nothing skipped in silence.

    TABLE is source.table, or a source for all its tables; none means all of the catalog. Settings are read
    from the environment (LAKE_ASSETS_LAKE, LAKE_ASSETS_WAREHOUSE, LAKE_ASSETS_CATALOG, AWS_*); with neither
    lake nor warehouse set, a stack of its own is started under .lake_assets/.
    """


@main.command()
@tables_argument
@range_options
@json_option
def load(tables: Sequence[str], first: datetime | None, end: datetime | None, as_json: bool) -> None:
    r"""Load table-hours and check them, through Dagster.

    With a range, every hour of it is loaded anew, each in one transaction. Without one, every table-hour that
    needs it: never loaded, failed, or changed in the lake since.

    \b
    Examples:
      lake-assets load
      lake-assets load shop.orders --from 2018-09-06T10 --to 2018-09-06T12
    """
    from lake_assets.cli import load as command

    leave(command.run(tables, first, end, as_json=as_json))


@main.command()
@tables_argument
@range_options
@click.option("--deep", is_flag=True, help="Read the files' bytes again and count their records anew.")
@json_option
def check(
    tables: Sequence[str], first: datetime | None, end: datetime | None, deep: bool, as_json: bool
) -> None:
    """Compare lake, ledger and main as they are now; load nothing.

    The outcome of each table-hour is shown here and, as an evaluation of the table's row_count check, in the
    Dagster UI.
    """
    from lake_assets.cli import check as command

    leave(command.run(tables, first, end, deep=deep, as_json=as_json))


@main.command()
@tables_argument
@range_options
@json_option
def status(tables: Sequence[str], first: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Show the state of every table-hour, as lake and ledger have it now."""
    from lake_assets.cli import status as command

    leave(command.run(tables, first, end, as_json=as_json))


@main.group()
def quarantine() -> None:
    """The records that could not be loaded, and why."""


@quarantine.command("list")
@tables_argument
@range_options
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Most records shown."
)
@json_option
def list_quarantine(
    tables: Sequence[str], first: datetime | None, end: datetime | None, limit: int, as_json: bool
) -> None:
    """List quarantined records: where each came from, what is wrong with it, and its value."""
    from lake_assets.cli import quarantine as command

    leave(command.run_list(tables, first, end, limit=limit, as_json=as_json))


@main.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say of each thing that is needed whether it is there, and what to do where it is not."""
    from lake_assets.cli import doctor as command

    leave(command.run(as_json=as_json))


@main.command()
@click.option("--ui/--no-ui", default=True, show_default=True, help="Serve the Dagster UI afterwards.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port of the UI."
)
@json_option
def demo(ui: bool, port: int, as_json: bool) -> None:
    """Load three days of real flights on a stack of its own, and show what was found.

    Starts PostgreSQL and an S3 server under .lake_assets/, writes hourly files as AWS DMS would (one hour
    left out and one record broken on purpose), loads them through Dagster, then serves the UI until Ctrl-C.
    """
    from lake_assets.cli import demo as command

    leave(command.run(ui=ui, port=port, as_json=as_json))


def leave(status: int) -> NoReturn:
    """End with an exit status; output that is still on its way is written first."""
    sys.stdout.flush()
    raise SystemExit(status)


def write_json(data: object) -> None:
    """Write data to stdout as JSON; hours as 2018-09-06T10:00:00Z, bytes as hexadecimal digits."""
    click.echo(json.dumps(data, indent=2, default=_plain, ensure_ascii=False))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
