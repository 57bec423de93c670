"""Proves `monitor.testimony` by witnesses alone: what must be known for DMS's word to prove an hour empty."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.install import install
from lake_assets.monitor.dms_api import DmsReport, TableCount, TaskState
from lake_assets.monitor.dms_control_tables import ControlTables, Slot, Suspension
from lake_assets.monitor.table import JudgedHour
from lake_assets.monitor.testimony import Witnesses, hear_witnesses, note_counts
from lake_assets.states.decide import decide
from lake_assets.states.evidence import Evidence
from lake_assets_tests.fix_bench import ReadVerdict
from lake_assets_tests.fix_monitor import START, Court, after, at, make_source
from lake_assets_tests.monitor.test_testimony import ARN as TASK
from lake_assets_tests.monitor.test_testimony import counted

LATER = after(24 * 365)


def explained(connection: psycopg.Connection, witnesses: Witnesses, number: int = 1) -> ReadVerdict:
    """Say why an hour of the source's first table is missing, by nothing but these witnesses."""
    evidence = Evidence(witnesses.source.tables[0], at(number))
    missing = JudgedHour(evidence, decide(evidence, LATER))
    (judged,) = hear_witnesses(connection, witnesses, [missing], LATER)
    return ReadVerdict(judged.verdict)


@pytest.mark.parametrize(
    ("owner", "newest", "suspended"),
    [("", 0, True), ("SHOP", 1, True), ("SHOP", 2, False), ("crm", 0, False)],
    ids=["unowned", "same moment", "later", "other"],
)
def test_until_when_a_table_is_suspended(owner: str, newest: int, *, suspended: bool) -> None:
    """A suspension is a table's own, whatever the case of names, until a later hour has files."""
    source = make_source(orders={})
    told = ControlTables((Suspension(owner, "Orders", at(1), "Bad LOB"),))
    witnesses = Witnesses(source, newest={"orders": at(newest)}, control=told)

    assert (witnesses.suspension_of(source.tables[0]) is not None) is suspended


@pytest.mark.parametrize(
    "before",
    [
        DmsReport((TaskState("B", "b", "running", "", START),), (TableCount("B", "shop", "orders", "", 5),)),
        DmsReport((TaskState(TASK, "a", "running", "", START),), (TableCount(TASK, "crm", "orders", "", 5),)),
        DmsReport(
            (TaskState(TASK, "a", "running", "", at(-9)),), (TableCount(TASK, "shop", "orders", "", 5),)
        ),
    ],
    ids=["task", "schema", "start"],
)
def test_counts_of_another_kind_prove_nothing(connection: psycopg.Connection, before: DmsReport) -> None:
    """Counters of another task or schema, or of the task before it was started anew, are not compared."""
    install(connection)
    note_counts(connection, before, at(1))
    note_counts(connection, counted(5), after(2))

    assert explained(connection, Witnesses(make_source(orders={}), dms=counted(5))).state == "missing"


def test_a_daily_table_changed_if_it_did_on_that_day(connection: psycopg.Connection) -> None:
    """Of a daily table no change is proved by counts around all of its day, and not around its last hour."""
    install(connection)
    note_counts(connection, counted(4), at(0))
    note_counts(connection, counted(5), at(12))
    note_counts(connection, counted(5), after(14))
    witnesses = Witnesses(make_source(orders={"expect": "daily"}, items={}), dms=counted(5))

    verdict = explained(connection, witnesses, number=13)

    assert (verdict.state, verdict.why) == ("missing", "no file came, and one was due (expect: daily)")


def slot(task: str, minute: int, minutes: int, records: int = 0) -> Slot:
    """Give a time slot of awsdms_history, counted in minutes from 11:00."""
    start = at(1) + timedelta(minutes=minute)
    return Slot(task, start, start + timedelta(minutes=minutes), records)


def applied(*hours: float) -> ControlTables:
    """Give what several tasks have applied up to."""
    return ControlTables(applied={f"t{place}": START + hour * ONE_HOUR for place, hour in enumerate(hours)})


@pytest.mark.parametrize(
    ("control_tables", "state"),
    [
        (ControlTables(slots=(slot("a", 0, 60), slot("b", 0, 60))), "quiet"),
        (ControlTables(slots=(slot("a", 0, 60), slot("a", 60, 5, 7), slot("a", -5, 5, 7))), "quiet"),
        (ControlTables(slots=(slot("a", 0, 55),)), "missing"),
        (ControlTables(slots=(slot("a", 0, 30), slot("b", 30, 30))), "missing"),
        (applied(2, 3), "quiet"),
        (applied(1.5, 3), "missing"),
    ],
    ids=["all", "around", "short", "halves", "applied", "behind"],
)
def test_every_task_must_prove_the_whole_hour_empty(
    connection: psycopg.Connection, control_tables: ControlTables, state: str
) -> None:
    """An hour is empty if each task covers all of it without a record, or has applied what came after it."""
    install(connection)
    witnesses = Witnesses(make_source(orders={}), newest={"orders": at(0)}, control=control_tables)

    assert explained(connection, witnesses).state == state


def test_a_table_that_dms_counts_is_alive(connection: psycopg.Connection) -> None:
    """A table that never brought a file is proved empty if DMS's API has it in a task that goes on."""
    install(connection)
    source = make_source(orders={})

    assert explained(connection, Witnesses(source, control=applied(3), dms=counted(5))).state == "quiet"
    assert explained(connection, Witnesses(source, control=applied(3))).state == "missing"


def test_a_table_in_two_tasks_is_not_proved_by_one(connection: psycopg.Connection) -> None:
    """What one task counts says nothing where another task has the table too."""
    install(connection)
    one = counted(5)
    both = replace(one, counts=(*one.counts, replace(one.counts[0], task="B")))
    for moment in (at(1), after(2)):
        note_counts(connection, one, moment)

    assert explained(connection, Witnesses(make_source(orders={}), dms=both)).state == "missing"


@pytest.mark.parametrize("counts", [True, False], ids=["its own", "unknown"])
def test_only_the_tables_own_task_is_blamed(connection: psycopg.Connection, *, counts: bool) -> None:
    """A task that stands still is the reason for its own tables, and for those of which no task is known."""
    install(connection)
    other = TaskState("B", "task2", "stopped", "", START)
    report = counted(5)
    report = replace(report, tasks=(*report.tasks, other), counts=report.counts if counts else ())

    verdict = explained(connection, Witnesses(make_source(orders={}), dms=report))

    assert ("the DMS task task2 is stopped" in (verdict.why or "")) is not counts


def test_one_week_is_no_past(court: Court) -> None:
    """The same hour of a single week says nothing of what is usual."""
    court.remember("orders", weeks=1, records=9)

    assert "the same hour" not in (explained(court.connection, Witnesses(court.source), 0).why or "")
