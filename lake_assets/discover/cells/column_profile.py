"""What the cells of one column have in common, gathered block by block in a few counters.

What one cell looks like is `cell_classes`' business; which column the cells belong to is `survey`'s.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lake_assets.discover.cells.cell_classes import (
    OTHER,
    QUOTED,
    TEXT,
    block_pattern,
    class_of,
    is_of_dms,
)
from lake_assets.discover.cells.json_tree import Documents, is_stranger
from lake_assets.discover.cells.misfits import (
    ENOUGH,
    MOST_MISFITS,
    NearestType,
    are_too_many,
    nearest_of_classes,
    nearest_type,
)

MARKERS = ("NULL", "\\N", "null", "(null)", "(NULL)", "<NULL>", "<null>", "[NULL]")
"""What may stand for NULL beside the empty cell: DMS's default (guide, CsvNullValue) and what tools write."""

SPECIAL = frozenset({"", *MARKERS})
_QUOTED_MARKERS = frozenset(QUOTED + marker for marker in MARKERS)
NULL = QUOTED + QUOTED
"""Stands for a NULL that no text stands for, as in JSON lines and Parquet."""
AS_DECLARED = frozenset({"double precision", "bytea"})  # of which cells cannot tell more than the schema
MOST_VALUES = 200_000  # told apart at most: some 20 MB, and then nothing is said of a key


class Example(NamedTuple):
    """A cell, and where it stands: the key of its file, and the record's number."""

    value: str
    record: int
    file: str


class TypeRules(NamedTuple):
    """What a type is chosen by beside the cells.

    Attributes:
        null: the unquoted cell that means NULL.
        most_misfits: the part of a column's cells below which those that keep it from a type are for
            quarantine.
    """

    null: str
    most_misfits: float = MOST_MISFITS


@dataclass
class ColumnProfile:
    """What is known of the cells of one column.

    Attributes:
        examples: the first cell of each class that was seen.
        counts: how many cells are of each class; those of a block that tells nothing new count for one class.
        is_text: so many cells keep it from any type that no more are looked at.
        quoted: texts that may mean NULL and stand in quotes.
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
    counts: Counter[str] = field(default_factory=Counter)
    is_text: bool = False
    quoted: set[str] = field(default_factory=set)
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
            file: the file's key.
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
        self.quoted.update(cell.removeprefix(QUOTED) for cell in _QUOTED_MARKERS.intersection(values))
        if self._are_documents(values):
            self._absorb_documents(values, cells, numbers, file)
        elif self.documents is not None:
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
        self.counts["json"] += len(values)
        for place, kept in self.documents.absorb(values):
            value = values[place]
            kind = _class_in_documents(value, kept=kept)
            self._keep_example(kind, value, numbers[places[place]], file)
            if not kept:
                self.counts["json"] -= 1
                self.counts[kind] += 1

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
        """Return whether a look at each cell would tell nothing new; count the cells if so."""
        if self.is_text:
            return True
        known = self.examples.keys() - self._misfits()
        if not known or not _are_of(known, values):
            return False
        usual = max(known, key=self.counts.__getitem__)
        self.counts[usual] += len(values)
        return True

    def _misfits(self) -> frozenset[str]:
        """Return the classes of the few cells that keep the column from its nearest type."""
        nearest = nearest_type(self.counts)
        if nearest is None or are_too_many(nearest.count, self.counts.total()):
            return frozenset()
        return nearest.misfits

    def _classify(self, cells: Sequence[str], numbers: Sequence[int], file: str) -> None:
        """Look at each cell that is not like one before it."""
        known: dict[str, str] = {}
        for cell, number in zip(cells, numbers, strict=True):
            if cell in SPECIAL:
                continue
            if cell not in known:
                known[cell] = _class_of(cell)
                self._keep_example(known[cell], cell, number, file)
            self.counts[known[cell]] += 1
            if self.counts[OTHER] == ENOUGH:
                self._give_up()
                if self.is_text:
                    return
        self._give_up()

    def _give_up(self) -> None:
        """Look no further where only text holds the cells, or too many of them keep it from a type."""
        if OTHER in self.examples:  # nothing else can make the column odder
            nearest = nearest_type(self.counts)
            self.is_text = nearest is None or are_too_many(nearest.count, self.counts.total())

    def joined(self, other: "ColumnProfile") -> "ColumnProfile":
        """Return what is known of both; of two examples that of the first is kept."""
        cells = self.cells + other.cells
        distinct = None
        if self.distinct is not None and other.distinct is not None:
            distinct = _while_all_differ(self.distinct | other.distinct, cells)
        return ColumnProfile(
            examples=other.examples | self.examples,
            counts=self.counts + other.counts,
            is_text=self.is_text or other.is_text,
            quoted=self.quoted | other.quoted,
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

    def type_with(self, rules: TypeRules) -> str:
        """Return the narrowest type that keeps every cell, but for few enough misfits."""
        if self.declared and self.declared != TEXT and self._is_as_declared(rules):
            return self.declared
        nearest = self.nearest(rules)
        if nearest is None:
            return TEXT
        return nearest.name

    def _is_as_declared(self, rules: TypeRules) -> bool:
        """Return whether the cells tell no more than the schema of their file."""
        if self.bare.keys() - {rules.null}:
            return False
        return not self.examples or self.declared in AS_DECLARED

    def nearest(self, rules: TypeRules) -> NearestType | None:
        """Return the type of the cells with what does not fit it; None where they are text."""
        unmeant = self.unmeant(rules.null)
        if self.documents is not None:
            # Which documents are broken is judged with all that they hold (`infer.document_shapes`).
            return nearest_of_classes(self.examples.keys(), unmeant)
        found = nearest_type(self.counts)
        if self.is_text or found is None:
            return None
        if are_too_many(found.count, self.counts.total()):
            return None
        with_unmeant = replace(found, count=found.count + unmeant)
        if with_unmeant.is_for(self.cells + unmeant, rules.most_misfits):
            return with_unmeant
        return None

    def unmeant(self, null: str) -> int:
        """Return how many unquoted texts may mean NULL elsewhere, and do not here."""
        return sum(count for text, count in self.bare.items() if text != null)

    def is_unique(self, null: str) -> bool:
        """Return whether each record has a cell of its own here."""
        return self.distinct is not None and self.cells > 0 and not self.nulls and null not in self.bare


def _are_of(classes: AbstractSet[str], values: Sequence[str]) -> bool:
    """Return whether all values are of some classes, as far as that can be told at once."""
    if classes == {"scientific"}:
        return all(map(is_of_dms, values))
    pattern = block_pattern(frozenset(classes))
    return pattern is not None and pattern.fullmatch("\0".join(values) + "\0") is not None


def _class_of(cell: str) -> str:
    if cell.startswith(QUOTED):
        return OTHER
    return class_of(cell)


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
