"""The sensor `alerts`: a round of alerts every minute, and what only Dagster knows, its failed runs.

Sensors: https://docs.dagster.io/guides/automate/sensors. What is told belongs to `service`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.alerts.failed_runs import FailedRun
from lake_assets.alerts.heartbeat import ping
from lake_assets.alerts.service import Told, tell
from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import parse_hour
from lake_assets.monitor.run_plan import FIRST_HOUR, LAST_HOUR, partition_range
from lake_assets.orchestration.active_runs import SOURCE_TAG
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.passwords import mask_passwords
from lake_assets.orchestration.sensor_session import sensor_session, skips_its_turn
from lake_assets.settings import Settings

INTERVAL = 60
"""Seconds between rounds."""

LOOK_BACK = timedelta(days=1)
"""How long ago a run may have failed to be told of."""

MOST_RUNS, MOST_EVENTS = 100, 1000
"""Read at once: of a day there are a few dozen runs, and a run of a whole job plans an asset each."""

RunKind = tuple[str, str, frozenset[dg.AssetKey]]
"""A job, the source it was about, and assets: a later success of the same makes a failure good."""


def build_alert_sensor(current: CurrentCatalog) -> dg.SensorDefinition:
    """Return the sensor that tells people, on from the start.

    Args:
        current: the catalog as it is when it is asked.
    """

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells those in LAKE_ASSETS_ALERTS what is wrong, once for each cause, and its end.",
    )
    @skips_its_turn
    def alerts(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SkipReason:
        settings, now = Settings.from_env(), datetime.now(UTC)
        catalog = current.last_readable()
        with sensor_session(warehouse) as connection:
            runs = list(failed_runs(context.instance, catalog, now))
            told = tell(connection, catalog, settings, now, runs=runs)
            # Whoever watches from outside is to learn of receivers that cannot be reached, too.
            all_are_told = not told.faults and not told.delivered.waiting
            ping_error = ping(connection, settings.heartbeat_url, now) if all_are_told else None
        if ping_error is not None:
            context.log.warning(ping_error)
        for error in told.delivered.errors:
            context.log.warning("an alert was not delivered: %s", error)
        if told.faults:
            raise ConfigurationError("\n".join(told.faults))
        return dg.SkipReason(summary(told))

    return alerts


def summary(told: Told) -> str:
    """Return in a line how a round went."""
    said = f"{told.open} open, {len(told.opened)} new; {told.delivered.messages} messages delivered"
    if told.delivered.waiting:
        return f"{said}, {told.delivered.waiting} waiting"
    return said


def failed_runs(instance: dg.DagsterInstance, catalog: Catalog, now: datetime) -> Iterator[FailedRun]:
    """Return the runs of the last day that failed, the newest of each kind, if none has succeeded after it.

    Args:
        instance: Dagster's own storage.
        catalog: the tables; assets of others are not told.
        now: the present moment.
    """
    lately = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=now - LOOK_BACK)
    seen: set[RunKind] = set()
    for record in instance.get_run_records(lately, limit=MOST_RUNS):
        run = record.dagster_run
        kind = (run.job_name, run.tags.get(SOURCE_TAG, ""), _assets_of(instance, run))
        if kind in seen:
            continue
        seen.add(kind)
        if not _has_succeeded_since(instance, record):
            yield _failed_run(instance, record, catalog)


def _has_succeeded_since(instance: dg.DagsterInstance, failed: dg.RunRecord) -> bool:
    run = failed.dagster_run
    wanted = _assets_of(instance, run)
    later = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS],
        job_name=run.job_name,
        created_after=failed.create_timestamp,
        tags=_source_of(run) if not wanted else None,  # that one source was judged says nothing of another
    )
    records = instance.get_run_records(later, limit=MOST_RUNS)
    return any(wanted <= _assets_of(instance, record.dagster_run) for record in records)


def _source_of(run: dg.DagsterRun) -> dict[str, str]:
    return {name: value for name, value in run.tags.items() if name == SOURCE_TAG}


def _failed_run(instance: dg.DagsterInstance, failed: dg.RunRecord, catalog: Catalog) -> FailedRun:
    run = failed.dagster_run
    known = {table.qualified for table in catalog.tables}
    tables = sorted({".".join(key.path) for key in _assets_of(instance, run)} & known)
    first, last = _ends(run.tags)
    return FailedRun(
        run_id=run.run_id,
        job=run.job_name,
        tables=tuple(tables),
        first=first,
        last=last,
        error=_first_error(instance, run.run_id),
        ended_at=failed.update_timestamp.replace(tzinfo=UTC),
        source=run.tags.get(SOURCE_TAG, ""),
    )


def _ends(tags: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last hour of a run, of partitions or of scattered hours."""
    if FIRST_HOUR in tags and LAST_HOUR in tags:
        return parse_hour(tags[FIRST_HOUR]), parse_hour(tags[LAST_HOUR])
    return partition_range(tags) or (None, None)


def _assets_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> frozenset[dg.AssetKey]:
    """Return the assets a run was to materialize; one of a whole job names them in its events only."""
    if run.asset_selection:
        return frozenset(run.asset_selection)
    planned = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    records = instance.get_records_for_run(run.run_id, of_type=planned, limit=MOST_EVENTS).records
    events = [record.event_log_entry.dagster_event for record in records]
    return frozenset(event.asset_key for event in events if event and event.asset_key)


def _first_error(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the innermost error of a run's first failure, passwords masked."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    records = instance.get_records_for_run(run_id, of_type=kinds, limit=1).records
    if not records:
        return "it ended without an error of its own"
    message = _innermost_message(records[0].event_log_entry.dagster_event) or "no message"
    return mask_passwords(message.strip())


def _innermost_message(event: dg.DagsterEvent | None) -> str | None:
    if event is None:
        return None
    error = getattr(event.event_specific_data, "error", None)
    if error is None:
        return event.message
    while error.cause is not None:
        error = error.cause
    return str(error.message)
