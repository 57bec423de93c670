"""What is known around an hour without a file: what DMS and the neighbours say of it, as facts.

`expect` in the catalog has said that a file was due. The other tables of the source, the table's own past and
what DMS says of itself tell why none came; only DMS's own word makes the hour `quiet`. What follows for its
state is decided in `states.decide`. Reading DMS's control tables is `monitor.dms_control_tables`'s, asking
its API `monitor.dms_api`'s.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.monitor.dms_api import DmsReport, TableCount
from lake_assets.monitor.dms_control_tables import ControlTables, Slot, Suspension
from lake_assets.monitor.table import JudgedHour
from lake_assets.postgres import statement
from lake_assets.states.decide import decide
from lake_assets.states.facts import Fact

WEEKS = 8
FEWEST_WEEKS = 2

ALIVE = timedelta(days=7)
"""How long a table may bring nothing before DMS's applying everything else says no more of it.

A task that no longer maps a table applies all of its changes too.
"""

TO_THE_SECOND = "%Y-%m-%dT%H:%M:%S"
TO_THE_MINUTE = "%Y-%m-%dT%H:%M"

HourOfTable = tuple[str, datetime]
Past = Mapping[HourOfTable, tuple[int, int]]
Unchanged = Mapping[HourOfTable, tuple[datetime, datetime]]


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
        """Return a table's suspension, unless it has brought files since."""
        for found in self.control.suspensions:
            if _is_of_table(found, table):
                newest = self.newest.get(table.name)
                has_come_back = newest is not None and newest > found.at
                return None if has_come_back else found
        return None

    def counts_of(self, table: Table) -> list[TableCount]:
        """Return what DMS's API counts of a table, in each task that has it."""
        wanted = (table.source_folder.casefold(), table.folder.casefold())
        counts = self.dms.counts if self.dms else ()
        return [count for count in counts if (count.schema.casefold(), count.table.casefold()) == wanted]

    @property
    def applied(self) -> datetime | None:
        """The moment up to which every task has applied what was committed at the source."""
        return min(self.control.applied.values(), default=None)


def _is_of_table(suspension: Suspension, table: Table) -> bool:
    is_of_source = not suspension.owner or suspension.owner.casefold() == table.source_folder.casefold()
    return is_of_source and suspension.table.casefold() == table.folder.casefold()


def hear_witnesses(
    connection: psycopg.Connection, witnesses: Witnesses, hours: Sequence[JudgedHour], now: datetime
) -> list[JudgedHour]:
    """Return hours without a file, judged once more by what is known around them.

    Args:
        connection: a session of the warehouse.
        witnesses: what is known around them.
        hours: hours that are `missing`, or were but for an earlier proof.
        now: the present moment.
    """
    if not hours:
        return []
    past = _past(connection, witnesses.source, hours)
    unchanged = _unchanged(connection, witnesses, hours)
    heard = []
    for judged in hours:
        testimony = tuple(_testify(witnesses, judged, past, unchanged))
        evidence = replace(judged.evidence, testimony=testimony)
        heard.append(replace(judged, evidence=evidence, verdict=decide(evidence, now)))
    return heard


def _testify(witnesses: Witnesses, judged: JudgedHour, past: Past, unchanged: Unchanged) -> Iterator[Fact]:
    yield from stopped(witnesses, judged.table)
    proof = _proof(witnesses, judged, unchanged)
    if proof:
        yield proof
    yield from _doubt(witnesses, judged)
    yield from _neighbours(witnesses, judged)
    yield from _before(judged, past)


def stopped(witnesses: Witnesses, table: Table) -> Iterator[Fact]:
    """Yield why DMS does not replicate the table at all."""
    suspension = witnesses.suspension_of(table)
    if suspension:
        yield suspended(suspension)
    for task in witnesses.control.stopped:
        yield Fact.of("task_not_running", task=task)
    counts = witnesses.counts_of(table)
    for count in counts:
        if not count.in_order:
            yield Fact.of("table_not_replicated", state=count.state)
    if witnesses.dms is not None:
        tasks = {count.task for count in counts}
        yield from _stopped_tasks(witnesses.dms, tasks)


def _stopped_tasks(report: DmsReport, tasks: Collection[str]) -> Iterator[Fact]:
    """Yield those of some tasks that do not run; of all tasks, where none is known to be the table's."""
    for state in report.tasks:
        may_be_its_task = state.arn in tasks or not tasks
        if may_be_its_task and not state.runs:
            yield Fact.of("task_stopped", task=state.name, status=state.status, because=state.why)


def suspended(suspension: Suspension) -> Fact:
    """Return since when a table is suspended, and why."""
    return Fact.of("suspended", at=f"{suspension.at:{TO_THE_SECOND}}", because=suspension.reason)


def _span(judged: JudgedHour) -> tuple[datetime, datetime]:
    """Return the time in which the file was due: the hour, or all of the day."""
    is_daily = judged.table.expect == "daily"
    first = judged.hour.replace(hour=0) if is_daily else judged.hour
    return first, judged.hour + ONE_HOUR


def _proof(witnesses: Witnesses, judged: JudgedHour, unchanged: Unchanged) -> Fact | None:
    """Return how DMS itself proves that there was nothing to write, if it does."""
    first, end = _span(judged)
    counted = unchanged.get((judged.table.name, judged.hour))
    if counted:
        before, after = counted
        return Fact.of(
            "no_change_counted", before=f"{before:{TO_THE_MINUTE}}", after=f"{after:{TO_THE_MINUTE}}"
        )
    if not _is_alive(witnesses, judged):
        return None
    if witnesses.control.slots and _moved_nothing(witnesses.control.slots, first, end):
        return Fact.of("nothing_moved")
    applied = witnesses.applied
    if applied and applied >= end:
        return Fact.of("all_applied", applied=f"{applied:{TO_THE_SECOND}}")
    return None


def _is_alive(witnesses: Witnesses, judged: JudgedHour) -> bool:
    newest = witnesses.newest.get(judged.table.name)
    came_lately = newest is not None and newest >= judged.hour - ALIVE
    return came_lately or bool(witnesses.counts_of(judged.table))


def _doubt(witnesses: Witnesses, judged: JudgedHour) -> Iterator[Fact]:
    """Yield that DMS goes on without the table."""
    _, end = _span(judged)
    applied = witnesses.applied
    if applied and applied >= end and not _is_alive(witnesses, judged):
        yield Fact.of("silent_for_long", applied=f"{applied:{TO_THE_SECOND}}")


def _moved_nothing(slots: Sequence[Slot], first: datetime, end: datetime) -> bool:
    """Return whether the slots of every task cover a time, and none of them moved a record."""
    tasks = {slot.task for slot in slots}
    return all(_task_moved_nothing(task, slots, first, end) for task in tasks)


def _task_moved_nothing(task: str, slots: Sequence[Slot], first: datetime, end: datetime) -> bool:
    covered = timedelta(0)
    for slot in slots:
        overlaps = slot.start < end and slot.end > first
        if slot.task != task or not overlaps:
            continue
        if slot.records:
            return False
        covered += min(slot.end, end) - max(slot.start, first)
    return covered >= end - first


def _neighbours(witnesses: Witnesses, judged: JudgedHour) -> Iterator[Fact]:
    """Yield how many of the source's other tables brought files for this hour."""
    if judged.table.expect != "hourly":
        return
    hourly = {table.name for table in witnesses.source.tables if table.expect == "hourly"}
    due = hourly - {judged.table.name}
    came = due & witnesses.delivered.get(judged.hour, frozenset())
    source = witnesses.source.name
    if len(due) == 1:
        yield Fact.of("neighbour_delivered", source=source, came=bool(came))
    elif due:
        yield Fact.of("neighbours_delivered", source=source, came=len(came), due=len(due))


def _before(judged: JudgedHour, past: Past) -> Iterator[Fact]:
    """Yield how often the same hour of the week had files."""
    came, weeks = past.get((judged.table.name, judged.hour), (0, 0))
    if weeks >= FEWEST_WEEKS:
        yield Fact.of("same_hour_before", came=came, weeks=weeks)


def _past(connection: psycopg.Connection, source: Source, hours: Sequence[JudgedHour]) -> Past:
    values = {
        "source": source.name,
        "tables": [judged.table.name for judged in hours],
        "hours": [judged.hour for judged in hours],
        "weeks": WEEKS,
    }
    rows = connection.execute(statement(__package__, "history_of_hours"), values)
    return {(name, hour): (came, weeks) for name, hour, came, weeks in rows}


def _unchanged(
    connection: psycopg.Connection, witnesses: Witnesses, hours: Sequence[JudgedHour]
) -> Unchanged:
    """Return two counts of DMS's around each hour between which nothing changed, where there are such."""
    found: dict[HourOfTable, tuple[datetime, datetime]] = {}
    for table in {judged.table for judged in hours}:
        counts = witnesses.counts_of(table)
        if len(counts) != 1:  # in two tasks, one that counts nothing proves nothing
            continue
        of_table = [judged for judged in hours if judged.table == table]
        values = {
            "schema": counts[0].schema,
            "tables": [counts[0].table] * len(of_table),
            "firsts": [_span(judged)[0] for judged in of_table],
            "hours": [judged.hour for judged in of_table],
        }
        rows = connection.execute(statement(__package__, "counts_around"), values)
        for _, hour, before, after, changes in rows:
            if not changes:
                found[table.name, hour] = (before, after)
    return found


@dataclass(frozen=True)
class CountedChanges:
    """How many changes of a table DMS's API counted between two moments."""

    before: datetime
    after: datetime
    changes: int


def count_changes(
    connection: psycopg.Connection, witnesses: Witnesses, table: Table, first: datetime, last: datetime
) -> CountedChanges | None:
    """Return how many changes of a table DMS counted around some hours; None where it is not known.

    Args:
        connection: a session of the warehouse.
        witnesses: what DMS says.
        table: the table.
        first: the first of the hours.
        last: the last of them.
    """
    counts = witnesses.counts_of(table)
    if len(counts) != 1:  # in two tasks, nobody knows which of them wrote the files
        return None
    values = {
        "schema": counts[0].schema,
        "tables": [counts[0].table],
        "firsts": [first],
        "hours": [last],
    }
    row = connection.execute(statement(__package__, "counts_around"), values).fetchone()
    if row is None:
        return None
    _, _, before, after, changes = row
    return CountedChanges(before=before, after=after, changes=changes)


def moved_nothing(witnesses: Witnesses, first: datetime, end: datetime) -> bool:
    """Return whether DMS's own history covers a time, and no task moved a record in it."""
    slots = witnesses.control.slots
    return bool(slots) and _moved_nothing(slots, first, end)


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
    """Return the newest hour with files of each table that ever had some, by the ledger."""
    rows = connection.execute(statement(__package__, "newest_files"), {"source": source.name})
    return dict(rows.fetchall())
