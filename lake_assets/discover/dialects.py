"""How the files of a source are written: one delimiter, one quoting and one NULL for all of its tables.

Each is judged by all tables together, for the catalog has one `files` a source; what only one file can tell
(header, Op, compression) is worked out file by file when it is loaded (`lake.dialect`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.batches import count_quotes, sample
from lake_assets.discover.classes import TEXT
from lake_assets.discover.profile import MARKERS, ColumnProfile

DELIMITERS = (",", "\t", ";", "|")
NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
LEAST_SHARE = 0.5  # of a table's records that must have as many cells as most have
CLEAR_SHARE = 0.9
MANY_BROKEN = 10  # records; fewer are faults, and faults belong in quarantine
MANY_COLUMNS = 10  # with the word NULL, for each one with empty cells

_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")


@dataclass(frozen=True)
class Written:
    """How a source is written.

    Attributes:
        files: the options of the catalog.
        why: a sentence for each option that is not the default.
        others: for each table that is written with another delimiter, that delimiter.
    """

    files: FileOptions
    why: Mapping[str, str]
    others: Mapping[str, str]


def detect(heads: Mapping[str, Sequence[bytes]]) -> Written:
    """Find delimiter and quoting.

    Args:
        heads: for each table, the beginnings of some files.

    Raises:
        LakeError: a head cannot be unpacked.
    """
    looks = {table: found for table, some in heads.items() if (found := _delimiter_of(some))}
    votes = Counter(looks.values())
    delimiter = max(DELIMITERS, key=lambda mark: (votes[mark], mark == ","))
    why = {}
    if delimiter != ",":
        why["delimiter"] = f"{NAMES[delimiter]} cut {votes[delimiter]} of {len(heads)} tables evenly"
    files = FileOptions(delimiter=delimiter)
    quoted, broken = map(sum, zip((0, 0), *_quotes(heads, files), strict=True))
    if not quoted and broken >= MANY_BROKEN:
        files = FileOptions(delimiter=delimiter, quoting="none")
        why["quoting"] = f"quotes stand unpaired or inside cells in {broken} records, and never around a cell"
    others = {table: mark for table, mark in looks.items() if mark != delimiter}
    return Written(files, why, others)


def _quotes(heads: Mapping[str, Sequence[bytes]], files: FileOptions) -> Iterable[tuple[int, int]]:
    return (count_quotes(head, files) for some in heads.values() for head in some)


def _delimiter_of(heads: Sequence[bytes]) -> str | None:
    """Give the delimiter that cuts most records of a table evenly; None if none does."""
    fits = {mark: _share(heads, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: (fits[mark], mark == ","))
    if fits[best] < LEAST_SHARE:
        return None
    if best == "," and (other := _behind_decimal_commas(heads, fits)):
        return other
    return best


def _share(heads: Sequence[bytes], delimiter: str) -> float:
    records = [record for head in heads for record in sample(head, FileOptions(delimiter=delimiter))]
    widths = Counter(len(record) for record in records if record)
    width = max(widths, key=lambda cells: widths[cells], default=1)
    return widths[width] / len(records) if width > 1 else 0.0


def _behind_decimal_commas(heads: Sequence[bytes], fits: Mapping[str, float]) -> str | None:
    """Give the delimiter of files in which every comma stands inside a number, such as `1,5;2,6`."""
    for mark in DELIMITERS[1:]:
        if fits[mark] >= CLEAR_SHARE:
            cells = [
                cell
                for head in heads
                for record in sample(head, FileOptions(delimiter=mark)) or ()
                for cell in record or ()
            ]
            commas = sum(cell.count(",") for cell in cells)
            if commas == sum(len(_DECIMAL_COMMA.findall(cell)) for cell in cells):
                return mark
    return None


def choose_null(columns: Iterable[ColumnProfile]) -> tuple[str, str]:
    """Find the text that means NULL, and why.

    A wrong guess would lose text, so a word is believed only where it stands among numbers, times and the
    like, and empty cells do not.

    Args:
        columns: every column of a source.
    """
    votes: Counter[str] = Counter()
    for column in columns:
        if len(column.bare) == 1:
            (text,) = column.bare
            votes[text] += column.type_with(text) != TEXT
    best = max(MARKERS, key=lambda text: votes[text])
    if votes[best] >= max(1, MANY_COLUMNS * votes[""]):
        empty = f" and empty cells in {votes['']}" if votes[""] else ""
        return best, f"{votes[best]} columns hold {best} among values that are no text{empty}"
    return "", ""
