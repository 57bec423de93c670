"""How the files of a table are written: delimiter, quoting and NULL, each by the table alone where it tells.

What a table does not tell is what most tables of its source have. What only one file can tell (header, Op,
compression) is worked out file by file when it is loaded (`readers.detect`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.batches import count_quotes, sample
from lake_assets.discover.classes import TEXT
from lake_assets.discover.profile import MARKERS, ColumnProfile

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
LEAST_SHARE = 0.5  # of a table's records that must have as many cells as most have
CLEAR_SHARE = 0.9
MANY_BROKEN = 10  # records; fewer are faults, and faults belong in quarantine
MANY_COLUMNS = 10  # with the word NULL, for each one with empty cells

_IN_PROSE = re.compile(r"(?<=[0-9]),(?=[0-9])|,(?= )")

Heads = Sequence[bytes]


@dataclass(frozen=True)
class Written:
    """How a source or a table is written.

    Attributes:
        files: the options.
        why: a sentence for some of them.
    """

    files: FileOptions
    why: Mapping[str, str] = field(default_factory=dict)

    def with_option(self, key: str, value: Any, why: str) -> "Written":
        """Give the same with another value of an option."""
        return Written(self.files.model_copy(update={key: value}), {**self.why, key: why})


def detect(heads: Mapping[str, Heads], given: FileOptions | None = None) -> dict[str, Written]:
    """Find delimiter and quoting of each table.

    Args:
        heads: for each table, the beginnings of some files.
        given: what holds for a table that does not clearly tell otherwise; None if most tables decide that.

    Raises:
        LakeError: a head cannot be unpacked.
    """
    base = given or FileOptions()
    fits = {table: _fits(some, base) for table, some in heads.items()}
    usual = base.delimiter
    if given is None:
        votes = Counter(mark for table, some in heads.items() if (mark := _best(some, fits[table], base)))
        usual = max(DELIMITERS, key=lambda mark: (votes[mark], mark == usual))
    preferred = base.model_copy(update={"delimiter": usual})
    return {table: _written(some, fits[table], preferred, base) for table, some in heads.items()}


def _written(heads: Heads, fits: Mapping[str, float], preferred: FileOptions, base: FileOptions) -> Written:
    best = _best(heads, fits, preferred)
    if best is None and base.quoting == "rfc4180":
        # Where every record breaks the rule of quotes, none of them can be counted by it.
        fits = _fits(heads, preferred.model_copy(update={"quoting": "none"}))
        best = _best(heads, fits, preferred)
    mark = best or preferred.delimiter
    written = Written(preferred.model_copy(update={"delimiter": mark}))
    if fits[mark] >= LEAST_SHARE:
        written = written.with_option("delimiter", mark, f"{NAMES[mark]} cut its records evenly")
    if base.quoting == "rfc4180":
        quoted, broken = map(sum, zip((0, 0), *_quotes(heads, written.files), strict=True))
        if not quoted and broken >= MANY_BROKEN:
            why = f"quotes stand unpaired or inside cells in {broken} records, and never around a cell"
            written = written.with_option("quoting", "none", why)
    return written


def _quotes(heads: Heads, files: FileOptions) -> Iterable[tuple[int, int]]:
    return (count_quotes(head, files) for head in heads)


def _best(heads: Heads, fits: Mapping[str, float], preferred: FileOptions) -> str | None:
    """Give the delimiter that cuts most records of a table evenly; None if none does."""
    usual = preferred.delimiter
    best = max(fits, key=lambda mark: (fits[mark], mark == usual, mark == ","))
    if fits[best] < (LEAST_SHARE if best in USUAL or best == usual else 1):
        best = max(USUAL, key=lambda mark: (fits[mark], mark == usual, mark == ","))
    if fits[best] < LEAST_SHARE:
        return None
    if best == "," and (other := _behind_commas_in_prose(heads, fits, preferred)):
        return other
    return best


def _fits(heads: Heads, files: FileOptions) -> dict[str, float]:
    marks = dict.fromkeys((*DELIMITERS, files.delimiter))
    return {mark: _share(heads, files.model_copy(update={"delimiter": mark})) for mark in marks}


def _share(heads: Heads, files: FileOptions) -> float:
    mark = files.delimiter.encode()
    if not any(mark in head for head in heads) and not any(map(_is_packed_or_wide, heads)):
        return 0.0
    records = [record for head in heads for record in sample(head, files)]
    widths = Counter(len(record) for record in records if record)
    width = max(widths, key=lambda cells: widths[cells], default=1)
    least = 3 if files.delimiter in RARE else 2  # cells; one in each line may be anything
    return widths[width] / len(records) if width >= least else 0.0


def _is_packed_or_wide(head: bytes) -> bool:
    return head.startswith(b"\x1f\x8b")


def _behind_commas_in_prose(heads: Heads, fits: Mapping[str, float], files: FileOptions) -> str | None:
    """Give the delimiter of files in which every comma stands in a number or before a blank: `1,5;2,6`."""
    for mark in USUAL[1:]:
        if fits[mark] < CLEAR_SHARE:
            continue
        cut = files.model_copy(update={"delimiter": mark})
        cells = [cell for head in heads for record in sample(head, cut) for cell in record or ()]
        if sum(cell.count(",") for cell in cells) == sum(len(_IN_PROSE.findall(cell)) for cell in cells):
            return mark
    return None


def choose_null(columns: Iterable[ColumnProfile], usual: str = "") -> tuple[str | None, str]:
    """Find the text that means NULL, and why.

    A wrong guess would lose text, so a word is believed only where it stands among numbers, times and the
    like, and empty cells do not.

    Args:
        columns: every column of a table, or of a source.
        usual: another text that may mean NULL, if it does in the rest of the source.

    Returns:
        None where nothing tells.
    """
    votes: Counter[str] = Counter()
    for column in columns:
        if len(column.bare) == 1:
            (text,) = column.bare
            votes[text] += column.type_with(text) != TEXT
    best = max(MARKERS, key=lambda text: (votes[text], text == usual))
    if votes[best] >= max(1, MANY_COLUMNS * votes[""]):
        empty = f" and empty cells in {votes['']}" if votes[""] else ""
        held = "1 column holds" if votes[best] == 1 else f"{votes[best]} columns hold"
        return best, f"{held} {best} among values that are no text{empty}"
    if votes[""]:
        return "", "empty cells stand among values that are no text"
    return None, ""


def most_common(written: Mapping[str, Written]) -> Written:
    """Give the options that most tables share, each on its own; the default where two are as frequent."""
    shared = Written(FileOptions())
    for key, usual in FileOptions().model_dump().items():
        votes = Counter(getattr(each.files, key) for each in written.values())
        value, count = max(votes.items(), key=lambda vote: (vote[1], vote[0] == usual), default=(usual, 0))
        if value != usual:
            alike = [each.why.get(key, "") for each in written.values() if getattr(each.files, key) == value]
            own = next((why for why in alike if why), "")
            tables = f"so in {count} of {len(written)} tables"
            shared = shared.with_option(key, value, tables if len(written) > 1 else own)
    return shared


def differences(of: Written, source: FileOptions) -> dict[str, tuple[Any, str]]:
    """Give the options of a table that are not its source's, each with the reason."""
    ours = source.model_dump()
    return {
        key: (value, of.why.get(key, "as is the default; the source's other tables differ"))
        for key, value in of.files.model_dump().items()
        if value != ours[key]
    }
