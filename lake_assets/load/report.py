"""What a load has to tell of a table-hour.

How it came to be belongs to `load.hour`; how Dagster shows it to `orchestration.metadata`.
"""

from dataclasses import dataclass
from datetime import datetime

from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.ledger import NOTHING, Counts, State
from lake_assets.ledger.schema_changes import SchemaChange
from lake_assets.ledger.states import FINE
from lake_assets.readers.dialect import Dialect


@dataclass(frozen=True)
class LoadedFile:
    """One file of a loaded table-hour, with where its records went and how it was read."""

    file: LakeObject
    file_id: int
    counts: Counts
    dialect: Dialect
    nuls: int


@dataclass(frozen=True)
class LoadReport:
    """What became of one table-hour.

    Attributes:
        hour: the hour (UTC).
        state: the state the ledger has for it now.
        counts: its records, added up over its files.
        files: its files.
        seconds: how long the load took.
        note: what a person should know, such as columns that were added.
        error: why it failed; None unless the state is `failed` or `mismatch`.
        changes: what its files have otherwise than those before them.
    """

    hour: datetime
    state: State
    counts: Counts = NOTHING
    files: tuple[LoadedFile, ...] = ()
    seconds: float = 0.0
    note: str | None = None
    error: str | None = None
    changes: tuple[SchemaChange, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether the hour is as it should be, records in quarantine left aside."""
        return self.error is None and (self.state in FINE or self.state == "quarantined")

    @property
    def bytes(self) -> int:
        """The size of the files as they lie in S3."""
        return sum(loaded.file.size for loaded in self.files)
