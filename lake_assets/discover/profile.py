"""What the cells of one column have in common, gathered block by block in a few counters.

What one cell looks like is `classes`' business; which column the cells belong to is `survey`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lake_assets.discover.classes import (
    OTHER,
    QUOTED,
    TEXT,
    block_pattern,
    class_of,
    survives_as_double,
    type_of,
)
from lake_assets.discover.tree import Documents, is_stranger

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
        if nulls := cells.count(NULL):
            self.nulls += nulls
            numbers = [number for cell, number in zip(cells, numbers, strict=True) if cell != NULL]
            cells = [cell for cell in cells if cell != NULL]
        values = [cell for cell in cells if cell not in SPECIAL]
        if len(values) < len(cells):
            self._absorb_bare(cells, numbers, file)
        if values and self._are_documents(values):
            self._absorb_documents(values, cells, numbers, file)
        elif values:
            self.documents = None
        self.cells += len(values)
        self._absorb_distinct(values)
        if (
            values
            and not self.documents
            and OTHER not in self.examples
            and not self._is_more_of_the_same(values)
        ):
            self._classify(cells, numbers, file)

    def _are_documents(self, values: Sequence[str]) -> bool:
        """Count the unmatched among some cells; tell whether they all are still few."""
        if self.cells and self.documents is None:
            return False
        self.unmatched += sum(map(is_stranger, values))
        return 2 * self.unmatched <= self.cells + len(values)

    def _absorb_documents(
        self, values: Sequence[str], cells: Sequence[str], numbers: Sequence[int], file: str
    ) -> None:
        self.documents = self.documents or Documents()
        places = [place for place, cell in enumerate(cells) if cell not in SPECIAL]
        for place, kept in self.documents.absorb(values):
            value = values[place]
            kind = "json" if kept else class_of(value) if is_stranger(value) else OTHER
            if kind not in self.examples:
                self.examples[kind] = Example(value.removeprefix(QUOTED), numbers[places[place]], file)

    def _absorb_bare(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        for text in SPECIAL:
            if count := cells.count(text):
                self.bare[text] = self.bare.get(text, 0) + count
                if text not in self.first_bare:
                    self.first_bare[text] = Example(text, numbers[cells.index(text)], file)

    def _absorb_distinct(self, values: Sequence[str]) -> None:
        if self.distinct is not None:
            self.distinct.update(map(hash, values))
            if len(self.distinct) != self.cells or self.cells > MOST_VALUES:
                self.distinct = None

    def _is_more_of_the_same(self, values: Sequence[str]) -> bool:
        if self.examples.keys() == {"scientific"}:
            return all(map(survives_as_double, values))
        pattern = block_pattern(frozenset(self.examples))
        return pattern is not None and pattern.fullmatch("\0".join(values) + "\0") is not None

    def _classify(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        known: set[str] = set(SPECIAL)
        for index, cell in enumerate(cells):
            if cell in known:
                continue
            known.add(cell)
            kind = OTHER if cell.startswith(QUOTED) else class_of(cell)
            if kind not in self.examples:
                self.examples[kind] = Example(cell.removeprefix(QUOTED), numbers[index], file)
                if kind == OTHER:
                    return

    def joined(self, other: "ColumnProfile") -> "ColumnProfile":
        """Give what is known of both; of two examples that of the first is kept."""
        distinct = None
        if self.distinct is not None and other.distinct is not None:
            distinct = self.distinct | other.distinct
            if len(distinct) != self.cells + other.cells or len(distinct) > MOST_VALUES:
                distinct = None
        bare = {text: self.bare.get(text, 0) + other.bare.get(text, 0) for text in SPECIAL}
        return ColumnProfile(
            other.examples | self.examples,
            {text: count for text, count in bare.items() if count},
            other.first_bare | self.first_bare,
            self.cells + other.cells,
            distinct,
            self.nulls + other.nulls,
            self.declared if self.declared == other.declared else None,
            self._joined_documents(other),
            self.unmatched + other.unmatched,
        )

    def _joined_documents(self, other: "ColumnProfile") -> Documents | None:
        if self.documents and other.documents:
            return self.documents.joined(other.documents)
        found = [profile.documents for profile in (self, other) if profile.cells]
        return found[0] if len(found) == 1 else None

    def moved(self, records: int) -> "ColumnProfile":
        """Give the same with every record's number so much higher."""
        examples, first_bare = (
            {name: found._replace(record=found.record + records) for name, found in known.items()}
            for known in (self.examples, self.first_bare)
        )
        return replace(self, examples=examples, first_bare=first_bare)

    def type_with(self, null: str) -> str:
        """Give the narrowest type that keeps every cell.

        Args:
            null: the unquoted cell that means NULL.
        """
        if self.bare.keys() - {null}:
            return TEXT
        if self.declared and (not self.examples or self.declared in AS_DECLARED):
            return self.declared
        scanned = type_of(self.examples.keys())
        return TEXT if self.declared == TEXT and scanned not in TOLD_BY_TEXT else scanned

    def is_unique(self, null: str) -> bool:
        """Tell whether each record has a cell of its own here."""
        return self.distinct is not None and self.cells > 0 and not self.nulls and null not in self.bare
