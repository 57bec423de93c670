"""The commands of `lake-assets quarantine`: their options and help.

What each does belongs to the modules beside this one; help texts stand in docs/commands.md too.
"""

# ruff: noqa: D301 - click takes a backspace for "keep these lines as they are"

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from lake_assets.cli.group import Group, leave
from lake_assets.cli.options import json_option, range_options, read_days, tables_argument
from lake_assets.cli.selection import Selection


@click.group(cls=Group, short_help="See, retry and export the records that could not be loaded.")
def quarantine() -> None:
    """See, retry and export the records that could not be loaded.

    One bad record never stops a load: it is put aside with its file, its number in the file, the column, the
    reason and its original bytes, and the other records are loaded. It stays in quarantine until a load can
    take it, or its file is no longer in the lake when the hour is loaded again.

    \b
    Examples:
      lake-assets quarantine list shop.orders
      lake-assets quarantine retry shop.orders
      lake-assets quarantine export shop.orders --out to_mend
    """


@quarantine.command("list", short_help="List them, each with its reason.")
@tables_argument
@range_options
@click.option(
    "--limit",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    help="The most records to list; 100 if left out, and with --json all.",
)
@json_option
def list_quarantine(
    tables: Sequence[str],
    first: datetime | None,
    end: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List quarantined records: where each came from, its value, and what is wrong with it.

    Mend what is wrong in the catalog (a type, a delimiter, a column), then `lake-assets quarantine retry`; or
    in the source, and once the file is written again, `lake-assets load`. With --json, each record comes with
    its original bytes too, as hexadecimal digits.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog.

    \b
    Examples:
      lake-assets quarantine list
      lake-assets quarantine list shop.orders --from 2018-09-06T10
      lake-assets quarantine list --json

    Exit status 0: none; 1: there are some; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli.quarantine import listing as command

    leave(command.run(Selection(tables, first, end), limit=limit, as_json=as_json))


@quarantine.command("retry", short_help="Load their table-hours again.")
@tables_argument
@range_options
@json_option
def retry(tables: Sequence[str], first: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Load the table-hours again that have records in quarantine, after the catalog was mended.

    Every such hour is loaded anew through Dagster, from the same files, as `lake-assets load` would with that
    hour as its range; records that can be loaded now leave quarantine. Hours whose load was refused as a
    whole are retried too.

    An hour is left as it is if one of its files is gone from the lake, or is no longer the one that was
    loaded or tried: to load it again would replace the hour by something else. It is told, with what to do.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog.

    \b
    Examples:
      lake-assets quarantine retry
      lake-assets quarantine retry shop.orders --from 2018-09-06T10

    Exit status 0: no record is left in quarantine; 1: some are, each table-hour told on a line; 2: the
    command, a setting or a service is wrong.
    """
    from lake_assets.cli.quarantine import retry as command

    leave(command.run(Selection(tables, first, end), as_json=as_json))


@quarantine.command("export", short_help="Write them to files, as they came.")
@tables_argument
@range_options
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write into; it must be new, or empty.",
)
@json_option
def export(
    tables: Sequence[str], first: datetime | None, end: datetime | None, out: Path, as_json: bool
) -> None:
    """Write quarantined records to files, byte for byte as they came, for people to mend and upload.

    For each source file, DIR/TABLE/HOUR/ gets a file with the header, if it had one, and the original bytes
    of its bad records, each with a line end behind it; unpacked, and in the encoding of the source file.
    DIR/index.csv says for each record where it came from, and what is wrong with it.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog.

    \b
    Examples:
      lake-assets quarantine export --out to_mend
      lake-assets quarantine export shop.orders --from 2018-09-06T10 --out to_mend

    Exit status 0: they are written, or there are none; 1: the bytes of some were purged; 2: the command, a
    setting or a service is wrong.
    """
    from lake_assets.cli.quarantine import export as command

    leave(command.run(Selection(tables, first, end), out, as_json=as_json))


@quarantine.command("purge", short_help="Empty the bytes of old ones.")
@tables_argument
@click.option(
    "--older-than",
    metavar="DAYS",
    required=True,
    callback=read_days,
    help="How long a record must have been in quarantine, such as 90d.",
)
@json_option
def purge(tables: Sequence[str], older_than: timedelta, as_json: bool) -> None:
    """Empty the original bytes of records that have been in quarantine for long.

    Only the column `raw` is emptied. The row stays, with file, number, column, value and reason, for the
    records of an hour are accounted for with it. Nothing is ever purged but by this command.

    TABLE is source.table, or a source for all its tables; none means every table of the catalog.

    \b
    Examples:
      lake-assets quarantine purge --older-than 90d
      lake-assets quarantine purge shop.orders --older-than 0d

    Exit status 0: done; 2: the command, a setting or a service is wrong.
    """
    from lake_assets.cli.quarantine import purge as command

    leave(command.run(tables, older_than, as_json=as_json))
