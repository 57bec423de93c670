"""Bring one file into staging, and see that no record is lost on the way.

Finding the records that the server refused, and the reason of each, belongs to `load.staging.copy_rejects`;
moving the rows on to `load.hour`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import psycopg
from psycopg import sql

from lake_assets.exceptions import CountMismatch
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.load.staging.columns import StagingPlan
from lake_assets.load.staging.rejects import Reject, create_rejects, set_aside
from lake_assets.load.staging.savepoints import Refusal, attempt, refuse_many
from lake_assets.postgres import SOFT_COPY_SERVER, statement
from lake_assets.readers.block_filter import filter_block
from lake_assets.readers.blocks import BadRecord, Block
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_blocks
from lake_assets.readers.relative_times import REASON as RELATIVE_TIME
from lake_assets.recount.recount import Recount

BAD_BYTES = 8 * 2**20  # bytes of bad records held in memory before they are handed on


@dataclass(frozen=True)
class StagedFile:
    """A file that is in staging, but for the records that COPY left out.

    Attributes:
        file: the object, as it was listed.
        ordinal: its number within the load, from 1.
        dialect: how it was read.
        records: how many it has: loader, server and recount agree.
        placeholders: how many were not well-formed; they are set aside, and staging holds their places.
        left_out: how many records COPY left out.
        nuls: NUL bytes that were replaced or stripped.
        refusals: of the records left out, those over which COPY itself failed, by their numbers.
        clocked: records with a word read off the clock, by their numbers; staging holds their places.
    """

    file: LakeObject
    ordinal: int
    dialect: Dialect
    records: int
    placeholders: int
    left_out: int
    nuls: int
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    clocked: Mapping[int, Refusal] = field(default_factory=dict)


def supports_soft_copy(connection: psycopg.Connection) -> bool:
    """Tell whether the server's COPY can leave out a record (PostgreSQL 17 and later)."""
    return connection.info.server_version >= SOFT_COPY_SERVER


def create_staging(connection: psycopg.Connection, plan: StagingPlan) -> None:
    """Create the temporary table of this load."""
    connection.execute(statement(__package__, "create_staging", columns=sql.SQL(", ").join(plan.definitions)))
    create_rejects(connection)


def add_staging_columns(connection: psycopg.Connection, before: StagingPlan, plan: StagingPlan) -> None:
    """Give staging the columns `plan` has and `before` had not."""
    for definition in plan.definitions[len(before.definitions) :]:
        connection.execute(statement(__package__, "add_column", column=definition))


@dataclass
class FileLoader:
    """Loads one file into staging, inside the caller's transaction.

    Attributes:
        connection: the session that holds the staging table.
        lake: where the object lies; named in errors.
        plan: the staging table's columns.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan

    def load(self, file: LakeObject, ordinal: int, dialect: Dialect, chunks: Iterable[bytes]) -> StagedFile:
        """Bring a file into staging, and set aside the records that are not well-formed.

        Args:
            file: the object, as it was listed.
            ordinal: its number within this load, from 1.
            dialect: how it is to be read.
            chunks: its raw bytes.

        Raises:
            CountMismatch: loader, server and recount do not agree on the number of records.
            LakeError: the object changed, vanished or is damaged.
        """
        loaded = attempt(self.connection, lambda: self._load(file, ordinal, dialect, chunks, self._copy))
        if not isinstance(loaded, Refusal):
            return loaded
        again = self.lake.open(file)
        return self._load(file, ordinal, dialect, again, self._copy_carefully)

    def _load(
        self, file: LakeObject, ordinal: int, dialect: Dialect, chunks: Iterable[bytes], copy: "_CopyAll"
    ) -> StagedFile:
        recount = Recount(dialect)
        self.connection.execute(statement(__package__, "begin_file", ordinal=sql.Literal(ordinal)))
        clocked: dict[int, Refusal] = {}
        read = copy(
            file, dialect, self._fitted(read_blocks(_tee(chunks, recount), dialect), dialect, clocked)
        )
        counted = recount.finish()
        self._compare(file, read, counted)
        left_out = read.records - read.staged
        return StagedFile(
            file, ordinal, dialect, counted, read.bad, left_out, read.nuls, read.refusals, clocked
        )

    def _fitted(
        self, blocks: Iterable[Block], dialect: Dialect, clocked: dict[int, Refusal]
    ) -> Iterator[Block]:
        """Give the blocks as staging takes them, and note the records with words read off the clock."""
        use, first = self.plan.use(dialect.columns), 1
        for block in blocks:
            filtered, words = filter_block(block, dialect, use)
            for index, (column, value) in words.items():
                name = self.plan.by_file_column[column].name
                clocked[first + index] = Refusal(RELATIVE_TIME, column_name=name, value=value)
            first += block.records
            yield filtered

    def _copy(self, file: LakeObject, dialect: Dialect, blocks: Iterator[Block]) -> "_Read":
        copy_sql = self._copy_sql(dialect)
        read = _Read()
        for block in blocks:
            bad: list[BadRecord] = []
            held = 0
            with self.connection.cursor() as cursor:
                with cursor.copy(copy_sql) as copy:
                    for part in chain([block], blocks):
                        copy.write(part.data)
                        read.add(part)
                        bad.extend(part.bad)
                        held += sum(len(record.raw) for record in part.bad)
                        if held > BAD_BYTES:
                            break
                read.staged += cursor.rowcount
            self._set_aside(file, bad)
        return read

    def _copy_carefully(self, file: LakeObject, dialect: Dialect, blocks: Iterator[Block]) -> "_Read":
        """Copy block by block, and those with a record that COPY fails over record by record."""
        copy_sql = self._copy_sql(dialect)
        read = _Read()
        for block in blocks:
            first = read.records + 1
            read.add(block)
            self._set_aside(file, block.bad)
            staged = self._try(copy_sql, block.data)
            if not isinstance(staged, Refusal):
                read.staged += staged
                continue
            for number, line in enumerate(block.lines(), first):
                self._number(number, given=False)
                staged = self._try(copy_sql, line)
                if isinstance(staged, Refusal):
                    read.refusals[number] = staged
                    refuse_many(len(read.refusals), staged)
                    self._number(number, given=True)
                else:
                    read.staged += staged
        return read

    def _try(self, copy_sql: sql.Composed, data: bytes) -> int | Refusal:
        def copy_all() -> int:
            with self.connection.cursor() as cursor:
                with cursor.copy(copy_sql) as copy:
                    copy.write(data)
                return cursor.rowcount

        return attempt(self.connection, copy_all)

    def _number(self, record: int, *, given: bool) -> None:
        """Set the counter of records, which goes on counting when a COPY is undone."""
        self.connection.execute(statement(__package__, "number_next"), {"record": record, "given": given})

    def _set_aside(self, file: LakeObject, bad: Iterable[BadRecord]) -> None:
        rejects = [Reject(file.key, record.number, record.raw, record.reason) for record in bad]
        if rejects:
            set_aside(self.connection, rejects)

    def _copy_sql(self, dialect: Dialect) -> sql.Composed:
        return statement(
            __package__,
            "copy_soft" if supports_soft_copy(self.connection) else "copy_text",
            columns=self.plan.copy_columns(dialect.columns, op=dialect.op),
            delimiter=sql.Literal(dialect.delimiter),
            null=sql.Literal(dialect.null),
            # An Op that is empty must not pass for that of a file without the column.
            op=sql.SQL(", FORCE_NOT_NULL (_lake_op)" if dialect.op else ""),
        )

    def _compare(self, file: LakeObject, read: "_Read", counted: int) -> None:
        served = 0
        if read.records:
            row = self.connection.execute(statement(__package__, "last_record")).fetchone()
            served = row[0] if row else 0
        if not read.records == served == counted:
            raise CountMismatch(
                f"{self.lake.url(file)}: the loader read {read.records} records, the warehouse {served}, "
                f"the recount {counted}. Nothing was loaded. Look at the file's quoting, and compare it with "
                "`delimiter` and `quoting` in the catalog."
            )


@dataclass
class _Read:
    """What the loader's own reader has seen of a file so far."""

    records: int = 0
    staged: int = 0
    nuls: int = 0
    bad: int = 0
    refusals: dict[int, Refusal] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        self.records += block.records
        self.nuls += block.nuls
        self.bad += len(block.bad)


_CopyAll = Callable[[LakeObject, Dialect, Iterator[Block]], _Read]


def _tee(chunks: Iterable[bytes], recount: Recount) -> Iterator[bytes]:
    for chunk in chunks:
        recount.feed(chunk)
        yield chunk
