"""Records that COPY refused because of their JSON, put back into staging where it could be mended.

What is mended, and how, belongs to `load.staging.json_mend`; which records were refused to
`load.staging.copy_rejects`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, starmap

import psycopg
from psycopg import sql

from lake_assets.load.staging.columns import Reading, StagingPlan
from lake_assets.load.staging.file_copy import StagedFile
from lake_assets.load.staging.json_mend import Mended, mend
from lake_assets.load.staging.savepoints import Refusal, attempt
from lake_assets.postgres import statement, type_name
from lake_assets.states.facts import Fact

Cells = Mapping[str, str | None]

KEEP = "keep"  # `json` holds an escaped NUL, which `jsonb` cannot
NOTHING = Mended("")


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
        connection: the session that holds the staging table.
        plan: the staging table's columns.
        file: the file.
        mended: what was mended in the records that were put back.
    """

    connection: psycopg.Connection
    plan: StagingPlan
    file: StagedFile
    mended: Counter[str] = field(default_factory=Counter)

    def value(self, reading: Reading, cells: Cells) -> str | None:
        """Give the text that a column of staging is to read: the cell, mended if it is JSON that needs it."""
        text = cells.get(reading.file_column)
        return text if text is None else self._mend(reading, text).text

    def mend(self, number: int, op: str | None, cells: Cells) -> "MendedRecord | None":
        """Mend a record, or give None where nothing of it needs to be.

        Args:
            number: the record's number in its file.
            op: its `Op` cell.
            cells: its cells as they stand in the file.
        """
        readings = self.plan.readings
        given = [self.value(reading, cells) for reading in readings]
        if given == [cells.get(reading.file_column) for reading in readings]:
            return None
        return MendedRecord(number, op, cells, given)

    def put_back(self, mended: Sequence["MendedRecord"]) -> dict[int, Refusal]:
        """Put mended records back into staging; give those refused all the same, by their numbers."""
        if not mended:
            return {}
        put = attempt(self.connection, lambda: self._restage(mended))
        if not isinstance(put, Refusal):
            for record in mended:
                self._count(record.cells)
            return {}
        if len(mended) == 1:
            return {mended[0].number: put}
        return dict(chain.from_iterable(self.put_back([record]).items() for record in mended))

    def _restage(self, mended: Sequence["MendedRecord"]) -> None:
        readings = self.plan.readings
        restage = statement(
            __package__,
            "restage",
            columns=sql.SQL(", ").join(sql.Identifier(reading.staged_as) for reading in readings),
            values=sql.SQL(", ").join(starmap(_cast, enumerate(readings, 1))),
        )
        records = [
            {"file": self.file.ordinal, "record": each.number, "op": each.op, "given": each.given}
            for each in mended
        ]
        with self.connection.cursor() as cursor:
            cursor.executemany(restage, records)

    def _count(self, cells: Cells) -> None:
        self.mended["records"] += 1
        readings = self.plan.readings
        # A cell that is read in two ways holds what was mended once.
        found: dict[str, Counter[str]] = {}
        for reading in readings:
            text = cells.get(reading.file_column)
            mended = self._mend(reading, text) if text else NOTHING
            of_cell = Counter(nuls=mended.nuls, not_finite=mended.not_finite)
            found[reading.file_column] = found.get(reading.file_column, Counter()) | of_cell
        for of_cell in found.values():
            self.mended.update(of_cell)

    def notes(self) -> Iterator[Fact]:
        """Yield what was mended."""
        key = self.file.file.key
        nuls, not_finite = self.mended["nuls"], self.mended["not_finite"]
        if nuls:
            yield Fact.of("json_nuls", key=key, count=nuls, policy=self.file.dialect.nul)
        if not_finite:
            yield Fact.of("json_not_finite", key=key, count=not_finite)

    def _mend(self, reading: Reading, text: str) -> Mended:
        if not reading.is_json:
            return Mended(text)
        return mend(text, self.file.dialect.nul if reading.is_jsonb else KEEP)


def _cast(number: int, reading: Reading) -> sql.Composed:
    given = sql.SQL("given[{}]").format(sql.Literal(number))
    return sql.SQL("{}::{}").format(given, type_name(reading.type)) if reading.early else given
