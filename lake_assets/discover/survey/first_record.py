"""Whether a file's first record could be the names of its columns, told by that record alone.

Files whose first records could be are put into groups by them. Whether they are names indeed is judged in
`infer.headers`, when all of the table is known.
"""

import re

from lake_assets.discover.cells.cell_classes import OTHER, QUOTED, class_of
from lake_assets.discover.survey.csv_cells import Cells

LONGEST = 500  # characters of a name; longer ones are prose
NO_NAMES = frozenset(
    [
        *("n/a", "na", "nan", "null", "none", "nil", "undefined", "true", "false", "unk"),
        *("inf", "infinity", "tbd", "n.a.", "#n/a", "(null)", "<null>", "(blank)"),
        *("-", "--", "---", "?", "??", ".", "..", "...", "*", "/", "\N{EN DASH}", "\N{EM DASH}", "\\n"),
    ]
)
"""What people and programs write where they have nothing to write."""
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def may_be_header(first: Cells) -> bool:
    """Return whether a first record could be the names of columns."""
    names = [cell for cell in first if cell not in {"", QUOTED}]
    mostly_empty = 2 * len(names) < len(first)
    mostly_repeated = 2 * len(set(names)) < len(names)
    if not names or mostly_empty or mostly_repeated:
        return False
    no_names = list(filter(is_no_name, names))
    if 2 * len(no_names) >= len(names):
        return False
    others = [name for name in names if name not in no_names]
    return any(map(_is_word, others)) and all(map(_is_name_or_year, others))


def is_no_name(cell: str) -> bool:
    """Return whether a cell is a word for nothing or for a truth, by which people seldom call a column."""
    return _has_letters(cell) and cell.strip().casefold() in NO_NAMES


def is_year(cell: str) -> bool:
    """Return whether a cell is a year, as a table of figures by year has it for a name."""
    return _YEAR.fullmatch(cell) is not None


def has_digits(cell: str) -> bool:
    """Return whether a digit stands in a cell."""
    return any(map(str.isdigit, cell))


def _has_letters(cell: str) -> bool:
    return any(map(str.isalpha, cell))


def _is_word(cell: str) -> bool:
    return _is_name(cell) and _has_letters(cell)


def _is_name_or_year(cell: str) -> bool:
    return _is_name(cell) or is_year(cell)


def _is_name(cell: str) -> bool:
    if len(cell) > LONGEST or cell.startswith(QUOTED) or "\ufffd" in cell:
        return False
    if cell.strip().casefold() in NO_NAMES or class_of(cell) not in {OTHER, "t", "f"}:
        return False
    return _has_letters(cell) or not has_digits(cell)
