"""Judging a source: every table-hour that is over gets its state, whether or not anything ran.

Each time the hours since the last time, and the last two days, are judged; of every table all hours are
looked at once a day at least, so that files that come late, change or go are noticed whatever their clock
says. The states' rules are `checks.row_count`'s; telling Dagster is
`lake_assets.orchestration.monitor_job`'s.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import psycopg

from lake_assets.catalog.models import Source, Table
from lake_assets.checks.table_hour import CheckedHour
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour, hours_between
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.ledger.states import FINE, LOADABLE
from lake_assets.monitor.backlog import ONE_DAY, TableHourName, forget_reloads, read_changing, write_manifests
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.dms_control_tables import ControlTables, read_control_tables
from lake_assets.monitor.evidence import Witnesses, explain, newest_files
from lake_assets.monitor.findings import (
    Finding,
    Kind,
    dms_findings,
    folder_findings,
    hole_findings,
    settle_findings,
    silence,
    unmatched_findings,
)
from lake_assets.monitor.table import (
    COUNTED_RECENT,
    COUNTED_SWEEP,
    Reading,
    Verdict,
    judge_reading,
    read_table,
)
from lake_assets.monitor.volume import odd_volumes, volume_findings
from lake_assets.postgres import statement

HEARTBEAT = "judge"
"""The name under which the judge says in `lake_assets.heartbeats` that it has run to its end."""

RECENT = timedelta(hours=48)
BETWEEN_SWEEPS = timedelta(hours=23)
SWEEP_SECONDS = 30.0  # where all of a lake is listed in less, all of it is looked at each time
AT_ONCE = 4  # tables whose listings are held in memory side by side
HOURS_TOLD = 168  # of a table; Dagster takes some 10 ms for each
STALE_TOO_LONG = timedelta(minutes=50)

LOOKED_FOR: tuple[Kind, ...] = (
    "unknown_table", "no_folder", "silent_source", "suspended_table", "load_hole", "volume", "stranger",
    "changing_file", "dms_task", "dms_endpoint", "dms_control",
)  # fmt: skip

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _nobody_is_told() -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Judgement:
    """What came of judging a source.

    Attributes:
        source: the source.
        judged: how many table-hours were looked at.
        written: how many of them the ledger has otherwise now.
        told: what Dagster is to be told, by table, oldest hour first.
    """

    source: Source
    judged: int
    written: int
    told: Mapping[Table, Sequence[CheckedHour]]


def due_end(source: Source, now: datetime) -> datetime:
    """Give the end of the newest hour that is over, with its grace."""
    return max(floor_hour(now - source.grace), source.start)


def judge_source(
    connection: psycopg.Connection,
    lake: Lake,
    source: Source,
    now: datetime,
    *,
    folders: Sequence[str] | None = None,
    dms: DmsReport | None = None,
    tell: Callable[[], None] = _nobody_is_told,
) -> Judgement:
    """Judge the table-hours of a source, write down what changed, and settle its findings.

    Hours whose counts differ are written down last, in one transaction with whatever `tell` writes: a load
    mends them within a minute, and nobody would ever learn that rows were gone.

    Args:
        connection: a session of the warehouse that commits each statement; the ledger must be installed.
        lake: the lake.
        source: the source.
        now: the present moment; hours are judged once they and their grace are over.
        folders: the folders below the source's, if they are known already.
        dms: what DMS's API says; None where it is not asked.
        tell: writes down the alerts that are due; called where hours newly differ.

    Raises:
        LakeAssetsError: the lake cannot be listed.
    """
    if folders is None:
        folders = lake.list_folders().get(source.folder, ())
    control = read_control_tables(lake, source.folder, now)
    return _Judging(connection, lake, source, now, folders, control, dms, tell).run()


def _newly_differs(verdict: Verdict) -> bool:
    return verdict.state == "mismatch" and verdict.turned


@dataclass
class _Judging:
    connection: psycopg.Connection
    lake: Lake
    source: Source
    now: datetime
    folders: Sequence[str]
    control: ControlTables
    dms: DmsReport | None
    tell: Callable[[], None]
    began: float = field(default_factory=monotonic)
    judged: int = 0
    written: int = 0
    told: dict[Table, dict[datetime, CheckedHour]] = field(default_factory=lambda: defaultdict(dict))
    held: list[Verdict] = field(default_factory=list)
    differing: list[Verdict] = field(default_factory=list)
    delivered: dict[datetime, set[str]] = field(default_factory=lambda: defaultdict(set))
    newest: dict[str, datetime] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    in_part: list[str] = field(default_factory=list)
    changing: dict[TableHourName, tuple[int, datetime]] = field(default_factory=dict)
    end: datetime = LONG_AGO
    recent: datetime = LONG_AGO

    def run(self) -> Judgement:
        name = f"{HEARTBEAT}:{self.source.name}"
        before = last_beat(self.connection, name)
        self.end = due_end(self.source, self.now)
        recent = min(self.end - RECENT, floor_hour(before) - ONE_HOUR) if before else self.source.start
        self.recent = max(recent, self.source.start)
        self.newest = newest_files(self.connection, self.source)
        self.changing = read_changing(self.connection, self.source, self.now)
        if self.recent < self.end:
            self._look_at_tables()
        witnesses = self._witnesses()
        self._write(explain(self.connection, witnesses, self.held))
        self._settle_findings(witnesses)
        self._write_differing()
        forget_reloads(self.connection, self.source, self.now)
        beat(self.connection, name, self.now)
        told = {
            table: [hours[hour] for hour in sorted(hours)[-HOURS_TOLD:]] for table, hours in self.told.items()
        }
        return Judgement(self.source, self.judged, self.written, told)

    def _look_at_tables(self) -> None:
        rows = self.connection.execute(statement(__package__, "read_sweeps"), {"source": self.source.name})
        swept: dict[str, datetime] = dict(rows.fetchall())
        tables = sorted(self.source.tables, key=lambda table: swept.get(table.name, LONG_AGO))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for place in range(0, len(tables), AT_ONCE):
                daily = {
                    table
                    for table in tables[place : place + AT_ONCE]
                    if self.now - swept.get(table.name, LONG_AGO) >= BETWEEN_SWEEPS
                }
                in_time = monotonic() - self.began < SWEEP_SECONDS
                readings = [
                    self._read(table, whole=in_time or table in daily)
                    for table in tables[place : place + AT_ONCE]
                ]
                for reading, listing in zip(readings, pool.map(self._list, readings), strict=True):
                    self._settle(reading, listing, tell_all=reading.table in daily)

    def _read(self, table: Table, *, whole: bool) -> Reading:
        hours = list(hours_between(self.source.start if whole else self.recent, self.end))
        return read_table(self.connection, table, hours, COUNTED_SWEEP if whole else COUNTED_RECENT)

    def _list(self, reading: Reading) -> Listing:
        return self.lake.list_table(reading.table.source_folder, reading.table, reading.first, reading.end)

    def _settle(self, reading: Reading, listing: Listing, *, tell_all: bool) -> None:
        """Write down what one table's listing says, and hold back the missing hours until all are listed."""
        table = reading.table
        self._notice(reading, listing)
        verdicts = [self._with_changing(verdict) for verdict in judge_reading(reading, listing, self.now)]
        self.judged += len(verdicts)
        self.held += [verdict for verdict in verdicts if self._is_open(verdict)]
        settled = [
            verdict for verdict in verdicts if not self._is_open(verdict) and not self._is_old(verdict)
        ]
        self.differing += [verdict for verdict in settled if _newly_differs(verdict)]
        settled = [verdict for verdict in settled if not _newly_differs(verdict)]
        self._write(settled)
        write_manifests(self.connection, self.source, settled)
        if tell_all:
            attention = [verdict for verdict in verdicts if verdict.state not in FINE]
            self.told[table] |= {verdict.hour: verdict.result for verdict in attention[-HOURS_TOLD:]}
        if reading.hours[0] == self.source.start:
            values = {"source": self.source.name, "now": self.now, "tables": [table.name]}
            self.connection.execute(statement(__package__, "note_sweeps"), values)

    def _notice(self, reading: Reading, listing: Listing) -> None:
        table = reading.table
        for hour in listing.by_hour():
            if hour >= self.recent:
                self.delivered[hour].add(table.name)
            self.newest[table.name] = max(self.newest.get(table.name, hour), hour)
        if reading.hours[0] == self.source.start:
            self.findings += [*unmatched_findings(table, listing), *hole_findings(table, listing)]
        else:
            self.in_part.append(table.name)

    def _write_differing(self) -> None:
        if self.differing:
            with self.connection.transaction():
                self._write(self.differing)
                self.tell()
                write_manifests(self.connection, self.source, self.differing)

    def _is_open(self, verdict: Verdict) -> bool:
        """Tell whether evidence may have more to say: the hour is missing, or quiet by evidence."""
        proved = verdict.state == "quiet" and verdict.known_note is not None
        return verdict.hour >= self.recent and (verdict.state == "missing" or proved)

    def _is_old(self, verdict: Verdict) -> bool:
        """Tell whether an hour has been missing for long: its note stays, with the evidence of its day."""
        return verdict.state == verdict.before == "missing" and verdict.hour < self.recent

    def _with_changing(self, verdict: Verdict) -> Verdict:
        found = self.changing.get((verdict.table.name, verdict.hour))
        if found is None or verdict.state not in LOADABLE:
            return verdict
        changes, since = found
        note = (
            f"loaded {changes} times since {since:%Y-%m-%dT%H:%M}, for its files or rows keep changing; "
            f"left alone until {since + ONE_DAY:%Y-%m-%dT%H:%M}"
        )
        kept = [verdict.note] if verdict.note and note not in verdict.note else []
        self.findings.append(
            Finding(
                "changing_file",
                f"{verdict.table.qualified} {format_hour(verdict.hour)}: {note}. See what writes them.",
                verdict.table.name,
                verdict.hour,
            )
        )
        return replace(verdict, note="; ".join([*kept, note]))

    def _write(self, verdicts: Sequence[Verdict]) -> None:
        changed = [verdict for verdict in verdicts if verdict.changed]
        if changed:
            values = {
                "source": self.source.name,
                "tables": [verdict.table.name for verdict in changed],
                "hours": [verdict.hour for verdict in changed],
                "states": [verdict.state for verdict in changed],
                "seen": [verdict.seen for verdict in changed],
                "notes": [verdict.note for verdict in changed],
            }
            rows = self.connection.execute(statement(__package__, "write_verdicts"), values).fetchall()
            self.written += len(rows)
        for verdict in verdicts:
            # What is to be told anyway is told as it is now known, with the evidence.
            if self._is_news(verdict) or verdict.hour in self.told.get(verdict.table, {}):
                self.told[verdict.table][verdict.hour] = verdict.result

    def _is_news(self, verdict: Verdict) -> bool:
        """Tell whether Dagster is to hear of an hour.

        An hour that has just become stale is about to be loaded, and its load will tell.
        """
        if verdict.state == "stale":
            return (
                verdict.seen is not None and not verdict.turned and self.now - verdict.seen > STALE_TOO_LONG
            )
        return verdict.turned

    def _witnesses(self) -> Witnesses:
        delivered = {hour: frozenset(names) for hour, names in self.delivered.items()}
        return Witnesses(self.source, delivered, self.newest, self.control, self.dms)

    def _settle_findings(self, witnesses: Witnesses) -> None:
        odd = odd_volumes(self.connection, self.source, self.recent, self.end)
        seen = [
            *self.findings,
            *folder_findings(self.source, self.folders, self.newest),
            *silence(witnesses, self._recent_hours()),
            *dms_findings(witnesses),
            *volume_findings(self.source, odd),
        ]
        settle_findings(self.connection, self.source.name, seen, LOOKED_FOR, self.now, self.in_part)

    def _recent_hours(self) -> list[datetime]:
        return list(hours_between(max(self.recent, self.end - RECENT), self.end))
