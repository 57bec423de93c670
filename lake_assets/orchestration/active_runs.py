"""Runs that wait or are under way: which are in the way of others, what they will load, which are dead.

What is started besides them belongs to the sensors, what a failed run is worth telling to `alert_sensor`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.catalog.models import Source
from lake_assets.hours import ONE_HOUR, hours_between
from lake_assets.monitor.backlog import TableHourName
from lake_assets.monitor.run_plan import configured_hours, partition_range
from lake_assets.orchestration.assets import asset_key
from lake_assets.orchestration.dagster_internals import NOT_FINISHED_STATUSES

SOURCE_TAG = "lake_assets/source"
"""The tag by which a run that nobody started by hand names its source."""

MOST_RUNS_READ = 500
"""Newest runs that one look takes in, so that a long queue does not hold it up."""

LOST_AFTER = timedelta(hours=6)
"""A started run that is older, and gives no sign of life, is no longer in the way of others."""

_NOT_STARTED = frozenset({dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED})


def read_unfinished(instance: dg.DagsterInstance) -> Sequence[dg.RunRecord]:
    """Return the runs that wait or run, newest first."""
    unfinished = dg.RunsFilter(statuses=NOT_FINISHED_STATUSES)
    return instance.get_run_records(unfinished, limit=MOST_RUNS_READ)


def active_runs(
    records: Sequence[dg.RunRecord], signs: Mapping[str, bool], now: datetime
) -> Iterator[dg.DagsterRun]:
    """Yield the runs that are in the way of others: they wait, live, or are not known to be dead.

    Args:
        records: the runs that wait or run.
        signs: whether each run that gave a sign of life is alive.
        now: the present moment.
    """
    for record in records:
        run = record.dagster_run
        is_young = now - record.create_timestamp.astimezone(UTC) < LOST_AFTER
        if run.status in _NOT_STARTED or signs.get(run.run_id, is_young):
            yield run


def dead_runs(records: Sequence[dg.RunRecord], signs: Mapping[str, bool]) -> list[dg.DagsterRun]:
    """Return the started runs that gave a sign of life, and give none any more.

    One that never gave any is Dagster's to watch: its executor is none of ours, or it is about to begin.

    Args:
        records: the runs that wait or run, read before the signs: one that ends takes its sign back.
        signs: whether each run that gave a sign of life is alive.
    """
    started = [record.dagster_run for record in records]
    return [
        run
        for run in started
        if run.status == dg.DagsterRunStatus.STARTED and not signs.get(run.run_id, True)
    ]


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
