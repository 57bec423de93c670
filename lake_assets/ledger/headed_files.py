"""Which files of a table had a header, as `lake_assets.files` keeps it with each file's dialect.

What follows for a file without one is said in `load.column_drift`, what the recount makes of it in
`recount.first_record`.
"""

from dataclasses import dataclass

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.postgres import statement


@dataclass(frozen=True)
class HeadedFile:
    """A CSV file that had a header.

    Attributes:
        key: its key.
        columns: its columns, in its order; the catalog's name where it has one.
    """

    key: str
    columns: tuple[str, ...]

    def has_order_of(self, table: Table) -> bool:
        """Return whether its columns stand where the catalog places them: as cells without names are read."""
        for column, place in table.file_places.items():
            if place <= len(self.columns) and self.columns[place - 1] != column:
                return False
        return True


def newest_headed_file(connection: psycopg.Connection, table: Table) -> HeadedFile | None:
    """Return the newest CSV file of a table that had a header; None where none had one."""
    values = {"source": table.source, "table_name": table.name}
    row = connection.execute(statement(__package__, "newest_headed_file"), values).fetchone()
    if row is None:
        return None
    key, columns = row
    return HeadedFile(key=key, columns=tuple(columns))
