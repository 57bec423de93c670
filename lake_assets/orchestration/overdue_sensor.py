"""The sensor `overdue`: what a stop of the daemon, or of the machine, has left undone.

Sensors: https://docs.dagster.io/guides/automate/sensors. It relies on no tick having happened, but looks each
time at what ledger and runs say now.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog, Source
from lake_assets.ledger.heartbeats import last_beat
from lake_assets.ledger.signs_of_life import forget_old_signs, read_signs, take_sign_back
from lake_assets.monitor.source import HEARTBEAT, due_end
from lake_assets.orchestration.active_runs import SOURCE_TAG, active_runs, dead_runs, read_unfinished
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.judge_schedule import judge_run_options
from lake_assets.orchestration.reload_reminder import ReloadReminder
from lake_assets.orchestration.sensor_session import sensor_session, skips_its_turn

SECONDS_BETWEEN_LOOKS = 60

OVERDUE_AFTER = timedelta(minutes=5)
"""After the time at which its schedule judges a source, until the sensor does."""

RETRY_MINUTES = 10
"""A judgement that was asked for and did not come about is asked for again after these."""

PROCESS_GONE = (
    "Its process is gone: it has given no sign of life for minutes. What it did not load is asked for again."
)


def build_overdue_sensor(current: CurrentCatalog, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Return the sensor that judges each source whose schedule was down when it was due.

    It also ends runs whose process is gone. After a crash of the machine Dagster takes them for running for
    ever, and they keep their hours from being loaded and their places in the queue. A run is ended when two
    looks, a minute apart, find it dead: once the warehouse itself was away, runs have time to be heard again.

    Args:
        current: the catalog as it is when it is asked.
        job: the job `judge`.
    """
    reminder = ReloadReminder(current)

    @dg.sensor(
        name="overdue",
        job_name=job.name,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Judges at once the sources whose hour was over while the daemon was down, and ends runs whose "
            "process is gone."
        ),
    )
    @skips_its_turn
    def overdue(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        records = read_unfinished(context.instance)
        with sensor_session(warehouse) as connection:
            signs = read_signs(connection)
            dead = dead_runs(records, signs)
            runs = list(active_runs(records, signs, now))
            late = _overdue_sources(
                connection, current.last_readable(), _sources_being_judged(runs, job), now
            )
            cursor = _end_those_seen_before(context, connection, dead)
            forget_old_signs(connection)
            reminder.settle(connection, now)
        return dg.SensorResult(
            run_requests=[_judge_now(current, source, now) for source in late],
            skip_reason=None if late else "Every source was judged in time, or is about to be.",
            cursor=cursor,
        )

    return overdue


def _sources_being_judged(runs: Sequence[dg.DagsterRun], job: dg.JobDefinition) -> set[str | None]:
    return {run.tags.get(SOURCE_TAG) for run in runs if run.job_name == job.name}


def _overdue_sources(
    connection: psycopg.Connection, catalog: Catalog, being_judged: set[str | None], now: datetime
) -> list[Source]:
    overdue = []
    for source in catalog.sources:
        is_free = bool(source.tables) and source.name not in being_judged
        if is_free and is_overdue(connection, source, now):
            overdue.append(source)
    return overdue


def is_overdue(connection: psycopg.Connection, source: Source, now: datetime) -> bool:
    """Return whether a source's newest hour should have been judged by now, and was not."""
    due = due_end(source, now - OVERDUE_AFTER) + source.grace
    last = last_beat(connection, f"{HEARTBEAT}:{source.name}")
    return last is None or last < due <= now


def _end_those_seen_before(
    context: dg.SensorEvaluationContext, connection: psycopg.Connection, dead: Sequence[dg.DagsterRun]
) -> str:
    """End the dead runs that the last look saw too; return the ids of the others, for the next look."""
    seen_before = set((context.cursor or "").split())
    seen_first = []
    for run in dead:
        if run.run_id in seen_before:
            context.instance.report_run_failed(run, PROCESS_GONE)
            take_sign_back(connection, run.run_id)
        else:
            seen_first.append(run.run_id)
    return " ".join(seen_first)


def _judge_now(current: CurrentCatalog, source: Source, now: datetime) -> dg.RunRequest:
    """Return the request for a judgement, one for each slot of time: Dagster starts one run for a key."""
    slot = now.replace(minute=now.minute // RETRY_MINUTES * RETRY_MINUTES)
    key = f"{source.name}:{slot:%Y-%m-%dT%H:%M}"
    return dg.RunRequest(run_key=key, **judge_run_options(current, source))
