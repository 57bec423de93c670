"""What a workload is: the table it fills, and how floor and catalog come to that table's values.

The data of each workload has a module of its own, `orders` (W1) and `devices` (W2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import sql

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Workload:
    """A kind of table.

    Attributes:
        name: what it is called.
        columns: its columns, with their types; the first is the key.
        described: its columns as the catalog has them.
        staged: the columns of its files, in their order.
        values: the expressions of its columns over the floor's staging table.
        source: what the floor selects them from.
    """

    name: str
    columns: Mapping[str, str]
    described: Mapping[str, Any]
    staged: tuple[str, ...]
    values: tuple[sql.Composable, ...]
    source: sql.Composable = field(default_factory=lambda: sql.SQL("floor.staging"))


@dataclass(frozen=True)
class DataSet:
    """Files on disk.

    Attributes:
        workload: what they are of.
        table: name of the table they are of.
        rows: records in all.
        files: the files, in the order of their names.
        refused: the records that cannot be loaded, without their line ends.
    """

    workload: Workload
    table: str
    rows: int
    files: tuple[Path, ...]
    refused: frozenset[bytes] = frozenset()

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.stat().st_size for file in self.files)


def file_name(number: int) -> str:
    """Name a file as DMS does, a minute apart; its first part says which hour it is of."""
    return f"{HOUR:%Y%m%d-%H}{number:02d}00000.csv"
