"""Reading and writing `lake_assets.files`: every file that was loaded, and where its records went.

Every function works inside the caller's transaction. How many records a file has, and where they go, is found
out in `load`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.table_hours import hour_of, range_of
from lake_assets.postgres import statement
from lake_assets.states.records import Counts, LedgerFile


def register_file(
    connection: psycopg.Connection,
    table: Table,
    hour: datetime,
    file: LakeObject,
    dialect: dict[str, Any],
    column_set: int,
    run_id: str,
) -> int:
    """Write a file of a table-hour down, and return its id, which rows of main carry as `_lake_file`."""
    values = hour_of(table, hour) | {
        "key": file.key,
        "etag": file.etag,
        "bytes": file.size,
        "kind": file.kind,
        "dialect": Jsonb(dialect),
        "column_set": column_set,
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
    """Drop all files of a table-hour but those in `kept`; return key and records of those dropped."""
    values = hour_of(table, hour) | {"kept": kept}
    return sorted(connection.execute(statement(__package__, "forget_files"), values).fetchall())


def forget_moved_file(connection: psycopg.Connection, table: Table, file: LedgerFile) -> bool:
    """Drop a file that another hour has taken over, unless it has changed since; return whether it went."""
    values = hour_of(table, file.hour) | {"id": file.id, "etag": file.etag}
    row = connection.execute(statement(__package__, "forget_moved_file"), values).fetchone()
    return row is not None


def find_alike(
    connection: psycopg.Connection, table: Table, objects: Sequence[LakeObject]
) -> list[LedgerFile]:
    """Return the files of a table with records, of any hour, with the key or the ETag of some objects."""
    values = {
        "source": table.source,
        "table_name": table.name,
        "keys": [item.key for item in objects],
        "etags": [item.etag for item in objects],
    }
    with connection.cursor(row_factory=class_row(LedgerFile)) as cursor:
        return cursor.execute(statement(__package__, "find_alike"), values).fetchall()


def has_loaded_file(connection: psycopg.Connection, source: str, keys: Sequence[str]) -> bool:
    """Return whether any of some keys is that of a file of a source that was loaded."""
    values = {"source": source, "keys": list(keys)}
    row = connection.execute(statement(__package__, "has_loaded_file"), values).fetchone()
    return bool(row and row[0])


def read_files(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, list[LedgerFile]]:
    """Return the files of the table-hours of [first, end), by hour."""
    by_hour: dict[datetime, list[LedgerFile]] = {}
    with connection.cursor(row_factory=class_row(LedgerFile)) as cursor:
        cursor.execute(statement(__package__, "read_files"), range_of(table, first, end))
        for row in cursor:
            by_hour.setdefault(row.hour, []).append(row)
    return by_hour


def newest_hour_with_files(
    connection: psycopg.Connection, table: Table, *, but: datetime | None = None
) -> datetime | None:
    """Return the newest hour with files in the ledger, `but` left aside; None where there is none."""
    values = {"source": table.source, "table_name": table.name, "but": but}
    row = connection.execute(statement(__package__, "newest_hour_with_files"), values).fetchone()
    return row[0] if row else None


def supersede_files(connection: psycopg.Connection, table: Table, hour: datetime) -> list[datetime]:
    """Count what snapshots older than `hour` had loaded as superseded; return their hours, oldest first."""
    rows = connection.execute(statement(__package__, "supersede_files"), hour_of(table, hour))
    return sorted({superseded for (superseded,) in rows})
