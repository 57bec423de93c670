"""Whether the loader will read every file as discovery read it, by the loader's own judgement of each file.

What follows from a file that it would read otherwise is decided by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.models import Table
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.emit import TableText
from lake_assets.discover.shape import Shape
from lake_assets.discover.survey import Reader, Survey
from lake_assets.exceptions import LakeError
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


def prove(
    text: str,
    reader: Reader,
    surveys: Sequence[Survey],
    shapes: Mapping[str, Shape],
    tables: Mapping[str, TableText],
) -> list[Misread]:
    """Judge every file by a catalog's text.

    Args:
        text: of the catalog file.
        reader: where the files' beginnings come from.
        surveys: the tables' files.
        shapes: how they are to be read, by folder.
        tables: the tables as the catalog has them, by folder.

    Raises:
        ValidationError: the text is no catalog.
    """
    source = to_source(SourceDocument.model_validate(read_yaml(text.encode()).data), Path())
    by_name = {table.name: table for table in source.tables}
    misread = []
    for survey in surveys:
        for target, key in survey.files if survey.folder in tables else ():
            table = by_name[tables[survey.folder].name]
            header, op = shapes[survey.folder].expected[key]
            due = _Due(header, op, survey.groups[key].width)
            url = reader.lake.url(target)
            try:
                found = reader.dialect(target, table)
            except LakeError as error:
                misread.append(Misread(survey.folder, url, table, str(error)))
                continue
            if due != _Due(found.header, found.op, len(found.columns) + found.op):
                said = _difference(found, due)
                misread.append(Misread(survey.folder, url, table, said, found.header != due.header))
    return misread


class _Due(NamedTuple):
    """How a file is to be read."""

    header: bool
    op: bool
    width: int


def _difference(found: Dialect, due: _Due) -> str | None:
    if found.header != due.header:
        return f"will be read with {'a' if found.header else 'no'} header, by its first record"
    if found.op != due.op:
        return f"will be read with {'an' if found.op else 'no'} Op column, by its first records"
    return None
