"""What the ledger knows of child tables: how many rows each file's documents gave them.

Files, table-hours and quarantine belong to `ledger.files` and `ledger.table_hours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.ledger.table_hours import hour_of, range_of
from lake_assets.postgres import statement


@dataclass(frozen=True)
class ChildFile:
    """A file of the parent table, and the rows that child tables got from it.

    Attributes:
        id: the file's id.
        key: the file's key.
        rows: by the child's name in the warehouse.
    """

    id: int
    key: str
    rows: dict[str, int] = field(default_factory=dict)


def count_children(connection: psycopg.Connection, child: str, rows: Mapping[int, int]) -> None:
    """Write down how many rows a child table got, by file id."""
    values = [{"file_id": file_id, "child": child, "rows": count} for file_id, count in rows.items()]
    with connection.cursor() as cursor:
        cursor.executemany(statement(__package__, "count_children"), values)


def read_children(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, list[ChildFile]]:
    """Return what the files of [first, end) gave child tables, by hour."""
    known = connection.execute(statement(__package__, "read_children"), range_of(table, first, end))
    files: dict[tuple[datetime, int], ChildFile] = {}
    for hour, file_id, key, child, rows in known:
        file = files.setdefault((hour, file_id), ChildFile(file_id, key))
        if child is not None:
            file.rows[child] = rows
    by_hour: dict[datetime, list[ChildFile]] = {}
    for (hour, _), file in files.items():
        by_hour.setdefault(hour, []).append(file)
    return by_hour


def supersede_children(connection: psycopg.Connection, table: Table, hour: datetime) -> None:
    """Count no more child rows of the snapshots older than `hour`."""
    connection.execute(statement(__package__, "supersede_children"), hour_of(table, hour))
