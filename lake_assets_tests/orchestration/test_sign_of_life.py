"""Proves `sign_of_life`, `living_executor` and `signs_of_life`: who lives is not dead, who is killed is."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic

import dagster as dg
import psycopg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.test_utils import create_run_for_test

from lake_assets.ledger.install import install
from lake_assets.ledger.signs_of_life import (
    FORGOTTEN_AFTER,
    SILENT_AFTER,
    forget_old_signs,
    give_sign,
    read_signs,
)
from lake_assets.orchestration import sign_of_life as module
from lake_assets.orchestration.active_runs import active_runs, dead_runs, read_unfinished
from lake_assets.orchestration.living_executor import living_executor
from lake_assets.orchestration.runs import execute
from lake_assets.orchestration.sign_of_life import SignOfLife
from lake_assets.postgres import connect
from lake_assets.settings import WAREHOUSE
from lake_assets_tests.fix_monitor import Court
from lake_assets_tests.orchestration.ticks import tick

LOOKS = 50  # between two events of a run, of which the one below has some thirty

PHASES = {"RESOURCE_INIT_SUCCESS", "STEP_START", "STEP_UP_FOR_RETRY", "STEP_RESTARTED", "STEP_SUCCESS"}

LIVING_PROCESS = """
import sys
from lake_assets.orchestration.sign_of_life import SignOfLife

with SignOfLife(*sys.argv[1:]):
    print("alive", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def made_ledger(connection: psycopg.Connection, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a ledger, and name its warehouse in the environment, as a deployment does."""
    install(connection)
    monkeypatch.setenv(WAREHOUSE, warehouse_url)


def age(connection: psycopg.Connection, by: timedelta) -> None:
    """Let all signs be older, as if time had gone by."""
    connection.execute("UPDATE lake_assets.heartbeats SET beat_at = beat_at - %s", [by])


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, which it soon is."""
    end = monotonic() + 30
    while not is_so():
        assert monotonic() < end


@dg.resource
def opened() -> Iterator[None]:
    """Be held open from the executor's start to its end."""
    yield


@dg.op(required_resource_keys={"opened"})
def extract() -> int:
    """Be a step before the others."""
    return 1


@dg.op(retry_policy=dg.RetryPolicy(max_retries=1))
def transform(context: dg.OpExecutionContext, given: int) -> int:
    """Fail at first."""
    if not context.retry_number:
        raise ConnectionError
    return given


@dg.op
def read_own_sign(context: dg.OpExecutionContext, url: str) -> bool:
    """Give whether the run that this is a step of is known to live."""
    with connect(url) as connection:
        return read_signs(connection)[context.run_id]


@dg.job(executor_def=living_executor, resource_defs={"opened": opened})
def long_job() -> None:
    """Take a few steps, the second of them twice."""
    transform(transform.alias("again")(extract()))


@dg.job
def short_job() -> None:
    """Take one step."""
    read_own_sign()


@pytest.mark.usefixtures("made_ledger")
def test_a_healthy_run_is_never_dead(connection: psycopg.Connection, instance: dg.DagsterInstance) -> None:
    """A thousand looks, before, in, between and after its steps and in its retries, find a run alive."""
    run = instance.create_run_for_job(long_job)
    looks = 0
    heard_of = set()
    for event in execute_run_iterator(InMemoryJob(long_job), run, instance):
        records = read_unfinished(instance)
        for _ in range(LOOKS):
            looks += 1
            signs = read_signs(connection)
            assert not dead_runs(records, signs)
        if signs == {run.run_id: True}:
            heard_of.add(event.event_type_value)

    assert looks >= 1000
    assert heard_of >= PHASES
    assert read_signs(connection) == {}
    assert instance.get_run_by_id(run.run_id).is_success  # type: ignore[union-attr]


@pytest.mark.usefixtures("made_ledger")
def test_a_run_of_the_command_line_gives_a_sign(instance: dg.DagsterInstance, warehouse_url: str) -> None:
    """A run in the command's own process is known to live, though Dagster changes its executor."""
    config = {"ops": {"read_own_sign": {"inputs": {"url": warehouse_url}}}}

    result = execute(short_job, instance, config)

    assert result.output_for_node("read_own_sign") is True


def test_a_worker_that_is_killed_is_dead(court: Court, instance: dg.DagsterInstance) -> None:
    """A run whose process was killed, and was not heard of for minutes, is ended at the second look."""
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    worker = subprocess.Popen(
        [sys.executable, "-c", LIVING_PROCESS, court.url, run.run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "alive\n"
        assert read_signs(court.connection) == {run.run_id: True}
        worker.kill()

    age(court.connection, SILENT_AFTER)
    first = tick(court, instance, "overdue")
    assert not instance.get_run_by_id(run.run_id).is_finished  # type: ignore[union-attr]
    tick(court, instance, "overdue", first.cursor)

    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
    assert read_signs(court.connection) == {}


def test_runs_without_a_promise_are_left_alone(court: Court, instance: dg.DagsterInstance) -> None:
    """A run that never gave a sign, one that waits, and one that was heard of again are not ended."""
    started, waiting, again = (
        create_run_for_test(instance, status=status)
        for status in (
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTED,
        )
    )
    for run in (waiting, again):
        give_sign(court.connection, run.run_id)
    age(court.connection, SILENT_AFTER)

    first = tick(court, instance, "overdue")
    assert first.cursor == again.run_id
    give_sign(court.connection, again.run_id)
    tick(court, instance, "overdue", first.cursor)

    assert not [run for run in (started, waiting, again) if instance.get_run_by_id(run.run_id).is_finished]  # type: ignore[union-attr]


@pytest.mark.usefixtures("made_ledger")
def test_a_cut_session_costs_no_run_its_life(
    connection: psycopg.Connection,
    warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A run is heard of again after its session was ended and its signs were refused a while; it says it."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    with SignOfLife(warehouse_url, "r"):
        connection.execute("ALTER TABLE lake_assets.heartbeats RENAME TO away")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lake_assets r'"
        )
        until(lambda: bool(caplog.records))
        connection.execute("ALTER TABLE lake_assets.away RENAME TO heartbeats")
        age(connection, SILENT_AFTER)
        until(lambda: read_signs(connection)["r"])

    assert "Run r cannot say that it lives" in caplog.text
    assert read_signs(connection) == {}


@pytest.mark.usefixtures("made_ledger")
@pytest.mark.parametrize(
    ("statement", "lives"), [("SELECT", False), ("BEGIN", True), ("BEGIN; SELECT 1/0", True)]
)
def test_work_in_the_warehouse_is_a_sign(
    connection: psycopg.Connection, warehouse_url: str, statement: str, *, lives: bool
) -> None:
    """A silent run in a transaction lives; an idle session, as poolers keep of the dead, says nothing."""
    give_sign(connection, "r")
    age(connection, SILENT_AFTER)
    with connect(warehouse_url, autocommit=True, run_id="r") as session:
        session.pgconn.exec_(statement.encode())
        assert read_signs(connection) == {"r": lives}


@pytest.mark.usefixtures("made_ledger")
def test_signs_of_long_ago_are_forgotten(connection: psycopg.Connection) -> None:
    """What a run left that somebody else has ended goes, and other heartbeats stay."""
    connection.execute("INSERT INTO lake_assets.heartbeats VALUES ('judge', now())")
    give_sign(connection, "old")
    age(connection, FORGOTTEN_AFTER)
    give_sign(connection, "new")

    forget_old_signs(connection)

    names = connection.execute("SELECT name FROM lake_assets.heartbeats ORDER BY name").fetchall()
    assert names == [("judge",), ("run:new",)]


@pytest.mark.usefixtures("made_ledger")
def test_a_living_run_is_in_the_way_however_old(
    connection: psycopg.Connection, instance: dg.DagsterInstance
) -> None:
    """The hours of a run that is known to live are not asked for again after any number of hours."""
    living, unknown = (
        create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED).run_id for _ in range(2)
    )
    give_sign(connection, living)
    records = read_unfinished(instance)
    later = max(record.create_timestamp for record in records) + timedelta(hours=7)

    assert {run.run_id for run in active_runs(records, read_signs(connection), later)} == {living}
    assert unknown not in read_signs(connection)
