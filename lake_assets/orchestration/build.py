"""Everything Dagster is to know, assembled from settings and catalog.

Assembly is a function, so that tests and the command line assemble their own; nothing else belongs here, and
nothing is read before a function is called.
"""

import logging
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from lake_assets.alerts.service import note as note_alerts
from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog
from lake_assets.env_file import load_env_file
from lake_assets.monitor.dms_api import DmsReport, ask_dms, make_dms_client
from lake_assets.monitor.whole_lake import NoteAlerts
from lake_assets.orchestration.alert_sensor import build_alert_sensor
from lake_assets.orchestration.assets import build_assets
from lake_assets.orchestration.check_job import build_check_job
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.judge_schedule import build_judge_schedule
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.orchestration.living_executor import living_executor
from lake_assets.orchestration.load_sensor import build_load_sensor
from lake_assets.orchestration.monitor_job import AskDms, build_judge_job
from lake_assets.orchestration.overdue_sensor import build_overdue_sensor
from lake_assets.orchestration.retention import build_retention
from lake_assets.orchestration.status_asset import build_volume_check, status_spec
from lake_assets.orchestration.status_sensor import build_status_sensor
from lake_assets.settings import DEFAULT_BACKFILL, LakePlace, Settings

log = logging.getLogger(__name__)

EMBEDDED_LAKE = LakePlace("lake")
"""The bucket that the embedded stack makes."""


def build_definitions(
    catalog: Catalog | CurrentCatalog,
    lake: LakePlace,
    dms_tasks: Sequence[str] = (),
    *,
    backfill: int = DEFAULT_BACKFILL,
) -> dg.Definitions:
    """Assemble assets, checks, jobs, schedules, sensors and resources.

    Args:
        catalog: the tables; a `CurrentCatalog` is read again when its files have changed.
        lake: bucket and prefix of the lake; keys and endpoint come from the environment, as boto3 reads them.
        dms_tasks: ARNs of the DMS tasks whose API is to be asked; none for none.
        backfill: table-hours of a source that are loaded again within an hour for a new column.
    """
    current = catalog if isinstance(catalog, CurrentCatalog) else CurrentCatalog(catalog)
    sources = [source for source in current.built.sources if source.tables]
    resources: dict[str, Any] = {
        "lake": LakeResource(bucket=lake.bucket, prefix=lake.prefix),
        "warehouse": PostgresIOManager(url=dg.EnvVar("LAKE_ASSETS_WAREHOUSE")),
    }
    with warnings.catch_warnings():
        # Partitioned checks (preview) and backfill policies (beta) stay as they are, for Dagster is pinned.
        warnings.simplefilter("ignore", category=dg.PreviewWarning)
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        judge = build_judge_job(current, ask=_dms_asker(dms_tasks), note=_alert_noter(current))
        retention, nightly = build_retention()
        return dg.Definitions(
            assets=[*build_assets(current), status_spec()],
            asset_checks=[build_volume_check()],
            jobs=[build_check_job(current), judge, retention],
            schedules=[*(build_judge_schedule(current, source, judge) for source in sources), nightly],
            sensors=[
                *(build_load_sensor(current, source, backfill) for source in sources),
                build_overdue_sensor(current, judge),
                build_status_sensor(current),
                build_alert_sensor(current),
            ],
            resources=resources,
            executor=living_executor,
        )


def _dms_asker(tasks: Sequence[str]) -> AskDms:
    """Return what asks DMS's API for tasks, if there are any to ask for."""

    def ask() -> DmsReport | None:
        return ask_dms(make_dms_client(), tasks) if tasks else None

    return ask


def _alert_noter(current: CurrentCatalog) -> NoteAlerts:
    """Return what writes down the alerts that are due, by the settings of that moment."""

    def note(connection: psycopg.Connection, now: datetime) -> None:
        note_alerts(connection, current.last_readable(), Settings.from_env(), now)

    return note


def catalog_of(settings: Settings) -> CurrentCatalog:
    """Return the catalog the settings name; with the embedded stack it may not have been written yet.

    Raises:
        ConfigurationError: the folder is not there, or the catalog has faults.
    """
    if settings.embedded and not settings.catalog.is_dir():
        log.warning("There is no catalog in %s yet: `make demo` writes one.", settings.catalog)
        return CurrentCatalog(Catalog())
    return CurrentCatalog.of(settings.catalog)


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions that settings and catalog ask for; Dagster calls it when it loads the code."""
    load_env_file()
    settings = Settings.from_env()
    return build_definitions(
        catalog_of(settings),
        settings.lake or EMBEDDED_LAKE,
        settings.dms_tasks,
        backfill=settings.backfill,
    )
