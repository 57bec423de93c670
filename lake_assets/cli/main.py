"""The command line itself: its commands, their options and help.

What commands share belongs to `options` and `group`; those of `quarantine` and `alerts` stand in
`quarantine.commands` and `alerts.commands`. Modules that are slow to import are imported by the command that
needs them. What a command does belongs to the module named after it; the help texts stand in docs/commands.md
too (`lake_assets.cli.reference`).
"""

# ruff: noqa: D301 - click takes a backspace for "keep these lines as they are"

import gc
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from lake_assets.cli.alerts.commands import alerts
from lake_assets.cli.group import Group, leave
from lake_assets.cli.options import json_option, range_options, read_hour, tables_argument
from lake_assets.cli.quarantine.commands import quarantine
from lake_assets.cli.selection import Selection

GARBAGE_THRESHOLD = 50_000
"""New objects after which Python looks for garbage; 700 by itself."""

EPILOG = "Exit status: 0 all is well; 1 something needs attention; 2 a command, setting or service is wrong."


@click.group(cls=Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lake-assets", prog_name="lake-assets")
def main() -> None:
    """Load hourly S3 files into PostgreSQL, with nothing skipped in silence.

    The unit of everything is a table-hour: one table, one hour (UTC). Every record of it is in the
    warehouse, in quarantine, or in what `status` shows as needing attention.

    \b
    First steps:
      lake-assets demo      see all of it work, on a stack of its own
      lake-assets doctor    what is set up, what is not, and what to do
      lake-assets discover  write a catalog that loads what the lake holds
      lake-assets load      load every table-hour that needs it
      lake-assets status    see the state of every table-hour

    \b
    Settings are read from the environment:
      LAKE_ASSETS_LAKE       s3://bucket/prefix
      LAKE_ASSETS_WAREHOUSE  postgresql://user:password@host/database
      LAKE_ASSETS_CATALOG    the folder of the catalog's YAML files
      LAKE_ASSETS_ALERTS     Apprise URLs of those who are told what is wrong
      AWS_*, DAGSTER_HOME    as boto3 and Dagster read them

    With neither lake nor warehouse set, PostgreSQL and an S3 server of its own are started for as long as a
    command runs, with their data under .lake_assets/.
    """
    # Importing Dagster makes a million objects that stay; looking for garbage among them takes a fifth of it.
    gc.set_threshold(GARBAGE_THRESHOLD)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a text stream, always


@main.command(short_help="Load three days of real flights, and see.")
@click.option("--ui/--no-ui", default=True, show_default=True, help="Serve the Dagster UI afterwards.")
@click.option(
    "--port",
    metavar="NUMBER",
    type=click.IntRange(1, 65535),
    default=3000,
    show_default=True,
    help="The UI's port; if another program has it, the next free one is taken.",
)
@json_option
def demo(ui: bool, port: int, as_json: bool) -> None:
    """Load three days of real flights on a stack of its own, and show what was found.

    Starts PostgreSQL and an S3 server, writes hourly files as AWS DMS would (one hour left out and one record
    broken on purpose), loads them through Dagster and judges every hour. Shows the state of every table-hour,
    the record that went to quarantine and the alert of the missing hour, then serves the Dagster UI on
    127.0.0.1 until Ctrl-C. All data stays under .lake_assets/: the other commands, run in the same folder,
    work on it; to start afresh, remove it.

    \b
    Examples:
      lake-assets demo
      lake-assets demo --no-ui

    Exit status 0: the demo ran; 2: a setting or a service is wrong.
    """
    from lake_assets.cli.context import require_embedded_stack

    require_embedded_stack()
    from lake_assets.cli import demo as command

    leave(command.run(ui=ui, port=port, as_json=as_json))


@main.command(short_help="Say what is set up, what is not, and what to do.")
@json_option
def doctor(as_json: bool) -> None:
    """Look at everything that is needed: a line each, OK, or BAD with what to do.

    Settings, catalog, lake, warehouse, Dagster; whether every table has a folder in the lake and every folder
    a table; which tables left the catalog; whether the judge runs, and who gets alerts. Run it first when
    anything goes wrong.

    \b
    Examples:
      lake-assets doctor
      lake-assets doctor --json

    Exit status 0: every line is OK; 1: some are BAD.
    """
    from lake_assets.cli import doctor as command

    leave(command.run(as_json=as_json))


@main.command(short_help="Write a catalog that loads what the lake holds.")
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write into this folder, not into LAKE_ASSETS_CATALOG; what the catalog there has, stays.",
)
@click.option(
    "--misfits",
    metavar="PART",
    type=click.FloatRange(0, 1),
    default=0.001,
    show_default=True,
    help="Cells that a type does not hold decide nothing where they are fewer of a column than this part.",
)
@click.option(
    "--names",
    type=click.Choice(["snake", "keep"]),
    default="snake",
    show_default=True,
    help="Spell columns for SQL (order_no), or keep the names of the files (Order #).",
)
@json_option
def discover(sources: Sequence[str], out: Path | None, misfits: float, names: str, as_json: bool) -> None:
    """Write a catalog that loads what the lake holds, each choice explained in a comment.

    Reads every record of every file: delimiter, NULL, headers, names, and for each column the narrowest type
    that keeps every cell as it is, but for a few that do not fit: those are told, and go to quarantine when
    they are loaded. JSON documents are opened into columns and child tables. One file is
    written for each source, a folder right in the lake.

    Entries and comments that are there stay. New tables are added behind them; types that no longer hold and
    columns that are new are shown as a diff, and not written.

    SOURCE is a folder of the lake, or the name of a source in the catalog; none means all of them.

    \b
    Examples:
      lake-assets discover
      lake-assets discover shop --out drafts
      lake-assets discover --misfits 0 --names keep

    Exit status 0: all of the lake is in the catalog; 1: something was left out, or the catalog differs from
    the lake, each told on a line; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli import discover as command

    leave(command.run(sources, out, misfits, names, as_json=as_json))


@main.command(short_help="Load table-hours and check them.")
@tables_argument
@range_options
@click.option("--follow-vanished", is_flag=True, help="Let rows go whose files vanished from the lake.")
@json_option
def load(
    tables: Sequence[str],
    first: datetime | None,
    end: datetime | None,
    follow_vanished: bool,
    as_json: bool,
) -> None:
    """Load table-hours and check them, through Dagster.

    Without a range: every table-hour that needs it, that is, whose files were never loaded or have changed
    since, or whose last load failed. Run it after a repair, or every hour where no dagster-daemon runs: what
    is loaded is left alone. Of tables of more than 10,000 files it takes the judge's word for hours older
    than two days, as `status` does.

    With --from or --to: every hour of that range is loaded anew, whether it needs it or not. Loading an hour
    replaces it in one transaction: readers see it before or after, and a second load gives the same rows.

    Rows whose files vanished from the lake stay, and their hours are told until somebody decides. With
    --follow-vanished they go, in this load, and who said so is written down with the hour, which is missing
    then if no file is left. Name tables or a range: what vanished elsewhere may be another's affair.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog.

    \b
    Examples:
      lake-assets load
      lake-assets load shop.orders
      lake-assets load shop --from 2018-09-06T10 --to 2018-09-06T12
      lake-assets load shop.orders --from 2018-09-06T10 --follow-vanished

    The third one loads the hours 10 and 11 of every table of shop: --to is exclusive.

    Exit status 0: every table-hour it touched is loaded or quiet; 1: some need attention (failed, missing,
    quarantined, mismatch, stale), each told on a line; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli import load as command

    selection = Selection(tables, first, end)
    leave(command.run(selection, follow_vanished=follow_vanished, as_json=as_json))


@main.command(short_help="Compare lake, ledger and main; load nothing.")
@tables_argument
@range_options
@click.option("--deep", is_flag=True, help="Also read the files again: count records, compare values.")
@json_option
def check(
    tables: Sequence[str], first: datetime | None, end: datetime | None, deep: bool, as_json: bool
) -> None:
    """Compare lake, ledger and main as they are now; load nothing.

    For each table-hour: are the files in the lake those that were loaded, and does main hold as many rows as
    were loaded from each? With --deep the files are read again, their records counted by a second reader,
    and main's values compared with theirs, cell by cell. The Dagster UI shows the
    outcome as the row_count check of the table.

    Without TABLE, --from and --to it also looks for all that the daemon's judge does, and shows it: missing
    hours, and findings such as unknown folders, holes in LOAD numbers, odd volumes, empty hours, silent
    sources and what DMS says. So `lake-assets load; lake-assets check` from cron needs no daemon.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog. Without
    --from and --to, all hours up to now are checked.

    \b
    Examples:
      lake-assets check
      lake-assets check shop.orders --from 2018-09-06T00 --deep

    Exit status 0: all agree, and nothing was found; 1: some need attention, each told on a line; 2: the
    command, a setting or a service is wrong, or a table could not be listed.
    """
    from lake_assets.cli import check as command

    leave(command.run(Selection(tables, first, end), deep=deep, as_json=as_json))


@main.command(short_help="Show the state of every table-hour.")
@tables_argument
@range_options
@json_option
def status(tables: Sequence[str], first: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Show the state of every table-hour: a row a table, a sign an hour.

    States come from the lake's list of files and the ledger, as they are now; no rows are counted (`check`
    does that) and nothing is changed. Without a range, and of tables of more than 10,000 files, hours older
    than two days are as the judge found them, if it looked at them within a day. Below the grid, each
    table-hour that needs attention is told on a line.

    \b
    States:
      = loaded       every record is in main
      Q quarantined  loaded, and some records are in quarantine
      M missing      no file came, and one was due; or files went, with their rows
      F failed       its load failed; main is as it was before
      X mismatch     lake, ledger and main do not agree
      S stale        not loaded yet, or its files changed or vanished since
      . quiet        no file, and none was due
      ~ expected     the hour is not over, or its files are not due yet
      w waived       missing, failed or without its files, and accepted so

    TABLE is source.table, or a source for all its tables; none means every table of the catalog. Without
    --from and --to, the newest hours are drawn, as many as fit.

    \b
    Examples:
      lake-assets status
      lake-assets status shop.orders --from 2018-09-06T00 --to 2018-09-07T00
      lake-assets status --json

    Exit status 0: every state is loaded, quiet, expected or waived; 1: some need attention, or the judge has
    not run for two hours; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli import status as command

    leave(command.run(Selection(tables, first, end), as_json=as_json))


main.add_command(quarantine)


@main.command(short_help="Accept an hour as it is.")
@click.argument("table", metavar="TABLE")
@click.argument("hour", metavar="[HOUR]", required=False, callback=read_hour)
@range_options
@click.option("--why", metavar="TEXT", required=True, help="Why it is accepted.")
@click.option("--by", "who", metavar="NAME", help="Who accepts it; this computer's user if left out.")
@json_option
def waive(
    table: str,
    hour: datetime | None,
    first: datetime | None,
    end: datetime | None,
    why: str,
    who: str | None,
    as_json: bool,
) -> None:
    """Accept an hour that is missing, failed, or lost its files; who did, when and why is written down.

    A waived hour needs nobody's attention: `status` and `check` show it as waived, `load` without a range
    leaves it alone, and the row_count check of the Dagster UI is green with the reason. Nothing is loaded.

    It holds while the lake's files for the hour are what they were. When files come, or change, the hour is
    stale, and `load` takes them. A load of the hour with a range takes the waiver back too: the hour is then
    what the load finds.

    Of an hour whose files vanished the rows stay in the warehouse.

    TABLE is source.table, or a source for all its tables. With --from and --to instead of HOUR, every such
    hour of the range is waived, and the others stay as they are.

    \b
    Examples:
      lake-assets waive shop.orders 2018-09-06T10 --why maintenance
      lake-assets waive shop --from 2018-09-06T00 --to 2018-09-07T00 --why OPS-118

    Exit status 0: all of them are waived, and no other hour of the range needs attention; 1: some do; 2:
    none can be waived, or the command, a setting or a service is wrong.
    """
    from lake_assets.cli import waive as command

    leave(command.run(table, hour, first, end, why=why, who=who, as_json=as_json))


main.add_command(alerts)
