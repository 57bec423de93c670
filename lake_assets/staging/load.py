"""Bring one file into staging, and find the reason of every record that did not get there.

The records of a file are numbered by staging's identity column, which goes on counting over those that COPY
leaves out; so the gaps tell which records the server refused, and a second reading of the object tells why.
Moving the rows on belongs to `main.load`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import psycopg
from psycopg import sql

from lake_assets.checks.recount import Recount
from lake_assets.exceptions import CountMismatch, LakeError
from lake_assets.lake.dialect import Dialect
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.records import BadRecord, Block, Record, read_blocks, read_records
from lake_assets.lake.s3 import Lake
from lake_assets.postgres import SOFT_COPY_SERVER, statement
from lake_assets.staging.columns import StagingPlan
from lake_assets.staging.rejects import Reject, create_rejects, set_aside

BATCH = 500  # records asked about at once: a few thousand values, far below a message's limit
BAD_BYTES = 8 * 2**20  # bytes of bad records held in memory before they are handed on


@dataclass(frozen=True)
class StagedFile:
    """A file that is in staging.

    Attributes:
        records: what the recount found in the object's bytes.
        quarantined: records that were handed to quarantine.
        nuls: NUL bytes that were replaced or stripped.
    """

    records: int
    quarantined: int
    nuls: int


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
        lake: where the object lies; it is read once, and once more if the server refused a record.
        plan: the staging table's columns.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan

    def load(self, file: LakeObject, ordinal: int, dialect: Dialect, chunks: Iterable[bytes]) -> StagedFile:
        """Bring a file's good records into staging and its bad ones into quarantine.

        Args:
            file: the object, as it was listed.
            ordinal: its number within this load, from 1.
            dialect: how it is to be read.
            chunks: its raw bytes.

        Raises:
            CountMismatch: loader, server and recount do not agree on the number of records.
            LakeError: the object changed, vanished or is damaged.
        """
        recount = Recount(dialect)
        read = self._copy(file, ordinal, dialect, read_blocks(_tee(chunks, recount), dialect))
        counted = recount.finish()
        self._compare(file, read, counted)
        refused = self._take_out_refused(ordinal, read)
        if refused:
            self._explain(file, dialect, refused)
        return StagedFile(counted, len(read.holes) + len(refused), read.nuls)

    def _copy(self, file: LakeObject, ordinal: int, dialect: Dialect, blocks: Iterator[Block]) -> "_Read":
        begin = statement(__package__, "begin_file", ordinal=sql.Literal(ordinal))
        self.connection.execute(begin)
        copy_sql = statement(
            __package__,
            "copy_soft" if supports_soft_copy(self.connection) else "copy_text",
            columns=self.plan.copy_columns(dialect.columns, op=dialect.op),
            delimiter=sql.Literal(dialect.delimiter),
            null=sql.Literal(dialect.null),
        )
        read = _Read()
        for block in blocks:
            bad: list[BadRecord] = []
            with self.connection.cursor() as cursor:
                with cursor.copy(copy_sql) as copy:
                    for part in chain([block], blocks):
                        copy.write(part.data)
                        read.add(part)
                        bad.extend(part.bad)
                        if sum(len(record.raw) for record in bad) > BAD_BYTES:
                            break
                read.staged += cursor.rowcount
            if bad:
                set_aside(
                    self.connection,
                    (Reject(file.key, record.number, record.raw, record.reason) for record in bad),
                )
        return read

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

    def _take_out_refused(self, ordinal: int, read: "_Read") -> list[int]:
        refused: list[int] = []
        if read.staged < read.records:
            values = {"records": read.records, "ordinal": ordinal}
            rows = self.connection.execute(statement(__package__, "left_out"), values)
            refused = [number for (number,) in rows]
        if read.holes:
            values_out = {"numbers": read.holes, "ordinal": ordinal}
            self.connection.execute(statement(__package__, "take_out_records"), values_out)
        take_out = statement(__package__, "take_out_uncastable", castable=self.plan.castable)
        rows = self.connection.execute(take_out, {"ordinal": ordinal})
        return sorted([*refused, *(number for (number,) in rows)])

    def _explain(self, file: LakeObject, dialect: Dialect, refused: Sequence[int]) -> None:
        records = read_records(self.lake.open(file), dialect, refused)
        found = 0
        while batch := list(islice(records, BATCH)):
            found += len(batch)
            set_aside(self.connection, self._reasons(file, dialect, batch))
        if found != len(refused):
            raise LakeError(
                f"{self.lake.url(file)} gave {found} of {len(refused)} refused records when it was read "
                "again. Load the hour again."
            )

    def _reasons(self, file: LakeObject, dialect: Dialect, batch: list[Record]) -> list[Reject]:
        cells = {record.number: self._cells(dialect, record) for record in batch}
        asked = [
            (number, ordinal, column.type, value)
            for number, row in cells.items()
            for ordinal, column in enumerate(self.plan.columns)
            if (value := row.get(column.file_column)) is not None and not column.is_bytes
        ]
        columns = [list(column) for column in zip(*asked, strict=True)] or [[], [], [], []]
        values = dict(zip(("records", "ordinals", "types", "values"), columns, strict=True))
        rows = self.connection.execute(statement(__package__, "explain_values"), values)
        faults = {number: (ordinal, message, code) for number, ordinal, message, code in rows}
        return [self._reason(file, dialect, record, cells[record.number], faults) for record in batch]

    def _cells(self, dialect: Dialect, record: Record) -> dict[str, str | None]:
        return dict(zip(dialect.columns, record.cells[1:] if dialect.op else record.cells, strict=True))

    def _reason(
        self,
        file: LakeObject,
        dialect: Dialect,
        record: Record,
        cells: dict[str, str | None],
        faults: dict[int, tuple[int, str, str]],
    ) -> Reject:
        if record.number in faults:
            ordinal, message, sqlstate = faults[record.number]
            column = self.plan.columns[ordinal]
            value = cells[column.file_column]
            return Reject(file.key, record.number, record.raw, message, column.name, value, sqlstate)
        if dialect.op and record.cells[0] not in (None, "I"):
            reason = (
                f"Op {record.cells[0]!r} in a table that only takes inserts: set `load: merge` in the catalog"
            )
            return Reject(file.key, record.number, record.raw, reason, "Op", record.cells[0])
        for column in self.plan.columns:
            value = cells.get(column.file_column)
            if column.is_bytes and value is not None and not is_hexadecimal(value):
                reason = "binary data must be pairs of hexadecimal digits"
                return Reject(file.key, record.number, record.raw, reason, column.name, value, "22023")
        return Reject(
            file.key, record.number, record.raw, "the warehouse refused the record without naming a value"
        )


@dataclass
class _Read:
    """What the loader's own reader has seen of a file so far."""

    records: int = 0
    staged: int = 0
    nuls: int = 0

    def __post_init__(self) -> None:
        self.holes: list[int] = []

    def add(self, block: Block) -> None:
        self.records += block.records
        self.nuls += block.nuls
        self.holes.extend(record.number for record in block.bad)


def is_hexadecimal(cell: str) -> bool:
    r"""Tell whether a cell is binary data as DMS writes it: hex pairs, bare or after `\x` or `0x`."""
    digits = cell.removeprefix("\\x").removeprefix("0x")
    return len(digits) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in digits)


def _tee(chunks: Iterable[bytes], recount: Recount) -> Iterator[bytes]:
    for chunk in chunks:
        recount.feed(chunk)
        yield chunk
