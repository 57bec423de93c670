"""Records that COPY refused because of their JSON, put back into staging where it could be mended.

What is mended, and how, belongs to `load.staging.json_mend`; which records were refused to
`load.staging.copy_rejects`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from lake_assets.load.staging.columns import Reading
from lake_assets.load.staging.json_mend import Mended, mend
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement, type_name
from lake_assets.readers.blocks import BadRecord, Record
from lake_assets.readers.dialect import Dialect
from lake_assets.states.facts import Fact

Cells = Mapping[str, str | None]

KEEP = "keep"  # `json` holds an escaped NUL, which `jsonb` cannot


def cells_of(dialect: Dialect, record: Record) -> Cells:
    """Return a record's cells by the columns of its file, without `Op`."""
    cells = record.cells[1:] if dialect.op else record.cells
    return dict(zip(dialect.columns, cells, strict=True))


@dataclass(frozen=True)
class MendedRecord:
    """A record on its way back into staging.

    Attributes:
        number: its number in its file.
        op: its `Op` cell.
        cells: its cells as they stand in the file.
        given: the text that each column of staging is to read.
    """

    number: int
    op: str | None
    cells: Cells
    given: Sequence[str | None]


@dataclass(frozen=True)
class Repairs:
    """Mends the JSON cells of one file's refused records.

    Attributes:
        staging: the staging.
        file: the file.
        mended: what was mended in the records that were put back.
    """

    staging: Staging
    file: CopiedFile
    mended: Counter[str] = field(default_factory=Counter)

    def value(self, reading: Reading, cells: Cells) -> str | None:
        """Return the text that a column of staging is to read: the cell, or its JSON mended."""
        text = cells.get(reading.file_column)
        if text is None:
            return None
        return self._mend(reading, text).text

    def mend(self, record: Record, cells: Cells) -> MendedRecord | None:
        """Mend a record.

        Args:
            record: the record.
            cells: its cells as they stand in the file.

        Returns:
            The record, or None where nothing of it needs to be mended.
        """
        readings = self.staging.plan.readings
        given = [self.value(reading, cells) for reading in readings]
        if given == [cells.get(reading.file_column) for reading in readings]:
            return None
        op = record.cells[0] if self.file.dialect.op else None
        return MendedRecord(number=record.number, op=op, cells=cells, given=given)

    def put_back(self, mended: Sequence[MendedRecord]) -> dict[int, BadRecord]:
        """Put mended records back into staging.

        Returns:
            Those that are refused all the same, by their numbers.
        """
        if not mended:
            return {}
        try:
            with savepoint(self.staging.connection):
                self._restage(mended)
        except Refused as refused:
            if len(mended) == 1:
                number = mended[0].number
                return {number: refused.bad_record(number)}
        else:
            for record in mended:
                self._count(record.cells)
            return {}
        bad: dict[int, BadRecord] = {}
        for record in mended:
            bad |= self.put_back([record])
        return bad

    def _restage(self, mended: Sequence[MendedRecord]) -> None:
        readings = self.staging.plan.readings
        columns = [sql.Identifier(reading.staged_as) for reading in readings]
        values = [_value_of_given(number, reading) for number, reading in enumerate(readings, 1)]
        restage = statement(
            __package__,
            "restage",
            columns=sql.SQL(", ").join(columns),
            values=sql.SQL(", ").join(values),
        )
        records = [
            {"file": self.file.ordinal, "record": each.number, "op": each.op, "given": each.given}
            for each in mended
        ]
        with self.staging.connection.cursor() as cursor:
            cursor.executemany(restage, records)

    def _count(self, cells: Cells) -> None:
        """Count what was mended in a record."""
        self.mended["records"] += 1
        # A cell that is read in two ways holds what was mended once.
        found: dict[str, Counter[str]] = {}
        for reading in self.staging.plan.readings:
            text = cells.get(reading.file_column)
            if not text:
                continue
            mended = self._mend(reading, text)
            before = found.get(reading.file_column, Counter())
            found[reading.file_column] = before | Counter(nuls=mended.nuls, not_finite=mended.not_finite)
        for of_cell in found.values():
            self.mended.update(of_cell)

    def notes(self) -> Iterator[Fact]:
        """Yield what is to be noted of the mended records."""
        nuls, not_finite = self.mended["nuls"], self.mended["not_finite"]
        if nuls:
            yield Fact.of("json_nuls", key=self.file.key, count=nuls, policy=self.file.dialect.nul)
        if not_finite:
            yield Fact.of("json_not_finite", key=self.file.key, count=not_finite)

    def _mend(self, reading: Reading, text: str) -> Mended:
        if not reading.is_json:
            return Mended(text)
        return mend(text, self.file.dialect.nul if reading.is_jsonb else KEEP)


def _value_of_given(number: int, reading: Reading) -> sql.Composed:
    given = sql.SQL("given[{}]").format(sql.Literal(number))
    if not reading.is_typed:
        return given
    return sql.SQL("{}::{}").format(given, type_name(reading.type))
