"""Judging the hours of one table by lake and ledger, and main where it is small enough to be counted.

The rules of the states are `states.decide`'s; why an hour is missing is `monitor.testimony`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.evidence import Books, evidence_of, read_books, whole_days
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.ledger.table_hours import Entry, range_of
from lake_assets.postgres import statement
from lake_assets.states.decide import Verdict, decide
from lake_assets.states.evidence import Evidence
from lake_assets.states.state import LOADABLE, State

COUNTED_RECENT = 2_000_000
"""Rows of main in a stretch of recent hours that are counted each time; more are `lake-assets check`'s."""

COUNTED_SWEEP = 20_000_000
"""Rows of main that the daily look at all of a table's hours counts."""

NOT_OF_LOADING = {"description", "owner", "group", "expect", "grace", "start", "lake_retention"}
"""What a change of the catalog may touch without a failed hour being worth another try."""

MANIFEST_DIGITS = 32  # hexadecimal digits, which are as good as never those of other files


@dataclass(frozen=True)
class JudgedHour:
    """One table-hour, judged.

    Attributes:
        evidence: what lake, ledger and main say.
        verdict: what that makes.
        manifest: digest of the hour's files and of the catalog's entry; empty where there is nothing to load.
    """

    evidence: Evidence
    verdict: Verdict
    manifest: str = ""

    @property
    def table(self) -> Table:
        """The table."""
        return self.evidence.table

    @property
    def hour(self) -> datetime:
        """The hour (UTC)."""
        return self.verdict.hour

    @property
    def state(self) -> State:
        """The state it is in now."""
        return self.verdict.state

    @property
    def before(self) -> State | None:
        """The state the ledger had; None for an hour it did not know."""
        return self.evidence.known.state if self.evidence.known else None

    @property
    def seen(self) -> datetime | None:
        """When the ledger's row was last written, as it was read; None for an hour it did not know."""
        return self.evidence.known.updated_at if self.evidence.known else None

    @property
    def turned(self) -> bool:
        """Whether the state is another than the ledger's."""
        return self.state != self.before

    @property
    def is_to_be_loaded(self) -> bool:
        """Whether a load is to be asked for."""
        return self.state in LOADABLE and not self.verdict.is_held

    @property
    def entry(self) -> Entry:
        """What is to be written of it."""
        return Entry.of(self.table, self.verdict, self.evidence.known)

    @property
    def is_news(self) -> bool:
        """Whether the ledger has it otherwise."""
        return self.entry.is_news(self.evidence.known)


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
    """Return what ledger and main say of hours of a table.

    Args:
        connection: a session of the warehouse.
        table: the table.
        hours: the hours, oldest first; at least one.
        most_counted: count main only if the ledger has loaded no more rows than these.
    """
    first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
    row = connection.execute(statement(__package__, "sum_loaded"), range_of(table, first, end)).fetchone()
    count_main = row is not None and row[0] <= most_counted
    books = read_books(connection, table, first, end, count_main=count_main)
    return Reading(table=table, hours=hours, first=first, end=end, books=books)


def judge_reading(
    reading: Reading, listing: Listing, now: datetime, *, source_is_gone: bool = False
) -> Iterator[JudgedHour]:
    """Yield each hour that was read, judged now that the lake is listed.

    Args:
        reading: what the ledger said.
        listing: what the lake has for the days read.
        now: the present moment.
        source_is_gone: not one loaded file of the source is in the lake any more.
    """
    digest = digest_of_entry(reading.table)
    gathered = evidence_of(
        reading.table, reading.hours, reading.books, listing, source_is_gone=source_is_gone
    )
    for evidence in gathered:
        verdict = decide(evidence, now)
        is_to_be_loaded = verdict.state in LOADABLE and not verdict.is_held
        manifest = _manifest(digest, evidence.listed) if is_to_be_loaded else ""
        yield JudgedHour(evidence=evidence, verdict=verdict, manifest=manifest)


def digest_of_entry(table: Table) -> bytes:
    """Return a digest of a table's entry in the catalog, as far as loading goes."""
    return sha256(table.model_dump_json(exclude=NOT_OF_LOADING).encode()).digest()


def _manifest(digest: bytes, listed: Sequence[LakeObject]) -> str:
    known = sha256(digest)
    for item in listed:
        known.update(f"{item.key}\0{item.etag}\0{item.size}\0".encode())
    return known.hexdigest()[:MANIFEST_DIGITS]
