"""Main's columns beside those that hours were loaded with, and those that the catalog names.

A column that hours were loaded with and main has no more is lost; one that the catalog names, that the files
of an hour have and its load did not know is to be loaded. What state that makes belongs to `states.decide`,
refusing to add a lost column anew to `load.main_tables`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import psycopg

from lake_assets.catalog.models import Child, Column, Table
from lake_assets.ledger.column_sets import ColumnSet, read_column_sets
from lake_assets.load.loaded_columns import columns_in_main
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.file_columns import has_column
from lake_assets.states.facts import Fact, FactCode, Facts
from lake_assets.states.records import LedgerFile

Declared = Mapping[str, Sequence[Column]]
"""The columns of the catalog by the name of their table in main."""


@dataclass(frozen=True)
class MainColumns:
    """What main, ledger and catalog say of the columns of a table and its child tables.

    Attributes:
        table: the table as the catalog has it.
        in_main: the columns that main has, by table; a table that is not there is left out.
        sets: the columns that files were loaded with, by the number of their set.
    """

    table: Table
    in_main: ColumnSet
    sets: Mapping[int, ColumnSet]

    def gone(self, files: Iterable[LedgerFile], rows: Mapping[int, int] | None) -> Facts:
        """Return which columns an hour was loaded with that main has no more.

        Args:
            files: the hour's files.
            rows: main's rows by file id; None where they were not counted.
        """
        lost: dict[str, dict[str, None]] = {}
        if rows is None and self.table.name not in self.in_main:
            return self._table_gone(files)
        for file in files:
            has_rows = file.counts.rows if rows is None else rows.get(file.id, 0)
            if has_rows:
                _add_names(lost, self._lost.get(file.column_set or 0, {}))
        return self._facts("columns_gone", lost)

    def _table_gone(self, files: Iterable[LedgerFile]) -> Facts:
        """Return that the table itself is gone, of an hour that has rows in it."""
        if not any(file.counts.rows for file in files):
            return ()
        return (Fact.of("table_gone", table=f"{self.table.schema_name}.{self.table.name}"),)

    def not_loaded(self, files: Iterable[LedgerFile]) -> Facts:
        """Return which columns of the catalog an hour's files have and were not loaded with."""
        later: dict[str, dict[str, None]] = {}
        for file in files:
            columns = self._later.get(file.column_set or 0)
            if columns and file.counts.rows:
                _add_names(later, self._held(file, columns))
        return self._facts("columns_not_loaded", later)

    def _facts(self, code: FactCode, found: Mapping[str, Iterable[str]]) -> Facts:
        facts = []
        for name, columns in found.items():
            if columns:
                title = f"{self.table.schema_name}.{name}"
                facts.append(Fact.of(code, table=title, columns=list(columns)))
        return tuple(facts)

    @cached_property
    def _declared(self) -> Declared:
        return dict(_declared_columns(self.table))

    @cached_property
    def _lost(self) -> Mapping[int, Mapping[str, Sequence[str]]]:
        """What main lacks of each set, by table."""
        return {number: self._lost_of(columns) for number, columns in self.sets.items()}

    def _lost_of(self, columns: ColumnSet) -> dict[str, list[str]]:
        lost = {}
        for name, in_main in self.in_main.items():
            gone = columns.get(name, frozenset()) - in_main
            wanted = sorted(column for column in gone if self._is_wanted(name, column))
            if wanted:
                lost[name] = wanted
        return lost

    def _is_wanted(self, name: str, column: str) -> bool:
        """Return whether a load of today would fill a column of a table."""
        if any(declared.name == column for declared in self._declared.get(name, ())):
            return True
        # What only files name is added, but where the catalog takes it for a column of another name.
        is_added = self.table.new_columns == "add" and name == self.table.name
        return is_added and column not in self.table.file_columns

    @cached_property
    def _later(self) -> Mapping[int, Mapping[str, Sequence[Column]]]:
        """What each set lacks of the catalog, by table; a whole child table is no matter of columns."""
        later: dict[int, dict[str, list[Column]]] = {}
        for number, columns in self.sets.items():
            for name, declared in self._declared.items():
                known = columns.get(name)
                if known is None:
                    continue
                new = [column for column in declared if column.backfill and column.name not in known]
                if new:
                    later.setdefault(number, {})[name] = new
        return later

    def _held(self, file: LedgerFile, later: Mapping[str, Sequence[Column]]) -> dict[str, list[str]]:
        """Return those of some columns that a file has, by table."""
        dialect = Dialect.from_json(file.dialect)
        held = {}
        for name, columns in later.items():
            held[name] = [column.name for column in columns if has_column(dialect, self.table, column)]
        return held


def read_main_columns(connection: psycopg.Connection, table: Table) -> MainColumns:
    """Return what main and ledger say of a table's columns."""
    in_main = {name: frozenset(columns) for name, columns in columns_in_main(connection, table).items()}
    return MainColumns(table=table, in_main=in_main, sets=read_column_sets(connection, table))


def _declared_columns(table: Table) -> Iterator[tuple[str, Sequence[Column]]]:
    yield table.name, table.columns
    for child in table.children:
        yield from _columns_of_child(table.name, child, child.path[0])


def _columns_of_child(above: str, child: Child, document: str) -> Iterator[tuple[str, Sequence[Column]]]:
    """Yield the columns of a child table and of those below it; in the file, all lie in one document."""
    name = f"{above}__{child.name}"
    placed = {"source_name": document, "path": None}
    yield name, [column.model_copy(update=placed) for column in child.columns]
    for inner in child.children:
        yield from _columns_of_child(name, inner, document)


def _add_names(found: dict[str, dict[str, None]], more: Mapping[str, Iterable[str]]) -> None:
    for name, columns in more.items():
        found.setdefault(name, {}).update(dict.fromkeys(columns))
