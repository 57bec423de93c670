"""What runs by itself: a schedule per source that judges it, a sensor per source that asks for loads.

Dagster's schedules skip what they were down for, and its run keys are remembered for ever
(https://docs.dagster.io/guides/automate). So nothing here relies on a tick having happened: each looks at
what the ledger says now. What is judged belongs to `judging`, what is asked for to `monitor.backlog`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from lake_assets.catalog.models import Catalog, Source
from lake_assets.hours import ONE_HOUR, hours_between
from lake_assets.ledger.heartbeats import last_beat
from lake_assets.ledger.install import install
from lake_assets.monitor.backlog import Request, TableHourName, ask_for_loads, live_runs
from lake_assets.monitor.grid_svg import newest_change
from lake_assets.monitor.run_plan import configured_hours, partition_range
from lake_assets.monitor.source import HEARTBEAT, due_end
from lake_assets.orchestration.assets import POOL, asset_key
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.monitor_job import JUDGE, JUDGE_JOB, status_of

SOURCE_TAG = "lake_assets/source"

RUNS_AT_ONCE = 4
"""Runs of a source that its sensor has under way at most; what is left follows when they are done."""

RUNS_LOOKED_AT = 500
SECONDS_BETWEEN_LOOKS = 30

LOST = timedelta(hours=6)
"""A started run that is older may have died with its machine: it is no longer in the way of others."""

GONE = "Its process is gone: it has no session of the warehouse. What it did not load is asked for again."

OVERDUE = timedelta(minutes=5)
"""After the time at which its schedule judges a source, until the sensor does."""

DRAWN_AGAIN = timedelta(minutes=5)
DRAWN_ANYWAY = timedelta(hours=1)


def judge_schedule(source: Source, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Make the schedule that judges a source each hour, when the grace of the hour before is over.

    Args:
        source: the source.
        job: the job `judge`.
    """
    minute = -(-source.grace // timedelta(minutes=1)) % 60

    @dg.schedule(
        name=f"judge_{source.name}",
        job=job,
        cron_schedule=f"{minute} * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Judges every table-hour of {source.name}, {minute} minutes past each hour.",
    )
    def judge_hourly() -> dg.RunRequest:
        return dg.RunRequest(**_judge_of(source))

    return judge_hourly


def _judge_of(source: Source) -> dict[str, Any]:
    return {
        "run_config": {"ops": {JUDGE: {"config": {"sources": [source.name]}}}},
        "tags": {SOURCE_TAG: source.name},
    }


def build_overdue_sensor(catalog: Catalog, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Make the sensor that judges each source whose schedule was down when it was due.

    It also ends runs whose process is gone. After a crash of the machine Dagster takes them for running for
    ever, and they keep their hours from being loaded and their places in the queue. A run is ended when two
    looks, a minute apart, find it without a session of the warehouse.

    Args:
        catalog: the tables.
        job: the job `judge`.
    """

    @dg.sensor(
        name="overdue",
        job_name=job.name,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Judges at once the sources whose hour was over while the daemon was down, and ends runs whose "
            "process is gone."
        ),
    )
    def overdue(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        runs = list(runs_under_way(context.instance, now))
        busy = {run.tags.get(SOURCE_TAG) for run in runs if run.job_name == job.name}
        with warehouse.connect() as connection:
            install(connection)
            late = [
                source
                for source in catalog.sources
                if source.tables and source.name not in busy and is_overdue(connection, source, now)
            ]
            live = live_runs(connection) | _waiting(context.instance)
            dead = _without_session(runs, live, catalog)
        seen_before = set((context.cursor or "").split())
        for run in dead:
            if run.run_id in seen_before:
                context.instance.report_run_failed(run, GONE)
        return dg.SensorResult(
            run_requests=[_judge_now(source, now) for source in late],
            skip_reason=None if late else "Every source was judged in time, or is about to be.",
            cursor=" ".join(run.run_id for run in dead if run.run_id not in seen_before),
        )

    return overdue


def _judge_now(source: Source, now: datetime) -> dg.RunRequest:
    """Ask for a run of the judge; one that fails is asked for again every ten minutes."""
    slot = now.replace(minute=now.minute // 10 * 10)
    return dg.RunRequest(run_key=f"{source.name}:{slot:%Y-%m-%dT%H:%M}", **_judge_of(source))


def _waiting(instance: dg.DagsterInstance) -> set[str]:
    """Give the ids of runs whose steps wait for a place in the pool, and so have no session yet."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return set()
    steps = storage.get_concurrency_info(POOL).pending_steps
    return {step.run_id for step in steps if step.assigned_timestamp is None}  # the others have their place


def _without_session(
    runs: Sequence[dg.DagsterRun], live: Collection[str], catalog: Catalog
) -> list[dg.DagsterRun]:
    """Give the started runs that load or judge, and have no session of the warehouse as they should.

    A run that makes other assets too may be busy with those, and is left alone.
    """
    ours = {asset_key(table) for table in catalog.tables}
    return [
        run
        for run in runs
        if run.status == dg.DagsterRunStatus.STARTED
        and run.run_id not in live
        and (run.job_name == JUDGE_JOB or (run.asset_selection and run.asset_selection <= ours))
    ]


def is_overdue(connection: psycopg.Connection, source: Source, now: datetime) -> bool:
    """Tell whether a source's newest hour should have been judged by now, and was not."""
    due = due_end(source, now - OVERDUE) + source.grace
    last = last_beat(connection, f"{HEARTBEAT}:{source.name}")
    return last is None or last < due <= now


def load_sensor(source: Source) -> dg.SensorDefinition:
    """Make the sensor that asks for a load of each table-hour that needs one, oldest first.

    Args:
        source: the source; it must have a table.
    """

    @dg.sensor(
        name=f"load_{source.name}",
        asset_selection=dg.AssetSelection.assets(*(asset_key(table) for table in source.tables)),
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Loads every table-hour of {source.name} that the judge found in need of it.",
    )
    def load_what_needs_it(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        runs = list(runs_under_way(context.instance, now))
        own = sum(run.tags.get(SOURCE_TAG) == source.name and bool(run.asset_selection) for run in runs)
        with warehouse.connect() as connection:
            install(connection)
            requests = ask_for_loads(
                connection,
                source,
                now,
                most_runs=RUNS_AT_ONCE - own,
                in_flight=set(_hours_of(runs, source)),
            )
        return dg.SensorResult(
            run_requests=[_run_request(source, request) for request in requests],
            skip_reason=None if requests else f"{own} runs under way, and nothing else whose turn it is.",
        )

    return load_what_needs_it


def _run_request(source: Source, request: Request) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=request.key,
        asset_selection=[asset_key(table) for table in request.run.tables],
        tags={**request.run.tags, SOURCE_TAG: source.name},
        run_config=request.run.config,
    )


def runs_under_way(instance: dg.DagsterInstance, now: datetime) -> Iterator[dg.DagsterRun]:
    """Give the runs that wait or run; a started one that is very old is taken for lost.

    Args:
        instance: Dagster's instance.
        now: the present moment.
    """
    wanted = dg.RunsFilter(statuses=NOT_FINISHED_STATUSES)
    for record in instance.get_run_records(wanted, limit=RUNS_LOOKED_AT):
        run = record.dagster_run
        waits = run.status in {dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED}
        if waits or now - record.create_timestamp.astimezone(UTC) < LOST:
            yield run


def _hours_of(runs: list[dg.DagsterRun], source: Source) -> Iterator[TableHourName]:
    """Give the tables (by name) and hours of a source that runs are about to load."""
    for run in runs:
        ends = partition_range(run.tags)
        chosen = [table for table in source.tables if asset_key(table) in (run.asset_selection or ())]
        hours = list(hours_between(ends[0], ends[1] + ONE_HOUR)) if ends and chosen else []
        for table in chosen:
            own = configured_hours(run.run_config, table) or hours
            yield from ((table.name, hour) for hour in own)


def build_status_sensor(catalog: Catalog) -> dg.SensorDefinition:
    """Make the sensor that draws the grid anew when the ledger has changed, and each hour.

    Args:
        catalog: the tables.
    """

    @dg.sensor(
        name="status",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Draws the grid of states anew when the ledger has changed, and each hour.",
    )
    def draw_status(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        with warehouse.connect() as connection:
            install(connection)
            changed = str(newest_change(connection))
            if not is_out_of_date(context.cursor, changed, now):
                return dg.SkipReason("The grid is as the ledger is.")
            drawn = status_of(connection, catalog, now)
        return dg.SensorResult(asset_events=[drawn], cursor=f"{now.isoformat()} {changed}")

    return draw_status


def is_out_of_date(cursor: str | None, changed: str, now: datetime) -> bool:
    """Tell whether the grid is to be drawn again.

    Args:
        cursor: when it was drawn, and what the ledger's newest change was then; None if it never was.
        changed: the ledger's newest change.
        now: the present moment.
    """
    drawn, _, then = (cursor or "").partition(" ")
    if not drawn:
        return True
    age = now - datetime.fromisoformat(drawn)
    return age >= DRAWN_ANYWAY or (then != changed and age >= DRAWN_AGAIN)


def build_schedules(catalog: Catalog, judge: dg.JobDefinition) -> list[dg.ScheduleDefinition]:
    """Make the schedules of all sources that have tables."""
    return [judge_schedule(source, judge) for source in catalog.sources if source.tables]


def build_sensors(catalog: Catalog, judge: dg.JobDefinition) -> list[dg.SensorDefinition]:
    """Make the sensors of all sources that have tables, and those of the whole catalog."""
    return [
        *(load_sensor(source) for source in catalog.sources if source.tables),
        build_overdue_sensor(catalog, judge),
        build_status_sensor(catalog),
    ]
