"""Reading and writing the quarantine: the records that could not be loaded, and the files they are of.

Every function works inside the caller's transaction. A row of `lake_assets.quarantine` is a record that is in
quarantine now; one that could be loaded leaves it. Which records are bad is found out in `staging`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import dict_row

from lake_assets.catalog.models import Table
from lake_assets.ledger.table_hours import Row, hour_of, range_of
from lake_assets.postgres import statement

FETCHED = 500  # records read at once for an export; each may be large


@dataclass(frozen=True)
class SourceFile:
    """A file that was read, as far as its quarantined records need it.

    Attributes:
        key: its key, whole, as in S3.
        etag: S3's entity tag of the bytes that were read.
        records: how many it has.
        encoding: of its text, byte order told.
        beginning: what stands before its first record: byte order mark and header.
    """

    key: str
    etag: str
    records: int
    encoding: str
    beginning: bytes


def replace_quarantine(
    connection: psycopg.Connection,
    table: Table,
    hour: datetime,
    run_id: str,
    files: Sequence[SourceFile],
    *,
    refused: bool,
    kept: Sequence[str] = (),
) -> None:
    """Put the records this load could not take (`lake_assets_rejects`) in the place of those kept before.

    Args:
        connection: the session of the load.
        table: the table.
        hour: the hour (UTC).
        run_id: what wrote them.
        files: every file of the load; none means that it has no rejects.
        refused: the load is refused, so that the records main stands on stay as they are.
        kept: the keys of files whose records stay, though the lake has them no longer.
    """
    values = hour_of(table, hour) | {"run_id": run_id, "refused": refused, "kept": list(kept)}
    connection.execute(statement(__package__, "clear_quarantined_files"), values)
    if not files:
        connection.execute(statement(__package__, "clear_quarantine"), values)
        return
    values |= {
        "keys": [file.key for file in files],
        "etags": [file.etag for file in files],
        "records": [file.records for file in files],
        "encodings": [file.encoding for file in files],
        "beginnings": [file.beginning for file in files],
    }
    connection.execute(statement(__package__, "keep_rejects"), values)
    connection.execute(statement(__package__, "keep_quarantined_files"), values)


def forget_quarantined_file(connection: psycopg.Connection, table: Table, hour: datetime, key: str) -> None:
    """Forget the quarantined records of one file."""
    values = hour_of(table, hour) | {"key": key}
    connection.execute(statement(__package__, "forget_quarantined_file"), values)


def count_quarantine(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, dict[str, int]]:
    """Return how many quarantined records main stands on, by hour, then by key."""
    counts: dict[datetime, dict[str, int]] = {}
    rows = connection.execute(statement(__package__, "count_quarantine"), range_of(table, first, end))
    for hour, key, count in rows:
        counts.setdefault(hour, {})[key] = count
    return counts


def quarantined_records(connection: psycopg.Connection, table: Table, hour: datetime) -> dict[str, list[int]]:
    """Return the numbers of the records of a table-hour that main does without, by key."""
    rows = connection.execute(statement(__package__, "quarantined_records"), hour_of(table, hour))
    return dict(rows.fetchall())


def count_by_hour(
    connection: psycopg.Connection, tables: Iterable[Table], first: datetime, end: datetime
) -> dict[str, dict[datetime, int]]:
    """Return how many records are in quarantine, those of refused loads too, by table, then by hour."""
    counts: dict[str, dict[datetime, int]] = {}
    rows = connection.execute(statement(__package__, "count_by_hour"), _tables_of(tables, first, end))
    for table, hour, count in rows:
        counts.setdefault(table, {})[hour] = count
    return counts


def files_tried(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, set[tuple[str, str | None]]]:
    """Return key and etag of the files with quarantined records, by hour; an etag may be unknown (None)."""
    tried: dict[datetime, set[tuple[str, str | None]]] = {}
    rows = connection.execute(statement(__package__, "files_tried"), range_of(table, first, end))
    for hour, key, etag in rows:
        tried.setdefault(hour, set()).add((key, etag))
    return tried


def list_quarantine(
    connection: psycopg.Connection,
    tables: Iterable[Table],
    first: datetime,
    end: datetime,
    *,
    limit: int | None = None,
) -> list[Row]:
    """Return the quarantined records of [first, end), with every column of `lake_assets.quarantine`."""
    values = _tables_of(tables, first, end) | {"limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(__package__, "list_quarantine"), values).fetchall()


def count_listed(
    connection: psycopg.Connection, tables: Iterable[Table], first: datetime, end: datetime
) -> int:
    """Return how many records `list_quarantine` lists without a limit."""
    count = statement(__package__, "count_listed")
    row = connection.execute(count, _tables_of(tables, first, end)).fetchone()
    return int(row[0]) if row else 0


def read_for_export(
    connection: psycopg.Connection, tables: Iterable[Table], first: datetime, end: datetime
) -> Iterator[Row]:
    """Yield the quarantined records of [first, end) with their bytes, file by file, each once.

    Args:
        connection: a session; the records are fetched in a transaction of it, a few at a time.
        tables: whose records.
        first: the first hour (UTC).
        end: the hour to stop before (UTC).
    """
    with connection.transaction(), connection.cursor("lake_assets_export", row_factory=dict_row) as cursor:
        cursor.itersize = FETCHED
        cursor.execute(statement(__package__, "export_quarantine"), _tables_of(tables, first, end))
        yield from cursor


def purge(connection: psycopg.Connection, tables: Iterable[Table], older_than: timedelta) -> int:
    """Empty the bytes of records that have been in quarantine for longer; return of how many."""
    values = {"tables": [table.qualified for table in tables], "older_than": older_than}
    return connection.execute(statement(__package__, "purge_quarantine"), values).rowcount


def _tables_of(tables: Iterable[Table], first: datetime, end: datetime) -> Row:
    return {"tables": [table.qualified for table in tables], "first": first, "end": end}
