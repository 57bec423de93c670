"""The sensor `alerts`: a round of alerts every minute, and what only Dagster knows, its failed runs.

Sensors: https://docs.dagster.io/guides/automate/sensors. What is told belongs to `service`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.alerts.failed_runs import FailedRun
from lake_assets.alerts.heartbeat import ping
from lake_assets.alerts.service import Told, tell
from lake_assets.catalog.models import Catalog
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import parse_hour
from lake_assets.ledger.install import install
from lake_assets.monitor.run_plan import FIRST_HOUR, LAST_HOUR, partition_range
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.schedules import SOURCE_TAG
from lake_assets.settings import Settings

INTERVAL = 60  # seconds
LOOK_BACK = timedelta(days=1)
MOST_RUNS, MOST_EVENTS = 100, 1000

PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]+@")


def build_alert_sensor(catalog: Catalog) -> dg.SensorDefinition:
    """Make the sensor that tells people, on from the start.

    Args:
        catalog: the tables.
    """

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells those in LAKE_ASSETS_ALERTS what is wrong, once for each cause, and its end.",
    )
    def alerts(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SkipReason:
        settings, now = Settings.from_env(), datetime.now(UTC)
        with warehouse.connect() as connection:
            install(connection)
            runs = list(failed_runs(context.instance, catalog, now))
            told = tell(connection, catalog, settings, now, runs=runs)
            fine = not (told.faults or told.delivered.waiting)
            if fine and (error := ping(connection, settings.heartbeat_url, now)):
                context.log.warning(error)
        for error in told.delivered.errors:
            context.log.warning("an alert was not delivered: %s", error)
        if told.faults:
            raise ConfigurationError("\n".join(told.faults))
        return dg.SkipReason(summary(told))

    return alerts


def summary(told: Told) -> str:
    """Say in a line how a round went."""
    said = f"{told.open} open, {len(told.opened)} new; {told.delivered.messages} messages delivered"
    return said + (f", {told.delivered.waiting} waiting" if told.delivered.waiting else "")


def failed_runs(instance: dg.DagsterInstance, catalog: Catalog, now: datetime) -> Iterator[FailedRun]:
    """Find the runs of the last day that failed, the newest of each kind, if none has succeeded after it.

    Args:
        instance: Dagster's own storage.
        catalog: the tables; assets of others are not told.
        now: the present moment.
    """
    lately = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=now - LOOK_BACK)
    seen: set[tuple[str, str, frozenset[dg.AssetKey]]] = set()
    for record in instance.get_run_records(lately, limit=MOST_RUNS):
        run = record.dagster_run
        kind = (run.job_name, run.tags.get(SOURCE_TAG, ""), _assets_of(instance, run))
        if kind not in seen and not _has_succeeded_since(instance, record):
            yield _failed_run(instance, record, catalog)
        seen.add(kind)


def _has_succeeded_since(instance: dg.DagsterInstance, failed: dg.RunRecord) -> bool:
    run = failed.dagster_run
    wanted = _assets_of(instance, run)
    later = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS],
        job_name=run.job_name,
        created_after=failed.create_timestamp,
        tags=_source_of(run) if not wanted else None,  # that one source was judged says nothing of another
    )
    return any(
        wanted <= _assets_of(instance, record.dagster_run)
        for record in instance.get_run_records(later, limit=MOST_RUNS)
    )


def _source_of(run: dg.DagsterRun) -> dict[str, str]:
    return {name: value for name, value in run.tags.items() if name == SOURCE_TAG}


def _failed_run(instance: dg.DagsterInstance, failed: dg.RunRecord, catalog: Catalog) -> FailedRun:
    run = failed.dagster_run
    known = {table.qualified for table in catalog.tables}
    tables = sorted({".".join(key.path) for key in _assets_of(instance, run)} & known)
    first, last = _ends(run.tags)
    return FailedRun(
        run.run_id,
        run.job_name,
        tuple(tables),
        first,
        last,
        _first_error(instance, run.run_id),
        source=run.tags.get(SOURCE_TAG, ""),
        ended_at=failed.update_timestamp.replace(tzinfo=UTC),
    )


def _ends(tags: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Give the first and the last hour of a run, of partitions or of scattered hours."""
    if FIRST_HOUR in tags and LAST_HOUR in tags:
        return parse_hour(tags[FIRST_HOUR]), parse_hour(tags[LAST_HOUR])
    return partition_range(tags) or (None, None)


def _assets_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> frozenset[dg.AssetKey]:
    """Give the assets a run was to materialize; one of a whole job names them in its events only."""
    if run.asset_selection:
        return frozenset(run.asset_selection)
    planned = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    records = instance.get_records_for_run(run.run_id, of_type=planned, limit=MOST_EVENTS).records
    events = [record.event_log_entry.dagster_event for record in records]
    return frozenset(event.asset_key for event in events if event and event.asset_key)


def _first_error(instance: dg.DagsterInstance, run_id: str) -> str:
    """Give the innermost error of a run's first failure, passwords masked."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    records = instance.get_records_for_run(run_id, of_type=kinds, limit=1).records
    if not records:
        return "it ended without an error of its own"
    event = records[0].event_log_entry.dagster_event
    error = getattr(event.event_specific_data, "error", None) if event else None
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message if error else (event.message if event else None) or "no message"
    return PASSWORD.sub(r"\1:***@", message.strip())
