"""What becomes of a table-hour at the end of its load: its state, written in the ledger, and what is noted.

The one place of a load that decides on a state. What was done with rows and records belongs to `load.hour`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.exceptions import CountMismatch
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger import ledger
from lake_assets.ledger.ledger import Counts, State
from lake_assets.ledger.schema_changes import read_schema_changes
from lake_assets.ledger.states import lost_files, removed, state_without_files
from lake_assets.load.column_drift import change_notes
from lake_assets.load.report import LoadedFile, LoadReport
from lake_assets.load.tally import FileTally
from lake_assets.postgres import holdable


@dataclass
class HourOutcome:
    """Decides what becomes of one table-hour.

    Attributes:
        connection: the session, in the transaction of whatever is decided.
        table: the table as the catalog has it.
        hour: the hour (UTC).
        run_id: what the ledger writes down as the cause of its rows.
        day_has_files: the lake has files for this hour's UTC day; what `expect: daily` asks for.
        notes: what a person should know; it is gathered during the load.
    """

    connection: psycopg.Connection
    table: Table
    hour: datetime
    run_id: str
    day_has_files: bool
    notes: list[str] = field(default_factory=list)

    def why_refused(self, tallies: Iterable[FileTally]) -> str | None:
        """Return why the hour cannot stand; None if it can.

        Args:
            tallies: what became of the records of its files.
        """
        records = bad = 0
        for tally in tallies:
            records += tally.copied.records
            bad += tally.quarantined
        if _exceeds(bad, records, self.table.max_quarantined):
            return (
                f"{bad} of {records} records cannot be loaded, and max_quarantined is "
                f"{self.table.max_quarantined}. See `lake-assets quarantine list`; mend the file or the "
                "catalog, or raise the limit."
            )
        if records and bad == records:
            return (
                f"None of {records} records can be loaded. See `lake-assets quarantine list`: "
                "most often the catalog's columns, delimiter or header are not those of the file."
            )
        return None

    def refused(self, fault: str) -> LoadReport:
        """Write down that the hour cannot stand."""
        self._write("failed", fault)
        return LoadReport(self.hour, "failed", error=fault)

    def failed(self, error: Exception) -> LoadReport:
        """Write down that an error ended the load."""
        state: State = "mismatch" if isinstance(error, CountMismatch) else "failed"
        reason = holdable(str(error).strip())
        self._write(state, reason)
        return LoadReport(self.hour, state, error=reason)

    def loaded(self, files: tuple[LoadedFile, ...], notes: Iterable[str]) -> LoadReport:
        """Write down that an hour's files are loaded.

        Args:
            files: the files.
            notes: what the table's load mode has to note.
        """
        counts = sum((file.counts for file in files), Counts())
        state: State = "quarantined" if counts.quarantined else "loaded"
        changes = read_schema_changes(self.connection, self.table, self.hour)
        note = "; ".join([*self.notes, *notes, *change_notes(changes)]) or None
        self._write(state, note)
        return LoadReport(self.hour, state, counts, files, note=note, changes=changes)

    def without_files(self, gone: Sequence[tuple[str, int]]) -> LoadReport:
        """Write down that an hour has no file.

        Args:
            gone: key and records of files that were loaded and are gone since.
        """
        known = ledger.read_hours(self.connection, self.table, self.hour, self.hour + ONE_HOUR)
        earlier = lost_files(known.get(self.hour))
        lost = bool(earlier) or any(records for _, records in gone)
        state = state_without_files(
            self.table, self.hour, datetime.now(UTC), day_has_files=self.day_has_files, lost=lost
        )
        notes = []
        if state == "missing":
            notes = [*earlier, *(removed(key, records) for key, records in gone)]
        note = "; ".join(notes) or None
        self._write(state, note)
        return LoadReport(self.hour, state, note=note)

    def _write(self, state: State, note: str | None) -> None:
        ledger.judge_hour(self.connection, self.table, self.hour, state, self.run_id, note)


def _exceeds(bad: int, records: int, allowed: float | None) -> bool:
    """Return whether more records are bad than a number of records (int) or a fraction of them (float)."""
    if not bad or allowed is None:
        return False
    return bad > (allowed if isinstance(allowed, int) else allowed * records)
