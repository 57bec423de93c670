"""Records that cannot be loaded, set aside in a temporary table until the load knows its end.

What is kept of them for good, and for how long, belongs to `ledger`.
"""

from collections.abc import Iterable

import psycopg

from lake_assets.postgres import holdable, statement
from lake_assets.readers.blocks import BadRecord

OP_COLUMN = "Op"
"""The column that is at fault where a record is a change that the table does not take."""


def create_rejects(connection: psycopg.Connection) -> None:
    """Create the temporary table; it goes with the transaction."""
    connection.execute(statement(__package__, "create_rejects"))


def set_aside(connection: psycopg.Connection, key: str, records: Iterable[BadRecord]) -> None:
    """Set records of a file aside; a NUL cannot stand in a text and is shown as U+FFFD there, not in `raw`.

    Args:
        connection: the session of the load.
        key: the file's key, whole, as in S3.
        records: the records, with their bytes.
    """
    copy_sql = statement(__package__, "copy_rejects")
    with connection.cursor() as cursor, cursor.copy(copy_sql) as copy:
        for record in records:
            value = record.value and holdable(record.value)
            copy.write_row(
                (key, record.number, record.raw, record.reason, record.column_name, value, record.sqlstate)
            )


def count_rejected(connection: psycopg.Connection, ops: Iterable[str]) -> int:
    """Return how many records are set aside for one of these letters of `Op`."""
    values = {"column": OP_COLUMN, "ops": list(ops)}
    row = connection.execute(statement(__package__, "count_rejected_ops"), values).fetchone()
    return int(row[0]) if row else 0
