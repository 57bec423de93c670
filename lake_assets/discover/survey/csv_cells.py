"""Good CSV records cut into their cells, one record or a whole block of them.

Where records begin and end, and which are bad, is told by `readers.csv_splitter`. Files of other formats come
with their cells cut.
"""

import re
from collections.abc import Sequence
from functools import cache

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.cells.cell_classes import QUOTED
from lake_assets.discover.cells.column_profile import SPECIAL
from lake_assets.readers.blocks import NUL_BECOMES

Cells = tuple[str, ...]


def cells_of(raw: bytes, files: FileOptions) -> Cells:
    """Return the cells of one good record, marked as `marked` says."""
    text = raw.decode(errors="replace")
    if _has_quotes(text, files):
        cells = _cell_form(files.delimiter).findall(f"{text}\n")
        return tuple(_unquoted(cells))
    return tuple(text.split(files.delimiter))


def columns_of(text: str, files: FileOptions, width: int) -> list[list[str]]:
    """Return the cells of records of one width, each with a LF behind it, column by column."""
    nul = NUL_BECOMES.get(files.nul, b"").decode()
    text = text.replace("\0", nul)
    if _has_quotes(text, files):
        cells = _cell_form(files.delimiter).findall(text)
        return [_unquoted(cells[place::width]) for place in range(width)]
    cells = text.replace("\n", files.delimiter).split(files.delimiter)
    cells.pop()  # what stands behind the last LF
    return [cells[place::width] for place in range(width)]


def marked(value: str) -> str:
    """Return a value that no NULL is meant by, with `QUOTED` before it if its text alone could mean NULL."""
    if value in SPECIAL:
        return QUOTED + value
    return value


def _has_quotes(text: str, files: FileOptions) -> bool:
    return files.quoting == "rfc4180" and '"' in text


@cache
def _cell_form(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(rf'("[^"]*+(?:""[^"]*+)*+"|[^"\n{mark}]*+)[\n{mark}]')


def _unquoted(cells: Sequence[str]) -> list[str]:
    return [_value(cell) if cell.startswith('"') else cell for cell in cells]


def _value(quoted: str) -> str:
    return marked(quoted[1:-1].replace('""', '"'))
