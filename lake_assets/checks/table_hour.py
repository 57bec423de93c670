"""One table-hour: all that lake, ledger and main say of it, and the state that makes.

Pure judgement of what is given. Gathering it, and writing down what comes of it, belongs to `row_count`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.ledger import NOTHING, Counts, LedgerFile, LedgerHour, State
from lake_assets.ledger.states import (
    FINE,
    lost_files,
    nothing_came,
    removed,
    state_without_files,
    why_not_loaded,
)
from lake_assets.pluralize import pluralize

MOST_FINDINGS_SHOWN = 5


@dataclass(frozen=True)
class CheckedHour:
    """What the check says of one table-hour.

    Attributes:
        hour: the hour (UTC).
        state: the state it is in, as of now.
        findings: what differs, by how much, in which file; empty where all agrees.
        counts: what the ledger says of its files.
        in_main: rows of main; None where they were not counted.
        files: files the lake lists now.
        note: what the ledger has noted of the hour.
    """

    hour: datetime
    state: State
    findings: tuple[str, ...]
    counts: Counts = NOTHING
    in_main: int | None = None
    files: int = 0
    note: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether every record of the lake is accounted for."""
        return self.state in FINE or self.state == "quarantined"

    @property
    def why(self) -> str | None:
        """Say what differs, or what the ledger has noted; None where there is nothing to say."""
        shown = list(self.findings[:MOST_FINDINGS_SHOWN])
        if more := len(self.findings) - len(shown):
            shown.append(f"and {more} more")
        return "; ".join(shown) or self.note

    @property
    def description(self) -> str:
        """Say the outcome in a sentence or a few."""
        if self.findings:
            return f"{self.state}: {self.why}"
        if self.state == "waived":
            return self.note or "waived"
        if not self.files:
            if self.state == "quiet" and self.note:
                return f"No file: {self.note}"
            return {"quiet": "No file, and none was due.", "expected": "The hour is not over."}.get(
                self.state, self.state
            )
        kept = f", {self.counts.quarantined} in quarantine" if self.counts.quarantined else ""
        kept += f", {self.counts.superseded} superseded" if self.counts.superseded else ""
        kept += f", {self.counts.filtered} filtered" if self.counts.filtered else ""
        kept += f", {self.counts.added} rows added" if self.counts.added else ""
        rows = self.counts.rows if self.in_main is None else self.in_main
        records, files = pluralize(self.counts.records, "record"), pluralize(self.files, "file")
        return f"{records} in {files}: {pluralize(rows, 'row')} in main{kept}."


@dataclass(frozen=True)
class Evidence:
    """All that lake, ledger and main say of one table-hour."""

    table: Table
    hour: datetime
    known: LedgerHour | None
    files: Sequence[LedgerFile]
    listed: Sequence[LakeObject]
    rows_in_main: dict[int, int] | None
    held: dict[str, int]
    waived: Mapping[str, str] | None
    children: tuple[str, ...]
    is_newest_snapshot: bool
    day_has_files: bool

    def judge(self, now: datetime, recounts: Iterable[str]) -> CheckedHour:
        """Say what state the hour is in, and what differs; `recounts` is what a new recount found."""
        changed = tuple(self._changed_in_lake())
        differing = (*self._differing_in_main(), *recounts)
        if self.waived is not None and not differing:
            came = tuple(self._changed_since_waived())
            return self._result("stale" if came else "waived", (*came, *(changed if came else ())))
        state = self._state(now, changed, differing)
        if state in ("stale", "failed") and (why := why_not_loaded(self.table)):
            return self._result("failed", (why,))
        findings = (*differing, *changed)
        if state in ("failed", "mismatch") and self.known and self.known.note and not differing:
            findings = (self.known.note, *findings)
        if state == "missing":
            findings = (*self._why_missing(), *findings)
        return self._result(state, findings)

    def _result(self, state: State, findings: tuple[str, ...]) -> CheckedHour:
        return CheckedHour(
            self.hour,
            state,
            findings,
            sum((file.counts for file in self.files), Counts()),
            in_main=None if self.rows_in_main is None else sum(self.rows_in_main.values()),
            files=len(self.listed),
            note=self.known.note if self.known else None,
        )

    def _state(self, now: datetime, changed: Sequence[str], differing: Sequence[str]) -> State:
        before = self.known.state if self.known else None
        if differing or (before == "mismatch" and self.rows_in_main is None):
            return "mismatch"
        if before == "failed" and self.listed:
            return "failed"
        if changed:
            return "mismatch" if before == "mismatch" else "stale"
        if not self.listed:
            lost = bool(lost_files(self.known))
            state = state_without_files(
                self.table, self.hour, now, day_has_files=self.day_has_files, lost=lost
            )
            # A quiet hour with a note is one of which DMS itself says that it is empty (`monitor.evidence`).
            proved = before == "quiet" and self.known is not None and self.known.note is not None
            return "quiet" if state == "missing" and proved else state
        return "quarantined" if any(file.quarantined for file in self.files) else "loaded"

    def _why_missing(self) -> Iterator[str]:
        yield from lost_files(self.known) or (nothing_came(self.table),)

    def _changed_since_waived(self) -> Iterator[str]:
        if self.waived == {listed.key: listed.etag for listed in self.listed}:
            return
        note = self.known.note if self.known else None
        yield f"{note or 'waived'}, but its files have changed since"

    def unchanged(self) -> list[tuple[LakeObject, LedgerFile]]:
        """Give the files that are in the lake as they were loaded."""
        by_key = {file.key: file for file in self.files}
        return [
            (listed, file)
            for listed in self.listed
            if (file := by_key.get(listed.key)) and (file.etag, file.bytes) == (listed.etag, listed.size)
        ]

    def _changed_in_lake(self) -> Iterator[str]:
        if self.is_newest_snapshot and any(file.superseded for file in self.files):
            yield "the newer snapshot that had superseded this one is gone"
        loaded = {file.key: file for file in self.files}
        present = {listed.key: listed for listed in self.listed}
        for key in sorted(loaded.keys() - present.keys()):
            yield removed(key, loaded[key].records)
        for key in sorted(present.keys() - loaded.keys()):
            yield f"{key}: in the lake and not loaded ({present[key].size} bytes)"
        for key in sorted(loaded.keys() & present.keys()):
            before, after = loaded[key], present[key]
            if (before.etag, before.bytes) != (after.etag, after.size):
                yield (
                    f"{key}: changed in the lake since it was loaded ({before.bytes} bytes then, "
                    f"{after.size} now)"
                )

    def _differing_in_main(self) -> Iterator[str]:
        if self.rows_in_main is None:
            return
        names = {file.id for file in self.files}
        for file in self.files:
            rows = self.rows_in_main.get(file.id, 0)
            due = file.counts.rows
            if rows != due:
                more = f" and {file.added} added by the transform" if file.added else ""
                yield f"{file.key}: {rows} rows in main, {file.loaded} loaded{more} ({rows - due:+d})"
            kept = self.held.get(file.key, 0)
            if kept != file.quarantined:
                yield (
                    f"{file.key}: {kept} records in quarantine, {file.quarantined} put there "
                    f"({kept - file.quarantined:+d})"
                )
        for file_id in self.rows_in_main.keys() - names:
            rows = self.rows_in_main[file_id]
            yield f"{rows} rows in main of file id {file_id}, which the ledger does not know"
        yield from self.children
