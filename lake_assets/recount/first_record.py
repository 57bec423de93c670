"""Judge a second time whether a CSV file's first record is its header, with nothing of the loader.

The rule (docs/bad-input.md) stands here once more, on purpose and in other code: where the loader takes a
header for a record, or a record for a header, the two counts must differ.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LakeError

if TYPE_CHECKING:
    from lake_assets.readers.dialect import Dialect

LONGEST_NAME = 1000  # bytes of a cell that are looked at
CHANGES = ("I", "U", "D")

_QUOTED_CELL = re.compile(rb'"((?:[^"]|"")*+)"')
_VALUE = re.compile(r"[-+]?\d[-+\d.,:/ T]*", re.ASCII)
_NUMBER_OR_TIME = re.compile(r"[-+]?\.?\d[-+\d.,:/ TZeE]*", re.ASCII)
_CENTURY = re.compile(r"(19|20)\d\d", re.ASCII)
_TYPE_WITH_DIGITS = re.compile(
    r"(small|big)?int|numeric|decimal|real|double precision|float|money|date|time", re.IGNORECASE
)


@dataclass(frozen=True)
class HeaderTerms:
    """What a table says of its files' first records.

    Attributes:
        names: the columns that the catalog names.
        places: the place of each in a file without a header, from 1.
        with_digits: those of them whose values are numbers, dates or times.
        null: the text that means NULL.
        headed: the columns of a file of the table that had a header; None where none had.
    """

    names: Collection[str]
    places: Mapping[str, int]
    with_digits: Collection[str]
    null: str = ""
    headed: Sequence[str] | None = None

    @classmethod
    def of_table(cls, table: Table, headed: Sequence[str] | None) -> Self | None:
        """Return what a table says; None where the catalog says outright whether there is a header.

        Args:
            table: as the catalog has it.
            headed: the columns of a file that had a header.
        """
        if table.files.header != "auto":
            return None
        places = table.file_places
        return cls(
            names=tuple(places),
            places=places,
            with_digits=_with_digits(table),
            null=table.files.null,
            headed=headed,
        )

    @classmethod
    def of_loaded(cls, table: Table, dialect: "Dialect", headed: Sequence[str] | None) -> Self | None:
        """Return the same of a file as it was loaded, when the catalog may have named other columns.

        Args:
            table: as the catalog has it now.
            dialect: how the file was read.
            headed: the columns of a file that had a header.
        """
        if table.files.header != "auto" or dialect.is_declared:
            return None
        named = [column for column in dialect.columns if column not in dialect.extra]
        places = {column: place for place, column in enumerate(dialect.columns, 1) if column in named}
        return cls(
            names=(*named, *dialect.missing),
            places=places,
            with_digits=_with_digits(table),
            null=dialect.null,
            headed=headed,
        )

    def is_header(self, record: bytes, dialect: "Dialect") -> bool:
        """Return whether a first record names the columns.

        Args:
            record: its bytes in UTF-8, with its line end.
            dialect: how the file's cells are written.

        Raises:
            LakeError: it reads neither as a header nor as a record, and files of the table have headers.
        """
        cells = _cells(record, dialect)
        if cells and self._has_names(cells):
            return True
        if self.headed is None or (cells and self._has_values(cells) and self._is_in_place(self.headed)):
            return False
        raise LakeError(
            "The first record reads neither as a header nor as a record, and the table's files have the "
            f"header {', '.join(self.headed)}. Look at it; name the columns in the catalog, or say "
            "`header: true` or `header: false` in `files:`."
        )

    def _has_names(self, cells: Sequence[str]) -> bool:
        known = set(self.names)
        found = list(cells)
        if found[0].casefold() == "op" and "op" not in set(_folded(known)):
            del found[0]
        if len(known) > 1:
            known = set(_folded(known))
            found = list(_folded(found))
        if len(known) > 1 and known.issubset(found):
            return True
        foreign = [cell for cell in found if cell not in known]
        if any(_VALUE.fullmatch(cell) for cell in foreign):
            return False
        return bool(found) and len(foreign) <= len(found) / 2

    def _has_values(self, cells: Sequence[str]) -> bool:
        width = max(self.places.values(), default=0)
        if cells[0] in CHANGES and len(cells) != width:
            return True
        has_value = False
        for column in self.with_digits:
            place = self.places.get(column, len(cells) + 1)
            cell = cells[place - 1] if place <= len(cells) else ""
            if cell in ("", self.null):
                continue
            if re.search(r"\d", cell) is None:
                return False
            if _NUMBER_OR_TIME.fullmatch(cell) and _CENTURY.fullmatch(cell) is None:
                has_value = True
        return has_value

    def _is_in_place(self, columns: Sequence[str]) -> bool:
        for column, place in self.places.items():
            if place <= len(columns) and columns[place - 1] != column:
                return False
        return True


def _with_digits(table: Table) -> tuple[str, ...]:
    columns = []
    for column in table.columns:
        has_digits = _TYPE_WITH_DIGITS.match(column.type) is not None
        if has_digits and not column.path and not re.search(r"\]$| array$", column.type, re.IGNORECASE):
            columns.append(column.file_column)
    return tuple(columns)


def _folded(texts: Iterable[str]) -> Iterable[str]:
    return (text.casefold() for text in texts)


def _cells(record: bytes, dialect: "Dialect") -> list[str] | None:
    """Return the cells of a record; None if its quoting is broken."""
    line = record.removesuffix(b"\n").removesuffix(b"\r")
    delimiter = dialect.delimiter.encode()
    if dialect.quoting != "rfc4180":
        return [_text(cell) for cell in line.split(delimiter)]
    cells = []
    at = 0
    while at <= len(line):
        quoted = _QUOTED_CELL.match(line, at)
        if quoted:
            cells.append(_text(quoted[1].replace(b'""', b'"')))
            at = quoted.end()
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cell = line[at:end]
            if b'"' in cell or b"\r" in cell:
                return None
            cells.append(_text(cell))
            at = end
        if at < len(line) and line[at : at + 1] != delimiter:
            return None
        at += 1
    return cells


def _text(cell: bytes) -> str:
    return cell[:LONGEST_NAME].decode(errors="replace")
