"""Take the records that cannot become rows of main out of staging, and find the reason of each.

The records of a file are numbered by staging's identity column, which goes on counting over those that COPY
leaves out; so the gaps tell which records the server refused, and a second reading of the object tells why.
Bringing files into staging belongs to `load.staging.file_copy`, records that only main refuses to
`load.insert_rejects`.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psycopg import sql

from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.hexadecimal import is_hexadecimal
from lake_assets.load.staging.json_mend import depth_of, why_cut
from lake_assets.load.staging.json_repair import Cells, Repairs, cells_of
from lake_assets.load.staging.savepoints import Refused, Stretch, bisect, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.readers.blocks import BadRecord, Record

BATCH = 500  # records asked about at once: a few thousand values
BATCH_BYTES = 8 * 2**20  # and what they may hold together, far below a message's limit

TOO_DEEP = "54001"
INVALID_VALUE = "22023"
UNNAMED = "the warehouse refused the record without naming a value"

Faults = dict[int, tuple[int, str, str]]  # by record: the place of the column at fault, message, SQLSTATE


@dataclass(frozen=True)
class CopyRejects:
    """Parts good from bad in a staging table that holds all files of a load.

    Attributes:
        staging: the staging.
        notes: what a person should know is added here.
        known: records whose reason is known already, by the file's ordinal and their number.
    """

    staging: Staging
    notes: list[str] = field(default_factory=list)
    known: dict[tuple[int, int], BadRecord] = field(default_factory=dict)

    def set_aside(self, copied: Sequence[CopiedFile]) -> list[int]:
        """Leave in staging what becomes a row of main, and set everything else aside.

        It is done for all files together, for each look at staging reads the whole of it.

        Args:
            copied: the files, in the order of their ordinals.

        Returns:
            For each file, how many of its records are set aside.

        Raises:
            LakeError: an object changed or vanished since it was read.
        """
        for file in copied:
            self._remember(file, file.refused)
            self._remember(file, file.relative_times)
        rejected = self._find(copied)
        counts = []
        for file in copied:
            numbers = rejected[file.ordinal]
            put_back = self._explain(file, numbers) if numbers else 0
            counts.append(file.placeholders + len(numbers) - put_back)
        return counts

    def take_out(self, file: CopiedFile, refused: Mapping[int, BadRecord]) -> None:
        """Set records of a file aside that main refused after all, given by their numbers."""
        self._remember(file, refused)
        self.staging.take_out(file.ordinal, refused)
        self._explain(file, sorted(refused))

    def _remember(self, file: CopiedFile, refused: Mapping[int, BadRecord]) -> None:
        for number, record in refused.items():
            self.known[file.ordinal, number] = record

    def _find(self, copied: Sequence[CopiedFile]) -> dict[int, "array[int]"]:
        """Find the records that are no rows of main, and take them out of staging.

        Returns:
            For each file, by its ordinal, their numbers, ascending.
        """
        stretches = self._left_out(copied)
        if any(file.placeholders for file in copied):
            keys = {"keys": [file.key for file in copied]}
            self.staging.connection.execute(statement(__package__, "take_out_placeholders"), keys)
        for file in copied:
            if file.relative_times:
                gone = self.staging.take_out(file.ordinal, file.relative_times)
                stretches += [Stretch(file.ordinal, number, number) for number in gone]
        stretches += self._uncastable(copied)
        rejected = {file.ordinal: array("q") for file in copied}
        for ordinal, first, last in sorted(stretches):
            rejected[ordinal].extend(range(first, last + 1))
        return rejected

    def _left_out(self, copied: Sequence[CopiedFile]) -> list[Stretch]:
        """Find what COPY has left out; it may have left out placeholders too, where a type refuses NULL."""
        with_gaps = [file for file in copied if file.left_out]
        if not with_gaps:
            return []
        values = {
            "ordinals": [file.ordinal for file in with_gaps],
            "records": [file.records for file in with_gaps],
            "keys": [file.key for file in with_gaps],
        }
        rows = self.staging.connection.execute(statement(__package__, "left_out"), values)
        return [Stretch(*row) for row in rows]

    def _uncastable(self, copied: Sequence[CopiedFile]) -> list[Stretch]:
        """Find what cannot be cast, and take it out; also the records that cannot even be asked about."""
        castable = self.staging.plan.castable(op=any(file.dialect.op for file in copied))
        if castable is None:
            return []
        try:
            return self._take_out_uncastable(castable, EVERYTHING)
        except Refused:
            self.staging.index()
        found: list[Stretch] = []

        def look_at(part: Stretch) -> None:
            found.extend(self._take_out_uncastable(castable, part.within))

        whole = [Stretch(file.ordinal, 1, file.records) for file in copied if file.records]
        for stretch, refused in bisect(whole, look_at):
            number = stretch.first
            self.known[stretch.ordinal, number] = refused.bad_record(number)
            self.staging.take_out(stretch.ordinal, [number])
            found.append(stretch)
        return found

    def _take_out_uncastable(self, castable: sql.Composed, within: sql.Composable) -> list[Stretch]:
        take_out = statement(__package__, "take_out_uncastable", castable=castable, within=within)
        with savepoint(self.staging.connection):
            rows = self.staging.connection.execute(take_out).fetchall()
        return [Stretch(*row) for row in rows]

    def _explain(self, file: CopiedFile, numbers: Sequence[int]) -> int:
        """Set records aside with their reasons; return how many could be mended and put back instead."""
        repairs = Repairs(self.staging, file)
        for batch in _batches(self.staging.read_again(file, numbers)):
            self.staging.reject(file.key, self._judge(repairs, batch))
        self.notes.extend(repairs.notes())
        return repairs.mended["records"]

    def _judge(self, repairs: Repairs, batch: Sequence[Record]) -> list[BadRecord]:
        """Put back what can be mended; return the others, with the reason of each."""
        file = repairs.file
        cells: dict[int, Cells] = {}
        for record in batch:
            if (file.ordinal, record.number) not in self.known:
                cells[record.number] = cells_of(file.dialect, record)
        faults = self._faults(repairs, cells)
        rejects, mended = [], []
        for record in batch:
            reject = self._reject(file, record, cells.get(record.number), faults)
            if reject is not None:
                rejects.append(reject)
                continue
            again = repairs.mend(record, cells[record.number])
            if again is not None:
                mended.append(again)
            else:
                rejects.append(self._with_bytes(file, record, _unnamed(record.number)))
        refused = repairs.put_back(mended)
        still_bad = [record for record in batch if record.number in refused]
        rejects += [self._with_bytes(file, record, refused[record.number]) for record in still_bad]
        return rejects

    def _reject(
        self, file: CopiedFile, record: Record, cells: Cells | None, faults: Faults
    ) -> BadRecord | None:
        """Return what is wrong with a record; None if nothing is, once its JSON is mended."""
        if cells is None:
            return self._with_bytes(file, record, self.known[file.ordinal, record.number])
        if record.number in faults:
            return self._with_fault(record, cells, *faults[record.number])
        if file.dialect.op and record.cells[0] not in self.staging.plan.ops:
            return self._with_op(record)
        return self._with_broken_bytes(record, cells)

    def _faults(self, repairs: Repairs, cells: Mapping[int, Cells]) -> Faults:
        """Ask the server which value of each record is none of its type; no answer where asking fails."""
        try:
            with savepoint(self.staging.connection):
                return self._ask(repairs, cells)
        except Refused:
            if len(cells) == 1:
                return {}
        faults: Faults = {}
        for number, row in cells.items():
            faults |= self._faults(repairs, {number: row})
        return faults

    def _ask(self, repairs: Repairs, cells: Mapping[int, Cells]) -> Faults:
        asked: dict[str, list[object]] = {"records": [], "ordinals": [], "types": [], "values": []}
        needed = [item for item in enumerate(self.staging.plan.readings) if item[1].is_needed]
        for number, row in cells.items():
            for ordinal, reading in needed:
                value = repairs.value(reading, row)
                if value is not None:
                    asked["records"].append(number)
                    asked["ordinals"].append(ordinal)
                    asked["types"].append(reading.type)
                    asked["values"].append(value)
        rows = self.staging.connection.execute(statement(__package__, "explain_values"), asked)
        return {number: (ordinal, message, sqlstate) for number, ordinal, message, sqlstate in rows}

    def _with_bytes(self, file: CopiedFile, record: Record, known: BadRecord) -> BadRecord:
        """Return a record whose reason is known, with its bytes and, where that can be told, the column."""
        if known.sqlstate != TOO_DEEP or known.column_name is not None:
            return replace(known, raw=record.raw)
        column, value = self._deepest(cells_of(file.dialect, record))
        return replace(known, raw=record.raw, column_name=column, value=value)

    def _deepest(self, cells: Cells) -> tuple[str | None, str | None]:
        """Return the column whose JSON is nested deepest, and its text; None twice where there is no JSON."""
        column, value = None, None
        deepest = -1
        for reading in self.staging.plan.readings:
            if reading.is_json:
                text = cells.get(reading.file_column) or ""
                depth = depth_of(text)
                if depth > deepest:
                    deepest, column, value = depth, reading.column, text
        return column, value

    def _with_fault(
        self, record: Record, cells: Cells, ordinal: int, message: str, sqlstate: str
    ) -> BadRecord:
        """Return a record with a value that is none of its type."""
        reading = self.staging.plan.readings[ordinal]
        value = cells[reading.file_column]
        cut = why_cut(value) if value and reading.is_json else None
        return BadRecord(
            number=record.number,
            raw=record.raw,
            reason=cut or message,
            sqlstate=sqlstate,
            column_name=reading.column,
            value=value,
        )

    def _with_op(self, record: Record) -> BadRecord:
        """Return a record with an `Op` that the table does not take."""
        op = record.cells[0] or ""
        return BadRecord(
            number=record.number,
            raw=record.raw,
            reason=f"Op {op!r} in a table that only takes inserts (I)",
            column_name="Op",
            value=op,
        )

    def _with_broken_bytes(self, record: Record, cells: Cells) -> BadRecord | None:
        """Return a record with a cell that is no binary data where some is due; None without such a cell."""
        for column in self.staging.plan.cells:
            value = cells.get(column.file_column)
            if column.is_bytes and value is not None and not is_hexadecimal(value):
                return BadRecord(
                    number=record.number,
                    raw=record.raw,
                    reason="binary data must be pairs of hexadecimal digits",
                    sqlstate=INVALID_VALUE,
                    column_name=column.name,
                    value=value,
                )
        return None


def _unnamed(number: int) -> BadRecord:
    return BadRecord(number=number, raw=b"", reason=UNNAMED)


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
