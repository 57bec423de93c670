"""The history of the files' columns, as the ledger's view `lake_assets.schema_changes` tells it.

What is compared stands in the view (`migrations/0001_baseline.sql`); what a load says of it is said in
`load.column_drift`.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from lake_assets.catalog.models import Table
from lake_assets.ledger.table_hours import hour_of
from lake_assets.postgres import statement


@dataclass(frozen=True)
class SchemaChange:
    """One thing that a file has otherwise than the file of its kind before it.

    Attributes:
        key: the file's key.
        change: `added`, `missing`, `returned`, `renamed?`, `reordered` or `retyped`.
        column_name: the column; None where it is about the order of all.
        detail: what else there is to say.
    """

    key: str
    change: str
    column_name: str | None
    detail: str | None


def read_schema_changes(
    connection: psycopg.Connection, table: Table, hour: datetime
) -> tuple[SchemaChange, ...]:
    """Return what the files of a table-hour have otherwise than those before them."""
    with connection.cursor(row_factory=class_row(SchemaChange)) as cursor:
        return tuple(cursor.execute(statement(__package__, "read_schema_changes"), hour_of(table, hour)))
