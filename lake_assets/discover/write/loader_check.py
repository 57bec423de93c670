"""Whether the loader will read every file as discovery read it, by the loader's own judgement of each file.

What follows from a file that it would read otherwise is decided by the caller.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.models import Table
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.infer.columns import FileReading, TableColumns
from lake_assets.discover.survey.file_group import GroupKey
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.discover.survey.table_survey import TableSurvey
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.headed_files import HeadedFile
from lake_assets.readers.dialect import Dialect


@dataclass(frozen=True)
class Misread:
    """A file that the loader would read otherwise than discovery did.

    Attributes:
        folder: its table's.
        url: its address.
        table: its table, as the catalog has it.
        difference: what a person has to know of it; None for what only makes some records bad.
        header: whether it is about a header.
    """

    folder: str
    url: str
    table: Table
    difference: str | None
    header: bool = False


class _Reading(NamedTuple):
    """How a file is read, or is to be read."""

    header: bool
    op: bool
    width: int

    @classmethod
    def due(cls, reading: FileReading, width: int) -> Self:
        """Return how discovery has read a file."""
        return cls(header=reading.header, op=reading.op, width=width)

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        """Return how the loader will read a file."""
        return cls(header=dialect.header, op=dialect.op, width=len(dialect.columns) + dialect.op)


def tables_of(text: str) -> dict[str, Table]:
    """Return the tables of a catalog file that was written here, by name.

    Raises:
        ValidationError: the text is no catalog.
    """
    document = SourceDocument.model_validate(read_yaml(text.encode()).data)
    return {table.name: table for table in to_source(document, Path()).tables}


def find_misread(
    table: Table, reader: ObjectReader, survey: TableSurvey, columns: TableColumns
) -> Iterator[Misread]:
    """Judge every file of a table, and return those that the loader would read otherwise.

    Args:
        table: as the catalog has it.
        reader: where the files' beginnings come from.
        survey: its files.
        columns: how they are to be read.
    """
    judged = [_judge(table, reader, survey, item, columns) for item in survey.files]
    headed = [file.headed for file in judged if file.headed is not None]
    for file in judged:
        misread = file.misread or _unreadable_beside(headed, file, table, survey.folder)
        if misread is not None:
            yield misread


@dataclass(frozen=True)
class _Judged:
    """A file as the loader will judge it.

    Attributes:
        url: its address.
        dialect: how the loader reads it; None where it cannot.
        headed: its header, where it is a CSV file that has one.
        misread: what is otherwise than it should be.
    """

    url: str
    dialect: Dialect | None = None
    headed: HeadedFile | None = None
    misread: Misread | None = None


def _judge(
    table: Table,
    reader: ObjectReader,
    survey: TableSurvey,
    item: tuple[LakeObject, GroupKey],
    columns: TableColumns,
) -> _Judged:
    target, key = item
    url = reader.lake.url(target)
    due = _Reading.due(columns.readings[key], key.width)
    try:
        dialect = reader.dialect(target, table)
    except LakeError as error:
        misread = Misread(folder=survey.folder, url=url, table=table, difference=str(error))
        return _Judged(url=url, misread=misread)
    found = _Reading.of(dialect)
    otherwise = None
    if found != due:
        otherwise = Misread(
            folder=survey.folder,
            url=url,
            table=table,
            difference=_difference(found, due),
            header=found.header != due.header,
        )
    headed = None
    if dialect.header and dialect.format == "csv":
        headed = HeadedFile(key=target.key, columns=dialect.columns)
    return _Judged(url=url, dialect=dialect, headed=headed, misread=otherwise)


def _unreadable_beside(
    headed: Sequence[HeadedFile], file: _Judged, table: Table, folder: str
) -> Misread | None:
    """Return that a file will not load beside files with a header, if so (`load.column_drift`)."""
    dialect = file.dialect
    if not headed or dialect is None or dialect.is_declared:
        return None
    if not dialect.first and not dialect.is_doubtful:
        return None  # an empty file
    if not dialect.is_doubtful and all(other.has_order_of(table) for other in headed):
        return None
    difference = "will not load: its first record is no header, and other files have one"
    return Misread(folder=folder, url=file.url, table=table, difference=difference)


def _difference(found: _Reading, due: _Reading) -> str | None:
    if found.header != due.header:
        return f"will be read with {'a' if found.header else 'no'} header, by its first record"
    if found.op != due.op:
        return f"will be read with {'an' if found.op else 'no'} Op column, by its first records"
    return None
