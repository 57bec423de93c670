"""The row-count check: lake against ledger, and ledger against main, one table-hour at a time.

It reads and says what differs; it changes no row of main. How Dagster shows it belongs to `assets`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.children import child_findings, recount_children
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.dialect import Dialect
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.lake.s3 import Lake
from lake_assets.ledger import ledger
from lake_assets.ledger.ledger import NOTHING, Counts, LedgerFile, LedgerHour, State
from lake_assets.ledger.quarantine import count_quarantine
from lake_assets.ledger.states import FINE, lost_files, removed, state_without_files, why_not_loaded
from lake_assets.ledger.waivers import read_waived_files
from lake_assets.main.tables import count_hours
from lake_assets.postgres import statement
from lake_assets.recount import recount

MOST_FINDINGS_SHOWN = 5
ONE_DAY = timedelta(days=1)


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
        return f"{self.counts.records} records in {self.files} files: {rows} rows in main{kept}."


def check_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool = False,
    now: datetime | None = None,
) -> list[CheckedHour]:
    """Check table-hours against lake and warehouse as they are now, and write what was found in the ledger.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed again.
        table: the table.
        hours: the hours to check (UTC), oldest first; at least one.
        deep: read the files' bytes and count their records again.
        now: the present moment; the clock's if left out.
    """
    return [
        result
        for stretch in stretches(hours)
        for result in _check_stretch(connection, lake, table, stretch, deep=deep, now=now)
    ]


def _check_stretch(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    deep: bool,
    now: datetime | None,
) -> list[CheckedHour]:
    known, evidence = _gather(connection, lake, table, hours, count_main=True)
    checked = {
        item.hour: _as_noted(
            item,
            item.judge(now or datetime.now(UTC), _recount_files(connection, lake, item) if deep else ()),
        )
        for item in evidence
    }
    with connection.transaction():
        again = [
            hour
            for hour, result in checked.items()
            if hour in known and not _write_down(connection, table, known[hour], result)
        ]
    if again:
        results = check_hours(connection, lake, table, again, deep=deep, now=now)
        checked |= {result.hour: result for result in results}
    return list(checked.values())


def _write_down(connection: psycopg.Connection, table: Table, known: LedgerHour, result: CheckedHour) -> bool:
    """Write down what was found of an hour; tell whether the ledger's row was still as it was read."""
    note = note_of(known, result)
    if (result.state, note) == (known.state, known.note):
        return True
    return ledger.judge_again(connection, table, known, result.state, note)


def judge_hours(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    now: datetime | None = None,
) -> list[CheckedHour]:
    """Say what state table-hours are in, by lake and ledger alone; nothing is counted and nothing written.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake; the table's folder is listed.
        table: the table.
        hours: the hours to judge (UTC), oldest first; at least one.
        now: the present moment; the clock's if left out.
    """
    _, evidence = _gather(connection, lake, table, hours, count_main=False)
    return [_as_noted(item, item.judge(now or datetime.now(UTC), ())) for item in evidence]


def _as_noted(evidence: "Evidence", result: CheckedHour) -> CheckedHour:
    """Leave a missing hour what the judge has noted of it, for only the judge gathers evidence."""
    known = evidence.known
    if known is not None and known.note and result.state == known.state == "missing":
        return replace(result, findings=(known.note,))
    return result


def _gather(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    count_main: bool,
) -> tuple[dict[datetime, LedgerHour], list["Evidence"]]:
    first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
    # Before the lake is listed: whoever loads an hour in between writes its row in the ledger anew.
    books = read_books(connection, table, first, end, count_main=count_main)
    listing = lake.list_table(table.source_folder, table, first, end)
    return books.known, list(evidence_of(table, hours, books, listing))


@dataclass(frozen=True)
class Books:
    """What ledger and main say of a stretch of a table's hours; `rows` is None where main was not counted."""

    known: dict[datetime, LedgerHour]
    files: dict[datetime, list[LedgerFile]]
    rows: dict[datetime, dict[int, int]] | None
    held: dict[datetime, dict[str, int]]
    waived: dict[datetime, Mapping[str, str]]
    children: dict[datetime, list[str]]
    newest_snapshot: datetime | None


def read_books(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime, *, count_main: bool
) -> Books:
    """Read all that ledger and, if wanted, main say of the hours in [first, end), at one moment.

    Args:
        connection: a session without an open transaction.
        table: the table.
        first: the first hour (UTC).
        end: the hour to stop before (UTC).
        count_main: count the rows of main and of child tables too.
    """
    with connection.transaction():
        connection.execute(statement(__package__, "read_at_one_moment"))
        known = ledger.read_hours(connection, table, first, end)
        return Books(
            known,
            ledger.read_files(connection, table, first, end),
            count_hours(connection, table, first, end) if count_main else None,
            count_quarantine(connection, table, first, end),
            _waived_files(connection, table, known, first, end),
            child_findings(connection, table, first, end) if count_main else {},
            ledger.newest_hour_with_files(connection, table) if table.load == "snapshot" else None,
        )


def evidence_of(
    table: Table, hours: Iterable[datetime], books: Books, listing: Listing
) -> Iterator["Evidence"]:
    """Put together what the books and a listing of the lake say of each hour.

    Args:
        table: the table.
        hours: the hours; books and listing hold the whole days around them.
        books: what ledger and main say.
        listing: what the lake has.
    """
    listed = listing.by_hour()
    days = {hour.date() for hour in listed}
    for hour in hours:
        yield Evidence(
            table,
            hour,
            books.known.get(hour),
            books.files.get(hour, []),
            listed.get(hour, ()),
            None if books.rows is None else books.rows.get(hour, {}),
            books.held.get(hour, {}),
            books.waived.get(hour),
            tuple(books.children.get(hour, ())),
            is_newest_snapshot=hour == books.newest_snapshot,
            day_has_files=hour.date() in days,
        )


def _waived_files(
    connection: psycopg.Connection,
    table: Table,
    known: Mapping[datetime, LedgerHour],
    first: datetime,
    end: datetime,
) -> dict[datetime, Mapping[str, str]]:
    """Give the files that hours had when they were waived; a waiver nobody wrote down is one of no files."""
    hours = [hour for hour, row in known.items() if row.state == "waived"]
    files = read_waived_files(connection, table, first, end) if hours else {}
    return {hour: files.get(hour, {}) for hour in hours}


def whole_days(first: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Widen a range of hours to whole UTC days, so that `expect: daily` sees all of a day."""
    start = first.replace(hour=0)
    return start, start + -(-(end - start) // ONE_DAY) * ONE_DAY


def stretches(hours: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Part hours, oldest first, where a day lies between: the rows there may be too many to be counted."""
    stretch: list[datetime] = []
    for hour in hours:
        if stretch and hour.date() - stretch[-1].date() > ONE_DAY:
            yield stretch
            stretch = []
        stretch.append(hour)
    if stretch:
        yield stretch


def note_of(known: LedgerHour, result: CheckedHour) -> str | None:
    """Say what the ledger is to note of an hour it knows, now that it was judged again."""
    if result.findings and known.state != "failed":
        return result.why
    return known.note if result.state == known.state else None


def _recount_files(connection: psycopg.Connection, lake: Lake, evidence: "Evidence") -> Iterator[str]:
    for listed, file in evidence.unchanged():
        counted = recount(lake.open(listed), Dialect.from_json(file.dialect))
        if counted != file.records:
            yield (
                f"{file.key}: {counted} records by a new recount, {file.records} in the ledger "
                f"({counted - file.records:+d})"
            )
        yield from recount_children(connection, lake, evidence.table, listed, file)


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
            # A quiet hour with a note is one of which DMS itself says that it is empty (`judge.evidence`).
            proved = before == "quiet" and self.known is not None and self.known.note is not None
            return "quiet" if state == "missing" and proved else state
        return "quarantined" if any(file.quarantined for file in self.files) else "loaded"

    def _why_missing(self) -> Iterator[str]:
        yield from lost_files(self.known) or (f"no file came, and one was due (expect: {self.table.expect})",)

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
