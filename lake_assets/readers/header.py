"""Whether the first record of a CSV file names its columns, is plainly a record, or may be either.

The rule stands in docs/bad-input.md, and once more in `recount.first_record`. Which columns a header names is
told by `readers.file_columns`; what a doubt means beside other files of the table, by `load.column_drift`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lake_assets.catalog.models import Table
from lake_assets.readers.dialect import OP_LETTERS
from lake_assets.readers.figures import figure_places, has_digit
from lake_assets.readers.file_columns import begins_with_op
from lake_assets.readers.head import Cells

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,:+\-/ T]*")  # or a date or a time: a value beside a column's name
_FIGURE = re.compile(r"[+-]?\.?[0-9][0-9.,:+\-/ TZeE]*")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")  # which names a column of a table by year


@dataclass(frozen=True)
class FirstRecord:
    """What a file's first record is taken for.

    Attributes:
        is_header: it names the columns.
        why: the figures.
        is_doubtful: it is taken for a record, and nothing in it tells that it is one.
        has_names: some of its cells are names of columns, where it is doubtful.
    """

    is_header: bool
    why: str
    is_doubtful: bool = False
    has_names: bool = False


def find_header(records: Sequence[Cells | None], table: Table) -> FirstRecord:
    """Return what the first record is taken for.

    Args:
        records: the cells of the first records, None for one whose quoting is broken.
        table: what the catalog says.
    """
    declared = table.files.header
    if declared != "auto":
        return FirstRecord(is_header=declared, why=f"the catalog says {str(declared).lower()}")
    if not records:
        return FirstRecord(is_header=False, why="the file is empty")
    first = records[0]
    if not first:
        return FirstRecord(is_header=False, why="the first record's quoting is broken", is_doubtful=True)
    is_header, why = _are_names(first[begins_with_op(first, table) :], table)
    if is_header:
        return FirstRecord(is_header=True, why=why)
    sign = _sign_of_record(first, table)
    if sign is None:
        return FirstRecord(is_header=False, why=why, is_doubtful=True, has_names=_has_names(first, table))
    return FirstRecord(is_header=False, why=f"{why}, and {sign}")


def names_all_columns(first: Cells, table: Table) -> bool:
    """Return whether a record has the names of all columns of a table, two or more, among its cells."""
    known = set(map(str.casefold, table.file_columns))
    return len(known) > 1 and known <= set(map(str.casefold, first))


def _has_names(first: Cells, table: Table) -> bool:
    """Return whether some cells are names of columns, in a table of two or more."""
    known = set(map(str.casefold, table.file_columns))
    return len(known) > 1 and not known.isdisjoint(map(str.casefold, first))


def _sign_of_record(first: Cells, table: Table) -> str | None:
    """Return what tells that a record without names holds values, by the places of the catalog's columns."""
    places = table.file_places
    if first[0] in OP_LETTERS["cdc"] and len(first) != max(places.values(), default=0):
        return f"it begins with the Op {first[0]}"
    figures = [first[place - 1] for place in figure_places(table) if place <= len(first)]
    filled = [cell for cell in figures if cell not in {"", table.files.null}]
    if not all(map(has_digit, filled)):
        return None
    for cell in filled:
        if _FIGURE.fullmatch(cell) and not _YEAR.fullmatch(cell):
            return f"{cell} is a value where a number or a time is due"
    return None


def _are_names(cells: Cells, table: Table) -> tuple[bool, str]:
    """Return whether so many of the cells are columns that all must be names, and the figures."""
    known = set(table.file_columns)
    several = len(known) > 1
    if several:
        # Of one column alone, `Name` may well be a value.
        cells = tuple(map(str.casefold, cells))
        known = set(map(str.casefold, known))
    others = [cell for cell in cells if cell not in known]
    hits = len(cells) - len(others)
    why = f"{hits} of {len(cells)} cells of the first record are columns of {table.qualified}"
    if several and known <= set(cells):
        return True, why
    for cell in others:
        if _NUMBER.fullmatch(cell):
            return False, f"{why}, and {cell} is no name"
    return 2 * hits >= len(cells) > 0, why


def compare_widths(records: Sequence[Cells | None]) -> str | None:
    """Return what is odd where the data beneath a header has not its width, a known fault of DMS.

    Args:
        records: the header's cells, and those of the records beneath it.
    """
    header, data = records[:1], [cells for cells in records[1:] if cells]
    due = len(header[0]) if header and header[0] else 0
    if not data or len(data[0]) == due:
        return None
    return (
        f"the header has {due} cells and the first record {len(data[0])}: records of another width than "
        "the header's are bad"
    )
