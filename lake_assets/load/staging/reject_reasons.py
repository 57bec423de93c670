"""Why records cannot be loaded: each is read again from its file, and what is wrong is found out, or mended.

Which records these are is found by `load.staging.copy_rejects`; what of their JSON is mended belongs to
`load.staging.json_repair`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from lake_assets.load.staging.cast_losses import is_day_or_month_first, sentence
from lake_assets.load.staging.hexadecimal import is_hexadecimal
from lake_assets.load.staging.json_mend import depth_of, why_cut
from lake_assets.load.staging.json_repair import Cells, MendedRecord, Repairs, cells_of
from lake_assets.load.staging.losses import Loss
from lake_assets.load.staging.rejects import OP_COLUMN
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.readers.blocks import BadRecord, Record
from lake_assets.readers.dialect import OP_LETTERS

TOO_DEEP = "54001"
INVALID_VALUE = "22023"
WHY_NO_CHANGES = (
    "this table takes inserts (I) alone; updates and deletes need `load: merge` and a `key`, "
    "which this version does not load yet"
)
UNNAMED = "the warehouse refused the record without naming a value"


class Fault(NamedTuple):
    """A value that is none of its type, as `explain_values` names it.

    Attributes:
        record: the record's number in its file.
        reading: the place among the plan's readings.
        message: what PostgreSQL says of it.
        sqlstate: PostgreSQL's code.
    """

    record: int
    reading: int
    message: str
    sqlstate: str


Faults = Mapping[int, Fault]  # by the record's number


@dataclass(frozen=True)
class RejectReasons:
    """Finds the reasons of the rejected records of one file.

    Attributes:
        staging: the staging.
        file: the file.
        known: records whose reason is known already, by their numbers.
    """

    staging: Staging
    file: CopiedFile
    known: Mapping[int, BadRecord]

    @cached_property
    def repairs(self) -> Repairs:
        """What mends the records that can be mended, and counts them."""
        return Repairs(self.staging, self.file)

    def judge(self, batch: Sequence[Record]) -> list[BadRecord]:
        """Put records back into staging that can be mended.

        Args:
            batch: the records, as they stand in the file.

        Returns:
            The others, with the reason of each.
        """
        rejects: list[BadRecord] = []
        cells: dict[int, Cells] = {}
        for record in batch:
            known = self.known.get(record.number)
            loss = self._loss_of(record)
            if known is not None:
                rejects.append(self._with_bytes(record, known))
            elif loss is not None:
                rejects.append(self._with_loss(record, loss))
            else:
                cells[record.number] = cells_of(self.file.dialect, record)
        faults = self._ask_for_faults(cells)
        mended: list[MendedRecord] = []
        for record in batch:
            if record.number in cells:
                self._judge_record(record, cells[record.number], faults, rejects, mended)
        rejects += self._put_back(mended, batch)
        return rejects

    def _judge_record(
        self,
        record: Record,
        cells: Cells,
        faults: Faults,
        rejects: list[BadRecord],
        mended: list[MendedRecord],
    ) -> None:
        """Add a record to those that are rejected or to those that are mended."""
        reject = self._reject(record, cells, faults.get(record.number))
        if reject is not None:
            rejects.append(reject)
            return
        again = self.repairs.mend(record, cells)
        if again is not None:
            mended.append(again)
        else:
            rejects.append(BadRecord(number=record.number, raw=record.raw, reason=UNNAMED))

    def _put_back(self, mended: Sequence[MendedRecord], batch: Sequence[Record]) -> list[BadRecord]:
        """Put mended records back into staging; return those that are refused all the same."""
        refused = self.repairs.put_back(mended)
        again = [record for record in batch if record.number in refused]
        return [self._with_bytes(record, refused[record.number]) for record in again]

    def _reject(self, record: Record, cells: Cells, fault: Fault | None) -> BadRecord | None:
        """Return what is wrong with a record; None if nothing is, once its JSON is mended."""
        if fault is not None:
            return self._with_fault(record, cells, fault)
        if self.file.dialect.op and not self._takes(record.cells[0]):
            return _with_op(record)
        return self._with_broken_bytes(record, cells)

    def _takes(self, op: str | None) -> bool:
        """Return whether the table takes a record of this `Op`; nothing in a full load is an insert."""
        if self.file.file.kind == "full" and not op:
            return True
        return op in self.staging.plan.ops

    def _ask_for_faults(self, cells: Mapping[int, Cells]) -> Faults:
        """Ask the server which value of each record is none of its type; no answer where asking fails."""
        try:
            with savepoint(self.staging.connection):
                return self._ask(cells)
        except Refused:
            if len(cells) == 1:
                return {}
        faults: dict[int, Fault] = {}
        for number, row in cells.items():
            faults |= self._ask_for_faults({number: row})
        return faults

    def _ask(self, cells: Mapping[int, Cells]) -> Faults:
        asked: dict[str, list[object]] = {"records": [], "ordinals": [], "types": [], "values": []}
        needed = [item for item in enumerate(self.staging.plan.readings) if item[1].is_needed]
        for number, row in cells.items():
            for ordinal, reading in needed:
                value = self.repairs.value(reading, row)
                if value is not None:
                    asked["records"].append(number)
                    asked["ordinals"].append(ordinal)
                    asked["types"].append(reading.type)
                    asked["values"].append(value)
        rows = self.staging.connection.execute(statement(__package__, "explain_values"), asked)
        faults = (Fault(*row) for row in rows)
        return {fault.record: fault for fault in faults}

    def _with_bytes(self, record: Record, known: BadRecord) -> BadRecord:
        """Return a record whose reason is known, with its bytes and, where that can be told, the column."""
        if known.sqlstate != TOO_DEEP or known.column_name is not None:
            return replace(known, raw=record.raw)
        column, value = self._deepest(cells_of(self.file.dialect, record))
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

    def _loss_of(self, record: Record) -> Loss | None:
        """Return what a cell of a record would lose, where that keeps it out of main."""
        if self.staging.lossy == "allow":
            return None
        return self.file.losses.of(record.number)

    def _with_loss(self, record: Record, loss: Loss) -> BadRecord:
        """Return a record with a cell that its type would change."""
        column = self.staging.plan.by_file_column[loss.column]
        value = cells_of(self.file.dialect, record)[loss.column]
        return BadRecord(
            number=record.number,
            raw=record.raw,
            reason=sentence(loss.code, column.name, column.type, value),
            column_name=column.name,
            value=value,
        )

    def _with_fault(self, record: Record, cells: Cells, fault: Fault) -> BadRecord:
        """Return a record with a value that is none of its type."""
        reading = self.staging.plan.readings[fault.reading]
        value = cells[reading.file_column]
        cut = why_cut(value) if value and reading.is_json else None
        if is_day_or_month_first(value, fault.sqlstate):
            cut = sentence("order", reading.column, reading.type, value)
        return BadRecord(
            number=record.number,
            raw=record.raw,
            reason=cut or fault.message,
            sqlstate=fault.sqlstate,
            column_name=reading.column,
            value=value,
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


def _with_op(record: Record) -> BadRecord:
    """Return a record with an `Op` that the table does not take."""
    op = record.cells[0] or ""
    is_known = op in OP_LETTERS["cdc"]
    return BadRecord(
        number=record.number,
        raw=record.raw,
        reason=f"Op {op!r}: {WHY_NO_CHANGES if is_known else 'none of I, U and D'}",
        column_name=OP_COLUMN,
        value=op,
    )
