"""Where the records of one file stand while its table-hour is loaded.

Who sets them aside belongs to `staging` and `load.frames.transform`; what the ledger keeps of it to
`ledger.files`.
"""

from dataclasses import dataclass, replace
from typing import Self

from lake_assets.load.staging.file_copy import StagedFile
from lake_assets.states.records import Counts


@dataclass(frozen=True)
class Staged:
    """A file in staging, and how many of its records are set aside."""

    staged: StagedFile
    quarantined: int
    filtered: int = 0
    added: int = 0

    def without(self, records: int, rows: int) -> Self:
        """Give the same with more records set aside, of which so many rows would have come."""
        return replace(self, quarantined=self.quarantined + records, added=self.added - rows + records)

    def counts(self, *, superseded: bool) -> Counts:
        """Say where the file's records go once its good ones are moved on, or are superseded."""
        good = self.staged.records - self.quarantined - self.filtered
        return Counts(
            records=self.staged.records,
            loaded=0 if superseded else good,
            quarantined=self.quarantined,
            superseded=good if superseded else 0,
            filtered=self.filtered,
            added=0 if superseded else self.added,
        )
