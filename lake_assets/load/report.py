"""What a load has to tell of a table-hour.

How it came to be belongs to `load.hour`; how Dagster shows it to `orchestration.metadata`.
"""

from dataclasses import dataclass
from datetime import datetime

from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.schema_changes import SchemaChange
from lake_assets.readers.dialect import Dialect
from lake_assets.states.decide import Verdict
from lake_assets.states.facts import FAILURES, with_codes
from lake_assets.states.records import Counts, total
from lake_assets.states.sentences import sentences, why
from lake_assets.states.state import State


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
        verdict: the state the ledger has for it now, and why.
        files: its files.
        seconds: how long the load took.
        changes: what its files have otherwise than those before them.
    """

    verdict: Verdict
    files: tuple[LoadedFile, ...] = ()
    seconds: float = 0.0
    changes: tuple[SchemaChange, ...] = ()

    @property
    def hour(self) -> datetime:
        """The hour (UTC)."""
        return self.verdict.hour

    @property
    def state(self) -> State:
        """The state it is in."""
        return self.verdict.state

    @property
    def counts(self) -> Counts:
        """Its records, added up over the files that were loaded; none where nothing was."""
        return total(loaded.counts for loaded in self.files)

    @property
    def stands(self) -> bool:
        """Whether the hour is as it should be, records in quarantine left aside."""
        return self.verdict.passed

    @property
    def error(self) -> str | None:
        """Why it changed nothing, as people read it; None where it did what it should."""
        failures = with_codes(self.verdict.found, FAILURES)
        return sentences(failures)

    @property
    def note(self) -> str | None:
        """What people should know besides, such as columns that were added."""
        return None if self.error else why(self.verdict)

    @property
    def bytes(self) -> int:
        """The size of the files as they lie in S3."""
        return sum(loaded.file.size for loaded in self.files)
