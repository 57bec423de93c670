"""Gathering evidence: what lake, ledger and main say of a table's hours, put together hour by hour.

What it makes of an hour is decided in `states.decide`; who asks, and what is written down, belongs to
`row_count` and `monitor`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.children import child_differences
from lake_assets.checks.columns import MainColumns, read_main_columns
from lake_assets.lake.objects import Listing
from lake_assets.ledger.files import read_files
from lake_assets.ledger.quarantine import count_quarantine
from lake_assets.ledger.table_hours import read_hours
from lake_assets.ledger.waivers import read_waived_files
from lake_assets.load.main_tables import count_hours
from lake_assets.load.modes.registry import mode_of
from lake_assets.postgres import statement
from lake_assets.states.evidence import Evidence
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import LedgerFile, LedgerHour

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Books:
    """What ledger and main say of a stretch of a table's hours, at one moment.

    Attributes:
        known: the hours as the ledger has them.
        files: their files as the ledger has them.
        rows: rows of main by hour and file id; None where main was not counted.
        held: records in quarantine by hour and key.
        waived: key and etag of the files that waived hours had.
        children: where child tables differ from the ledger, by hour.
        newest_snapshot: the newest hour with files of a snapshot table.
        cannot_load: why this version loads no hour of the table; None where it does.
        columns: main's columns, and those that hours were loaded with.
    """

    known: Mapping[datetime, LedgerHour]
    files: Mapping[datetime, Sequence[LedgerFile]]
    rows: Mapping[datetime, Mapping[int, int]] | None
    held: Mapping[datetime, Mapping[str, int]]
    waived: Mapping[datetime, Mapping[str, str]]
    children: Mapping[datetime, Facts]
    newest_snapshot: datetime | None
    cannot_load: Fact | None
    columns: MainColumns


def read_books(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime, *, count_main: bool
) -> Books:
    """Return all that ledger and, if wanted, main say of the hours in [first, end), at one moment.

    Args:
        connection: a session without an open transaction.
        table: the table.
        first: the first hour (UTC).
        end: the hour to stop before (UTC).
        count_main: count the rows of main and of child tables too.
    """
    mode = mode_of(table)
    with connection.transaction():
        connection.execute(statement(__package__, "read_at_one_moment"))
        known = read_hours(connection, table, first, end)
        return Books(
            known=known,
            files=read_files(connection, table, first, end),
            rows=count_hours(connection, table, first, end) if count_main else None,
            held=count_quarantine(connection, table, first, end),
            waived=_waived_files(connection, table, known, first, end),
            children=child_differences(connection, table, first, end) if count_main else {},
            newest_snapshot=mode.only_hour(connection),
            cannot_load=mode.why_not_loaded,
            columns=read_main_columns(connection, table),
        )


def _waived_files(
    connection: psycopg.Connection,
    table: Table,
    known: Mapping[datetime, LedgerHour],
    first: datetime,
    end: datetime,
) -> dict[datetime, Mapping[str, str]]:
    """Return the files that hours had when they were waived; of a waiver nobody wrote down, none."""
    hours = [hour for hour, row in known.items() if row.state == "waived"]
    if not hours:
        return {}
    files = read_waived_files(connection, table, first, end)
    return {hour: files.get(hour, {}) for hour in hours}


def has_vanished_files(books: Books, listing: Listing) -> bool:
    """Return whether any file that was loaded is not in a listing of its hours."""
    present = {item.key for item in listing.objects}
    for files in books.files.values():
        for file in files:
            if file.key not in present:
                return True
    return False


def evidence_of(
    table: Table,
    hours: Iterable[datetime],
    books: Books,
    listing: Listing,
    *,
    source_is_gone: bool = False,
) -> Iterator[Evidence]:
    """Yield what the books and a listing of the lake say of each hour.

    Args:
        table: the table.
        hours: the hours; books and listing hold the whole days around them.
        books: what ledger and main say.
        listing: what the lake has.
        source_is_gone: not one loaded file of the source is in the lake any more.
    """
    listed = listing.by_hour()
    # A day whose file came and vanished since has had it all the same.
    days = {hour.date() for hour in listed.keys() | books.files.keys()}
    for hour in hours:
        files = books.files.get(hour, ())
        rows = None if books.rows is None else books.rows.get(hour, {})
        gone = books.columns.gone(files, rows)
        yield Evidence(
            table=table,
            hour=hour,
            known=books.known.get(hour),
            files=files,
            listed=listed.get(hour, ()),
            rows_in_main=rows,
            held=books.held.get(hour, {}),
            waived_files=books.waived.get(hour),
            differences=(*gone, *books.children.get(hour, ())),
            not_loaded=books.columns.not_loaded(files),
            is_newest_snapshot=hour == books.newest_snapshot,
            day_has_files=hour.date() in days,
            cannot_load=books.cannot_load,
            source_is_gone=source_is_gone,
        )


def whole_days(first: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return a range of hours widened to whole UTC days, so that `expect: daily` sees all of a day."""
    start = first.replace(hour=0)
    days = -(-(end - start) // ONE_DAY)
    return start, start + days * ONE_DAY


def stretches(hours: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Yield hours, oldest first, parted where a day lies between: the rows there may be too many to count."""
    stretch: list[datetime] = []
    for hour in hours:
        if stretch and hour.date() - stretch[-1].date() > ONE_DAY:
            yield stretch
            stretch = []
        stretch.append(hour)
    if stretch:
        yield stretch
