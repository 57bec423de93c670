"""Child tables of main: the elements of arrays inside documents, replaced with their parents' table-hour.

How elements become rows belongs to `load.staging.staged_children`, the parents' own rows to `load.main_rows`,
and holding the counts against the tables afterwards to `checks.children`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Column, Table
from lake_assets.exceptions import CountMismatch
from lake_assets.hours import format_hour
from lake_assets.ledger.children import count_children
from lake_assets.load.meddlers import blame, count_hour, list_meddlers
from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.staged_children import StagedChild, index_names
from lake_assets.postgres import statement

INDEX_TYPE = "bigint"


def child_tables(table: Table) -> tuple[Table, ...]:
    """Return the child tables of a table as tables: its key, the indexes, and the child's own columns."""
    key = [column for column in table.columns if column.name in table.key]
    described = []
    for name, depth, child in table.all_children:
        indexes = [Column(name=index, type=INDEX_TYPE) for index in index_names(depth)]
        # Where their values lie in a file is of no matter here.
        columns = tuple(
            Column(name=column.name, type=column.type) for column in (*key, *indexes, *child.columns)
        )
        own = {"name": name, "columns": columns, "children": (), "key": (), "transform": None}
        described.append(table.model_copy(update=own))
    return tuple(described)


@dataclass(frozen=True)
class ChildRows:
    """Replaces the child tables of one table-hour, inside the transaction that replaces its rows.

    Attributes:
        connection: the session.
        table: the parent.
        hour: the hour (UTC).
        children: the child tables as staging gives them.
    """

    connection: psycopg.Connection
    table: Table
    hour: datetime
    children: Sequence[StagedChild]

    @property
    def column_names(self) -> dict[str, list[str]]:
        """The columns that each child table is given, by its name."""
        return {child.name: list(self._values(child)) for child in self.children}

    def insert(self, ids: Sequence[int], *, moved: bool) -> None:
        """Insert the elements of the staged documents, and write down how many there are of each file.

        Args:
            ids: the files' ids, in the order of their ordinals.
            moved: the parents' rows are in main; if not, nothing is inserted and zero written down.

        Raises:
            CountMismatch: another number of rows was inserted than the arrays have elements.
        """
        for child in self.children:
            counts = dict.fromkeys(ids, 0)
            if moved:
                counts |= self._insert(child, ids)
            count_children(self.connection, child.name, counts)

    def try_insert(self, ids: Sequence[int], within: sql.Composable) -> None:
        """Insert the elements of some staged records, to see whether the child tables take them.

        Args:
            ids: the files' ids, in the order of their ordinals.
            within: the condition of these records.
        """
        for child in self.children:
            self._move(child, ids, within)

    def _insert(self, child: StagedChild, ids: Sequence[int]) -> dict[int, int]:
        """Insert all elements, and see that the table has these rows and no others.

        Raises:
            CountMismatch: it has not.
        """
        inserted = self._move(child, ids, EVERYTHING)
        due = {file_id: count for file_id, count in self._count_elements(child, ids).items() if count}
        main = sql.Identifier(self.table.schema_name, child.name)
        meddlers = list_meddlers(self.connection, main)
        there = inserted
        if meddlers:
            counted = count_hour(self.connection, main, self.hour)
            there = {file_id: counted[file_id] for file_id in ids if file_id in counted}
        if not inserted == there == due:
            raise CountMismatch(
                f"{self.table.schema_name}.{child.name} {format_hour(self.hour)}: "
                f"{sum(inserted.values())} rows reached it, and the arrays have {sum(due.values())} "
                f"elements; it has {sum(there.values())} now{blame(meddlers)}. "
                "Nothing was changed."
            )
        return inserted

    def _move(self, child: StagedChild, ids: Sequence[int], within: sql.Composable) -> dict[int, int]:
        """Insert the elements of some staged records; return how many, by file id."""
        values = self._values(child)
        insert = statement(
            __package__,
            "insert_children",
            child=sql.Identifier(self.table.schema_name, child.name),
            columns=sql.SQL(", ").join(map(sql.Identifier, values)),
            values=sql.SQL(", ").join(values.values()),
            source=child.elements(within=within),
        )
        bound = {"hour": self.hour, "ids": list(ids)}
        return dict(self.connection.execute(insert, bound).fetchall())

    def _values(self, child: StagedChild) -> dict[str, sql.Composable]:
        """Return the expression of each column of a child table, the parent's key first."""
        of_parent = {column.name: column for column in child.plan.columns}
        values: dict[str, sql.Composable] = {}
        for column in self.table.columns:
            if column.name in self.table.key:
                values[column.name] = of_parent[column.name].value
        for level, name in enumerate(child.index_names, 1):
            values[name] = sql.Identifier(f"i{level}")
        for leaf in child.leaves:
            values[leaf.name] = leaf.value
        return values

    def _count_elements(self, child: StagedChild, ids: Sequence[int]) -> dict[int, int]:
        """Return how many elements the staged arrays have, by file id."""
        count = statement(__package__, "count_elements", array=child.array.softly, source=child.parents())
        rows = self.connection.execute(count, {"ids": list(ids)})
        return {file_id: elements or 0 for file_id, elements in rows}
