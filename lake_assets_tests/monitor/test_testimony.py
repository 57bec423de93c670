"""Proves `evidence` and `dms_control_tables`: a missing hour's note says why, DMS's word makes it quiet."""

import gzip
from datetime import datetime, timedelta

import pytest

from lake_assets.checks.row_count import check_hours, judge_hours
from lake_assets.ledger.install import install
from lake_assets.ledger.table_hours import Entry, write
from lake_assets.monitor.dms_api import DmsReport, TableCount, TaskState
from lake_assets.monitor.testimony import note_counts
from lake_assets.states.facts import Fact
from lake_assets.states.sentences import why
from lake_assets_tests.fix_monitor import START, Court, after, at, make_source

ARN = "arn:aws:dms:eu-west-1:1:task:A"
STATUS_HEADER = (
    "SERVER_NAME,TASK_NAME,TASK_STATUS,STATUS_TIME,PENDING_CHANGES,DISK_SWAP_SIZE,TASK_MEMORY,"
    "SOURCE_CURRENT_POSITION,SOURCE_CURRENT_TIMESTAMP,SOURCE_TAIL_POSITION,SOURCE_TAIL_TIMESTAMP,"
    "SOURCE_TIMESTAMP_APPLIED\n"
)


def status_of(
    applied: datetime, status: str = "CHANGE PROCESSING", told: datetime | None = None, task: str = "task1"
) -> str:
    """Write a record of awsdms_status."""
    return (
        f"srv,{task},{status},{(told or applied):%Y-%m-%d %H:%M:%S},0,0,9,,,,,{applied:%Y-%m-%d %H:%M:%S}\n"
    )


@pytest.fixture
def alive(court: Court) -> Court:
    """Give a court whose table brought and loaded its first hour; the second is over, without a file."""
    court.put(0)
    court.round()
    court.now = after(2)
    return court


def counted(
    changes: int, state: str = "Table completed", status: str = "running", why: str = ""
) -> DmsReport:
    """Give a report of DMS's API on the table orders."""
    task = TaskState(ARN, "task1", status, why, START)
    return DmsReport((task,), (TableCount(ARN, "shop", "orders", state, changes),))


def test_the_others_of_the_source_are_named(court: Court) -> None:
    """The note tells a table that alone is missing from a source that is silent."""
    court.source = make_source(orders={}, items={}, gifts={}, rare={"expect": "sparse"})
    court.put(0, table="items")
    court.now = after(2)

    court.judge()

    assert "1 of 2 other hourly tables of shop delivered" in court.note(0)
    assert "none of the 2 other hourly tables of shop delivered either" in court.note(1)


def test_a_check_keeps_the_evidence_the_judge_has_found(court: Court) -> None:
    """Commands and checks tell of a missing hour what the judge has noted, and leave the note as it is."""
    court.source = make_source(orders={}, items={})
    court.put(0, table="items")
    court.judge()
    noted, table = court.note(0), court.source.tables[0]

    judged = judge_hours(court.connection, court.lake, table, [at(0)], now=court.now)
    checked = check_hours(court.connection, court.lake, table, [at(0)], now=court.now)

    assert "the other hourly table of shop delivered" in noted
    assert [why(verdict) for verdict in (*judged, *checked)] == [noted, noted]
    assert court.note(0) == noted


def test_the_first_look_at_a_table_is_told_with_its_evidence(court: Court) -> None:
    """Dagster hears the evidence of an hour that was missing before the judge looked at the table at all."""
    court.source = make_source(orders={}, items={})
    court.put(0, table="items")
    table = court.source.tables[0]
    install(court.connection)
    write(
        court.connection, [Entry(table, at(0), "missing", "no_file", (Fact.of("no_file", expect="hourly"),))]
    )

    told = court.judge().told[table]

    assert [why(verdict) for verdict in told] == [court.note(0)]
    assert "other hourly" in court.note(0)


def test_the_tables_own_past_is_named(court: Court) -> None:
    """The note says in how many past weeks the same hour had files."""
    court.remember("orders", weeks=3, records=9)
    court.remember("orders", weeks=1, records=0, number=-24 * 28, state="quiet")

    court.judge()

    assert "the same hour had files in 3 of the last 4 weeks" in court.note(0)


@pytest.mark.parametrize("folder", ["shop/", ""])
def test_a_suspended_table_is_missing_because_dms_suspended_it(alive: Court, folder: str) -> None:
    """The suspension's time and reason stand in note and finding, wherever the control table lies."""
    alive.put_control("awsdms_suspended_tables", "srv,t,shop,orders,Bad LOB,2018-09-06 11:05:00\n", folder)
    alive.put_control("awsdms_status", status_of(after(2)))

    alive.judge()

    assert alive.states()[1] == "missing"
    assert "suspended by DMS at 2018-09-06T11:05:00, because: Bad LOB" in alive.note(1)
    assert "Bad LOB" in alive.findings()["suspended_table"]


def test_a_suspension_ends_when_files_come_again(alive: Court) -> None:
    """Once a later hour has a file the table is suspended no more."""
    alive.put_control("awsdms_suspended_tables", "srv,t,shop,orders,Bad LOB,2018-09-06 11:05:00\n")
    alive.judge()
    assert "suspended_table" in alive.findings()

    alive.put(2)
    alive.now = after(3)
    alive.judge()

    assert "suspended_table" not in alive.findings()


def test_another_sources_suspension_says_nothing(alive: Court) -> None:
    """A table of the same name elsewhere is another table."""
    alive.put_control("awsdms_suspended_tables", "srv,t,crm,orders,Bad,2018-09-06 11:05:00\n", "")

    alive.judge()

    assert "suspended" not in alive.note(1)


@pytest.mark.parametrize(
    "body",
    [
        status_of(after(2)),
        STATUS_HEADER + status_of(after(2)),
        "I," + status_of(after(2)),
        status_of(after(0), told=after(0)) + status_of(after(2)),
    ],
    ids=["bare", "header", "op", "older"],
)
def test_what_dms_has_applied_past_is_quiet(alive: Court, body: str) -> None:
    """Where DMS applied what was committed after the hour and wrote no file, the hour was empty."""
    alive.put_control("awsdms_status", body)

    alive.judge()

    assert alive.states()[1] == "quiet"
    assert alive.note(1) == "DMS had applied every change up to 2018-09-06T12:11:00 (awsdms_status)"


def test_an_hour_that_had_records_is_not_proved_empty(alive: Court) -> None:
    """Of an hour whose file was loaded and is gone, DMS's word that nothing was written is no proof."""
    alive.source = make_source(orders={"vanished": "follow"})
    key = alive.put(1)
    alive.round()
    alive.put_control("awsdms_status", status_of(after(2)))
    alive.bucket.client.delete_object(Bucket=alive.bucket.bucket, Key=key)
    alive.round()

    alive.judge()

    assert alive.states()[1] == "missing"
    assert alive.note(1).startswith(f"{key}: removed from the lake")


def test_a_packed_control_table_is_read(alive: Court) -> None:
    """Control tables come gzipped where the endpoint says so."""
    alive.bucket.put(
        "shop/awsdms_status/20180906-121000000.csv.gz", gzip.compress(status_of(after(2)).encode())
    )

    alive.judge()

    assert alive.states()[1] == "quiet"


def test_what_dms_has_not_yet_applied_is_missing(alive: Court) -> None:
    """A status from within the hour proves nothing about it."""
    alive.put_control("awsdms_status", status_of(at(1) + timedelta(minutes=59)))

    alive.judge()

    assert alive.states()[1] == "missing"


def test_a_task_that_does_not_run_is_named(alive: Court) -> None:
    """A stopped task is in the note and a finding, and proves no hour empty."""
    alive.put_control("awsdms_status", status_of(after(2), "NOT RUNNING"))

    alive.judge()

    assert alive.states()[1] == "missing"
    assert "the DMS task task1 does not run" in alive.note(1)
    assert "task1" in alive.findings()["dms_task"]


def test_a_table_that_brings_nothing_for_a_week_is_missing_again(court: Court) -> None:
    """DMS's going on proves nothing of a table that its task may no longer map."""
    court.put(0)
    court.round()
    for day in (6, 8):
        court.now = after(24 * day)
        court.put_control("awsdms_status", status_of(court.now))
        court.judge()

    states = court.states()
    assert {states[hour] for hour in range(1, 24 * 7)} == {"quiet"}
    assert {states[hour] for hour in range(24 * 7 + 1, 24 * 8)} == {"missing"}
    assert "see whether the task still maps it" in court.note(24 * 8 - 1)


def test_a_time_in_which_dms_moved_nothing_is_quiet(alive: Court) -> None:
    """Slots of awsdms_history without a record that cover the hour prove it empty."""
    slots = "".join(f"srv,t,CDC,2018-09-06 11:{minute:02d}:00,5,1,0,0\n" for minute in range(0, 60, 5))
    alive.put_control("awsdms_history", slots)
    alive.judge()
    assert alive.states()[1] == "quiet"

    alive.now += timedelta(seconds=1)
    alive.put_control("awsdms_history", "srv,t,CDC,2018-09-06 11:00:00,5,1,7,9\n")
    alive.judge()

    assert alive.states()[1] == "missing"


def test_a_damaged_control_table_is_a_finding(alive: Court) -> None:
    """What cannot be read is told, and the judge goes on."""
    alive.bucket.put("shop/awsdms_status/20180906-121000000.csv", b"\x1f\x8bno gzip")

    alive.judge()

    assert alive.states()[1] == "missing"
    assert "awsdms_status/20180906-121000000.csv" in alive.findings()["dms_control"]


def test_an_hour_in_which_dms_counted_no_change_is_quiet(alive: Court) -> None:
    """The two counts nearest to the hour prove it empty if they are alike; ancient ones are forgotten."""
    for changes, moment in ((3, START - timedelta(weeks=9)), (4, at(0)), (5, at(1) - timedelta(minutes=5))):
        note_counts(alive.connection, counted(changes), moment)
    note_counts(alive.connection, counted(5), after(2))

    alive.judge(counted(5))

    kept = "SELECT array_agg(changes ORDER BY taken_at) FROM lake_assets.dms_counts"
    assert alive.connection.execute(kept).fetchone() == ([4, 5, 5],)

    assert alive.states()[1] == "quiet"
    assert "DMS counted no change of it between 2018-09-06T10:55 and 2018-09-06T12:11" in alive.note(1)


def test_an_hour_in_which_dms_counted_changes_is_missing(alive: Court) -> None:
    """Changes that DMS counted and wrote no file for are missing."""
    note_counts(alive.connection, counted(5), at(1))
    note_counts(alive.connection, counted(6), after(2))

    alive.judge(counted(6))

    assert alive.states()[1] == "missing"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (counted(5, state="Table error"), "DMS has the table as 'Table error'"),
        (counted(5, status="failed", why="no disk"), "the DMS task task1 is failed, because: no disk"),
    ],
    ids=["table", "task"],
)
def test_what_the_api_says_stands_in_the_note(alive: Court, report: DmsReport, said: str) -> None:
    """A table or a task that is not in order is the reason of a missing hour, whatever the counters say."""
    note_counts(alive.connection, report, at(1))
    note_counts(alive.connection, report, after(2))

    alive.judge(report)

    assert alive.states()[1] == "missing"
    assert said in alive.note(1)
