"""What becomes of a table-hour once its load has come to an end: the verdict, written down and reported.

What was done with rows and records belongs to `load.hour`; what follows from it for the hour's state is
decided in `states.decide`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.exceptions import CountMismatch
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.files import read_files
from lake_assets.ledger.schema_changes import read_schema_changes
from lake_assets.ledger.table_hours import Entry, read_hour, read_hours, write
from lake_assets.load.column_drift import schema_changed
from lake_assets.load.foreign_functions import unreachable_name
from lake_assets.load.report import LoadedFile, LoadReport
from lake_assets.load.tally import FileTally
from lake_assets.postgres import holdable
from lake_assets.states.decide import Verdict, decide
from lake_assets.states.evidence import Evidence, LoadResult
from lake_assets.states.facts import Fact, FactCode, Facts


@dataclass
class HourOutcome:
    """Writes down what becomes of one table-hour.

    Attributes:
        connection: the session, in the transaction of whatever is written.
        table: the table as the catalog has it.
        hour: the hour (UTC).
        objects: the hour's files, as they were listed.
        run_id: what the ledger writes down as the cause of its rows.
        day_has_files: the lake has files for this hour's UTC day; what `expect: daily` asks for.
        source_is_gone: not one loaded file of the source is in the lake any more.
        notes: what a person should know; it is gathered during the load.
    """

    connection: psycopg.Connection
    table: Table
    hour: datetime
    objects: Sequence[LakeObject]
    run_id: str
    day_has_files: bool
    source_is_gone: bool = False
    notes: list[Fact] = field(default_factory=list)

    def why_refused(self, tallies: Iterable[FileTally], count_changes: Callable[[], int]) -> Fact | None:
        """Return why the hour cannot stand; None if it can.

        Args:
            tallies: what became of the records of its files.
            count_changes: tells how many of them are set aside for their `Op`.
        """
        records = bad = 0
        all_named = True
        for tally in tallies:
            all_named = all_named and tally.copied.dialect.format != "csv"
            records += tally.copied.records
            bad += tally.quarantined
        allowed = self.table.max_quarantined
        if _exceeds(bad, records, allowed):
            return Fact.of("too_many_quarantined", bad=bad, records=records, allowed=allowed)
        if records and bad == records:
            if count_changes() == records:
                return Fact.of("only_changes", records=records, load=self.table.load)
            code: FactCode = "nothing_loadable"
            if all_named:
                code = "nothing_loadable_named"
            return Fact.of(code, records=records)
        return None

    def refused(self, fault: Fact) -> LoadReport:
        """Write down that the hour cannot stand; return the report."""
        verdict = self._write(LoadResult(failure=fault))
        return LoadReport(verdict=verdict)

    def failed(self, error: Exception) -> LoadReport:
        """Write down that an error ended the load; return the report."""
        return self.refused(failure_of(error))

    def loaded(self, files: tuple[LoadedFile, ...], notes: Facts) -> LoadReport:
        """Write down that an hour's files are loaded; return the report.

        Args:
            files: the files.
            notes: what the table's load mode has to note.
        """
        changes = read_schema_changes(self.connection, self.table, self.hour)
        verdict = self._write(LoadResult(met=(*self.notes, *notes, *schema_changed(changes))))
        return LoadReport(verdict=verdict, files=files, changes=changes)

    def without_files(self, gone: Sequence[tuple[str, int]]) -> LoadReport:
        """Write down that an hour has no file; return the report.

        Args:
            gone: key and records of files that were loaded and are gone since.
        """
        verdict = self._write(LoadResult(met=tuple(self.notes), removed=_removed(gone)))
        return LoadReport(verdict=verdict)

    def _write(self, result: LoadResult) -> Verdict:
        files = read_files(self.connection, self.table, self.hour, self.hour + ONE_HOUR)
        evidence = Evidence(
            table=self.table,
            hour=self.hour,
            known=read_hour(self.connection, self.table, self.hour),
            files=files.get(self.hour, ()),
            listed=self.objects,
            day_has_files=self.day_has_files,
            source_is_gone=self.source_is_gone,
            load=result,
        )
        verdict = decide(evidence, datetime.now(UTC))
        entry = Entry.of(self.table, verdict)
        write(self.connection, [entry], run_id=self.run_id, overwrite=True)
        return verdict


def note_failure(
    connection: psycopg.Connection, table: Table, hours: Sequence[datetime], error: Exception, run_id: str
) -> None:
    """Write down of hours that no load came to that an error kept them from it.

    Args:
        connection: a session that commits each statement; the ledger must be installed.
        table: the table.
        hours: the hours (UTC); at least one.
        error: what ended the load of the table.
        run_id: what the ledger writes down as the cause.
    """
    result = LoadResult(failure=failure_of(error))
    known = read_hours(connection, table, min(hours), max(hours) + ONE_HOUR)
    now = datetime.now(UTC)
    entries = []
    for hour in hours:
        evidence = Evidence(table=table, hour=hour, known=known.get(hour), load=result)
        entries.append(Entry.of(table, decide(evidence, now)))
    write(connection, entries, run_id=run_id, overwrite=True)


def failure_of(error: Exception) -> Fact:
    """Return an error that ended a load as the fact that the ledger keeps."""
    said = unreachable_name(error) or _lack_of_memory(error) or str(error).strip()
    return Fact.of(
        "counts_differ" if isinstance(error, CountMismatch) else "load_failed",
        error=holdable(said),  # the report says what the ledger can
        kind=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", None),
    )


def _lack_of_memory(error: Exception) -> str | None:
    """Return what is to be said where nothing is wrong but that memory ran out; None of other errors."""
    if isinstance(error, MemoryError):
        return "This program ran out of memory. Give it more, or let fewer hours be loaded at once."
    if isinstance(error, psycopg.errors.OutOfMemory):
        return (
            f"The warehouse ran out of memory ({str(error).strip()}). Give it more, lower its work_mem, or "
            "let fewer hours be loaded at once; the files are not what is wrong."
        )
    return None


def _removed(gone: Sequence[tuple[str, int]]) -> Facts:
    """Return the files whose records went with them; where they held none, nobody misses them."""
    if not any(records for _, records in gone):
        return ()
    return tuple(Fact.of("file_removed", key=key, records=records) for key, records in gone)


def _exceeds(bad: int, records: int, allowed: float | None) -> bool:
    """Return whether more records are bad than a number of records (int) or a fraction of them (float)."""
    if not bad or allowed is None:
        return False
    return bad > (allowed if isinstance(allowed, int) else allowed * records)
