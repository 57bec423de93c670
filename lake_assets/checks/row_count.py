"""The row-count check: lake against ledger, and ledger against main, one table-hour at a time.

It reads and says what differs; it changes no row of main. How Dagster shows it belongs to `assets`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.children import child_findings, recount_children
from lake_assets.checks.table_hour import CheckedHour, Evidence
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.ledger import ledger
from lake_assets.ledger.ledger import LedgerFile, LedgerHour
from lake_assets.ledger.quarantine import count_quarantine
from lake_assets.ledger.waivers import read_waived_files
from lake_assets.load.main_tables import count_hours
from lake_assets.load.modes.registry import mode_of
from lake_assets.postgres import statement
from lake_assets.readers.dialect import Dialect
from lake_assets.recount.recount import recount

ONE_DAY = timedelta(days=1)


def check_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool = False,
    now: datetime | None = None,
) -> list[CheckedHour]:
    """Check table-hours against lake and warehouse as they are now, and write what was found in the ledger.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed again.
        table: the table.
        hours: the hours to check (UTC), oldest first; at least one.
        deep: read the files' bytes and count their records again.
        now: the present moment; the clock's if left out.
    """
    return [
        result
        for stretch in stretches(hours)
        for result in _check_stretch(connection, lake, table, stretch, deep=deep, now=now)
    ]


def _check_stretch(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool,
    now: datetime | None,
) -> list[CheckedHour]:
    known, evidence = _gather(connection, lake, table, hours, count_main=True)
    checked = {
        item.hour: _as_noted(
            item,
            item.judge(now or datetime.now(UTC), _recount_files(connection, lake, item) if deep else ()),
        )
        for item in evidence
    }
    with connection.transaction():
        again = [
            hour
            for hour, result in checked.items()
            if hour in known and not _write_down(connection, table, known[hour], result)
        ]
    if again:
        results = check_hours(connection, lake, table, again, deep=deep, now=now)
        checked |= {result.hour: result for result in results}
    return list(checked.values())


def _write_down(connection: psycopg.Connection, table: Table, known: LedgerHour, result: CheckedHour) -> bool:
    """Write down what was found of an hour; tell whether the ledger's row was still as it was read."""
    note = note_of(known, result)
    if (result.state, note) == (known.state, known.note):
        return True
    return ledger.judge_again(connection, table, known, result.state, note)


def judge_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    now: datetime | None = None,
) -> list[CheckedHour]:
    """Say what state table-hours are in, by lake and ledger alone; nothing is counted and nothing written.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed.
        table: the table.
        hours: the hours to judge (UTC), oldest first; at least one.
        now: the present moment; the clock's if left out.
    """
    _, evidence = _gather(connection, lake, table, hours, count_main=False)
    return [_as_noted(item, item.judge(now or datetime.now(UTC), ())) for item in evidence]


def _as_noted(evidence: Evidence, result: CheckedHour) -> CheckedHour:
    """Leave a missing hour what the judge has noted of it, for only the judge gathers evidence."""
    known = evidence.known
    if known is not None and known.note and result.state == known.state == "missing":
        return replace(result, findings=(known.note,))
    return result


def _gather(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    count_main: bool,
) -> tuple[dict[datetime, LedgerHour], list[Evidence]]:
    first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
    # Before the lake is listed: whoever loads an hour in between writes its row in the ledger anew.
    books = read_books(connection, table, first, end, count_main=count_main)
    listing = lake.list_table(table.source_folder, table, first, end)
    return books.known, list(evidence_of(table, hours, books, listing))


@dataclass(frozen=True)
class Books:
    """What ledger and main say of a stretch of a table's hours; `rows` is None where main was not counted."""

    known: dict[datetime, LedgerHour]
    files: dict[datetime, list[LedgerFile]]
    rows: dict[datetime, dict[int, int]] | None
    held: dict[datetime, dict[str, int]]
    waived: dict[datetime, Mapping[str, str]]
    children: dict[datetime, list[str]]
    newest_snapshot: datetime | None


def read_books(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime, *, count_main: bool
) -> Books:
    """Read all that ledger and, if wanted, main say of the hours in [first, end), at one moment.

    Args:
        connection: a session without an open transaction.
        table: the table.
        first: the first hour (UTC).
        end: the hour to stop before (UTC).
        count_main: count the rows of main and of child tables too.
    """
    with connection.transaction():
        connection.execute(statement(__package__, "read_at_one_moment"))
        known = ledger.read_hours(connection, table, first, end)
        return Books(
            known,
            ledger.read_files(connection, table, first, end),
            count_hours(connection, table, first, end) if count_main else None,
            count_quarantine(connection, table, first, end),
            _waived_files(connection, table, known, first, end),
            child_findings(connection, table, first, end) if count_main else {},
            mode_of(table).only_hour(connection),
        )


def evidence_of(
    table: Table, hours: Iterable[datetime], books: Books, listing: Listing
) -> Iterator[Evidence]:
    """Put together what the books and a listing of the lake say of each hour.

    Args:
        table: the table.
        hours: the hours; books and listing hold the whole days around them.
        books: what ledger and main say.
        listing: what the lake has.
    """
    listed = listing.by_hour()
    days = {hour.date() for hour in listed}
    for hour in hours:
        yield Evidence(
            table,
            hour,
            books.known.get(hour),
            books.files.get(hour, []),
            listed.get(hour, ()),
            None if books.rows is None else books.rows.get(hour, {}),
            books.held.get(hour, {}),
            books.waived.get(hour),
            tuple(books.children.get(hour, ())),
            is_newest_snapshot=hour == books.newest_snapshot,
            day_has_files=hour.date() in days,
        )


def _waived_files(
    connection: psycopg.Connection,
    table: Table,
    known: Mapping[datetime, LedgerHour],
    first: datetime,
    end: datetime,
) -> dict[datetime, Mapping[str, str]]:
    """Give the files that hours had when they were waived; a waiver nobody wrote down is one of no files."""
    hours = [hour for hour, row in known.items() if row.state == "waived"]
    files = read_waived_files(connection, table, first, end) if hours else {}
    return {hour: files.get(hour, {}) for hour in hours}


def whole_days(first: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Widen a range of hours to whole UTC days, so that `expect: daily` sees all of a day."""
    start = first.replace(hour=0)
    return start, start + -(-(end - start) // ONE_DAY) * ONE_DAY


def stretches(hours: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Part hours, oldest first, where a day lies between: the rows there may be too many to be counted."""
    stretch: list[datetime] = []
    for hour in hours:
        if stretch and hour.date() - stretch[-1].date() > ONE_DAY:
            yield stretch
            stretch = []
        stretch.append(hour)
    if stretch:
        yield stretch


def note_of(known: LedgerHour, result: CheckedHour) -> str | None:
    """Say what the ledger is to note of an hour it knows, now that it was judged again."""
    if result.findings and known.state != "failed":
        return result.why
    return known.note if result.state == known.state else None


def _recount_files(connection: psycopg.Connection, lake: Lake, evidence: Evidence) -> Iterator[str]:
    for listed, file in evidence.unchanged():
        counted = recount(lake.open(listed), Dialect.from_json(file.dialect))
        if counted != file.records:
            yield (
                f"{file.key}: {counted} records by a new recount, {file.records} in the ledger "
                f"({counted - file.records:+d})"
            )
        yield from recount_children(connection, lake, evidence.table, listed, file)
