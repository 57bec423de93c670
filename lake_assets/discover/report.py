"""What discovery tells people and machines, and while it works. Nothing is found out here."""

from collections.abc import Callable
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


@dataclass(frozen=True)
class Progress:
    """Whom to tell how far it is: the objects to read at first, then each that was read."""

    begins: Callable[[str, int], None] = lambda _source, _files: None
    read: Callable[[], None] = lambda: None
