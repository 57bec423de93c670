"""Whether the first record of a CSV file names its columns.

Which columns it names is told by `readers.file_columns`.
"""

import re
from collections.abc import Sequence

from lake_assets.catalog.models import Table
from lake_assets.readers.file_columns import begins_with_op
from lake_assets.readers.head import Cells

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,:+\-/ T]*")  # or a date or a time: a value beside a column's name


def find_header(records: Sequence[Cells | None], table: Table) -> tuple[bool, str]:
    """Return whether there is a header, and why.

    Args:
        records: the cells of the first records, None for one whose quoting is broken.
        table: what the catalog says.
    """
    declared = table.files.header
    if declared != "auto":
        return declared, f"the catalog says {str(declared).lower()}"
    if not records:
        return False, "the file is empty"
    first = records[0]
    if not first:
        return False, "the first record's quoting is broken"
    return _are_names(first[begins_with_op(first, table) :], table)


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
