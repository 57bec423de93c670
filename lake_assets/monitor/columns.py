"""Columns that have gone from a table's files, those that have come, and headers that may have become rows.

All of it is known by the ledger alone (`lake_assets.files.dialect`), so that whoever has loaded something
finds it, with the judge or without. What a load says of its own hour belongs to `load.column_drift`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from lake_assets.catalog.models import Source, Table
from lake_assets.monitor.findings import Finding, Kind, settle_findings
from lake_assets.postgres import statement

OF_COLUMNS: tuple[Kind, ...] = ("column_vanished", "column_new", "header_doubt")
"""The kinds that are found here."""

MOST_COLUMNS = 20
"""Of a table that are looked at, and told, one by one."""

STEADY_FILES = 20
"""Files of JSON lines that had a key without exception, for its absence to say anything."""

NEWS = timedelta(days=7)
"""How long, by the hours of a table's files, a column counts as new."""


@dataclass(frozen=True)
class Shape:
    """The newest file with records of one kind (full load or changes) of a table.

    Attributes:
        table_name: the table.
        kind: `full` or `cdc`.
        hour: the file's hour.
        key: its key.
        format: `csv`, `jsonl` or `parquet`.
        columns: its columns, in its order.
    """

    table_name: str
    kind: str
    hour: datetime
    key: str
    format: str
    columns: Sequence[str]


@dataclass(frozen=True)
class Absence:
    """A column of the catalog that the newest file of a kind lacks.

    Attributes:
        table_name: the table.
        column_name: the file's column.
        key: of the newest file.
        last_key: of the last file that had it; None where none ever had.
        last_columns: the columns of that file.
        since_key: of the first file of the kind without it.
        is_steady: the files before had it, without exception.
    """

    table_name: str
    column_name: str
    key: str
    last_key: str | None
    last_columns: Sequence[str] | None
    since_key: str | None
    is_steady: bool | None


@dataclass(frozen=True)
class _Look:
    """A look at the columns of a source's files.

    Attributes:
        connection: a session of the warehouse; the ledger must be installed.
        source: the source.
        shapes: the newest files of each table.
        renamed: columns that may be vanished ones under another name, by table.
    """

    connection: psycopg.Connection
    source: Source
    shapes: Mapping[str, Sequence[Shape]]
    renamed: dict[str, set[str]] = field(default_factory=dict)

    def vanished(self) -> Iterator[Finding]:
        """Yield the columns of the catalog that the files have no more, or never had."""
        lacking: list[tuple[Shape, str]] = []
        for table, shape in self._tables_with_shapes():
            lacking += [(shape, column) for column in _lacked(table, shape)]
        values = self._values(lacking) | {
            "kinds": [shape.kind for shape, _ in lacking],
            "alone": [self._is_beside_changes(shape) for shape, _ in lacking],
            "keys": [shape.key for shape, _ in lacking],
            "files": STEADY_FILES,
        }
        with self.connection.cursor(row_factory=class_row(Absence)) as cursor:
            absences = cursor.execute(statement(__package__, "read_absences"), values).fetchall()
        shapes = {(table.name, shape.key): shape for table, shape in self._tables_with_shapes()}
        for absence in absences:
            yield from self._vanished(absence, shapes[absence.table_name, absence.key])

    def _vanished(self, absence: Absence, shape: Shape) -> Iterator[Finding]:
        table = self._table(absence.table_name)
        come, gone = _unknown(table, shape), _lacked(table, shape)
        if absence.last_columns is not None:
            come = [column for column in come if column not in absence.last_columns]
            gone = [column for column in gone if column in absence.last_columns]
        if self._may_be_absent(absence, shape, came=bool(come)):
            return
        new_name = _in_place_of(absence.column_name, table, shape, come)
        if new_name is None and len(come) == len(gone) == 1:
            new_name = come[0]
        if new_name is not None:
            self.renamed.setdefault(table.name, set()).add(new_name)
        details = {
            "table": table.qualified,
            "column": absence.column_name,
            "file": absence.since_key or shape.key,
            "last": absence.last_key,
            "renamed": new_name,
            "come": come[:MOST_COLUMNS],
        }
        yield Finding(
            kind="column_vanished", details=details, table_name=table.name, subject=absence.column_name
        )

    def _may_be_absent(self, absence: Absence, shape: Shape, *, came: bool) -> bool:
        """Return whether the absence of a column says nothing; `came` tells whether another came instead."""
        was_never_there = absence.last_key is None
        if was_never_there and self._table(shape.table_name).transform is not None:
            return True  # it may be the transform that makes it
        if was_never_there and self._is_beside_changes(shape):
            return True  # a full load need not have what changes have
        if shape.format != "jsonl" or absence.is_steady:
            return False
        is_new_name = was_never_there and came
        return not is_new_name  # a key that comes and goes

    def come(self) -> Iterator[Finding]:
        """Yield the columns that the catalog does not name, while they are new; called after `vanished`."""
        unknown = []
        for table, shape in self._tables_with_shapes():
            known = self.renamed.get(table.name, set())
            unknown += [(shape, column) for column in _unknown(table, shape) if column not in known]
        values = self._values(unknown) | {"news": NEWS}
        with self.connection.cursor(row_factory=dict_row) as cursor:
            newcomers = cursor.execute(statement(__package__, "read_newcomers"), values).fetchall()
        for row in newcomers:
            table = self._table(row["table_name"])
            details = {
                "table": table.qualified,
                "column": row["column_name"],
                "file": row["key"],
                "policy": table.new_columns,
            }
            yield Finding(
                kind="column_new", details=details, table_name=table.name, subject=row["column_name"]
            )

    def doubts(self) -> Iterator[Finding]:
        """Yield the tables of which some files may have had a header that was taken for a row.

        Either other files have one, or names of columns stand in the first record.
        """
        tables = [table.name for table in self.source.tables if table.files.header == "auto"]
        values = {"source": self.source.name, "tables": tables}
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement(__package__, "read_doubts"), values).fetchall()
        for row in rows:
            details = {
                "table": self._table(row["table_name"]).qualified,
                "files": row["files"],
                "file": row["key"],
                "header": row["columns"][:MOST_COLUMNS] if row["columns"] is not None else None,
            }
            yield Finding(kind="header_doubt", details=details, table_name=row["table_name"])

    def _tables_with_shapes(self) -> Iterator[tuple[Table, Shape]]:
        for table in self.source.tables:
            for shape in self.shapes.get(table.name, ()):
                yield table, shape

    def _table(self, name: str) -> Table:
        return next(table for table in self.source.tables if table.name == name)

    def _is_beside_changes(self, shape: Shape) -> bool:
        """Return whether a file is a full load of a table that has files of changes too."""
        kinds = {other.kind for other in self.shapes[shape.table_name]}
        return shape.kind == "full" and "cdc" in kinds

    def _values(self, columns: Iterable[tuple[Shape, str]]) -> dict[str, Any]:
        asked = list(columns)
        return {
            "source": self.source.name,
            "tables": [shape.table_name for shape, _ in asked],
            "columns": [column for _, column in asked],
            "hours": [shape.hour for shape, _ in asked],
        }


def column_findings(connection: psycopg.Connection, source: Source) -> list[Finding]:
    """Return what is odd about the columns and headers of a source's files, as the ledger knows them.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        source: the source as the catalog has it now.
    """
    look = _Look(connection=connection, source=source, shapes=_read_shapes(connection, source))
    return [*look.vanished(), *look.come(), *look.doubts()]


def settle_columns(connection: psycopg.Connection, source: Source, now: datetime) -> None:
    """Open and close the findings of columns and headers; for those who load without the judge."""
    settle_findings(connection, source.name, column_findings(connection, source), OF_COLUMNS, now)


def _read_shapes(connection: psycopg.Connection, source: Source) -> Mapping[str, Sequence[Shape]]:
    values = {"source": source.name, "tables": [table.name for table in source.tables]}
    shapes: dict[str, list[Shape]] = {}
    with connection.cursor(row_factory=class_row(Shape)) as cursor:
        for shape in cursor.execute(statement(__package__, "read_shapes"), values):
            shapes.setdefault(shape.table_name, []).append(shape)
    return shapes


def _lacked(table: Table, shape: Shape) -> list[str]:
    """Return the columns of the catalog that a file lacks, as many as are looked at."""
    return [column for column in table.file_columns if column not in shape.columns][:MOST_COLUMNS]


def _unknown(table: Table, shape: Shape) -> list[str]:
    """Return the columns of a file that the catalog does not name, as many as are looked at."""
    known = set(table.file_columns)
    return [column for column in shape.columns if column not in known][:MOST_COLUMNS]


def _in_place_of(column: str, table: Table, shape: Shape, come: Sequence[str]) -> str | None:
    """Return the new column that stands in the place of a vanished one; keys of JSON lines have no places."""
    place = table.file_places[column]
    if shape.format == "jsonl" or place > len(shape.columns):
        return None
    stands = shape.columns[place - 1]
    return stands if stands in come else None
