"""Judging a source: every table-hour that is over gets its state, whether or not anything ran.

Each time the hours since the last time, and the last two days, are judged; of every table all hours are
looked at once a day at least, so that files that come late, change or go are noticed whatever their clock
says. What state an hour is in is decided in `states.decide`; telling Dagster is
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
from lake_assets.checks.evidence import has_vanished_files
from lake_assets.hours import ONE_HOUR, RECENT, floor_hour, format_hour, hours_between
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.ledger.table_hours import write
from lake_assets.load.vanished import source_is_gone
from lake_assets.monitor.backlog import (
    ONE_DAY,
    TableHourName,
    forget_reloads,
    read_changing,
    write_manifests,
)
from lake_assets.monitor.columns import OF_COLUMNS, column_findings
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.dms_control_tables import ControlTables, read_control_tables
from lake_assets.monitor.empty_hours import empty_findings
from lake_assets.monitor.finding_rules import (
    dms_findings,
    folder_findings,
    hole_findings,
    silence,
    unmatched_findings,
)
from lake_assets.monitor.findings import Finding, Kind, settle_findings
from lake_assets.monitor.table import (
    COUNTED_RECENT,
    COUNTED_SWEEP,
    JudgedHour,
    Reading,
    judge_reading,
    read_table,
)
from lake_assets.monitor.testimony import TO_THE_MINUTE, Witnesses, hear_witnesses, newest_files
from lake_assets.monitor.volume import odd_volumes, volume_findings
from lake_assets.postgres import statement
from lake_assets.states.decide import Verdict, is_beyond_retention
from lake_assets.states.facts import HELD, PROOFS, Fact, with_codes
from lake_assets.states.state import FINE

HEARTBEAT = "judge"
"""The name under which the judge says in `lake_assets.heartbeats` that it has run to its end."""

BETWEEN_SWEEPS = timedelta(hours=23)
SWEEP_SECONDS = 30.0  # where all of a lake is listed in less, all of it is looked at each time
AT_ONCE = 4  # tables whose listings are held in memory side by side
HOURS_TOLD = 168  # of a table; Dagster takes some 10 ms for each
STALE_TOO_LONG = timedelta(minutes=50)

LOOKED_FOR: tuple[Kind, ...] = (
    "unknown_table", "no_folder", "silent_source", "suspended_table", "load_hole", "volume", "stranger",
    "changing_file", "dms_task", "dms_endpoint", "dms_control", "empty_hours", *OF_COLUMNS,
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
    told: Mapping[Table, Sequence[Verdict]]


def due_end(source: Source, now: datetime) -> datetime:
    """Return the end of the newest hour that is over, with its grace."""
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
    is_watched: bool = True,
) -> Judgement:
    """Judge the table-hours of a source, write what changed, settle its findings; return what came of it.

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
        is_watched: the judge is missed from now on, if it does not look again; else only if it was before.

    Raises:
        LakeAssetsError: the lake cannot be listed.
    """
    if folders is None:
        folders = lake.list_folders_of(source.folder)
    control = read_control_tables(lake, source.folder, now)
    judging = _Judging(
        connection=connection,
        lake=lake,
        source=source,
        now=now,
        folders=folders,
        control=control,
        dms=dms,
        tell=tell,
        is_watched=is_watched,
    )
    return judging.run()


def _newly_differs(judged: JudgedHour) -> bool:
    return judged.state == "mismatch" and judged.turned


@dataclass
class _Judging:
    """One round over a source.

    Attributes:
        began: when it began, by a clock that never goes back.
        judged: how many table-hours were looked at.
        written: how many of them the ledger has otherwise now.
        told: what Dagster is to be told.
        held: hours of which the witnesses may have more to say, until all tables are listed.
        differing: hours whose counts newly differ; they are written down last.
        delivered: for each recent hour the tables that have files in the lake.
        newest: for each table the newest hour that ever had files.
        findings: what was found so far.
        in_part: tables of which not every hour was listed.
        changing: table-hours that were loaded too often within a day.
        source_is_gone: not one loaded file of the source is in the lake any more; None while nobody asked.
        end: the end of the newest hour that is over.
        recent: the first hour that is looked at each time.
    """

    connection: psycopg.Connection
    lake: Lake
    source: Source
    now: datetime
    folders: Sequence[str]
    control: ControlTables
    dms: DmsReport | None
    tell: Callable[[], None]
    is_watched: bool
    began: float = field(default_factory=monotonic)
    judged: int = 0
    written: int = 0
    told: dict[Table, dict[datetime, Verdict]] = field(default_factory=lambda: defaultdict(dict))
    held: list[JudgedHour] = field(default_factory=list)
    differing: list[JudgedHour] = field(default_factory=list)
    delivered: dict[datetime, set[str]] = field(default_factory=lambda: defaultdict(set))
    newest: dict[str, datetime] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    in_part: list[str] = field(default_factory=list)
    changing: dict[TableHourName, tuple[int, datetime]] = field(default_factory=dict)
    source_is_gone: bool | None = None
    end: datetime = LONG_AGO
    recent: datetime = LONG_AGO

    def run(self) -> Judgement:
        name = f"{HEARTBEAT}:{self.source.name}"
        self.end = due_end(self.source, self.now)
        last_round = last_beat(self.connection, name)
        self.recent = self._first_recent_hour(last_round)
        self.newest = newest_files(self.connection, self.source)
        self.changing = read_changing(self.connection, self.source, self.now)
        if self.recent < self.end:
            self._look_at_tables()
        witnesses = self._witnesses()
        self._write(hear_witnesses(self.connection, witnesses, self.held, self.now))
        self._settle_findings(witnesses)
        self._write_differing()
        forget_reloads(self.connection, self.source, self.now)
        if self.is_watched or last_round is not None:
            beat(self.connection, name, self.now)
        told = {table: _newest_of(verdicts) for table, verdicts in self.told.items()}
        return Judgement(source=self.source, judged=self.judged, written=self.written, told=told)

    def _first_recent_hour(self, last_round: datetime | None) -> datetime:
        """Return the first hour that is looked at: those since the last round, and of two days at least."""
        if last_round is None:
            return self.source.start
        since_then = floor_hour(last_round) - ONE_HOUR
        return max(min(self.end - RECENT, since_then), self.source.start)

    def _look_at_tables(self) -> None:
        rows = self.connection.execute(statement(__package__, "read_sweeps"), {"source": self.source.name})
        swept: dict[str, datetime] = dict(rows.fetchall())
        tables = sorted(self.source.tables, key=lambda table: swept.get(table.name, LONG_AGO))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for place in range(0, len(tables), AT_ONCE):
                self._look_at_some(pool, tables[place : place + AT_ONCE], swept)

    def _look_at_some(
        self, pool: ThreadPoolExecutor, tables: Sequence[Table], swept: Mapping[str, datetime]
    ) -> None:
        """Read the ledger for a few tables, list them side by side, and settle one after the other."""
        is_early = monotonic() - self.began < SWEEP_SECONDS
        overdue = {table for table in tables if self._is_sweep_due(swept.get(table.name, LONG_AGO))}
        readings = [self._read(table, whole=is_early or table in overdue) for table in tables]
        listings = pool.map(self._list, readings)
        for reading, listing in zip(readings, listings, strict=True):
            self._settle(reading, listing, tell_all=reading.table in overdue)

    def _is_sweep_due(self, swept: datetime) -> bool:
        return self.now - swept >= BETWEEN_SWEEPS

    def _read(self, table: Table, *, whole: bool) -> Reading:
        hours = list(hours_between(self.source.start if whole else self.recent, self.end))
        return read_table(self.connection, table, hours, COUNTED_SWEEP if whole else COUNTED_RECENT)

    def _list(self, reading: Reading) -> Listing:
        return self.lake.list_table(reading.table.source_folder, reading.table, reading.first, reading.end)

    def _settle(self, reading: Reading, listing: Listing, *, tell_all: bool) -> None:
        """Write down what one table's listing says, and hold back the missing hours until all are listed."""
        self._notice(reading, listing)
        is_gone = self._is_source_gone(reading, listing)
        judgements = judge_reading(reading, listing, self.now, source_is_gone=is_gone)
        hours = [self._with_changing(judged) for judged in judgements]
        self.judged += len(hours)
        self._sort_out(hours)
        if tell_all:
            attention = [judged for judged in hours if judged.state not in FINE]
            for judged in attention[-HOURS_TOLD:]:
                self.told[reading.table][judged.hour] = judged.verdict
        if self._is_whole(reading):
            values = {"source": self.source.name, "now": self.now, "tables": [reading.table.name]}
            self.connection.execute(statement(__package__, "note_sweeps"), values)

    def _is_source_gone(self, reading: Reading, listing: Listing) -> bool:
        """Return whether all of the source's files have vanished; asked once, and only where it matters."""
        if reading.table.vanished != "follow" or not has_vanished_files(reading.books, listing):
            return False
        if self.source_is_gone is None:
            self.source_is_gone = source_is_gone(self.connection, self.lake, reading.table)
        return self.source_is_gone

    def _sort_out(self, hours: Sequence[JudgedHour]) -> None:
        """Write down what is settled; keep what the witnesses may explain, and what newly differs."""
        settled = []
        for judged in hours:
            if self._is_open(judged):
                self.held.append(judged)
            elif self._is_old(judged):
                continue
            elif _newly_differs(judged):
                self.differing.append(judged)
            else:
                settled.append(judged)
        self._write(settled)
        write_manifests(self.connection, self.source, settled)

    def _is_whole(self, reading: Reading) -> bool:
        """Return whether all hours of a table were read."""
        return reading.hours[0] == self.source.start

    def _notice(self, reading: Reading, listing: Listing) -> None:
        table = reading.table
        # Files that came and vanished since were delivered all the same.
        for hour in listing.by_hour().keys() | reading.books.files.keys():
            if hour >= self.recent:
                self.delivered[hour].add(table.name)
            self.newest[table.name] = max(self.newest.get(table.name, hour), hour)
        if self._is_whole(reading):
            self.findings += [*unmatched_findings(table, listing), *hole_findings(table, listing)]
        else:
            self.in_part.append(table.name)

    def _write_differing(self) -> None:
        if self.differing:
            with self.connection.transaction():
                self._write(self.differing)
                self.tell()
                write_manifests(self.connection, self.source, self.differing)

    def _is_open(self, judged: JudgedHour) -> bool:
        """Return whether witnesses may have more to say: the hour is missing, or quiet by DMS's word."""
        is_proved_quiet = judged.state == "quiet" and bool(with_codes(judged.verdict.facts, PROOFS))
        return judged.hour >= self.recent and (judged.state == "missing" or is_proved_quiet)

    def _is_old(self, judged: JudgedHour) -> bool:
        """Return whether an hour has been missing for long: its facts stay, with the evidence of its day."""
        return judged.state == judged.before == "missing" and judged.hour < self.recent

    def _with_changing(self, judged: JudgedHour) -> JudgedHour:
        """Return an hour with the fact that it changes too often to be loaded, if it does."""
        found = self.changing.get((judged.table.name, judged.hour))
        if found is None or not judged.is_to_be_loaded:
            return judged
        times, since = found
        until = since + ONE_DAY
        fact = Fact.of(
            "changes_too_often",
            times=times,
            since=f"{since:{TO_THE_MINUTE}}",
            until=f"{until:{TO_THE_MINUTE}}",
        )
        details = {"table": judged.table.qualified, "hour": format_hour(judged.hour), **fact.details}
        self.findings.append(
            Finding(kind="changing_file", details=details, table_name=judged.table.name, hour=judged.hour)
        )
        verdict = replace(judged.verdict, kept=(*judged.verdict.kept, fact))
        return replace(judged, verdict=verdict)

    def _write(self, hours: Sequence[JudgedHour]) -> None:
        entries = [judged.entry for judged in hours if judged.is_news]
        self.written += len(write(self.connection, entries))
        for judged in hours:
            # What is to be told anyway is told as it is now known, with what the witnesses say.
            is_told_anyway = judged.hour in self.told.get(judged.table, {})
            if is_told_anyway or self._is_to_be_told(judged):
                self.told[judged.table][judged.hour] = judged.verdict

    def _is_to_be_told(self, judged: JudgedHour) -> bool:
        """Return whether Dagster is to hear of an hour.

        An hour that has just become stale is about to be loaded, and its load will tell.
        """
        if judged.state != "stale" or judged.verdict.is_held:
            return judged.turned
        if judged.turned or judged.seen is None:
            return False
        return self.now - judged.seen > STALE_TOO_LONG

    def _witnesses(self) -> Witnesses:
        delivered = {hour: frozenset(names) for hour, names in self.delivered.items()}
        return Witnesses(
            source=self.source,
            delivered=delivered,
            newest=self.newest,
            control=self.control,
            dms=self.dms,
        )

    def _settle_findings(self, witnesses: Witnesses) -> None:
        recent = max(self.end - RECENT, self.source.start)
        empty = list(empty_findings(self.connection, witnesses, recent, self.end))
        told_as_empty = {finding.table_name for finding in empty}
        volumes = odd_volumes(self.connection, self.source, self.recent, self.end)
        # Hours without a record are told once.
        odd = [one for one in volumes if one.records or one.table_name not in told_as_empty]
        seen = [
            *self.findings,
            *folder_findings(self.source, self.folders, self.newest, self._without_due_folder()),
            *silence(witnesses, self._recent_hours()),
            *dms_findings(witnesses),
            *volume_findings(self.source, odd),
            *column_findings(self.connection, self.source),
            *empty,
        ]
        settle_findings(self.connection, self.source.name, seen, LOOKED_FOR, self.now, self.in_part)

    def _without_due_folder(self) -> set[str]:
        """Return the tables whose folders need not be there, or are told of by the hours that lost files."""
        values = {"source": self.source.name, "held": sorted(HELD)}
        rows = self.connection.execute(statement(__package__, "tables_with_held_hours"), values)
        tables = {name for (name,) in rows}
        for table in self.source.tables:
            newest = self.newest.get(table.name)
            if newest is not None and is_beyond_retention(table, newest, self.now):
                tables.add(table.name)
        return tables

    def _recent_hours(self) -> list[datetime]:
        return list(hours_between(max(self.recent, self.end - RECENT), self.end))


def _newest_of(verdicts: Mapping[datetime, Verdict]) -> list[Verdict]:
    """Return as many verdicts as are told of a table, the newest, oldest first."""
    return [verdicts[hour] for hour in sorted(verdicts)[-HOURS_TOLD:]]
