"""Where the records of one file stand while its table-hour is loaded.

Who sets them aside belongs to `load.staging`, `load.insert_rejects` and `load.frames.transform`; what the
ledger keeps of it to `ledger.files`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from lake_assets.load.staging.document_rejects import DocumentRejects
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.states.records import Counts


@dataclass(frozen=True)
class FileTally:
    """A file in staging, and what became of its records so far.

    Attributes:
        copied: the file.
        quarantined: how many of its records are set aside.
        filtered: how many of them a transform gave no row for.
        added: rows that a transform made beyond one for each record.
    """

    copied: CopiedFile
    quarantined: int
    filtered: int = 0
    added: int = 0

    def without(self, records: int, rows: int) -> Self:
        """Return the same with more records set aside, of which so many rows would have come."""
        return replace(self, quarantined=self.quarantined + records, added=self.added - rows + records)

    def counts(self, *, superseded: bool) -> Counts:
        """Return where the file's records go once its good ones are moved on, or are superseded."""
        good = self.copied.records - self.quarantined - self.filtered
        counts = Counts(records=self.copied.records, quarantined=self.quarantined, filtered=self.filtered)
        if superseded:
            return replace(counts, superseded=good)
        return replace(counts, loaded=good, added=self.added)


def set_aside_documents(staging: Staging, tallies: Sequence[FileTally]) -> list[FileTally]:
    """Set aside the records whose documents hold something else than declared.

    Args:
        staging: the staging.
        tallies: the files, in the order of their ordinals.

    Returns:
        The same files, with these records counted as set aside.

    Raises:
        LakeError: an object changed or vanished since it was read.
    """
    if not staging.plan.documents:
        return list(tallies)
    try:
        with savepoint(staging.connection):
            counts = DocumentRejects(staging).set_aside([tally.copied for tally in tallies])
    except Refused:
        return list(tallies)  # a type that cannot even be asked; the INSERT finds its records
    return [tally.without(records=count, rows=count) for tally, count in zip(tallies, counts, strict=True)]
