"""Judging the hours of one table by lake and ledger, and main where it is small enough to be counted.

The rules of the states are `checks.row_count`'s; why an hour is missing is `monitor.evidence`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import Books, evidence_of, read_books, whole_days
from lake_assets.checks.table_hour import CheckedHour
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.ledger.ledger import LedgerHour, State
from lake_assets.ledger.states import LOADABLE
from lake_assets.postgres import statement

COUNTED_RECENT = 2_000_000
"""Rows of main in a stretch of recent hours that are counted each time; more are `lake-assets check`'s."""

COUNTED_SWEEP = 20_000_000
"""Rows of main that the daily look at all of a table's hours counts."""

NOT_OF_LOADING = {"description", "owner", "group", "expect", "grace", "start"}
"""What a change of the catalog may touch without a failed hour being worth another try."""


@dataclass(frozen=True)
class Verdict:
    """One table-hour, judged.

    Attributes:
        table: the table.
        result: what lake, ledger and main say.
        before: the state the ledger had; None for an hour it did not know.
        note: what the ledger is to note.
        seen: when the ledger's row was last written, as it was read; None for an hour it did not know.
        known_note: what the ledger had noted.
        manifest: digest of the hour's files and of the catalog's entry; empty where there is nothing to load.
    """

    table: Table
    result: CheckedHour
    before: State | None
    note: str | None
    seen: datetime | None
    known_note: str | None = None
    manifest: str = ""

    @property
    def hour(self) -> datetime:
        """The hour (UTC)."""
        return self.result.hour

    @property
    def state(self) -> State:
        """The state it is in now."""
        return self.result.state

    @property
    def turned(self) -> bool:
        """Tell whether the state is another than the ledger's."""
        return self.state != self.before

    @property
    def changed(self) -> bool:
        """Tell whether the ledger's row is to be written."""
        return self.turned or self.note != self.known_note


@dataclass(frozen=True)
class Reading:
    """What the ledger said of a table, read before the lake was listed.

    Whoever loads an hour in between writes its row anew, and the verdict on it is then dropped.

    Attributes:
        table: the table.
        hours: the hours to judge, oldest first.
        first: the first hour that books and listing have.
        end: the hour after their last.
        books: what ledger and main say.
    """

    table: Table
    hours: Sequence[datetime]
    first: datetime
    end: datetime
    books: Books


def read_table(
    connection: psycopg.Connection, table: Table, hours: Sequence[datetime], most_counted: int
) -> Reading:
    """Read what ledger and main say of hours of a table.

    Args:
        connection: a session of the warehouse.
        table: the table.
        hours: the hours, oldest first; at least one.
        most_counted: count main only if the ledger has loaded no more rows than these.
    """
    first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
    values = {"source": table.source, "table_name": table.name, "first": first, "end": end}
    row = connection.execute(statement(__package__, "sum_loaded"), values).fetchone()
    count_main = row is not None and row[0] <= most_counted
    return Reading(table, hours, first, end, read_books(connection, table, first, end, count_main=count_main))


def judge_reading(reading: Reading, listing: Listing, now: datetime) -> Iterator[Verdict]:
    """Judge each hour that was read, now that the lake is listed.

    Args:
        reading: what the ledger said.
        listing: what the lake has for the days read.
        now: the present moment.
    """
    digest = _digest_of(reading.table)
    for item in evidence_of(reading.table, reading.hours, reading.books, listing):
        result, known = item.judge(now, ()), item.known
        yield Verdict(
            reading.table,
            result,
            known.state if known else None,
            _note(known, result),
            known.updated_at if known else None,
            known.note if known else None,
            _manifest(digest, item.listed) if result.state in LOADABLE else "",
        )


def _note(known: LedgerHour | None, result: CheckedHour) -> str | None:
    if known and known.state == result.state == "failed":
        return known.note
    if result.findings:
        return result.why
    return known.note if known and known.state == result.state else None


def _digest_of(table: Table) -> bytes:
    return sha256(table.model_dump_json(exclude=NOT_OF_LOADING).encode()).digest()


def _manifest(digest: bytes, listed: Sequence[LakeObject]) -> str:
    known = sha256(digest)
    for item in listed:
        known.update(f"{item.key}\0{item.etag}\0{item.size}\0".encode())
    return known.hexdigest()[:32]
