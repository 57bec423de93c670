"""The staging of one load: the temporary table that all files of a table-hour are copied into.

It is made once, for a plan that knows every column of every file, and goes with the transaction. How a file
is copied belongs to `load.staging.file_copy`; which records are taken out again, and why, to
`load.staging.copy_rejects` and `load.staging.document_rejects`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Lossy, Table
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.load.staging.columns import StagingPlan, plan_staging
from lake_assets.load.staging.document_expressions import ServerType, resolve_types
from lake_assets.load.staging.documents import EVERYTHING, opened_staging
from lake_assets.load.staging.losses import Losses, know_types
from lake_assets.load.staging.rejects import count_rejected, create_rejects, set_aside
from lake_assets.load.staging.staged_children import StagedChild, plan_children
from lake_assets.postgres import SOFT_COPY_SERVER, statement
from lake_assets.readers.blocks import BadRecord, Record
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_records

UPDATES_AND_DELETES = ("U", "D")


@dataclass(frozen=True)
class CopiedFile:
    """A file that is in staging, but for the records that COPY left out.

    Attributes:
        file: the object, as it was listed.
        ordinal: its number within the load, from 1.
        dialect: how it was read.
        encoding: of its text, byte order told.
        beginning: what stands before its first record: byte order mark and header.
        records: how many it has: loader, server and recount agree.
        placeholders: how many were not well-formed; they are set aside, and staging holds their places.
        left_out: how many records COPY left out.
        nuls: NUL bytes that were replaced or stripped.
        refused: of the records left out, those over which COPY itself failed, by their numbers.
        relative_times: records with a word read off the clock, by their numbers; staging holds their places.
        losses: the cells that their types would change.
    """

    file: LakeObject
    ordinal: int
    dialect: Dialect
    encoding: str
    beginning: bytes
    records: int
    placeholders: int
    left_out: int
    nuls: int
    refused: Mapping[int, BadRecord]
    relative_times: Mapping[int, BadRecord]
    losses: Losses

    @property
    def key(self) -> str:
        """The file's key, whole, as in S3."""
        return self.file.key


@dataclass(frozen=True)
class Staging:
    """The temporary tables of one load: the staged records, and those set aside.

    Attributes:
        connection: the session that holds them, in the load's transaction.
        lake: where the files lie.
        plan: the columns.
        children: the child tables that documents are opened into.
        soft_copy: the server's COPY can leave out a record (PostgreSQL 17 and later).
        lossy: what becomes of a record with a value that its type would change.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan
    children: tuple[StagedChild, ...]
    soft_copy: bool
    lossy: Lossy = "quarantine"

    def create(self) -> None:
        """Create the temporary tables."""
        columns = sql.SQL(", ").join(self.plan.definitions)
        self.connection.execute(statement(__package__, "create_staging", columns=columns))
        create_rejects(self.connection)

    @cached_property
    def columns(self) -> Mapping[str, sql.Composable]:
        """The expression of each column of main, of what `rows` gives."""
        return self.plan.values

    def rows(self, within: sql.Composable = EVERYTHING) -> sql.Composable:
        """Return what the rows of main are selected from.

        Args:
            within: no document is read but those of staged records for which this is true.
        """
        return opened_staging(self.plan.documents, self.plan.nodes, within)

    def read_again(self, file: CopiedFile, numbers: Sequence[int]) -> Iterator[Record]:
        """Return records as they stand in their file, which is read once more.

        Args:
            file: the file.
            numbers: the records' numbers, ascending; they must be well-formed.

        Raises:
            LakeError: the object changed or vanished since it was copied.
        """
        return read_records(self.lake.open(file.file), file.dialect, numbers)

    def reject(self, key: str, records: Iterable[BadRecord]) -> None:
        """Set records aside that cannot be loaded, until the load knows its end.

        Args:
            key: their file's key.
            records: the records, with their bytes.
        """
        set_aside(self.connection, key, records)

    def count_changes(self) -> int:
        """Return how many records are set aside because they are updates or deletes."""
        return count_rejected(self.connection, UPDATES_AND_DELETES)

    def take_out(self, ordinal: int, numbers: Iterable[int]) -> list[int]:
        """Take single records of a file out.

        Args:
            ordinal: the file's number within the load.
            numbers: the records' numbers.

        Returns:
            The numbers of those that were there.
        """
        values = {"ordinal": ordinal, "records": list(numbers)}
        rows = self.connection.execute(statement(__package__, "take_out_records"), values)
        return [number for (number,) in rows]

    def index(self) -> None:
        """Let single records be found fast, for they are about to be asked for."""
        self.connection.execute(statement(__package__, "index_staging"))

    def drop_rejected(self, files: Sequence[CopiedFile], counts: Mapping[int, int]) -> Mapping[int, int]:
        """Return how many rows went with the records that were set aside: each was one, and has left."""
        del files
        return counts


def create_staging(
    connection: psycopg.Connection, lake: Lake, table: Table, extra: Sequence[str], *, ops: frozenset[str]
) -> Staging:
    """Plan the staging of a load, and create it.

    Args:
        connection: a session in the load's transaction.
        lake: where the files lie.
        table: the table as the catalog has it.
        extra: the columns of the files that the catalog does not name.
        ops: the letters of `Op` whose records are taken.

    Raises:
        LoadError: the files or the catalog ask for columns that cannot be.
    """
    soft_copy = connection.info.server_version >= SOFT_COPY_SERVER
    types: dict[str, ServerType] = {}
    known = know_types(connection, table.all_types, table.files.dates)
    if table.document_columns:
        types = resolve_types(connection, table.opened_types, known, table.lossy)
    plan = plan_staging(table, extra, soft_copy=soft_copy, ops=ops, types=types, known=known)
    children = plan_children(table, plan, types)
    staging = Staging(
        connection=connection,
        lake=lake,
        plan=plan,
        children=children,
        soft_copy=soft_copy,
        lossy=table.lossy,
    )
    staging.create()
    return staging
