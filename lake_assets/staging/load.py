"""Bring one file into staging, and see that no record is lost on the way.

Finding the records that the server refused, and the reason of each, belongs to `staging.sift`; moving the
rows on to `main.hour`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import psycopg
from psycopg import sql

from lake_assets.exceptions import CountMismatch
from lake_assets.lake.blocks import BadRecord, Block
from lake_assets.lake.dialect import Dialect
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.records import read_blocks
from lake_assets.lake.s3 import Lake
from lake_assets.postgres import SOFT_COPY_SERVER, statement
from lake_assets.recount import Recount
from lake_assets.staging.columns import StagingPlan
from lake_assets.staging.rejects import Reject, create_rejects, set_aside

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
    """

    file: LakeObject
    ordinal: int
    dialect: Dialect
    records: int
    placeholders: int
    left_out: int
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
        recount = Recount(dialect)
        read = self._copy(file, ordinal, dialect, read_blocks(_tee(chunks, recount), dialect))
        counted = recount.finish()
        self._compare(file, read, counted)
        left_out = read.records - read.staged
        return StagedFile(file, ordinal, dialect, counted, read.bad, left_out, read.nuls)

    def _copy(self, file: LakeObject, ordinal: int, dialect: Dialect, blocks: Iterator[Block]) -> "_Read":
        begin = statement(__package__, "begin_file", ordinal=sql.Literal(ordinal))
        self.connection.execute(begin)
        copy_sql = statement(
            __package__,
            "copy_soft" if supports_soft_copy(self.connection) else "copy_text",
            columns=self.plan.copy_columns(dialect.columns, op=dialect.op),
            delimiter=sql.Literal(dialect.delimiter),
            null=sql.Literal(dialect.null),
            # An Op that is empty must not pass for that of a file without the column.
            op=sql.SQL(", FORCE_NOT_NULL (_lake_op)" if dialect.op else ""),
        )
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


@dataclass
class _Read:
    """What the loader's own reader has seen of a file so far."""

    records: int = 0
    staged: int = 0
    nuls: int = 0
    bad: int = 0

    def add(self, block: Block) -> None:
        self.records += block.records
        self.nuls += block.nuls
        self.bad += len(block.bad)


def _tee(chunks: Iterable[bytes], recount: Recount) -> Iterator[bytes]:
    for chunk in chunks:
        recount.feed(chunk)
        yield chunk
