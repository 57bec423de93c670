"""The proof of values: an hour's files are read again, and main compared with what they give, cell by cell.

The files go through the same staging as a load's, into passing tables that have main's types; records in
quarantine are left aside. Nothing of main is written. How many records and elements there are is counted by
`checks.row_count` and `checks.children`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.checks.columns import MainColumns
from lake_assets.exceptions import LakeAssetsError
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.proof import Arrival
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.quarantine import quarantined_records
from lake_assets.load.child_rows import ChildRows, child_tables
from lake_assets.load.foreign_functions import unreachable_name
from lake_assets.load.main_rows import MainHour, RowSource, StagedRows
from lake_assets.load.main_tables import add_column, catalog_columns, main_table
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.staging.copy_rejects import CopyRejects
from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.file_copy import copy_file
from lake_assets.load.staging.inspection import InspectedFile, extra_columns
from lake_assets.load.staging.staged_children import index_names
from lake_assets.load.staging.staging import Staging, create_staging
from lake_assets.load.tally import FileTally, set_aside_documents
from lake_assets.load.type_schemas import with_type_schemas
from lake_assets.postgres import holdable, order_dates, statement, type_name
from lake_assets.readers.blocks import BadRecord
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.unpacking import Room
from lake_assets.states.evidence import Evidence
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import LedgerFile

if TYPE_CHECKING:
    from lake_assets.load.frames.transform import Transformed

PASSING = "pg_temp"
AGAIN = "lake_assets_again"
MOST_NAMED = 5  # records in a fact, and columns; the figures are of all

KEY = ("_lake_file", "_lake_record")
PLACE = "_lake_place"


@dataclass(frozen=True)
class Compared:
    """What came of comparing an hour's values.

    Attributes:
        differences: where main is not what the files give, and what could not be compared at all.
        remarks: what of it nobody can compare.
    """

    differences: Facts = ()
    remarks: Facts = ()


def compare_values(
    connection: psycopg.Connection, lake: Lake, columns: MainColumns, evidence: Evidence
) -> Compared:
    """Compare main's rows of an hour with its files, those that lie in the lake as they were loaded.

    Args:
        connection: a session without an open transaction.
        lake: the lake.
        columns: main's columns, and those that files were loaded with.
        evidence: the hour.
    """
    files = [(item, file) for item, file in evidence.unchanged_files() if file.counts.rows]
    if not files or evidence.table.name not in columns.in_main:
        return Compared()
    try:
        with connection.transaction(force_rollback=True):
            comparison = _Comparison(
                connection=connection,
                lake=lake,
                table=_as_loaded(with_type_schemas(connection, evidence.table)),
                evidence=evidence,
                files=files,
                columns=columns,
            )
            return comparison.run()
    except (LakeAssetsError, psycopg.Error) as error:
        if connection.closed:
            raise
        said = unreachable_name(error) or str(error).strip()
        return Compared(differences=(Fact.of("values_not_compared", error=holdable(said)),))


def _as_loaded(table: Table) -> Table:
    """Return a table whose files were loaded, whatever it says now of columns that only they have."""
    if table.new_columns == "fail":
        return table.model_copy(update={"new_columns": "ignore"})
    return table


@dataclass(frozen=True)
class _TableDifference:
    """How main's rows of one file differ in one table.

    Attributes:
        file_id: the file's id.
        lacking: rows that main should have and has not.
        unknown: rows that main has and should not.
        rows: rows that have other values.
        columns: in how many of them each column differs.
        records: the first of their records.
    """

    file_id: int
    lacking: int
    unknown: int
    rows: int
    columns: Mapping[str, int]
    records: Sequence[int]

    @property
    def is_one(self) -> bool:
        """Whether there is a difference that people would see."""
        return bool(self.lacking or self.unknown or self.rows)


@dataclass(frozen=True)
class _Comparison:
    """The comparison of one hour, in a transaction that is rolled back.

    Attributes:
        connection: the session.
        lake: the lake.
        table: the table, with types that say their schema.
        evidence: the hour.
        files: its files, of each what lake and ledger have.
        columns: main's columns, and those that files were loaded with.
    """

    connection: psycopg.Connection
    lake: Lake
    table: Table
    evidence: Evidence
    files: Sequence[tuple[LakeObject, LedgerFile]]
    columns: MainColumns

    def run(self) -> Compared:
        """Read the files again, and compare what they give with main."""
        staging, tallies = self._stage()
        if self.table.transform is None:
            self._take_out_quarantined(staging, tallies)
            filled = self._fill(staging, staging, name=self.table.name)
            return Compared(differences=tuple(self._differences(filled, skipped=frozenset())))
        return self._run_transformed(staging, tallies)

    @property
    def ids(self) -> list[int]:
        """The ids of the files, in the order of their ordinals."""
        return [file.id for _, file in self.files]

    def _stage(self) -> tuple[Staging, list[FileTally]]:
        """Copy the files into staging, and set aside what cannot be cast."""
        inspected = [self._inspected(number) for number in range(len(self.files))]
        named = set(self.table.file_columns)
        extra = [name for name in extra_columns(inspected) if name not in named]
        order_dates(self.connection, self.table.files.dates)
        staging = create_staging(self.connection, self.lake, self.table, extra, ops=mode_of(self.table).ops)
        room = Room(self.table.max_bytes)
        copied = [copy_file(staging, file, room) for file in inspected]
        counts = CopyRejects(staging).set_aside(copied)
        tallies = []
        for file, count in zip(copied, counts, strict=True):
            tallies.append(FileTally(copied=file, quarantined=count))
        return staging, set_aside_documents(staging, tallies)

    def _inspected(self, number: int) -> InspectedFile:
        """Return one of the files as it was read when it was loaded."""
        item, file = self.files[number]
        return InspectedFile(
            file=item,
            ordinal=number + 1,
            dialect=Dialect.from_json(file.dialect),
            url=self.lake.url(item),
            arrival=Arrival(),
        )

    def _quarantined(self, tallies: Sequence[FileTally]) -> Iterator[tuple[FileTally, Sequence[int]]]:
        """Yield each file with the numbers of its records that are in quarantine."""
        held = quarantined_records(self.connection, self.table, self.evidence.hour)
        for tally in tallies:
            numbers = held.get(tally.copied.key)
            if numbers:
                yield tally, numbers

    def _take_out_quarantined(self, staging: Staging, tallies: Sequence[FileTally]) -> None:
        """Take out what main itself had refused, and whatever else waits in quarantine."""
        held = list(self._quarantined(tallies))
        if held:
            staging.index()
        for tally, numbers in held:
            staging.take_out(tally.copied.ordinal, numbers)

    def _fill(self, staging: Staging, source: RowSource, *, name: str) -> StagedRows:
        """Fill passing tables with the rows that main and child tables should have.

        Args:
            staging: the staging.
            source: what the rows of main are made of.
            name: what the passing table of main is called; child tables go with that of their own name.
        """
        with_children = name == self.table.name
        children = []
        if with_children:
            children = [child for child in staging.children if child.name in self.columns.in_main]
        passing = self.table.model_copy(update={"schema_name": PASSING, "name": name})
        main = MainHour(connection=self.connection, table=passing, hour=self.evidence.hour)
        child_rows = ChildRows(
            connection=self.connection, table=passing, hour=self.evidence.hour, children=children
        )
        rows = StagedRows(main=main, source=source, child_rows=child_rows)
        self._create_expected(rows.column_names[name], self.table, name)
        wanted = {child.name for child in children}
        for child in child_tables(self.table):
            if child.name in wanted:
                self._create_expected(rows.column_names[child.name], child, child.name)
        rows.insert(self.ids)
        child_rows.try_insert(self.ids, EVERYTHING)
        return rows

    def _create_expected(self, given: Sequence[str], table: Table, name: str) -> None:
        expected = sql.Identifier(PASSING, name)
        create = statement(__package__, "create_expected", expected=expected, main=main_table(table))
        self.connection.execute(create)
        types = dict(catalog_columns(table))
        for column in given:
            if column not in self.columns.in_main[table.name]:
                add_column(self.connection, expected, column, type_name(types.get(column, "text")))

    def _differences(self, filled: StagedRows, skipped: frozenset[str]) -> Iterator[Fact]:
        """Yield how main and child tables differ from what they should have.

        Args:
            filled: the passing tables.
            skipped: columns of main that are left aside.
        """
        keys = {file.id: file.key for _, file in self.files}
        depths = {child_name: depth for child_name, depth, _ in self.table.all_children}
        for name, given in filled.column_names.items():
            indexes = index_names(depths[name]) if name in depths else []
            compared = [
                column for column in self._compared(name, given) if column not in {*skipped, *indexes}
            ]
            main = sql.Identifier(self.table.schema_name, name)
            expected = sql.Identifier(PASSING, name)
            for found in self._compare(expected, main, compared, indexes):
                if found.is_one:
                    yield self._fact(keys[found.file_id], name, found)

    def _compared(self, name: str, given: Sequence[str]) -> list[str]:
        """Return those of the given columns that main has and all files were loaded with."""
        known = set(self.columns.in_main[name])
        for _, file in self.files:
            of_set = self.columns.sets.get(file.column_set or 0)
            if of_set is not None:
                known &= of_set.get(name, frozenset())
        return [column for column in given if column in known]

    def _fact(self, key: str, name: str, found: _TableDifference) -> Fact:
        columns = sorted(found.columns.items(), key=lambda item: -item[1])
        return Fact.of(
            "values_differ",
            key=key,
            table=f"{self.table.schema_name}.{name}",
            rows=found.rows,
            columns=[list(column) for column in columns[:MOST_NAMED]],
            records=list(found.records),
            lacking=found.lacking,
            unknown=found.unknown,
        )

    def _compare(
        self, expected: sql.Identifier, main: sql.Identifier, columns: Sequence[str], indexes: Sequence[str]
    ) -> list[_TableDifference]:
        """Return how the rows of each file differ in two tables.

        Args:
            expected: the passing table.
            main: the other.
            columns: the columns that are compared.
            indexes: what tells the rows of one record apart, beside their place.
        """
        names = list(map(sql.Identifier, columns))
        key = [*map(sql.Identifier, (*KEY, *indexes))]
        chosen: list[sql.Composable] = [*key, *names]
        if self._has_many_rows(indexes):
            listed = sql.SQL(", ").join(names)
            chosen.append(statement(__package__, "number_rows", columns=listed))
            key.append(sql.Identifier(PLACE))
        compare = statement(
            __package__,
            "compare_rows",
            expected=expected,
            main=main,
            columns=sql.SQL(", ").join(chosen),
            key=sql.SQL(", ").join(key),
            differs=sql.SQL("{} AND ({})").format(BOTH, _any_differs(names)),
            counts=sql.SQL(", ").join(map(_count_differing, names)),
        )
        bound = {"hour": self.evidence.hour, "ids": self.ids, "named": MOST_NAMED}
        differences = []
        for file_id, lacking, unknown, rows, counts, records in self.connection.execute(compare, bound):
            differing = {name: count for name, count in zip(columns, counts, strict=True) if count}
            differences.append(
                _TableDifference(
                    file_id=file_id,
                    lacking=lacking,
                    unknown=unknown,
                    rows=rows,
                    columns=differing,
                    records=records or (),
                )
            )
        return differences

    def _has_many_rows(self, indexes: Sequence[str]) -> bool:
        """Return whether a record may have several rows that nothing tells apart."""
        return self.table.transform is not None and not indexes

    def _run_transformed(self, staging: Staging, tallies: Sequence[FileTally]) -> Compared:
        """Compare what a transform makes of the files; leave aside what it makes otherwise each time."""
        filled = self._fill(staging, self._transform(staging, tallies), name=self.table.name)
        differences = tuple(self._differences(filled, skipped=frozenset()))
        if not differences:
            return Compared()
        self.connection.execute(statement(__package__, "drop_changed"))
        self._fill(staging, self._transform(staging, tallies), name=AGAIN)
        changing = self._changing_columns(filled)
        if not changing:
            return Compared(differences=differences)
        remark = Fact.of(
            "columns_not_compared", columns=", ".join(sorted(changing)), transform=self.table.transform
        )
        again = tuple(self._differences(filled, skipped=changing))
        return Compared(differences=again, remarks=(remark,))

    def _transform(self, staging: Staging, tallies: Sequence[FileTally]) -> "Transformed":
        from lake_assets.load.frames.transform import Transformed  # noqa: PLC0415 - pandas is slow to import

        main = MainHour(connection=self.connection, table=self.table, hour=self.evidence.hour)
        transformed = Transformed(main=main, staging=staging)
        transformed.apply(tallies)
        for tally, numbers in self._quarantined(tallies):
            bad = (BadRecord(number=number, raw=b"", reason="") for number in numbers)
            staging.reject(tally.copied.key, bad)
        transformed.drop_rejected([tally.copied for tally in tallies], {})
        self._take_out_quarantined(staging, tallies)
        return transformed

    def _changing_columns(self, filled: StagedRows) -> frozenset[str]:
        """Return the columns of main in which two runs of a transform differ."""
        given = filled.column_names[self.table.name]
        compared = self._compared(self.table.name, given)
        expected = sql.Identifier(PASSING, self.table.name)
        changing: set[str] = set()
        for found in self._compare(expected, sql.Identifier(PASSING, AGAIN), compared, ()):
            changing.update(found.columns)
        return frozenset(changing)


BOTH = sql.SQL("expected._lake_file IS NOT NULL AND found._lake_file IS NOT NULL")


def _differs(name: sql.Identifier) -> sql.Composed:
    return sql.SQL("expected.{name}::text IS DISTINCT FROM found.{name}::text").format(name=name)


def _any_differs(names: Sequence[sql.Identifier]) -> sql.Composable:
    return sql.SQL(" OR ").join(map(_differs, names)) if names else sql.SQL("false")


def _count_differing(name: sql.Identifier) -> sql.Composed:
    return sql.SQL("count(*) FILTER (WHERE {} AND {})").format(BOTH, _differs(name))
