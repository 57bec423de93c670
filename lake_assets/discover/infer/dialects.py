"""Delimiter and quoting of the files of a table, each told by the table alone where it tells.

What a table does not tell is what most tables of its source have. What only one file can tell (header, Op,
compression) is worked out file by file when it is loaded (`readers.dialect`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.infer.file_options import ChosenOptions
from lake_assets.discover.survey.csv_cells import Cells
from lake_assets.discover.survey.head_sample import count_quotes, sample
from lake_assets.readers.first_bytes import packing_of

USUAL = (",", "\t", ";", "|")
RARE = ("^", "~")
DELIMITERS = (*USUAL, "\x01", "\x1f", *RARE)
NAMES = {
    ",": "commas",
    "\t": "tabs",
    ";": "semicolons",
    "|": "bars",
    "^": "carets",
    "~": "tildes",
    "\x01": "control characters U+0001",
    "\x1f": "control characters U+001F",
}
LEAST_CELLS = 2  # of a record that a delimiter cuts
LEAST_CELLS_RARE = 3  # the same of rare ones: one of them in each line may be anything
LEAST_SHARE = 0.5  # of a table's records that must have as many cells as most have
CLEAR_SHARE = 0.9
MANY_BROKEN = 10  # records; fewer are faults, and faults belong in quarantine

_IN_PROSE = re.compile(r"(?<=[0-9]),(?=[0-9])|,(?= )")

Heads = Sequence[bytes]
Shares = Mapping[str, float]


def detect_dialects(heads: Mapping[str, Heads], given: FileOptions | None = None) -> dict[str, ChosenOptions]:
    """Return delimiter and quoting of each table.

    Args:
        heads: for each table, the beginnings of some files.
        given: what holds for a table that does not clearly tell otherwise; None if most tables decide that.

    Raises:
        LakeError: a head cannot be unpacked.
    """
    base = given or FileOptions()
    shares = {table: _shares(some, base) for table, some in heads.items()}
    usual = base.delimiter
    if given is None:
        usual = _most_voted(heads, shares, base)
    preferred = _with_delimiter(base, usual)
    return {table: _choose(some, shares[table], preferred) for table, some in heads.items()}


def _most_voted(heads: Mapping[str, Heads], shares: Mapping[str, Shares], base: FileOptions) -> str:
    """Return the delimiter that most tables clearly have; one of a few if they are as many."""
    votes: Counter[str] = Counter()
    for table, some in heads.items():
        mark = _best(some, shares[table], base)
        if mark is not None:
            votes[mark] += 1
    return max(DELIMITERS, key=lambda mark: (votes[mark], mark == base.delimiter))


def _choose(heads: Heads, shares: Shares, preferred: FileOptions) -> ChosenOptions:
    """Return the options of one table, `preferred` where it does not tell otherwise."""
    may_have_quotes = preferred.quoting == "rfc4180"
    best = _best(heads, shares, preferred)
    if best is None and may_have_quotes:
        # Where every record breaks the rule of quotes, none of them can be counted by it.
        shares = _shares(heads, preferred.model_copy(update={"quoting": "none"}))
        best = _best(heads, shares, preferred)
    mark = best or preferred.delimiter
    chosen = ChosenOptions(_with_delimiter(preferred, mark))
    if shares[mark] >= LEAST_SHARE:
        chosen = chosen.with_option("delimiter", mark, f"{NAMES[mark]} cut its records evenly")
    if may_have_quotes:
        quoted, broken = _count_quotes(heads, chosen.files)
        if not quoted and broken >= MANY_BROKEN:
            why = f"quotes stand unpaired or inside cells in {broken} records, and never around a cell"
            chosen = chosen.with_option("quoting", "none", why)
    return chosen


def _with_delimiter(files: FileOptions, mark: str) -> FileOptions:
    return files.model_copy(update={"delimiter": mark})


def _count_quotes(heads: Heads, files: FileOptions) -> tuple[int, int]:
    """Return how many records use quotes as RFC 4180 has it, and how many break it."""
    quoted = broken = 0
    for head in heads:
        quoted_in_head, broken_in_head = count_quotes(head, files)
        quoted += quoted_in_head
        broken += broken_in_head
    return quoted, broken


def _best(heads: Heads, shares: Shares, preferred: FileOptions) -> str | None:
    """Return the delimiter that cuts most records of a table evenly; None if none does."""
    usual = preferred.delimiter

    def rank(mark: str) -> tuple[float, bool, bool]:
        return shares[mark], mark == usual, mark == ","

    best = max(shares, key=rank)
    is_usual = best in USUAL or best == usual
    if not is_usual and shares[best] < 1:  # a rare one has to cut every record
        best = max(USUAL, key=rank)
    if shares[best] < LEAST_SHARE:
        return None
    if best == ",":
        return _behind_commas_in_prose(heads, shares, preferred) or best
    return best


def _shares(heads: Heads, files: FileOptions) -> Shares:
    """Return for each delimiter the part of the records that it cuts into as many cells as most have."""
    marks = dict.fromkeys((*DELIMITERS, files.delimiter))
    return {mark: _share(heads, _with_delimiter(files, mark)) for mark in marks}


def _share(heads: Heads, files: FileOptions) -> float:
    if not _may_hold(heads, files.delimiter.encode()):
        return 0.0
    records = list(_records(heads, files))
    widths = Counter(len(record) for record in records if record)
    width = max(widths, key=lambda cells: widths[cells], default=1)
    least = LEAST_CELLS
    if files.delimiter in RARE:
        least = LEAST_CELLS_RARE
    if width >= least:
        return widths[width] / len(records)
    return 0.0


def _may_hold(heads: Heads, mark: bytes) -> bool:
    """Return whether a delimiter stands in some head, as far as its bytes tell without unpacking it."""
    return any(mark in head or packing_of(head) != "none" for head in heads)


def _records(heads: Heads, files: FileOptions) -> Iterator[Cells | None]:
    for head in heads:
        yield from sample(head, files)


def _behind_commas_in_prose(heads: Heads, shares: Shares, files: FileOptions) -> str | None:
    """Return the delimiter of files in which every comma stands in a number or before a blank: `1,5;2,6`."""
    for mark in USUAL[1:]:
        if shares[mark] >= CLEAR_SHARE and _has_commas_in_prose_alone(heads, _with_delimiter(files, mark)):
            return mark
    return None


def _has_commas_in_prose_alone(heads: Heads, files: FileOptions) -> bool:
    for record in _records(heads, files):
        for cell in record or ():
            if cell.count(",") != len(_IN_PROSE.findall(cell)):
                return False
    return True
