"""The sensor of a source: a load of each table-hour that the judge found in need of one.

Dagster remembers the run keys of sensors for ever (https://docs.dagster.io/guides/automate/sensors), so a
load that is asked for again has a key of its own. What is asked for, and when again, belongs to
`monitor.backlog`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Source
from lake_assets.exceptions import ConfigurationError
from lake_assets.ledger.signs_of_life import read_signs
from lake_assets.monitor.backlog import Request, ask_for_loads
from lake_assets.orchestration.active_runs import (
    SOURCE_TAG,
    active_runs,
    read_unfinished,
    table_hours_in_flight,
)
from lake_assets.orchestration.assets import asset_key
from lake_assets.orchestration.catalog_tag import catalog_tag
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.sensor_session import sensor_session, skips_its_turn
from lake_assets.settings import DEFAULT_BACKFILL

RUNS_AT_ONCE = 4
"""Runs of a source that its sensor has under way at most; what is left follows when they are done."""

SECONDS_BETWEEN_LOOKS = 30


def build_load_sensor(
    current: CurrentCatalog, source: Source, backfill: int = DEFAULT_BACKFILL
) -> dg.SensorDefinition:
    """Return the sensor that asks for a load of each table-hour that needs one, oldest first.

    Args:
        current: the catalog as it is when it is asked.
        source: the source; it must have a table.
        backfill: how many of its table-hours are loaded again within an hour for a new column alone.
    """
    assets = [asset_key(table) for table in source.tables]

    @dg.sensor(
        name=f"load_{source.name}",
        asset_selection=dg.AssetSelection.assets(*assets),
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Loads every table-hour of {source.name} that the judge found in need of it.",
    )
    @skips_its_turn
    def load_what_needs_it(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        try:
            source_now = current.source(source)
        except ConfigurationError as error:
            return dg.SensorResult(skip_reason=f"Nothing is loaded by a catalog that is out of date: {error}")
        records = read_unfinished(context.instance)
        with sensor_session(warehouse) as connection:
            runs = list(active_runs(records, read_signs(connection), now))
            own_runs = _count_loads(runs, source)
            in_flight = table_hours_in_flight(runs, source)
            requests = ask_for_loads(
                connection,
                source_now,
                now,
                most_runs=RUNS_AT_ONCE - own_runs,
                in_flight=in_flight,
                backfill=backfill,
            )
        if requests:
            asked = [_run_request(current, source_now, request) for request in requests]
            return dg.SensorResult(run_requests=asked)
        return dg.SensorResult(skip_reason=f"{own_runs} runs under way, and nothing else whose turn it is.")

    return load_what_needs_it


def _count_loads(runs: Sequence[dg.DagsterRun], source: Source) -> int:
    """Return how many runs load tables of a source; a run without assets judges it."""
    return sum(run.tags.get(SOURCE_TAG) == source.name and bool(run.asset_selection) for run in runs)


def _run_request(current: CurrentCatalog, source: Source, request: Request) -> dg.RunRequest:
    asked_by = catalog_tag(current, source, [table.name for table in request.run.tables])
    return dg.RunRequest(
        run_key=request.key,
        asset_selection=[asset_key(table) for table in request.run.tables],
        tags={**request.run.tags, SOURCE_TAG: source.name, **asked_by},
        run_config=request.run.config,
    )
