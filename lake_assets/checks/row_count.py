"""The row-count check: lake against ledger, and ledger against main, one table-hour at a time.

It reads, says what differs and writes the state down; it changes no row of main. What is read is gathered in
`evidence`, what follows decided in `states.decide`; how Dagster shows it belongs to `orchestration.assets`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.children import recount_children
from lake_assets.checks.columns import MainColumns
from lake_assets.checks.evidence import (
    Books,
    evidence_of,
    has_vanished_files,
    read_books,
    stretches,
    whole_days,
)
from lake_assets.checks.values import Compared, compare_values
from lake_assets.exceptions import LakeError
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.headed_files import newest_headed_file
from lake_assets.ledger.table_hours import Entry, write
from lake_assets.load.vanished import source_is_gone
from lake_assets.readers.dialect import Dialect
from lake_assets.recount.first_record import HeaderTerms
from lake_assets.recount.recount import recount
from lake_assets.states.decide import Verdict, decide
from lake_assets.states.evidence import Evidence
from lake_assets.states.facts import Fact, Facts


def check_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool = False,
    now: datetime | None = None,
) -> list[Verdict]:
    """Check table-hours against lake and warehouse as they are now, and write what was found in the ledger.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed again.
        table: the table.
        hours: the hours to check (UTC), oldest first; at least one.
        deep: read the files' bytes, count their records and compare their values again.
        now: the present moment; the clock's if left out.
    """
    checked: list[Verdict] = []
    for stretch in stretches(hours):
        checked += _check_stretch(connection, lake, table, stretch, deep=deep, now=now)
    return checked


def _check_stretch(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool,
    now: datetime | None,
) -> list[Verdict]:
    books, evidence = _gather(connection, lake, table, hours, count_main=True)
    verdicts: dict[datetime, Verdict] = {}
    uncounted: dict[datetime, Facts] = {}
    for item in evidence:
        counted = _looked_at_again(connection, lake, books.columns, item) if deep else item
        verdicts[item.hour] = decide(counted, now or datetime.now(UTC))
        uncounted[item.hour] = tuple(_not_recounted(item)) if deep else ()
    again = _write_down(connection, table, books, verdicts)
    for hour, facts in uncounted.items():
        # Said by who has tried, and no part of what the ledger keeps.
        verdicts[hour] = replace(verdicts[hour], kept=(*verdicts[hour].kept, *facts))
    if again:
        for verdict in check_hours(connection, lake, table, again, deep=deep, now=now):
            verdicts[verdict.hour] = verdict
    return list(verdicts.values())


def _write_down(
    connection: psycopg.Connection, table: Table, books: Books, verdicts: dict[datetime, Verdict]
) -> list[datetime]:
    """Write down what is news of the hours the ledger knows; return those that somebody wrote meanwhile."""
    entries = []
    for hour, verdict in verdicts.items():
        known = books.known.get(hour)
        if known is None:
            continue
        entry = Entry.of(table, verdict, known)
        if entry.is_news(known):
            entries.append(entry)
    with connection.transaction():
        written = {hour for _, _, hour in write(connection, entries)}
    return [entry.hour for entry in entries if entry.hour not in written]


def judge_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    now: datetime | None = None,
) -> list[Verdict]:
    """Return what state table-hours are in, by lake and ledger alone; nothing is counted and nothing written.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed.
        table: the table.
        hours: the hours to judge (UTC), oldest first; at least one.
        now: the present moment; the clock's if left out.
    """
    _, evidence = _gather(connection, lake, table, hours, count_main=False)
    return [decide(item, now or datetime.now(UTC)) for item in evidence]


def _gather(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    count_main: bool,
) -> tuple[Books, list[Evidence]]:
    first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
    # Before the lake is listed: whoever loads an hour in between writes its row in the ledger anew.
    books = read_books(connection, table, first, end, count_main=count_main)
    listing = lake.list_table(table.source_folder, table, first, end)
    # Asked only where it decides something: of `keep`, rows stay in any case.
    may_follow = table.vanished == "follow" and has_vanished_files(books, listing)
    is_gone = may_follow and source_is_gone(connection, lake, table)
    return books, list(evidence_of(table, hours, books, listing, source_is_gone=is_gone))


def _looked_at_again(
    connection: psycopg.Connection, lake: Lake, columns: MainColumns, evidence: Evidence
) -> Evidence:
    """Return the evidence with what a second look at the files' bytes says: counts, then values."""
    recounted = tuple(_recount_files(connection, lake, evidence))
    compared = Compared()
    if not recounted:
        compared = compare_values(connection, lake, columns, evidence)
    differences = (*evidence.differences, *recounted, *compared.differences)
    return replace(evidence, differences=differences, is_deep=True, remarks=compared.remarks)


def _not_recounted(evidence: Evidence) -> Iterator[Fact]:
    """Yield the files whose records nobody can count again, for the lake has them no longer."""
    for file in evidence.vanished_files:
        if file.records:
            yield Fact.of("cannot_be_recounted", key=file.key, records=file.records)


def _recount_files(connection: psycopg.Connection, lake: Lake, evidence: Evidence) -> Iterator[Fact]:
    headed = newest_headed_file(connection, evidence.table)
    for item, file in evidence.unchanged_files():
        dialect = Dialect.from_json(file.dialect)
        terms = HeaderTerms.of_loaded(evidence.table, dialect, headed.columns if headed else None)
        try:
            recounted = recount(lake.open(item), dialect, terms)
            if recounted != file.records:
                yield Fact.of("recount_differs", key=file.key, recounted=recounted, counted=file.records)
            yield from recount_children(connection, lake, evidence.table, item, file)
        except LakeError as error:
            # It costs this hour, and no other its check.
            yield Fact.of("not_recounted", key=file.key, error=str(error))
