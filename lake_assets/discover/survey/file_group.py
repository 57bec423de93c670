"""Files of a table that are read alike, with what their columns hold.

Which files those are is told by `table_survey`; what they make together is decided in `infer.columns`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from lake_assets.discover.cells.cell_classes import QUOTED
from lake_assets.discover.cells.column_profile import NULL, SPECIAL, ColumnProfile
from lake_assets.discover.cells.row_size import WIDE, RowSize
from lake_assets.discover.survey.csv_cells import Cells
from lake_assets.lake.objects import Kind
from lake_assets.readers.dialect import OP, OP_LETTERS

NOTHING = frozenset({NULL, *SPECIAL, *(QUOTED + text for text in SPECIAL)})
"""What may stand for an insert in the Op column of a full load, beside I."""

MAY_BE_KEYS = 2  # columns whose cells are told apart: a key is the first, or the second behind Op
MOST_FIRST = 2  # times a first record is taken in as data: the second shows that its cells come again


class GroupKey(NamedTuple):
    """What the files of a group have in common.

    Attributes:
        kind: `full` or `cdc`.
        width: cells of a record.
        first: the first record of each of them, if it may be a header.
        named: their format names the columns, and `first` are those names and no record.
    """

    kind: Kind
    width: int
    first: Cells | None
    named: bool = False


@dataclass(eq=False)
class FileGroup:
    """Files of a table that are read alike; a group is alike to nothing but itself.

    Attributes:
        key: what they have in common.
        columns: what the cells hold, the first record left aside if it may be a header.
        records: how many good records there are, that first record left aside.
        files: how many files.
        etags: theirs, so that copies of a file count once.
        letters: how often each letter of DMS stands in the first cell, where in full loads nothing may stand
            too; None once something else did.
        file: the key of one of the files.
        repeated: places at which a cell of the first record stands again below, but not the whole record.
        row_size: what the columns of a very wide table take in a row of PostgreSQL.
    """

    key: GroupKey
    columns: list[ColumnProfile]
    records: int = 0
    files: int = 0
    etags: set[str] = field(default_factory=set)
    letters: Counter[str] | None = field(default_factory=Counter)
    file: str = ""
    repeated: set[int] = field(default_factory=set)
    row_size: RowSize = field(default_factory=RowSize)

    @classmethod
    def empty(cls, key: GroupKey) -> Self:
        """Return a group without files."""
        columns = [
            ColumnProfile(distinct=set() if place < MAY_BE_KEYS else None) for place in range(key.width)
        ]
        return cls(key=key, columns=columns)

    @property
    def kind(self) -> Kind:
        """Whether they are full loads or changes."""
        return self.key.kind

    @property
    def width(self) -> int:
        """How many cells a record has."""
        return self.key.width

    @property
    def first(self) -> Cells | None:
        """The first record of each of them, if it may be a header."""
        return self.key.first

    @property
    def all_names(self) -> Cells:
        """The names in the first record, Op among them."""
        return tuple(cell.removeprefix(QUOTED) for cell in self.first or ())

    @property
    def names(self) -> Cells:
        """The names in the first record, without a leading Op."""
        if self.begins_with_op:
            return self.all_names[1:]
        return self.all_names

    @property
    def is_named_op(self) -> bool:
        """Whether the first record begins with Op, whatever stands below."""
        return bool(self.first) and self.all_names[0].casefold() == OP

    @property
    def begins_with_op(self) -> bool:
        """Whether the first record begins with Op, and nothing but its letters stands below."""
        return self.is_named_op and self.has_letters(least=0)

    @property
    def repeated_names(self) -> list[str]:
        """The names that stand again in their columns below."""
        return [self.all_names[place] for place in sorted(self.repeated)]

    def has_letters(self, *, least: int) -> bool:
        """Return whether every record begins with a letter of DMS, and there are at least so many."""
        return self.letters is not None and self.letters.total() >= least and self.width > 1

    def is_lettered(self, *, least: int = 1) -> bool:
        """Return the same by the letters that DMS writes into files of this kind, as the loader does."""
        return self.has_letters(least=least) and set(self.letters or ()) <= OP_LETTERS[self.kind]

    @property
    def begins_with_nothing(self) -> bool:
        """Whether the first cell of every record is empty or NULL, as Op may be in full loads."""
        return self.kind == "full" and self.records > 0 and self.letters is not None and not self.letters

    def add_file(self, file: str, etag: str) -> None:
        """Count a file."""
        self.files += 1
        self.file = file
        self.etags.add(etag)

    def absorb(self, columns: Sequence[list[str]], numbers: Sequence[int], file: str) -> None:
        """Take in some records, column by column."""
        for column, cells in zip(self.columns, columns, strict=True):
            column.absorb(cells, numbers, file)
        self.records += len(numbers)
        if self.first is not None:
            self.repeated |= self._repeated_in(columns, self.first)
        if self.width > WIDE:
            self.row_size = self.row_size.joined(RowSize.of(columns))
        if self.letters is not None:
            self._absorb_letters(columns[0])

    def _absorb_letters(self, cells: Sequence[str]) -> None:
        found = Counter(cells)
        if self.kind == "full":
            for text in NOTHING & found.keys():
                del found[text]
        known = found.keys() <= OP_LETTERS["cdc"]
        self.letters = _sum(self.letters, found if known else None)

    def _repeated_in(self, columns: Sequence[Sequence[str]], first: Cells) -> set[int]:
        repeated = set()
        for place, (cell, cells) in enumerate(zip(first, columns, strict=True)):
            if cell and cell in cells:
                repeated.add(place)
        # Files that were put behind each other repeat their header as a whole.
        is_whole = len(repeated) == self.width and first in zip(*columns, strict=True)
        if is_whole:
            return set()
        return repeated

    def with_first(self) -> "FileGroup":
        """Return the same with the first records as data."""
        if self.first is None:
            return self
        whole = FileGroup.empty(GroupKey(kind=self.kind, width=self.width, first=None))
        first_columns = [[cell] for cell in self.first]
        for _ in range(min(self.files, MOST_FIRST)):
            whole.absorb(first_columns, [1], self.file)
        whole.columns = [
            above.joined(below.moved(1)) for above, below in zip(whole.columns, self.columns, strict=True)
        ]
        whole.records = self.records + self.files
        whole.row_size = whole.row_size.joined(self.row_size)
        whole.files, whole.etags, whole.file = self.files, self.etags, self.file
        whole.letters = _sum(whole.letters, self.letters)
        return whole


def _sum(first: Counter[str] | None, second: Counter[str] | None) -> Counter[str] | None:
    """Return how often each letter stands in both; None if something else stands in one of them."""
    if first is None or second is None:
        return None
    return first + second
