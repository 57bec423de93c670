"""The cells of a load that their types would change: asked of the server, kept by their records' numbers.

What is a loss is told by `load.staging.cast_losses`, which cells are asked about by `readers.suspects`;
values inside documents are judged where they are opened (`load.staging.document_expressions`).
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg import sql

from lake_assets.catalog.models import DateOrder
from lake_assets.load.staging.cast_losses import KnownType, LossCode
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.postgres import statement, type_name

MOST_ASKED = 20_000  # cells that are held until the server is asked about them

# Whatever these read they keep, or change by declaration; most columns have one of them.
_HARMLESS = frozenset({"text", "boolean", "uuid", "json", "jsonb", "bytea"})


class AskedCell(NamedTuple):
    """A cell that the server is asked about.

    Attributes:
        record: the number of its record.
        column: the column of the file.
        text: what it says.
    """

    record: int
    column: str
    text: str


class Loss(NamedTuple):
    """What a cell would lose."""

    column: str
    code: LossCode


@dataclass
class Losses:
    """The cells of one file that lose something, in as little memory as they can be kept in.

    Attributes:
        records: the numbers of their records, ascending; a number stands once for each of its cells.
        kinds: for each, the place among `known`.
        known: what cells lose, each once.
    """

    records: "array[int]" = field(default_factory=lambda: array("q"))
    kinds: "array[int]" = field(default_factory=lambda: array("h"))
    known: dict[Loss, int] = field(default_factory=dict)

    def add(self, record: int, loss: Loss) -> None:
        """Keep what a cell loses; its record comes behind those that are there."""
        self.records.append(record)
        self.kinds.append(self.known.setdefault(loss, len(self.known)))

    def of(self, record: int) -> Loss | None:
        """Return what the first cell of a record loses; None of a record that loses nothing."""
        place = bisect_left(self.records, record)
        if place == len(self.records) or self.records[place] != record:
            return None
        return list(self.known)[self.kinds[place]]

    def counts(self, without: Collection[int]) -> Mapping[str, int]:
        """Return how many cells of each column of the file lose something.

        Args:
            without: the numbers of records that are not counted.
        """
        set_aside = frozenset(without)
        found: Counter[int] = Counter()
        for record, kind in zip(self.records, self.kinds, strict=True):
            found[kind] += record not in set_aside
        columns: Counter[str] = Counter()
        for loss, kind in self.known.items():
            columns[loss.column] += found[kind]
        return {column: count for column, count in columns.items() if count}


def know_types(
    connection: psycopg.Connection, declared: Iterable[str], dates: DateOrder
) -> dict[str, KnownType]:
    """Return the types that can lose something of a text, by what is declared.

    Args:
        connection: a session.
        declared: types that are there.
        dates: the order of dates that are not written year first.
    """
    asked = sorted({each for each in declared if each.strip().lower() not in _HARMLESS})
    if not asked:
        return {}
    nulls = [sql.SQL("NULL::{}").format(type_name(each)) for each in asked]
    described = connection.execute(statement(__package__, "describe_types", nulls=sql.SQL(", ").join(nulls)))
    columns = described.description or ()
    result = described.pgresult
    values = {
        "oids": [column.type_code for column in columns],
        "modifiers": [result.fmod(place) if result else -1 for place in range(len(columns))],
    }
    rows = connection.execute(statement(__package__, "know_types"), values).fetchall()
    types = {}
    for each, (name, modifier, is_array, inner) in zip(asked, rows, strict=True):
        known = KnownType(
            declared=each, name=name, modifier=modifier, is_array=is_array, inner=inner, dates=dates
        )
        if known.can_lose:
            types[each] = known
    return types


def ask_for_losses(
    connection: psycopg.Connection, cells: Sequence[AskedCell], types: Mapping[str, KnownType]
) -> list[tuple[int, Loss]]:
    """Ask the server which cells lose something.

    Args:
        connection: the session of the load.
        cells: the cells.
        types: the type of each column of the file.

    Returns:
        The numbers of their records, ascending, with what is lost.
    """
    texts = sorted({(cell.column, cell.text) for cell in cells})
    codes = _ask(connection, texts, types)
    found = []
    for cell in sorted(cells):
        code = codes.get((cell.column, cell.text))
        if code is not None:
            found.append((cell.record, Loss(cell.column, code)))
    return found


def _ask(
    connection: psycopg.Connection, texts: Sequence[tuple[str, str]], types: Mapping[str, KnownType]
) -> dict[tuple[str, str], LossCode]:
    """Ask about texts, each with its column."""
    if not texts:
        return {}
    columns = sorted({column for column, _ in texts})
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(place), types[column].soft_loss(sql.SQL("given.value")))
        for place, column in enumerate(columns)
    ]
    values = {
        "columns": [columns.index(column) for column, _ in texts],
        "values": [text for _, text in texts],
    }
    ask = statement(__package__, "find_losses", cases=sql.SQL(" ").join(cases))
    try:
        with savepoint(connection):
            rows = connection.execute(ask, values).fetchall()
    except Refused:
        if len(texts) == 1:
            return {texts[0]: "unsure"}
        middle = len(texts) // 2
        return _ask(connection, texts[:middle], types) | _ask(connection, texts[middle:], types)
    return {texts[place - 1]: code for place, code in rows}
