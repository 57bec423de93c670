"""All files of a table, read once: what kinds of files there are, and what their columns hold.

Nothing is decided here: files that might be read alike are put into one group, and `headers` and `shape`
judge the groups when all is known.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate, chain

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.discover.batches import Cells, read_batches, read_named, sample
from lake_assets.discover.classes import QUOTED
from lake_assets.discover.headers import may_be_header
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.wide import WIDE, Reach
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import Kind, LakeObject, UnmatchedObject
from lake_assets.lake.s3 import CHUNK_BYTES, Lake
from lake_assets.readers.detect import Named, decide_by_names, decide_csv, format_of
from lake_assets.readers.dialect import OP, OP_LETTERS, Dialect
from lake_assets.readers.head import settle

MOST_HEADERS = 50  # a table with more different first records has data there
HEADS_BYTES = 64 * 2**20
MOST_ALIEN = 1000  # records kept to tell their encoding by

_PLACE_NAME = re.compile(r"[a-z]+_[0-9]+", re.IGNORECASE)


class Reader:
    """The lake's objects, of which the beginnings are read more than once and kept while they are few."""

    AHEAD = 8  # requests at once; what a small file costs is waiting

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._heads: dict[str, bytes] = {}
        self._room = HEADS_BYTES

    def read_ahead(self, targets: Iterable[LakeObject]) -> None:
        """Get the beginnings of small objects, many at once; an error is met again when one is read."""
        small = [item for item in targets if item.size <= CHUNK_BYTES and item.key not in self._heads]
        ends = accumulate(item.size for item in small)
        wanted = [item for item, end in zip(small, ends, strict=True) if end <= self._room]
        with ThreadPoolExecutor(self.AHEAD) as pool:
            for item, head in zip(wanted, pool.map(self._try, wanted), strict=True):
                if head is not None:
                    self._keep(item, head)

    def _try(self, target: LakeObject) -> bytes | None:
        try:
            return b"".join(self.lake.open(target))
        except LakeError:
            return None

    def head(self, target: LakeObject) -> bytes:
        """Give an object's first chunk, as the loader will judge it.

        Raises:
            LakeError: the object cannot be read.
        """
        if target.key in self._heads:
            return self._heads[target.key]
        chunks = self.lake.open(target)
        head = next(chunks, b"")
        chunks.close()  # type: ignore[attr-defined] # a generator
        return self._keep(target, head)

    def chunks(self, target: LakeObject) -> Iterator[bytes]:
        """Stream an object.

        Raises:
            LakeError: the object cannot be read.
        """
        head = self._heads.get(target.key)
        if head is not None and len(head) == target.size:
            yield head
            return
        chunks = self.lake.open(target)
        yield self._keep(target, next(chunks, b""))
        yield from chunks

    def dialect(self, target: LakeObject, table: Table) -> Dialect:
        """Tell how the loader will read an object.

        Raises:
            LakeError: the object cannot be read.
        """
        head = self.head(target)
        file_format, reason = format_of(target.key, head, table.files)
        if file_format == "csv":
            return decide_csv(head, table, target.kind)
        chunks = self.chunks(target)
        return decide_by_names(next(chunks, b""), chunks, table, file_format, reason)[0]

    def _keep(self, target: LakeObject, head: bytes) -> bytes:
        if self._room >= len(head) and target.key not in self._heads:
            self._heads[target.key] = head
            self._room -= len(head)
        return head


def _nameless(files: FileOptions) -> Table:
    """Give a table of which nothing is known, so that a file's columns keep their own names."""
    return Table(source="x", name="x", columns=(), files=files)


@dataclass
class Group:
    """Files of a table that are read alike.

    Attributes:
        kind: `full` or `cdc`.
        width: cells of a record.
        first: the first record of each of them, if it may be a header.
        columns: what the cells hold, that first record left aside.
        records: how many good records there are, that first record left aside.
        files: how many files.
        etags: theirs, so that copies of a file count once.
        letters: how often each letter of DMS stands in the first cell; None once something else did.
        file: the name of one of the files.
        named: their format names the columns, and `first` are those names and no record.
        repeated: places at which a cell of the first record stands again below, but not the whole record.
        reach: how far the columns of a very wide table reach in a row of PostgreSQL.
    """

    kind: Kind
    width: int
    first: Cells | None
    columns: list[ColumnProfile]
    records: int = 0
    files: int = 0
    etags: set[str] = field(default_factory=set)
    letters: Counter[str] | None = field(default_factory=Counter)
    file: str = ""
    named: bool = False
    repeated: set[int] = field(default_factory=set)
    reach: Reach = field(default_factory=Reach)

    @classmethod
    def empty(cls, kind: Kind, width: int, first: Cells | None) -> "Group":
        """Make a group without files."""
        columns = [ColumnProfile(distinct=set() if place < 2 else None) for place in range(width)]  # noqa: PLR2004
        return cls(kind, width, first, columns)

    @property
    def names(self) -> Cells:
        """The names in the first record, without a leading Op."""
        names = tuple(cell.removeprefix(QUOTED) for cell in self.first or ())
        return names[1:] if self.begins_with_op else names

    @property
    def begins_with_op(self) -> bool:
        """Whether the first record begins with Op, and nothing but its letters stands below."""
        return bool(self.first) and self.first[0].casefold() == OP and self.has_letters(least=0)  # type: ignore[index]

    @property
    def repeated_names(self) -> list[str]:
        """The names that stand again in their columns below."""
        return [(self.first or ())[place].removeprefix(QUOTED) for place in sorted(self.repeated)]

    def has_letters(self, *, least: int) -> bool:
        """Tell whether every record begins with a letter of DMS, and there are at least so many."""
        return self.letters is not None and self.letters.total() >= least and self.width > 1

    def is_lettered(self, *, least: int = 1) -> bool:
        """Tell the same by the letters that DMS writes into files of this kind, as the loader does."""
        return self.has_letters(least=least) and set(self.letters or ()) <= OP_LETTERS[self.kind]

    def absorb(self, columns: list[list[str]], numbers: list[int] | range, file: str) -> None:
        """Take in some records, column by column."""
        for column, cells in zip(self.columns, columns, strict=True):
            column.absorb(cells, numbers, file)
        self.records += len(numbers)
        if self.first is not None:
            self.repeated |= self._repeats(columns)
        if self.width > WIDE:
            self.reach = self.reach.joined(Reach.of(columns))
        if self.letters is not None:
            letters = set(columns[0])
            known = letters <= OP_LETTERS["cdc"]
            self.letters = self.letters + Counter(columns[0]) if known else None

    def _repeats(self, columns: list[list[str]]) -> set[int]:
        first = self.first or ()
        pairs = enumerate(zip(first, columns, strict=True))
        again = {place for place, (cell, cells) in pairs if cell and cell in cells}
        # Files that were put behind each other repeat their header as a whole.
        whole = len(again) == self.width and first in zip(*columns, strict=True)
        return set() if whole else again

    def with_first(self) -> "Group":
        """Give the same with the first records as data."""
        if self.first is None:
            return self
        whole = Group.empty(self.kind, self.width, None)
        for _ in range(min(self.files, 2)):
            whole.absorb([[cell] for cell in self.first], [1], self.file)
        whole.columns = [
            mine.joined(rest.moved(1)) for mine, rest in zip(whole.columns, self.columns, strict=True)
        ]
        whole.records = self.records + self.files
        whole.reach = whole.reach.joined(self.reach)
        whole.files, whole.etags, whole.file = self.files, self.etags, self.file
        both = whole.letters is not None and self.letters is not None
        whole.letters = whole.letters + self.letters if both else None  # type: ignore[operator]
        return whole


@dataclass
class Survey:
    """What the files of a table are like.

    Attributes:
        folder: the table's folder in the lake.
        unmatched: files that are not loaded, with the reason.
        groups: the groups of files.
        files: every file that holds a record, with its group's key.
        empty: files without a record.
        bad: how many bad records there are, by reason.
        unreadable: files that cannot be read, with the reason.
        encodings: how many files are in which encoding.
        alien: some records that are not in their file's encoding.
        beyond_ascii: some record is in its file's encoding and not in ASCII.
        place_names: cells of first records that read like names made from places, such as `column_1`.
    """

    folder: str
    unmatched: tuple[UnmatchedObject, ...] = ()
    groups: dict[object, Group] = field(default_factory=dict)
    files: list[tuple[LakeObject, object]] = field(default_factory=list)
    empty: list[LakeObject] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    encodings: Counter[str] = field(default_factory=Counter)
    alien: list[bytes] = field(default_factory=list)
    beyond_ascii: bool = False
    place_names: set[str] = field(default_factory=set)

    @property
    def objects(self) -> list[LakeObject]:
        """All files that can be read, oldest first."""
        everything = [*(item for item, _ in self.files), *self.empty]
        return sorted(everything, key=lambda item: (item.hour, item.key))

    def read(self, reader: Reader, target: LakeObject, files: FileOptions) -> None:
        """Read a file, and put what it holds into its group.

        Args:
            reader: where the bytes come from.
            target: the file.
            files: how the source's files are written.
        """
        try:
            self._read(reader, target, files)
        except LakeError as error:
            self.unreadable.append((reader.lake.url(target), str(error)))

    def _read(self, reader: Reader, target: LakeObject, files: FileOptions) -> None:
        chunks = reader.chunks(target)
        head = next(chunks, b"")
        file_format, reason = format_of(target.key, head, files)
        if file_format != "csv":
            self._read_named(
                reader, target, *decide_by_names(head, chunks, _nameless(files), file_format, reason)
            )
            return
        files, _ = settle(head, files)
        records = sample(head, files)
        if not records:
            self.empty.append(target)
            return
        self.encodings[files.encoding] += 1
        self.place_names |= {cell.casefold() for cell in records[0] or () if _PLACE_NAME.fullmatch(cell)}
        width = self._width(records)
        first = records[0] if records[0] and len(records[0]) == width else None
        first = first if first and self._may_be_header(first) else None
        key = (target.kind, width, first)
        group = self.groups.setdefault(key, Group.empty(target.kind, width, first))
        group.files += 1
        group.etags.add(target.etag)
        self.files.append((target, key))
        name = group.file = target.key.rpartition("/")[2]
        for batch in read_batches(chain([head], chunks), files, width):
            columns, numbers = batch.columns, list(batch.numbers)
            self.bad.update(batch.bad)
            self.alien += batch.alien[: MOST_ALIEN - len(self.alien)]
            self.beyond_ascii = self.beyond_ascii or batch.beyond_ascii
            if first is not None and numbers[:1] == [1]:
                columns, numbers = [cells[1:] for cells in columns], numbers[1:]
            shift = first is not None
            group.absorb(columns, [number - shift for number in numbers], name)

    def _read_named(self, reader: Reader, target: LakeObject, dialect: Dialect, named: Named) -> None:
        """Read a file whose format names its columns."""
        batches = read_named(reader.chunks(target), dialect)
        if not named.names:
            bad = sum((Counter(batch.bad) for batch in batches), Counter[str]())
            if not bad:
                self.empty.append(target)
                return
            raise LakeError(f"No record of it can be read: {bad.most_common(1)[0][0]}")
        key = (target.kind, "named", named.names)
        group = self.groups.setdefault(key, Group.empty(target.kind, len(named.names), named.names))
        for column, declared in zip(group.columns, named.types, strict=True):
            column.declared = declared if not group.files or column.declared == declared else None
        group.named = True
        group.files += 1
        group.etags.add(target.etag)
        self.files.append((target, key))
        name = group.file = target.key.rpartition("/")[2]
        for batch in batches:
            self.bad.update(batch.bad)
            group.absorb(batch.columns, list(batch.numbers), name)

    def _width(self, records: list[Cells | None]) -> int:
        """Give the width that the loader will take a file for; where two are as frequent, one seen before."""
        widths = Counter(len(record) for record in records if record) or Counter([1])
        known = {group.width for group in self.groups.values()}
        return max(widths, key=lambda width: (widths[width], width in known, width))

    def _may_be_header(self, first: Cells) -> bool:
        seen = {group.first for group in self.groups.values()}
        return may_be_header(first) and (first in seen or len(seen) < MOST_HEADERS)
