"""Whether the loader will read every file as discovery read it, by the loader's own judgement of each file.

What follows from a file that it would read otherwise is decided by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.models import Table
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.emit import TableText
from lake_assets.discover.shape import Shape
from lake_assets.discover.survey import Reader, Survey
from lake_assets.exceptions import LakeError
from lake_assets.lake.dialect import Dialect, decide


@dataclass(frozen=True)
class Proof:
    """How the loader would read the files.

    Attributes:
        misread: files it would read otherwise, with what is different.
        header: what `files.header` has to be, if that mends it; else None.
    """

    misread: Mapping[str, str]
    header: bool | None


def prove(
    text: str,
    reader: Reader,
    surveys: Sequence[Survey],
    shapes: Mapping[str, Shape],
    tables: Mapping[str, TableText],
) -> Proof:
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
    read = read_yaml(text.encode())
    source = to_source(SourceDocument.model_validate(read.data), Path())
    by_name = {table.name: table for table in source.tables}
    misread: dict[str, str] = {}
    headers: set[bool] = set()
    wrong_header = False
    for survey in surveys:
        for target, key in survey.files if survey.folder in tables else ():
            table = by_name[tables[survey.folder].name]
            header, op = shapes[survey.folder].expected[key]
            headers.add(header)
            try:
                found = decide(reader.head(target), table, target.kind)
            except LakeError as error:
                misread[reader.lake.url(target)] = str(error)
                continue
            width = len(found.columns) + found.op
            if (found.header, found.op, width) != (header, op, survey.groups[key].width):
                misread[reader.lake.url(target)] = _difference(table, found, header=header, op=op)
                wrong_header |= found.header != header
    return Proof(misread, next(iter(headers)) if wrong_header and len(headers) == 1 else None)


def _difference(table: Table, found: Dialect, *, header: bool, op: bool) -> str:
    if found.header != header:
        said = "a" if found.header else "no"
        return f"with {said} header. Set `files.header` of {table.source}, if all its files are alike."
    if found.op != op:
        return f"with {'an' if found.op else 'no'} Op column. Check the columns of {table.qualified}."
    return f"with another number of cells. Check the columns of {table.qualified}."
