"""What discovery tells people and machines, and while it works. Nothing is found out here."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class SourceReport:
    """What came of one source.

    Attributes:
        source: its name in the catalog.
        folder: its folder in the lake.
        path: the file that was written; None if none was.
        tables: the tables that were written, by their qualified names.
        notes: what a person may want to know.
        left_out: what was found and is not in the catalog, and why.
        changed: what has changed in the lake and cannot be shown as a diff.
        drift: how tables that were there differ from the lake, as a unified diff.
    """

    source: str
    folder: str
    path: Path | None = None
    tables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    drift: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether something was left out or has drifted."""
        return bool(self.left_out or self.changed or self.drift)

    def leave_out(self, files: Iterable[tuple[str, str]]) -> None:
        """Report files that are left out.

        Args:
            files: the address of each, and why.
        """
        self.left_out += [f"{url}: {reason}" for url, reason in files]


def say_bad(bad: Counter[str], good: int) -> str:
    """Return how many records of a table are bad, with the most frequent reason.

    Args:
        bad: how many are, by reason; one at least.
        good: how many are not.
    """
    ((reason, _),) = bad.most_common(1)
    count = bad.total()
    return f"{count:,} of {count + good:,} records are bad ({reason})"


def _say_nothing(_source: str, _files: int) -> None:
    """Leave it untold how many files there are."""


def _count_nothing() -> None:
    """Leave it untold that a file was read."""


@dataclass(frozen=True)
class Progress:
    """Whom to tell how far it is.

    Attributes:
        begins: called with the source's name and the number of its files, before any is read.
        read: called after each file.
    """

    begins: Callable[[str, int], None] = _say_nothing
    read: Callable[[], None] = _count_nothing
