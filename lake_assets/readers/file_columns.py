"""Which cell of a file belongs to which column: by the names the file gives, or by its place.

Whether a CSV file gives names is judged in `readers.header`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lake_assets.catalog.models import Column, Table
from lake_assets.readers.dialect import OP, OP_LETTERS, Dialect
from lake_assets.readers.figures import figure_places, has_digit
from lake_assets.readers.head import Cells


@dataclass(frozen=True)
class FileColumns:
    """The columns of one file.

    Attributes:
        op: whether each record begins with an `Op` cell.
        names: the file's columns in file order, without `Op`; the catalog's name where it has one.
        reasons: of both, by what was decided.
    """

    op: bool
    names: tuple[str, ...]
    reasons: Mapping[str, str]


def begins_with_op(names: Cells, table: Table) -> bool:
    """Return whether the first name is that of DMS's `Op` column, and no column of the table."""
    declared = {column.casefold() for column in table.file_columns}
    return bool(names) and names[0].casefold() == OP and OP not in declared


def columns_by_name(first: Cells, table: Table, *, named: bool = False) -> FileColumns:
    """Bind columns to cells by the names that the file gives them.

    Args:
        first: the names, `Op` included.
        table: what the catalog says.
        named: whether the file's format names its columns. Then a position counts only where the name does
            not tell the column; in CSV it comes before the name.
    """
    op = begins_with_op(first, table)
    # The ledger keeps the names as JSON, in which PostgreSQL holds no NUL.
    names = tuple(name.replace("\0", "\N{REPLACEMENT CHARACTER}") for name in first[op:])
    fixed = {column.file_column: column.position for column in table.columns if column.position}
    if named:
        fixed = {column: place for column, place in fixed.items() if _is_unclear(names, place)}
    bound = _bind_places(fixed, len(names))
    free = [column for column in table.file_columns if column not in fixed]
    _bind_names(names, bound, free, str)
    _bind_names(names, bound, free, str.casefold)
    begins = "begins" if op else "does not begin"
    return FileColumns(
        op=op,
        names=_name_all(names, bound, table),
        reasons={"op": f"the header {begins} with Op", "columns": _why_named(names, bound)},
    )


def _is_unclear(names: Cells, place: int) -> bool:
    """Return whether the name at a place is empty, or that of another place too."""
    if place > len(names):
        return False
    name = names[place - 1]
    return not name or names.count(name) > 1


def _why_named(names: Cells, bound: Mapping[int, str]) -> str:
    renamed = [f"{names[index]} is {bound[index]}" for index in sorted(bound) if names[index] != bound[index]]
    if not renamed:
        return "as the header names them"
    return f"as the header names them ({', '.join(renamed)})"


def has_column(dialect: Dialect, table: Table, column: Column) -> bool:
    """Return whether a file that was read as the ledger says has a column of today's catalog.

    Args:
        dialect: how the file was read, when the catalog may not have named the column yet.
        table: the table as the catalog has it now.
        column: the column, or one that lies in the document it lies in.
    """
    if column.file_column in dialect.columns:
        return True
    if column.position:
        return column.position <= len(dialect.columns)
    has_names = dialect.header or dialect.format != "csv"
    if has_names:
        return column.file_column.casefold() in map(str.casefold, dialect.extra)
    # Cells that no column claimed then lie behind all others.
    place = table.file_places[column.file_column]
    return bool(dialect.extra) and place <= len(dialect.columns)


def columns_by_place(sample: Sequence[Cells], table: Table, kind: str) -> FileColumns:
    """Bind columns to cells by their places in the catalog.

    Args:
        sample: the cells of some well-quoted records.
        table: what the catalog says.
        kind: `full` or `cdc`, from the file's name.
    """
    places = table.file_places
    due = max(places.values(), default=0)
    width = _usual_width(sample, due)
    letters = OP_LETTERS[kind]
    first_cells = {cells[0] for cells in sample if len(cells) == width}
    op = width != due and first_cells <= letters
    if kind == "full" and width == due + 1 and not op:
        op = _begin_with_nothing([cells for cells in sample if len(cells) == width], table)
    why = f"{width} cells where the catalog names {due}"
    if op:
        said = ", ".join(sorted(letters)) if first_cells <= letters else "I or nothing"
        why += f", the first always one of {said}"
    names = ("",) * (width - op)
    return FileColumns(
        op=op,
        names=_name_all(names, _bind_places(places, len(names)), table),
        reasons={"op": why, "columns": "by place, as in the catalog"},
    )


def _begin_with_nothing(records: Sequence[Cells], table: Table) -> bool:
    """Return whether records of one cell too many begin with an `Op` that is I or nothing.

    A first column of NULLs and a new last column look the same, unless words then stand for numbers.
    """
    nothing = {"I", "", table.files.null}
    if not {cells[0] for cells in records} <= nothing:
        return False
    with_op, without = [], []
    for place in figure_places(table):
        with_op += [cells[place] for cells in records]
        without += [cells[place - 1] for cells in records]
    filled = [cell for cell in with_op if cell not in nothing]
    filled_without = [cell for cell in without if cell not in nothing]
    return all(map(has_digit, filled)) and len(filled) >= len(filled_without)


def _usual_width(sample: Sequence[Cells], due: int) -> int:
    """Return the width that most records have: one ragged record must not decide for all that follow."""
    widths = Counter(map(len, sample)) or Counter([due])
    likely = {due, due + 1}
    return max(widths, key=lambda width: (widths[width], width in likely))


def _bind_places(places: Mapping[str, int], cells: int) -> dict[int, str]:
    """Return the columns by the indexes of their cells, but for those behind the last cell."""
    return {place - 1: column for column, place in places.items() if place <= cells}


def _bind_names(names: Cells, bound: dict[int, str], free: list[str], form: Callable[[str], str]) -> None:
    """Bind each name that is still free, in this form, to the column of the same."""
    for index, name in enumerate(names):
        if index in bound:
            continue
        same = next((column for column in free if form(column) == form(name)), None)
        if same is not None:
            bound[index] = same
            free.remove(same)


def _name_all(names: Cells, bound: Mapping[int, str], table: Table) -> tuple[str, ...]:
    """Return a name of its own for every cell: its column's, else the header's, else one from its place."""
    taken = set(table.file_columns)
    columns: list[str] = []
    for index, name in enumerate(names):
        if index in bound:
            column = bound[index]
        else:
            column = _untaken(name or f"column_{index + 1}", taken)
            taken.add(column)
        columns.append(column)
    return tuple(columns)


def _untaken(wish: str, taken: set[str]) -> str:
    name, number = wish, 1
    while name in taken:
        number += 1
        name = f"{wish}#{number}"
    return name
