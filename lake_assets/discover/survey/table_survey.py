"""All files of a table, read once: what kinds of files there are, and what their columns hold.

Nothing is decided here: files that might be read alike are put into one group, and `infer.headers` and
`infer.columns` judge the groups when all is known.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.discover.survey.batches import Batch, read_csv_batches, read_named_batches
from lake_assets.discover.survey.csv_cells import Cells
from lake_assets.discover.survey.file_group import FileGroup, GroupKey
from lake_assets.discover.survey.first_record import may_be_header
from lake_assets.discover.survey.head_sample import sample
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject, UnmatchedObject
from lake_assets.readers.detect import Named, decide_by_names, format_of
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.head import settle

MOST_HEADERS = 50  # a table with more different first records has data there
MOST_ALIEN = 1000  # records kept to tell their encoding by

_PLACE_NAME = re.compile(r"[a-z]+_[0-9]+", re.IGNORECASE)


@dataclass
class TableSurvey:
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
    groups: dict[GroupKey, FileGroup] = field(default_factory=dict)
    files: list[tuple[LakeObject, GroupKey]] = field(default_factory=list)
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
        filled = [item for item, _ in self.files]
        return sorted([*filled, *self.empty], key=lambda item: (item.hour, item.key))

    @property
    def records(self) -> int:
        """How many good records there are, first records that may be headers left aside."""
        return sum(group.records for group in self.groups.values())

    def read(self, reader: ObjectReader, target: LakeObject, files: FileOptions) -> None:
        """Read a file, and put what it holds into its group.

        Args:
            reader: where the bytes come from.
            target: the file.
            files: how the source's files are written.
        """
        if target.fault:
            self.unreadable.append((reader.lake.url(target), target.fault))
            return
        try:
            self._read(reader, target, files)
        except LakeError as error:
            self.unreadable.append((reader.lake.url(target), str(error)))

    def _read(self, reader: ObjectReader, target: LakeObject, files: FileOptions) -> None:
        chunks = reader.chunks(target)
        head = next(chunks, b"")
        file_format, reason = format_of(target.key, head, files)
        if file_format == "csv":
            self._read_csv(target, head, chunks, files)
            return
        dialect, named = decide_by_names(head, chunks, _nameless(files), file_format, reason)
        self._read_named(target, reader.chunks(target), dialect, named)

    def _read_csv(self, target: LakeObject, head: bytes, rest: Iterator[bytes], files: FileOptions) -> None:
        settled, _ = settle(head, files)
        records = sample(head, settled)
        if not records:
            self.empty.append(target)
            return
        self.encodings[settled.encoding] += 1
        self._note_place_names(records[0] or ())
        key = self._key_of(target, records)
        group = self._group_with(target, key)
        has_names = key.first is not None
        for batch in read_csv_batches(chain([head], rest), settled, key.width):
            self._note_batch(batch)
            below = batch
            if has_names:
                below = batch.without_header()
            group.absorb(below.columns, below.numbers, target.key)

    def _read_named(
        self, target: LakeObject, chunks: Iterator[bytes], dialect: Dialect, named: Named
    ) -> None:
        """Read a file whose format names its columns."""
        batches = read_named_batches(chunks, dialect)
        if not named.names:
            self._note_nameless(target, batches)
            return
        key = GroupKey(kind=target.kind, width=len(named.names), first=named.names, named=True)
        is_first = key not in self.groups
        group = self._group_with(target, key)
        for column, declared in zip(group.columns, named.types, strict=True):
            is_known = is_first or column.declared == declared
            column.declared = declared if is_known else None
        for batch in batches:
            self._note_batch(batch)
            group.absorb(batch.columns, batch.numbers, target.key)

    def _note_nameless(self, target: LakeObject, batches: Iterable[Batch]) -> None:
        """Note a file that names no column, so that it holds no good record."""
        bad: Counter[str] = Counter()
        for batch in batches:
            bad.update(batch.bad)
        if bad:
            ((reason, _),) = bad.most_common(1)
            raise LakeError(f"No record of it can be read: {reason}")
        self.empty.append(target)

    def _note_place_names(self, first: Cells) -> None:
        for cell in first:
            if _PLACE_NAME.fullmatch(cell):
                self.place_names.add(cell.casefold())

    def _note_batch(self, batch: Batch) -> None:
        self.bad.update(batch.bad)
        self.alien += batch.alien[: MOST_ALIEN - len(self.alien)]
        self.beyond_ascii = self.beyond_ascii or batch.beyond_ascii

    def _group_with(self, target: LakeObject, key: GroupKey) -> FileGroup:
        """Return the group of a file, which is counted in it."""
        if key not in self.groups:
            self.groups[key] = FileGroup.empty(key)
        group = self.groups[key]
        group.add_file(target.key, target.etag)
        self.files.append((target, key))
        return group

    def _key_of(self, target: LakeObject, records: Sequence[Cells | None]) -> GroupKey:
        """Return what a CSV file has in common with others of its group."""
        width = self._width(records)
        first = records[0]
        if first and (len(first) != width or not self._may_be_header(first)):
            first = None
        return GroupKey(kind=target.kind, width=width, first=first or None)

    def _width(self, records: Sequence[Cells | None]) -> int:
        """Return the width that the loader will take a file for; of two as frequent, one seen before."""
        widths = Counter(len(record) for record in records if record) or Counter([1])
        known = {group.width for group in self.groups.values()}
        return max(widths, key=lambda width: (widths[width], width in known, width))

    def _may_be_header(self, first: Cells) -> bool:
        if not may_be_header(first):
            return False
        seen = {group.first for group in self.groups.values()}
        return first in seen or len(seen) < MOST_HEADERS


def _nameless(files: FileOptions) -> Table:
    """Return a table of which nothing is known, so that a file's columns keep their own names."""
    return Table(source="x", name="x", columns=(), files=files)
