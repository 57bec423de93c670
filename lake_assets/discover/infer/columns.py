"""Which columns a table has, and how its files are read: decided from its survey.

What becomes of it in YAML is `write`'s; whether a first record is a header is judged in `headers`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.cells.row_size import RowSize
from lake_assets.discover.infer.header_names import ColumnKey, ColumnName, name_columns
from lake_assets.discover.infer.headers import FirstRecords, Judgement, SourceHeaders, judge_by_others
from lake_assets.discover.infer.op_column import due_width, have_op, widths_of
from lake_assets.discover.survey.file_group import FileGroup, GroupKey
from lake_assets.discover.survey.table_survey import TableSurvey

# A column must not be named like a cell of a first record, or the loader would see a header there.
PLACE_STEMS = ("column", "field", "cell", "place", "c", "f", "p", "q")


_K = TypeVar("_K")


class FileReading(NamedTuple):
    """How a file is to be read.

    Attributes:
        header: its first record names its columns.
        op: its records begin with Op.
    """

    header: bool
    op: bool


@dataclass(frozen=True)
class FoundColumn:
    """A column of a table.

    Attributes:
        name: its name in the warehouse.
        source_name: the file's name for it.
        position: its place, where the file's name does not tell it.
        profile: what its cells are like.
        renamed: what is to be said where its plain name is another's.
    """

    name: str
    source_name: str
    position: int | None
    profile: ColumnProfile
    renamed: str = ""


@dataclass(frozen=True)
class TableColumns:
    """The columns of a table, and how its files are read.

    Attributes:
        columns: in file order, without Op.
        header: what the first records are, and why.
        readings: for each group's key, how its files are read.
        letters: how often each letter stands in Op columns.
        records: how many records the columns were found in.
        widths: how many records have how many cells, Op left aside.
        row_size: what the columns of a very wide table take in a row of PostgreSQL.
    """

    columns: tuple[FoundColumn, ...]
    header: Judgement
    readings: Mapping[GroupKey, FileReading]
    letters: Counter[str] = field(default_factory=Counter)
    records: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    row_size: RowSize = field(default_factory=RowSize)

    def profiles(self) -> dict[str, ColumnProfile]:
        """Return what the columns hold, by the file's name for them."""
        return {column.source_name: column.profile for column in self.columns}


@dataclass(frozen=True)
class _ReadGroup:
    """A group of files with how it is read.

    Attributes:
        key: the group's in the survey.
        group: the group; its first records are data if it has no header.
        reading: how it is read.
    """

    key: GroupKey
    group: FileGroup
    reading: FileReading

    @property
    def columns(self) -> Sequence[ColumnProfile]:
        """What the cells hold, Op left aside."""
        return self.group.columns[self.reading.op :]

    @property
    def names(self) -> Sequence[str]:
        """The names in the header, Op left aside."""
        return self.group.all_names[self.reading.op :]


def decide_columns(
    survey: TableSurvey, first_records: FirstRecords, others: SourceHeaders, *, keep_names: bool = False
) -> TableColumns:
    """Return the columns of a table.

    Args:
        survey: what its files hold.
        first_records: what they are taken for, by the table itself.
        others: what the tables of the source are that tell it by themselves.
        keep_names: columns are called as their files call them.
    """
    header = first_records.judgement
    if header.verdict == "unsure":
        header = judge_by_others(first_records.groups[0].names, others)
    if header.verdict == "header":
        read = _read_with_header(survey, first_records.groups)
        columns = _by_name(read, keep_names=keep_names)
    else:
        read = _read_plain(survey.groups)
        columns = _by_place(read, survey.place_names)
    return TableColumns(
        columns=tuple(columns),
        header=header,
        readings={each.key: each.reading for each in read},
        letters=_letters_of(read),
        records=sum(each.group.records for each in read),
        widths=_widths_of(read),
        row_size=_row_size_of(survey),
    )


def _read_with_header(survey: TableSurvey, with_header: Sequence[FileGroup]) -> list[_ReadGroup]:
    """Return the groups of a table of which some have a header; these first."""
    headed = {key: group for key, group in survey.groups.items() if group in with_header}
    plain = {key: group for key, group in survey.groups.items() if key not in headed}
    return [*_read_headed(headed), *_read_plain(plain)]


def _read_headed(groups: Mapping[GroupKey, FileGroup]) -> Iterator[_ReadGroup]:
    """Return groups with a header, in which Op is a column of data as soon as it is one in some file."""
    op_is_data = any(group.is_named_op and not group.begins_with_op for group in groups.values())
    for key, group in groups.items():
        op = group.begins_with_op and not op_is_data
        yield _ReadGroup(key=key, group=group, reading=FileReading(header=True, op=op))


def _read_plain(groups: Mapping[GroupKey, FileGroup]) -> list[_ReadGroup]:
    """Return groups without a header, their first records among the others."""
    whole = {key: group.with_first() for key, group in groups.items()}
    ops = have_op(list(whole.values()))
    read = []
    for (key, group), op in zip(whole.items(), ops, strict=True):
        read.append(_ReadGroup(key=key, group=group, reading=FileReading(header=False, op=op)))
    return read


def _letters_of(read: Sequence[_ReadGroup]) -> Counter[str]:
    letters: Counter[str] = Counter()
    for each in read:
        if each.reading.op:
            letters.update(each.group.letters or {})
    return letters


def _widths_of(read: Sequence[_ReadGroup]) -> Counter[int]:
    return widths_of([each.group for each in read], [each.reading.op for each in read])


def _row_size_of(survey: TableSurvey) -> RowSize:
    size = RowSize()
    for group in survey.groups.values():
        size = size.joined(group.row_size)
    return size


def _join(columns: dict[_K, ColumnProfile], key: _K, column: ColumnProfile) -> None:
    """Add what a group holds in a column to what is known of it."""
    if key in columns:
        columns[key] = columns[key].joined(column)
    else:
        columns[key] = column


def _most_records_first(read: Sequence[_ReadGroup]) -> list[_ReadGroup]:
    return sorted(read, key=lambda each: each.group.records, reverse=True)


def _by_name(read: Sequence[_ReadGroup], *, keep_names: bool) -> Iterator[FoundColumn]:
    """Return columns under the names of headers; files without one have them in the same order."""
    columns: dict[ColumnKey, ColumnProfile] = {}
    headed = [each for each in read if each.reading.header]
    for each in _most_records_first(headed):
        for key, column in zip(_keys_of(each.names, columns), each.columns, strict=True):
            _join(columns, key, column)
    for each in read:
        if each.reading.header:
            continue
        for key, column in zip(list(columns), each.columns, strict=False):
            _join(columns, key, column)
    return _named(columns, name_columns(list(columns), keep_names=keep_names))


def _keys_of(names: Sequence[str], known: Collection[ColumnKey]) -> list[ColumnKey]:
    """Return what tells the columns of a header apart: names, and places where names do not."""
    spelled = {key.name.casefold(): key.name for key in known if not key.place}
    keys: list[ColumnKey] = []
    for place, name in enumerate(names, 1):
        key = ColumnKey(name)
        other_spelling = spelled.get(name.casefold(), name)
        if key not in known and other_spelling not in names:
            key = ColumnKey(other_spelling)
        if not name or key in keys:
            key = ColumnKey(name, place)
        keys.append(key)
    return keys


def _named(
    columns: Mapping[ColumnKey, ColumnProfile], names: Mapping[ColumnKey, ColumnName]
) -> Iterator[FoundColumn]:
    for key, profile in columns.items():
        given = names[key]
        source_name, position = key.name, None
        if key.place:
            source_name, position = given.name, key.place
        yield FoundColumn(
            name=given.name,
            source_name=source_name,
            position=position,
            profile=profile,
            renamed=given.renamed,
        )


def _by_place(read: Sequence[_ReadGroup], place_names: Collection[str]) -> Iterator[FoundColumn]:
    """Return columns under names made from their places."""
    due = due_width([each.group for each in read], [each.reading.op for each in read])
    columns: dict[int, ColumnProfile] = {}
    for each in _most_records_first(read):
        for place, column in enumerate(each.columns[:due], 1):
            _join(columns, place, column)
    places = range(1, due + 1)
    stem = _free_stem(places, place_names)
    for place in places:
        name = f"{stem}_{place}"
        profile = columns.get(place, ColumnProfile())
        yield FoundColumn(name=name, source_name=name, position=None, profile=profile)


def _free_stem(places: Sequence[int], place_names: Collection[str]) -> str:
    """Return a stem of which no name stands in a first record; the usual one if all do."""
    for stem in PLACE_STEMS:
        if not any(f"{stem}_{place}" in place_names for place in places):
            return stem
    return PLACE_STEMS[0]
