"""Take the records that cannot become rows of main out of staging, and find the reason of each.

The records of a file are numbered by staging's identity column, which goes on counting over those that COPY
leaves out; so the gaps tell which records the server refused, and a second reading of the object tells why.
Bringing files into staging belongs to `staging.load`, moving the rows on to `main.hour`.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import psycopg
from psycopg import sql

from lake_assets.exceptions import LakeError
from lake_assets.lake.blocks import Record
from lake_assets.lake.dialect import Dialect
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.records import read_records
from lake_assets.lake.s3 import Lake
from lake_assets.postgres import statement
from lake_assets.staging.careful import Refusal, Stretch, attempt, halve, within
from lake_assets.staging.columns import StagingPlan
from lake_assets.staging.load import StagedFile
from lake_assets.staging.rejects import Reject, set_aside

BATCH = 500  # records asked about at once: a few thousand values
BATCH_BYTES = 8 * 2**20  # and what they may hold together, far below a message's limit

Faults = dict[int, tuple[int, str, str]]  # by record: the place of the column at fault, message, SQLSTATE


@dataclass(frozen=True)
class Sieve:
    """Parts good from bad in a staging table that holds all files of a load.

    Attributes:
        connection: the session that holds the staging table.
        lake: where the files lie; those of which the server refused a record are read once more.
        plan: the staging table's columns.
        refusals: why the server ended a statement over a record, by the file's ordinal and its number.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan
    refusals: dict[tuple[int, int], Refusal] = field(default_factory=dict)

    def sift(self, staged: Sequence[StagedFile]) -> list[int]:
        """Leave in staging what becomes a row of main, and set everything else aside.

        It is done for all files together, for each look at staging reads the whole of it.

        Args:
            staged: the files, in the order of their ordinals.

        Returns:
            For each file, how many of its records are set aside.

        Raises:
            LakeError: an object changed or vanished since it was read.
        """
        for file in staged:
            self._keep(file.ordinal, {**file.refusals, **file.clocked})
        refused = {file.ordinal: array("q") for file in staged}
        for ordinal, first, last in sorted(chain(self._left_out(staged), self._uncastable(staged))):
            refused[ordinal].extend(range(first, last + 1))
        for file in staged:
            if refused[file.ordinal]:
                self._explain(file, refused[file.ordinal])
        return [file.placeholders + len(refused[file.ordinal]) for file in staged]

    def take_out(self, file: StagedFile, refusals: Mapping[int, Refusal]) -> None:
        """Set aside records that main refused after all, given by their numbers."""
        self._keep(file.ordinal, refusals)
        self._take_out(file.ordinal, refusals)
        self._explain(file, sorted(refusals))

    def index(self) -> None:
        """Let single records be found fast, for they are about to be asked for."""
        self.connection.execute(statement(__package__, "index_staging"))

    def _keep(self, ordinal: int, refusals: Mapping[int, Refusal]) -> None:
        self.refusals.update({(ordinal, number): why for number, why in refusals.items()})

    def _take_out(self, ordinal: int, records: Iterable[int]) -> None:
        values = {"ordinal": ordinal, "records": list(records)}
        self.connection.execute(statement(__package__, "take_out_records"), values)

    def _left_out(self, staged: Sequence[StagedFile]) -> Iterator[Stretch]:
        """Find what COPY has left out; it may have left out placeholders too, where a type refuses NULL."""
        with_gaps = [file for file in staged if file.left_out]
        if with_gaps:
            values = {
                "ordinals": [file.ordinal for file in with_gaps],
                "records": [file.records for file in with_gaps],
                "keys": [file.file.key for file in with_gaps],
            }
            yield from self.connection.execute(statement(__package__, "left_out"), values)

    def _uncastable(self, staged: Sequence[StagedFile]) -> Iterator[Stretch]:
        """Take the placeholders out, then what cannot be cast."""
        if any(file.placeholders for file in staged):
            keys = {"keys": [file.file.key for file in staged]}
            self.connection.execute(statement(__package__, "take_out_placeholders"), keys)
        for file in staged:
            if file.clocked:
                self._take_out(file.ordinal, file.clocked)
                yield from ((file.ordinal, number, number) for number in file.clocked)
        castable = self.plan.castable(op=any(file.dialect.op for file in staged))
        if castable is None:
            return
        everything = self._take_out_uncastable(castable, sql.SQL("true"))
        if not isinstance(everything, Refusal):
            yield from everything
            return
        self.index()
        whole = ((file.ordinal, 1, file.records) for file in staged if file.records)
        for stretch, found in halve(whole, lambda part: self._take_out_uncastable(castable, within(part))):
            if isinstance(found, Refusal):
                ordinal, record, _ = stretch
                self._keep(ordinal, {record: found})
                self._take_out(ordinal, [record])
                yield stretch
            else:
                yield from found

    def _take_out_uncastable(self, castable: sql.Composed, where: sql.Composable) -> list[Stretch] | Refusal:
        take_out = statement(__package__, "take_out_uncastable", castable=castable, within=where)
        return attempt(self.connection, lambda: self.connection.execute(take_out).fetchall())

    def _explain(self, staged: StagedFile, refused: Sequence[int]) -> None:
        file, dialect = staged.file, staged.dialect
        found = 0
        for batch in _batches(read_records(self.lake.open(file), dialect, refused)):
            found += len(batch)
            set_aside(self.connection, self._reasons(staged, batch))
        if found != len(refused):
            raise LakeError(
                f"{self.lake.url(file)} gave {found} of {len(refused)} refused records when it was read "
                "again. Load the hour again."
            )

    def _reasons(self, staged: StagedFile, batch: list[Record]) -> list[Reject]:
        cells = {record.number: self._cells(staged.dialect, record) for record in batch}
        faults = self._faults(cells)
        return [
            self._refused(staged, record)
            or self._reason(staged.file, staged.dialect, record, cells[record.number], faults)
            for record in batch
        ]

    def _faults(self, cells: Mapping[int, dict[str, str | None]]) -> Faults:
        """Ask the server which value of each record is none of its type; no answer where asking fails."""
        found = attempt(self.connection, lambda: self._ask(cells))
        if not isinstance(found, Refusal):
            return found
        if len(cells) == 1:
            return {}
        return dict(chain.from_iterable(self._faults({n: row}).items() for n, row in cells.items()))

    def _ask(self, cells: Mapping[int, dict[str, str | None]]) -> Faults:
        asked = [
            (number, ordinal, column.type, value)
            for number, row in cells.items()
            for ordinal, column in enumerate(self.plan.columns)
            if (value := row.get(column.file_column)) is not None and not column.is_bytes
        ]
        columns = [list(column) for column in zip(*asked, strict=True)] or [[], [], [], []]
        values = dict(zip(("records", "ordinals", "types", "values"), columns, strict=True))
        rows = self.connection.execute(statement(__package__, "explain_values"), values)
        return {number: (ordinal, message, code) for number, ordinal, message, code in rows}

    def _refused(self, staged: StagedFile, record: Record) -> Reject | None:
        why = self.refusals.get((staged.ordinal, record.number))
        if why is None:
            return None
        return Reject(
            staged.file.key,
            record.number,
            record.raw,
            why.reason,
            why.column_name,
            why.value,
            why.sqlstate,
        )

    def _cells(self, dialect: Dialect, record: Record) -> dict[str, str | None]:
        return dict(zip(dialect.columns, record.cells[1:] if dialect.op else record.cells, strict=True))

    def _reason(
        self,
        file: LakeObject,
        dialect: Dialect,
        record: Record,
        cells: dict[str, str | None],
        faults: Faults,
    ) -> Reject:
        if record.number in faults:
            ordinal, message, sqlstate = faults[record.number]
            column = self.plan.columns[ordinal]
            value = cells[column.file_column]
            return Reject(file.key, record.number, record.raw, message, column.name, value, sqlstate)
        if dialect.op and record.cells[0] != "I":
            op = record.cells[0] or ""
            reason = f"Op {op!r} in a table that only takes inserts (I)"
            return Reject(file.key, record.number, record.raw, reason, "Op", op)
        for column in self.plan.columns:
            value = cells.get(column.file_column)
            if column.is_bytes and value is not None and not is_hexadecimal(value):
                reason = "binary data must be pairs of hexadecimal digits"
                return Reject(file.key, record.number, record.raw, reason, column.name, value, "22023")
        return Reject(
            file.key, record.number, record.raw, "the warehouse refused the record without naming a value"
        )


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    held = 0
    for record in records:
        batch.append(record)
        held += len(record.raw)
        if len(batch) == BATCH or held > BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def is_hexadecimal(cell: str) -> bool:
    r"""Tell whether a cell is binary data as DMS writes it: hex pairs, bare or after `\x` or `0x`."""
    digits = cell.removeprefix("\\x").removeprefix("0x")
    return len(digits) % 2 == 0 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
