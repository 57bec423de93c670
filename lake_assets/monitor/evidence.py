"""Why an hour has no file: what else is known, in short sentences, and whether it proves the hour empty.

`expect` in the catalog has said that a file was due. The other tables of the source, the table's own past and
what DMS says of itself make the note of a missing hour say why; only DMS's own word makes it `quiet`. Reading
DMS's control tables is `monitor.dms_control_tables`'s, asking its API `monitor.dms_api`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.states import nothing_came, says_removed
from lake_assets.monitor.dms_api import DmsReport, TableCount
from lake_assets.monitor.dms_control_tables import ControlTables, Slot, Suspension
from lake_assets.monitor.table import Verdict
from lake_assets.postgres import statement

WEEKS = 8
FEWEST_WEEKS = 2

ALIVE = timedelta(days=7)
"""How long a table may bring nothing before DMS's applying everything else says no more of it.

A task that no longer maps a table applies all of its changes too.
"""

Past = Mapping[tuple[str, datetime], tuple[int, int]]
Unchanged = Mapping[tuple[str, datetime], tuple[datetime, datetime]]


@dataclass(frozen=True)
class Witnesses:
    """What is known around the missing hours of a source.

    Attributes:
        source: the source.
        delivered: for each recent hour the tables (by name) that have files in the lake.
        newest: for each table (by name) the newest hour that ever had files.
        control: DMS's control tables.
        dms: the answer of DMS's API; None where it is not asked.
    """

    source: Source
    delivered: Mapping[datetime, frozenset[str]] = field(default_factory=dict)
    newest: Mapping[str, datetime] = field(default_factory=dict)
    control: ControlTables = field(default_factory=ControlTables)
    dms: DmsReport | None = None

    def suspension_of(self, table: Table) -> Suspension | None:
        """Give a table's suspension, unless it has brought files since."""
        for found in self.control.suspensions:
            owner_fits = not found.owner or found.owner.casefold() == table.source_folder.casefold()
            if owner_fits and found.table.casefold() == table.folder.casefold():
                newest = self.newest.get(table.name)
                return None if newest and newest > found.at else found
        return None

    def counts_of(self, table: Table) -> list[TableCount]:
        """Give what DMS's API counts of a table, in each task that has it."""
        wanted = (table.source_folder.casefold(), table.folder.casefold())
        counts = self.dms.counts if self.dms else ()
        return [count for count in counts if (count.schema.casefold(), count.table.casefold()) == wanted]


def explain(
    connection: psycopg.Connection, witnesses: Witnesses, missing: Sequence[Verdict]
) -> list[Verdict]:
    """Give verdicts of missing hours with the evidence in their notes; what is proved empty is `quiet`.

    Args:
        connection: a session of the warehouse.
        witnesses: what is known around them.
        missing: verdicts whose state is `missing`, or was but for an earlier proof.
    """
    if not missing:
        return []
    past = _past(connection, witnesses.source, missing)
    unchanged = _unchanged(connection, witnesses, missing)
    return [_explain_one(witnesses, verdict, past, unchanged) for verdict in missing]


def _explain_one(witnesses: Witnesses, verdict: Verdict, past: Past, unchanged: Unchanged) -> Verdict:
    stopped = list(_stopped(witnesses, verdict.table))
    # Of an hour that had records, DMS's word that there were none is no proof.
    had_records = any(map(says_removed, verdict.result.findings))
    proof = None if stopped or had_records else _proof(witnesses, verdict, unchanged)
    if proof:
        result = replace(verdict.result, state="quiet", findings=(), note=proof)
        return replace(verdict, result=result, note=proof)
    why = (
        *(verdict.result.findings or (nothing_came(verdict.table),)),
        *stopped,
        *_doubt(witnesses, verdict),
        *_others(witnesses, verdict),
        *_before(verdict, past),
    )
    result = replace(verdict.result, state="missing", findings=why)
    return replace(verdict, result=result, note="; ".join(why))


def _stopped(witnesses: Witnesses, table: Table) -> Iterator[str]:
    """Say why DMS does not replicate the table at all."""
    suspended = witnesses.suspension_of(table)
    if suspended:
        yield describe_suspension(suspended)
    for task in witnesses.control.stopped:
        yield f"the DMS task {task} does not run (awsdms_status)"
    of_table = witnesses.counts_of(table)
    for count in of_table:
        if not count.in_order:
            yield f"DMS has the table as {count.state!r} (describe_table_statistics)"
    tasks = {count.task for count in of_table}
    for state in witnesses.dms.tasks if witnesses.dms else ():
        if not state.runs and (state.arn in tasks or not tasks):
            because = f", because: {state.why}" if state.why else ""
            yield f"the DMS task {state.name} is {state.status}{because}"


def describe_suspension(suspended: Suspension) -> str:
    """Say since when a table is suspended, and why."""
    because = f", because: {suspended.reason}" if suspended.reason else ""
    return f"suspended by DMS at {suspended.at:%Y-%m-%dT%H:%M:%S}{because}"


def _span(verdict: Verdict) -> tuple[datetime, datetime]:
    """Give the time in which the file was due: the hour, or all of the day."""
    first = verdict.hour.replace(hour=0) if verdict.table.expect == "daily" else verdict.hour
    return first, verdict.hour + ONE_HOUR


def _proof(witnesses: Witnesses, verdict: Verdict, unchanged: Unchanged) -> str | None:
    """Say how DMS itself proves that there was nothing to write, if it does."""
    table, (first, end) = verdict.table, _span(verdict)
    if (table.name, verdict.hour) in unchanged:
        before, after = unchanged[table.name, verdict.hour]
        return f"DMS counted no change of it between {before:%Y-%m-%dT%H:%M} and {after:%Y-%m-%dT%H:%M}"
    if not _alive(witnesses, verdict):
        return None
    if witnesses.control.slots and _moved_nothing(witnesses.control.slots, first, end):
        return "DMS moved no record of any table in this time (awsdms_history)"
    applied = min(witnesses.control.applied.values(), default=None)
    if applied and applied >= end:
        return f"DMS had applied every change up to {applied:%Y-%m-%dT%H:%M:%S} (awsdms_status)"
    return None


def _alive(witnesses: Witnesses, verdict: Verdict) -> bool:
    newest = witnesses.newest.get(verdict.table.name)
    return bool(newest and newest >= verdict.hour - ALIVE) or bool(witnesses.counts_of(verdict.table))


def _doubt(witnesses: Witnesses, verdict: Verdict) -> Iterator[str]:
    """Say that DMS goes on without the table."""
    _, end = _span(verdict)
    applied = min(witnesses.control.applied.values(), default=None)
    if applied and applied >= end and not _alive(witnesses, verdict):
        yield (
            f"DMS has applied every change up to {applied:%Y-%m-%dT%H:%M:%S}, but this table brought nothing "
            "for a week: see whether the task still maps it"
        )


def _moved_nothing(slots: Sequence[Slot], first: datetime, end: datetime) -> bool:
    """Tell whether the slots of every task cover a time, and none of them moved a record."""
    for task in {slot.task for slot in slots}:
        covered = timedelta(0)
        for slot in slots:
            if slot.task == task and slot.start < end and slot.end > first:
                if slot.records:
                    return False
                covered += min(slot.end, end) - max(slot.start, first)
        if covered < end - first:
            return False
    return True


def _others(witnesses: Witnesses, verdict: Verdict) -> Iterator[str]:
    """Say how many of the source's other tables brought files for this hour."""
    due = {table.name for table in witnesses.source.tables if table.expect == "hourly"} - {verdict.table.name}
    if not due or verdict.table.expect != "hourly":
        return
    came = len(due & witnesses.delivered.get(verdict.hour, frozenset()))
    source = witnesses.source.name
    if len(due) == 1:
        yield f"the other hourly table of {source} {'delivered' if came else 'did not deliver either'}"
    elif came:
        yield f"{came} of {len(due)} other hourly tables of {source} delivered"
    else:
        yield f"none of the {len(due)} other hourly tables of {source} delivered either"


def _before(verdict: Verdict, past: Past) -> Iterator[str]:
    """Say how often the same hour of the week had files."""
    came, weeks = past.get((verdict.table.name, verdict.hour), (0, 0))
    if weeks >= FEWEST_WEEKS:
        yield f"the same hour had files in {came} of the last {weeks} weeks"


def _past(connection: psycopg.Connection, source: Source, missing: Sequence[Verdict]) -> Past:
    values = {
        "source": source.name,
        "tables": [verdict.table.name for verdict in missing],
        "hours": [verdict.hour for verdict in missing],
        "weeks": WEEKS,
    }
    rows = connection.execute(statement(__package__, "history_of_hours"), values)
    return {(name, hour): (came, weeks) for name, hour, came, weeks in rows}


def _unchanged(connection: psycopg.Connection, witnesses: Witnesses, missing: Sequence[Verdict]) -> Unchanged:
    found: dict[tuple[str, datetime], tuple[datetime, datetime]] = {}
    for table in {verdict.table for verdict in missing}:
        counts = witnesses.counts_of(table)
        if len(counts) != 1:  # in two tasks, one that counts nothing proves nothing
            continue
        hours = [verdict for verdict in missing if verdict.table == table]
        values = {
            "schema": counts[0].schema,
            "tables": [counts[0].table] * len(hours),
            "firsts": [_span(verdict)[0] for verdict in hours],
            "hours": [verdict.hour for verdict in hours],
        }
        for _, hour, before, after in connection.execute(statement(__package__, "unchanged_counts"), values):
            found[table.name, hour] = (before, after)
    return found


def note_counts(connection: psycopg.Connection, report: DmsReport, now: datetime) -> None:
    """Keep what DMS's API counts now, so that a later count can say what did not change in between."""
    started = {task.arn: task.started for task in report.tasks}
    values = {
        "now": now,
        "until": now - WEEKS * ALIVE,
        "tasks": [count.task for count in report.counts],
        "schemas": [count.schema for count in report.counts],
        "tables": [count.table for count in report.counts],
        "starts": [started[count.task] for count in report.counts],
        "changes": [count.changes for count in report.counts],
    }
    connection.execute(statement(__package__, "note_dms_counts"), values)


def newest_files(connection: psycopg.Connection, source: Source) -> dict[str, datetime]:
    """Give the newest hour with files of each table that ever had some, by the ledger."""
    rows = connection.execute(statement(__package__, "newest_files"), {"source": source.name})
    return dict(rows.fetchall())
