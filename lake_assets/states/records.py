"""What is known of a file and of a table-hour: the rows of the ledger, as values.

Reading and writing them belongs to `ledger`, what follows from them to `decide`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lake_assets.states.facts import FactCode, Facts
from lake_assets.states.state import State


@dataclass(frozen=True)
class Counts:
    """Where the records of a file or a table-hour went; `records` is the recount's figure.

    Main has `loaded` rows of them, and `added` more that a transform made.
    """

    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    superseded: int = 0
    filtered: int = 0
    added: int = 0

    @property
    def rows(self) -> int:
        """How many rows main has of them."""
        return self.loaded + self.added

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sum of two files."""
        return Counts(
            records=self.records + other.records,
            loaded=self.loaded + other.loaded,
            quarantined=self.quarantined + other.quarantined,
            superseded=self.superseded + other.superseded,
            filtered=self.filtered + other.filtered,
            added=self.added + other.added,
        )


NOTHING = Counts()


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of the counts of any number of files."""
    return sum(counts, NOTHING)


@dataclass(frozen=True)
class LedgerFile:
    """A file as the ledger has it; fields as the columns of `lake_assets.files`."""

    id: int
    hour: datetime
    key: str
    etag: str
    bytes: int
    records: int
    loaded: int
    quarantined: int
    superseded: int
    filtered: int
    added: int
    dialect: dict[str, Any]
    column_set: int | None = None

    @property
    def counts(self) -> Counts:
        """Where its records went."""
        return Counts(
            records=self.records,
            loaded=self.loaded,
            quarantined=self.quarantined,
            superseded=self.superseded,
            filtered=self.filtered,
            added=self.added,
        )


@dataclass(frozen=True)
class LedgerHour:
    """A table-hour as the ledger has it; fields as the columns of `lake_assets.table_hours`.

    Attributes:
        facts: its `evidence`.
        note: the sentence made of it when it was written: to be read by people, and by nobody here.
    """

    hour: datetime
    state: State
    files: int
    counts: Counts
    run_id: str
    updated_at: datetime
    facts: Facts = ()
    note: str | None = None

    @property
    def reason(self) -> FactCode | None:
        """What makes its state, where anything does; `reason` as the ledger has it."""
        return self.facts[0].code if self.facts else None
