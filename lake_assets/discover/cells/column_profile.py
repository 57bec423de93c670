"""What the cells of one column have in common, gathered block by block in a few counters.

What one cell looks like is `cell_classes`' business; which column the cells belong to is `survey`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lake_assets.discover.cells.cell_classes import (
    OTHER,
    QUOTED,
    TEXT,
    block_pattern,
    class_of,
    is_of_dms,
    type_of,
)
from lake_assets.discover.cells.json_tree import Documents, is_stranger

MARKERS = ("NULL", "\\N")
"""What may stand for NULL beside the empty cell: DMS's default (guide, CsvNullValue) and MySQL's own."""

SPECIAL = frozenset({"", *MARKERS})
NULL = QUOTED + QUOTED
"""Stands for a NULL that no text stands for, as in JSON lines and Parquet."""
AS_DECLARED = frozenset({"double precision", "bytea"})  # of which cells cannot tell more than the schema
TOLD_BY_TEXT = frozenset({"jsonb", "uuid"})  # all else that the schema calls text is meant to be text
MOST_VALUES = 200_000  # told apart at most: some 20 MB, and then nothing is said of a key


class Example(NamedTuple):
    """A cell, and where it stands."""

    value: str
    record: int
    file: str


@dataclass
class ColumnProfile:
    """What is known of the cells of one column.

    Attributes:
        examples: the first cell of each class that was seen.
        bare: how often each unquoted text stands that may mean NULL.
        first_bare: the first of them.
        cells: how many other cells there are.
        distinct: hashes of the other cells, while all differ and they are few; None from then on.
        nulls: how many NULLs there are that no text stands for.
        declared: the type that a Parquet file's schema asks for; None where only the cells tell it.
        documents: what the cells hold as long as most begin as JSON objects and arrays do; None otherwise.
        unmatched: how many of those cells do not begin so.
    """

    examples: dict[str, Example] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    first_bare: dict[str, Example] = field(default_factory=dict)
    cells: int = 0
    distinct: set[int] | None = None
    nulls: int = 0
    declared: str | None = None
    documents: Documents | None = None
    unmatched: int = 0

    def absorb(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        """Take in some cells.

        Args:
            cells: their values; `QUOTED` stands before those that mean NULL only without quotes.
            numbers: their record numbers.
            file: the file's name.
        """
        nulls = cells.count(NULL)
        if nulls:
            self.nulls += nulls
            numbers = [number for cell, number in zip(cells, numbers, strict=True) if cell != NULL]
            cells = [cell for cell in cells if cell != NULL]
        values = [cell for cell in cells if cell not in SPECIAL]
        if len(values) < len(cells):
            self._absorb_bare(cells, numbers, file)
        if values:
            self._absorb_values(values, cells, numbers, file)

    def _absorb_values(
        self, values: Sequence[str], cells: Sequence[str], numbers: Sequence[int], file: str
    ) -> None:
        """Take in cells of which the values are those that mean no NULL."""
        if self._are_documents(values):
            self._absorb_documents(values, cells, numbers, file)
        else:
            self.documents = None
        self.cells += len(values)
        self._absorb_distinct(values)
        if self.documents is None and not self._is_more_of_the_same(values):
            self._classify(cells, numbers, file)

    def _are_documents(self, values: Sequence[str]) -> bool:
        """Count the unmatched among some cells; return whether they all are still few."""
        if self.cells and self.documents is None:
            return False
        self.unmatched += sum(map(is_stranger, values))
        return 2 * self.unmatched <= self.cells + len(values)

    def _absorb_documents(
        self, values: Sequence[str], cells: Sequence[str], numbers: Sequence[int], file: str
    ) -> None:
        if self.documents is None:
            self.documents = Documents()
        places = [place for place, cell in enumerate(cells) if cell not in SPECIAL]
        for place, kept in self.documents.absorb(values):
            value = values[place]
            kind = _class_in_documents(value, kept=kept)
            self._keep_example(kind, value, numbers[places[place]], file)

    def _keep_example(self, kind: str, cell: str, record: int, file: str) -> None:
        """Keep a cell as the example of its class, if it is the first."""
        if kind not in self.examples:
            self.examples[kind] = Example(value=cell.removeprefix(QUOTED), record=record, file=file)

    def _absorb_bare(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        for text in SPECIAL:
            count = cells.count(text)
            if not count:
                continue
            self.bare[text] = self.bare.get(text, 0) + count
            if text not in self.first_bare:
                record = numbers[cells.index(text)]
                self.first_bare[text] = Example(value=text, record=record, file=file)

    def _absorb_distinct(self, values: Sequence[str]) -> None:
        if self.distinct is not None:
            self.distinct.update(map(hash, values))
            self.distinct = _while_all_differ(self.distinct, self.cells)

    def _is_more_of_the_same(self, values: Sequence[str]) -> bool:
        """Return whether a look at each cell would tell nothing new."""
        if OTHER in self.examples:  # nothing else can make the column's type odder
            return True
        if self.examples.keys() == {"scientific"}:
            return all(map(is_of_dms, values))
        pattern = block_pattern(frozenset(self.examples))
        return pattern is not None and pattern.fullmatch("\0".join(values) + "\0") is not None

    def _classify(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        """Look at each cell that is not like one before it, until one is of no class."""
        known: set[str] = set(SPECIAL)
        for index, cell in enumerate(cells):
            if cell in known:
                continue
            known.add(cell)
            kind = OTHER if cell.startswith(QUOTED) else class_of(cell)
            self._keep_example(kind, cell, numbers[index], file)
            if kind == OTHER:
                return

    def joined(self, other: "ColumnProfile") -> "ColumnProfile":
        """Return what is known of both; of two examples that of the first is kept."""
        cells = self.cells + other.cells
        distinct = None
        if self.distinct is not None and other.distinct is not None:
            distinct = _while_all_differ(self.distinct | other.distinct, cells)
        return ColumnProfile(
            examples=other.examples | self.examples,
            bare=_sums(self.bare, other.bare),
            first_bare=other.first_bare | self.first_bare,
            cells=cells,
            distinct=distinct,
            nulls=self.nulls + other.nulls,
            declared=self.declared if self.declared == other.declared else None,
            documents=self._joined_documents(other),
            unmatched=self.unmatched + other.unmatched,
        )

    def _joined_documents(self, other: "ColumnProfile") -> Documents | None:
        if self.documents and other.documents:
            return self.documents.joined(other.documents)
        if self.cells and other.cells:
            return None
        if self.cells:
            return self.documents
        return other.documents

    def moved(self, records: int) -> "ColumnProfile":
        """Return the same with every record's number so much higher."""
        return replace(
            self, examples=_moved(self.examples, records), first_bare=_moved(self.first_bare, records)
        )

    def type_with(self, null: str) -> str:
        """Return the narrowest type that keeps every cell.

        Args:
            null: the unquoted cell that means NULL.
        """
        if self.bare.keys() - {null}:
            return TEXT
        if self.declared and (not self.examples or self.declared in AS_DECLARED):
            return self.declared
        scanned = type_of(self.examples.keys())
        is_meant_as_text = self.declared == TEXT and scanned not in TOLD_BY_TEXT
        if is_meant_as_text:
            return TEXT
        return scanned

    def is_unique(self, null: str) -> bool:
        """Return whether each record has a cell of its own here."""
        return self.distinct is not None and self.cells > 0 and not self.nulls and null not in self.bare


def _class_in_documents(value: str, *, kept: bool) -> str:
    """Return the class of a cell among documents; `kept`: jsonb gives it back."""
    if kept:
        return "json"
    if is_stranger(value):
        return class_of(value)
    return OTHER


def _while_all_differ(distinct: set[int], cells: int) -> set[int] | None:
    """Return the hashes of so many cells as long as all differ and they are few."""
    if len(distinct) == cells <= MOST_VALUES:
        return distinct
    return None


def _sums(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    sums = {text: first.get(text, 0) + second.get(text, 0) for text in SPECIAL}
    return {text: count for text, count in sums.items() if count}


def _moved(examples: Mapping[str, Example], records: int) -> dict[str, Example]:
    return {kind: example._replace(record=example.record + records) for kind, example in examples.items()}
