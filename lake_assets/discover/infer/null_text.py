"""Which text means NULL in the files of a table or source, told by what stands beside it.

A wrong guess would lose text, so a word is believed only where it stands among numbers, times and the like,
or beside the same word in quotes, and empty cells do not.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from lake_assets.discover.cells.cell_classes import TEXT
from lake_assets.discover.cells.column_profile import MARKERS, ColumnProfile, TypeRules
from lake_assets.discover.infer.explained import Explained

MANY_COLUMNS = 10  # with the word NULL, for each one with empty cells


def choose_null(columns: Iterable[ColumnProfile], usual: str = "") -> Explained | None:
    """Return the text that means NULL, and why; None where nothing tells.

    Args:
        columns: every column of a table, or of a source.
        usual: another text that may mean NULL, if it does in the rest of the source.
    """
    votes = _votes(columns)
    total = votes.total()
    best = max(MARKERS, key=lambda text: (total[text], text == usual))
    if total[best] >= max(1, MANY_COLUMNS * total[""]):
        return Explained(best, votes.why(best))
    if total[""]:
        return Explained("", "empty cells stand among values that are no text")
    return None


@dataclass
class _Votes:
    """How many columns tell which text means NULL, and how they tell it.

    Attributes:
        typed: those that have a type if it does.
        quoted: those in which the same text stands in quotes too, and is a text there.
    """

    typed: Counter[str] = field(default_factory=Counter)
    quoted: Counter[str] = field(default_factory=Counter)

    def total(self) -> Counter[str]:
        """Return how many columns tell it, by the text."""
        return self.typed + self.quoted

    def why(self, text: str) -> str:
        """Return how they tell that a text means NULL."""
        said = []
        if self.typed[text]:
            said.append(f"{_columns_hold(self.typed[text])} {text} among values that are no text")
        if self.quoted[text]:
            said.append(f"{_columns_hold(self.quoted[text])} it without quotes, and in quotes as a text")
        empty = ""
        if self.typed[""]:
            empty = f" and empty cells in {self.typed['']}"
        return "; ".join(said) + empty


def _columns_hold(count: int) -> str:
    if count == 1:
        return "1 column holds"
    return f"{count} columns hold"


def _votes(columns: Iterable[ColumnProfile]) -> _Votes:
    votes = _Votes()
    for column in columns:
        for text in column.quoted & column.bare.keys():
            votes.quoted[text] += 1
        if len(column.bare) != 1:
            continue
        (text,) = column.bare
        if _has_type(column, text):
            votes.typed[text] += 1
    return votes


def _has_type(column: ColumnProfile, null: str) -> bool:
    """Return whether a column has a type if a text means NULL; in JSON, null is a value itself."""
    chosen = column.type_with(TypeRules(null))
    is_json_null = chosen == "jsonb" and null == "null"
    return chosen != TEXT and not is_json_null
