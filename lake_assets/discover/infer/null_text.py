"""Which text means NULL in the files of a table or source, told by what stands beside it.

A wrong guess would lose text, so a word is believed only where it stands among numbers, times and the like,
and empty cells do not.
"""

from collections import Counter
from collections.abc import Iterable

from lake_assets.discover.cells.cell_classes import TEXT
from lake_assets.discover.cells.column_profile import MARKERS, ColumnProfile
from lake_assets.discover.infer.explained import Explained

MANY_COLUMNS = 10  # with the word NULL, for each one with empty cells


def choose_null(columns: Iterable[ColumnProfile], usual: str = "") -> Explained | None:
    """Return the text that means NULL, and why; None where nothing tells.

    Args:
        columns: every column of a table, or of a source.
        usual: another text that may mean NULL, if it does in the rest of the source.
    """
    votes = _votes(columns)
    best = max(MARKERS, key=lambda text: (votes[text], text == usual))
    if votes[best] >= max(1, MANY_COLUMNS * votes[""]):
        empty = ""
        if votes[""]:
            empty = f" and empty cells in {votes['']}"
        held = f"{votes[best]} columns hold"
        if votes[best] == 1:
            held = "1 column holds"
        return Explained(best, f"{held} {best} among values that are no text{empty}")
    if votes[""]:
        return Explained("", "empty cells stand among values that are no text")
    return None


def _votes(columns: Iterable[ColumnProfile]) -> Counter[str]:
    """Count the columns that have a type if a text means NULL in them, by the text."""
    votes: Counter[str] = Counter()
    for column in columns:
        if len(column.bare) != 1:
            continue
        (text,) = column.bare
        if column.type_with(text) != TEXT:
            votes[text] += 1
    return votes
