"""Reading and writing the ledger: files and table-hours.

Every function works inside the caller's transaction. When to commit belongs to `load.loader`; what a state
means to `checks.row_count`; quarantine, waivers and the history of columns have modules of their own.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.lake.objects import LakeObject
from lake_assets.postgres import statement

State = Literal[
    "expected", "missing", "quiet", "loaded", "quarantined", "failed", "mismatch", "stale", "waived"
]

Row = dict[str, Any]

VERSION = "lake_assets ledger, version 8"
"""Kept as the comment of the schema; raise it with every change of an install script."""

INSTALL = (
    "install",
    "install_quarantine",
    "install_schema_changes",
    "install_waivers",
    "install_judge",
    "install_alerts",
    "install_documents",
    "install_children",
    "install_added",
    "install_identity",
)
"""The scripts that make the ledger, in order; each is safe to run again."""


@dataclass(frozen=True)
class Counts:
    """Where the records of a file or a table-hour went; `records` is the recount's figure.

    Main has `loaded` rows of them, and `added` more that a transform made.
    """

    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    superseded: int = 0
    filtered: int = 0
    added: int = 0

    @property
    def rows(self) -> int:
        """How many rows main has of them."""
        return self.loaded + self.added

    def __add__(self, other: "Counts") -> "Counts":
        """Add up two files."""
        return Counts(
            self.records + other.records,
            self.loaded + other.loaded,
            self.quarantined + other.quarantined,
            self.superseded + other.superseded,
            self.filtered + other.filtered,
            self.added + other.added,
        )


NOTHING = Counts()


@dataclass(frozen=True)
class LedgerFile:
    """A file as the ledger has it; fields as the columns of `lake_assets.files`."""

    id: int
    hour: datetime
    key: str
    etag: str
    bytes: int
    records: int
    loaded: int
    quarantined: int
    superseded: int
    filtered: int
    added: int
    dialect: dict[str, Any]

    @property
    def counts(self) -> Counts:
        """Where its records went."""
        return Counts(self.records, self.loaded, self.quarantined, self.superseded, self.filtered, self.added)


@dataclass(frozen=True)
class LedgerHour:
    """A table-hour as the ledger has it; fields as the columns of `lake_assets.table_hours`."""

    hour: datetime
    state: State
    files: int
    records: int
    loaded: int
    quarantined: int
    superseded: int
    filtered: int
    added: int
    run_id: str
    updated_at: datetime
    note: str | None

    @property
    def counts(self) -> Counts:
        """Where the records of its files went."""
        return Counts(self.records, self.loaded, self.quarantined, self.superseded, self.filtered, self.added)


def install(connection: psycopg.Connection) -> None:
    """Create or complete the schema `lake_assets`, unless this version of it is there.

    Two at once wait for each other. A ledger that is up to date is only looked at: creating an index that is
    there would wait for every load that is under way. One that is older is completed once no other session is
    at work on it.

    Args:
        connection: a session without an open transaction.
    """
    while _installed_version(connection) != VERSION:
        # Loads, checks and readers come to these tables in orders of their own: whoever held some of them and
        # waited for the others without end would make a deadlock, and cost a load its work.
        with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
            _complete(connection)


def _complete(connection: psycopg.Connection) -> None:
    """Run the install scripts, in a transaction that gives up where it has to wait for a second table."""
    lock(connection, "lake_assets")
    before = _installed_version(connection)
    if before == VERSION:
        return
    if before is not None:
        connection.execute(statement(__package__, "lock_files"))
        connection.execute(statement(__package__, "lock_tables"))
    for script in INSTALL:
        connection.execute(statement(__package__, script))
    connection.execute(statement(__package__, "set_version", version=sql.Literal(VERSION)))


def _installed_version(connection: psycopg.Connection) -> str | None:
    row = connection.execute(statement(__package__, "installed_version")).fetchone()
    return row[0] if row else None


def lock(connection: psycopg.Connection, what: str) -> None:
    """Wait until no other transaction holds `what`, and hold it until this one ends."""
    connection.execute(statement(__package__, "lock"), {"what": what})


def hour_of(table: Table, hour: datetime) -> Row:
    """Name a table-hour as the ledger's statements want it."""
    return {"source": table.source, "table_name": table.name, "hour": hour}


def range_of(table: Table, first: datetime, end: datetime) -> Row:
    """Name the table-hours of [first, end) as the ledger's statements want it."""
    return {"source": table.source, "table_name": table.name, "first": first, "end": end}


def register_file(
    connection: psycopg.Connection,
    table: Table,
    hour: datetime,
    file: LakeObject,
    dialect: dict[str, Any],
    run_id: str,
) -> int:
    """Write a file of a table-hour down and give its id, which rows of main carry as `_lake_file`."""
    values = hour_of(table, hour) | {
        "key": file.key,
        "etag": file.etag,
        "bytes": file.size,
        "kind": file.kind,
        "dialect": Jsonb(dialect),
        "run_id": run_id,
    }
    row = connection.execute(statement(__package__, "register_file"), values).fetchone()
    if row is None:
        raise RuntimeError(f"INSERT … RETURNING gave no row for {file.key}.")
    return int(row[0])


def count_file(connection: psycopg.Connection, file_id: int, counts: Counts) -> None:
    """Write down where every record of a file went; the table's own constraint refuses a sum that is off."""
    connection.execute(statement(__package__, "count_file"), {"id": file_id} | vars(counts))


def forget_files(
    connection: psycopg.Connection, table: Table, hour: datetime, kept: list[int]
) -> list[tuple[str, int]]:
    """Drop all files of a table-hour but those in `kept`; give key and records of those dropped."""
    values = hour_of(table, hour) | {"kept": kept}
    return sorted(connection.execute(statement(__package__, "forget_files"), values).fetchall())


def judge_hour(
    connection: psycopg.Connection,
    table: Table,
    hour: datetime,
    state: State,
    run_id: str,
    note: str | None,
) -> None:
    """Write down the state of a table-hour; its counts are summed from its files."""
    values = hour_of(table, hour) | {"state": state, "run_id": run_id, "note": note}
    connection.execute(statement(__package__, "judge_hour"), values)


def note_missing(
    connection: psycopg.Connection, table: Table, hours: Iterable[datetime], note: str
) -> list[datetime]:
    """Write down hours for which no file came, with a note; an hour the ledger knows stays as it is.

    Returns:
        The hours that are new to the ledger, oldest first.
    """
    values = {"source": table.source, "table_name": table.name, "hours": list(hours), "note": note}
    rows = connection.execute(statement(__package__, "note_missing"), values)
    return sorted(hour for (hour,) in rows)


def judge_again(
    connection: psycopg.Connection, table: Table, known: LedgerHour, state: State, note: str | None
) -> bool:
    """Write down the state a check found for an hour; counts and run stay.

    Args:
        connection: the session.
        table: the table.
        known: the hour as the ledger had it when the check began.
        state: the state found.
        note: what is to be noted.

    Returns:
        Whether the ledger still had it so; if not, nothing is written.
    """
    values = hour_of(table, known.hour) | {"state": state, "note": note, "seen": known.updated_at}
    return connection.execute(statement(__package__, "judge_again"), values).rowcount > 0


def list_tables(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Name every table that the ledger has hours of, by source and name."""
    return connection.execute(statement(__package__, "list_tables")).fetchall()


def read_hours(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, LedgerHour]:
    """Read the known table-hours of [first, end)."""
    with connection.cursor(row_factory=class_row(LedgerHour)) as cursor:
        cursor.execute(statement(__package__, "read_hours"), range_of(table, first, end))
        return {row.hour: row for row in cursor}


def read_files(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, list[LedgerFile]]:
    """Read the files of the table-hours of [first, end), by hour."""
    by_hour: dict[datetime, list[LedgerFile]] = {}
    with connection.cursor(row_factory=class_row(LedgerFile)) as cursor:
        cursor.execute(statement(__package__, "read_files"), range_of(table, first, end))
        for row in cursor:
            by_hour.setdefault(row.hour, []).append(row)
    return by_hour


def newest_hour_with_files(
    connection: psycopg.Connection, table: Table, *, but: datetime | None = None
) -> datetime | None:
    """Find the newest hour with files in the ledger, `but` left aside."""
    values = {"source": table.source, "table_name": table.name, "but": but}
    row = connection.execute(statement(__package__, "newest_hour_with_files"), values).fetchone()
    return row[0] if row else None


def supersede_older(connection: psycopg.Connection, table: Table, hour: datetime, note: str) -> None:
    """Count what snapshots older than `hour` had loaded as superseded."""
    connection.execute(statement(__package__, "supersede_older"), hour_of(table, hour) | {"note": note})


def mark_stale(connection: psycopg.Connection, table: Table, hour: datetime, note: str) -> None:
    """Say that a table-hour must be loaded again."""
    connection.execute(statement(__package__, "mark_stale"), hour_of(table, hour) | {"note": note})
