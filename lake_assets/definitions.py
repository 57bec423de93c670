"""The code location: everything Dagster is to know, assembled from settings and catalog.

`workspace.yaml` names this module. Assembly is a function, so that tests and the command line assemble their
own; nothing else belongs here.
"""

import logging
import warnings
from typing import Any

import dagster as dg

from lake_assets.alerts.sensors import build_alert_sensor
from lake_assets.assets import build_assets
from lake_assets.catalog.models import Catalog
from lake_assets.catalog.read import read_catalog
from lake_assets.jobs import build_check_job
from lake_assets.lake.resources import LakeResource
from lake_assets.main.io_manager import PostgresIOManager
from lake_assets.settings import LakePlace, Settings

log = logging.getLogger(__name__)

EMBEDDED_LAKE = LakePlace("lake")


def build_definitions(catalog: Catalog, lake: LakePlace) -> dg.Definitions:
    """Assemble assets, checks, jobs and resources.

    Args:
        catalog: the tables.
        lake: bucket and prefix of the lake; keys and endpoint come from the environment, as boto3 reads them.
    """
    warehouse = PostgresIOManager(url=dg.EnvVar("LAKE_ASSETS_WAREHOUSE"))
    resources: dict[str, Any] = {
        "lake": LakeResource(bucket=lake.bucket, prefix=lake.prefix),
        "warehouse": warehouse,
    }
    with warnings.catch_warnings():
        # Partitioned checks (preview) and backfill policies (beta) stay as they are, for Dagster is pinned.
        warnings.simplefilter("ignore", category=dg.PreviewWarning)
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        return dg.Definitions(
            assets=build_assets(catalog),
            jobs=[build_check_job(catalog)],
            sensors=[build_alert_sensor(catalog)],
            resources=resources,
            executor=dg.in_process_executor,
        )


def catalog_of(settings: Settings) -> Catalog:
    """Read the catalog the settings name; with the embedded stack it may not have been written yet.

    Raises:
        ConfigurationError: the folder is not there, or the catalog has faults.
    """
    if settings.embedded and not settings.catalog.is_dir():
        log.warning("There is no catalog in %s yet: `make demo` writes one.", settings.catalog)
        return Catalog()
    return read_catalog(settings.catalog)


def _code_location() -> dg.Definitions:
    settings = Settings.from_env()
    return build_definitions(catalog_of(settings), settings.lake or EMBEDDED_LAKE)


defs = _code_location()
