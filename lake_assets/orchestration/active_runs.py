"""Runs that wait or are under way: what they are about to load, and which of them have lost their process.

What is started besides them belongs to the sensors, what a failed run is worth telling to `alert_sensor`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.catalog.models import Catalog, Source
from lake_assets.hours import ONE_HOUR, hours_between
from lake_assets.monitor.backlog import TableHourName
from lake_assets.monitor.run_plan import configured_hours, partition_range
from lake_assets.orchestration.assets import POOL, asset_key
from lake_assets.orchestration.dagster_internals import NOT_FINISHED_STATUSES
from lake_assets.orchestration.monitor_job import JUDGE_JOB

SOURCE_TAG = "lake_assets/source"
"""The tag by which a run that nobody started by hand names its source."""

MOST_RUNS_READ = 500
"""Newest runs that one look takes in, so that a long queue does not hold it up."""

LOST_AFTER = timedelta(hours=6)
"""A started run that is older may have died with its machine: it is no longer in the way of others."""

_NOT_STARTED = frozenset({dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED})


def active_runs(instance: dg.DagsterInstance, now: datetime) -> Iterator[dg.DagsterRun]:
    """Return the runs that wait or run; a started one that is very old is taken for lost.

    Args:
        instance: Dagster's instance.
        now: the present moment.
    """
    unfinished = dg.RunsFilter(statuses=NOT_FINISHED_STATUSES)
    for record in instance.get_run_records(unfinished, limit=MOST_RUNS_READ):
        run = record.dagster_run
        age = now - record.create_timestamp.astimezone(UTC)
        if run.status in _NOT_STARTED or age < LOST_AFTER:
            yield run


def table_hours_in_flight(runs: Sequence[dg.DagsterRun], source: Source) -> set[TableHourName]:
    """Return the tables (by name) and hours of a source that runs are about to load."""
    in_flight: set[TableHourName] = set()
    for run in runs:
        in_flight.update(_table_hours_of(run, source))
    return in_flight


def _table_hours_of(run: dg.DagsterRun, source: Source) -> Iterator[TableHourName]:
    selection = run.asset_selection or frozenset()
    tables = [table for table in source.tables if asset_key(table) in selection]
    if not tables:
        return
    range_hours = _hours_of_partitions(run)
    for table in tables:
        own_hours = configured_hours(run.run_config, table)
        for hour in own_hours or range_hours:
            yield table.name, hour


def _hours_of_partitions(run: dg.DagsterRun) -> list[datetime]:
    ends = partition_range(run.tags)
    if ends is None:
        return []
    first, last = ends
    return list(hours_between(first, last + ONE_HOUR))


def runs_waiting_for_pool(instance: dg.DagsterInstance) -> set[str]:
    """Return the ids of runs whose steps wait for a place in the pool, and so have no session yet."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return set()
    pending = storage.get_concurrency_info(POOL).pending_steps
    # A step that has been given its place is pending still.
    return {step.run_id for step in pending if step.assigned_timestamp is None}


def runs_without_session(
    runs: Sequence[dg.DagsterRun], live: Collection[str], catalog: Catalog
) -> list[dg.DagsterRun]:
    """Return the started runs that load or judge, and have no session of the warehouse as they should.

    A run that makes other assets too may be busy with those, and is left alone.

    Args:
        runs: those that wait or run.
        live: ids of runs that have a session, or cannot have one yet.
        catalog: the tables.
    """
    own_assets = frozenset(asset_key(table) for table in catalog.tables)
    return [run for run in runs if run.run_id not in live and _holds_session(run, own_assets)]


def _holds_session(run: dg.DagsterRun, own_assets: frozenset[dg.AssetKey]) -> bool:
    """Return whether a run is one that has a session of the warehouse as long as it lives."""
    if run.status != dg.DagsterRunStatus.STARTED:
        return False
    if run.job_name == JUDGE_JOB:
        return True
    selection = run.asset_selection or frozenset()
    return bool(selection) and selection <= own_assets
