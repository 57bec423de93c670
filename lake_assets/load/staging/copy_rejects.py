"""Take the records that cannot become rows of main out of staging, and find the reason of each.

The records of a file are numbered by staging's identity column, which goes on counting over those that COPY
leaves out; so the gaps tell which records the server refused, and a second reading of the object tells why.
Bringing files into staging belongs to `load.staging.file_copy`, moving the rows on to `load.hour`.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import psycopg
from psycopg import sql

from lake_assets.lake.s3 import Lake
from lake_assets.load.staging.columns import StagingPlan
from lake_assets.load.staging.file_copy import StagedFile
from lake_assets.load.staging.json_mend import depth_of, why_cut
from lake_assets.load.staging.json_repair import Cells, Repairs
from lake_assets.load.staging.rejects import Reject, set_aside
from lake_assets.load.staging.savepoints import Refusal, Stretch, attempt, halve, within
from lake_assets.postgres import statement
from lake_assets.readers.blocks import Record
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_records
from lake_assets.states.facts import Fact

BATCH = 500  # records asked about at once: a few thousand values
BATCH_BYTES = 8 * 2**20  # and what they may hold together, far below a message's limit

TOO_DEEP = "54001"
UNNAMED = Refusal("the warehouse refused the record without naming a value")

Faults = dict[int, tuple[int, str, str]]  # by record: the place of the column at fault, message, SQLSTATE


@dataclass(frozen=True)
class CopyRejects:
    """Parts good from bad in a staging table that holds all files of a load.

    Attributes:
        connection: the session that holds the staging table.
        lake: where the files lie; those of which the server refused a record are read once more.
        plan: the staging table's columns.
        refusals: why the server ended a statement over a record, by the file's ordinal and its number.
        notes: what a person should know is added here.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan
    refusals: dict[tuple[int, int], Refusal] = field(default_factory=dict)
    notes: list[Fact] = field(default_factory=list)

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
        put_back: dict[int, int] = {}
        for file in staged:
            if refused[file.ordinal]:
                put_back[file.ordinal] = self._explain(file, refused[file.ordinal])
        return [
            file.placeholders + len(refused[file.ordinal]) - put_back.get(file.ordinal, 0) for file in staged
        ]

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

    def _explain(self, staged: StagedFile, refused: Sequence[int]) -> int:
        """Set refused records aside with their reasons; give how many could be mended and put back."""
        repairs = Repairs(self.connection, self.plan, staged)
        for batch in _batches(read_records(self.lake.open(staged.file), staged.dialect, refused)):
            set_aside(self.connection, self._settle(repairs, batch))
        self.notes.extend(repairs.notes())
        return repairs.mended["records"]

    def _settle(self, repairs: Repairs, batch: list[Record]) -> list[Reject]:
        """Put back what can be mended; give the others, with the reason of each."""
        staged = repairs.file
        unknown = {
            record.number: self._cells(staged.dialect, record)
            for record in batch
            if (staged.ordinal, record.number) not in self.refusals
        }
        faults = self._faults(repairs, unknown)
        rejects, mended = [], []
        for record in batch:
            cells = unknown.get(record.number)
            if cells is None:
                rejects.append(self._refused(staged, record, self.refusals[staged.ordinal, record.number]))
            elif reject := self._reject(staged, record, cells, faults.get(record.number)):
                rejects.append(reject)
            elif again := repairs.mend(record.number, _op_of(staged.dialect, record), cells):
                mended.append(again)
            else:
                rejects.append(self._refused(staged, record, UNNAMED))
        refused = repairs.put_back(mended)
        return rejects + [
            self._refused(staged, record, refused[record.number])
            for record in batch
            if record.number in refused
        ]

    def _faults(self, repairs: Repairs, cells: Mapping[int, Cells]) -> Faults:
        """Ask the server which value of each record is none of its type; no answer where asking fails."""
        found = attempt(self.connection, lambda: self._ask(repairs, cells))
        if not isinstance(found, Refusal):
            return found
        if len(cells) == 1:
            return {}
        return dict(chain.from_iterable(self._faults(repairs, {n: row}).items() for n, row in cells.items()))

    def _ask(self, repairs: Repairs, cells: Mapping[int, Cells]) -> Faults:
        asked = [
            (number, ordinal, reading.type, value)
            for number, row in cells.items()
            for ordinal, reading in enumerate(self.plan.readings)
            if reading.needed and (value := repairs.value(reading, row)) is not None
        ]
        columns = [list(column) for column in zip(*asked, strict=True)] or [[], [], [], []]
        values = dict(zip(("records", "ordinals", "types", "values"), columns, strict=True))
        rows = self.connection.execute(statement(__package__, "explain_values"), values)
        return {number: (ordinal, message, code) for number, ordinal, message, code in rows}

    def _refused(self, staged: StagedFile, record: Record, why: Refusal) -> Reject:
        """Set a record aside over which the server ended a statement, mostly without a word of the column."""
        column, value = why.column_name, why.value
        if why.sqlstate == TOO_DEEP and column is None:
            cells = self._cells(staged.dialect, record)
            texts = [
                (cells.get(reading.file_column) or "", reading.column)
                for reading in self.plan.readings
                if reading.is_json
            ]
            value, column = max(texts, key=lambda text: depth_of(text[0]), default=(None, None))
        return Reject(staged.file.key, record.number, record.raw, why.reason, column, value, why.sqlstate)

    def _cells(self, dialect: Dialect, record: Record) -> Cells:
        return dict(zip(dialect.columns, record.cells[1:] if dialect.op else record.cells, strict=True))

    def _reject(
        self, staged: StagedFile, record: Record, cells: Cells, fault: tuple[int, str, str] | None
    ) -> Reject | None:
        """Say what is wrong with a record; None if nothing is, once its JSON is mended."""
        key, number, raw = staged.file.key, record.number, record.raw
        if fault is not None:
            ordinal, message, sqlstate = fault
            reading = self.plan.readings[ordinal]
            value = cells[reading.file_column]
            cut = why_cut(value) if value and reading.is_json else None
            return Reject(key, number, raw, cut or message, reading.column, value, sqlstate)
        if staged.dialect.op and record.cells[0] != "I":
            op = record.cells[0] or ""
            return Reject(key, number, raw, f"Op {op!r} in a table that only takes inserts (I)", "Op", op)
        for column in self.plan.cells:
            value = cells.get(column.file_column)
            if column.is_bytes and value is not None and not is_hexadecimal(value):
                reason = "binary data must be pairs of hexadecimal digits"
                return Reject(key, number, raw, reason, column.name, value, "22023")
        return None


def _op_of(dialect: Dialect, record: Record) -> str | None:
    return record.cells[0] if dialect.op else None


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
