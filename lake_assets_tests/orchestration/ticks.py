"""What the tests of schedules and sensors share: definitions of a source, and a sensor's one look."""

from collections.abc import Sequence

import dagster as dg

from lake_assets.catalog.models import Catalog, Source
from lake_assets.orchestration.build import build_definitions
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.settings import LakePlace
from lake_assets_tests.fix_monitor import Court


def definitions(source: Source) -> dg.Definitions:
    """Assemble what Dagster is to know of a source."""
    return build_definitions(Catalog(sources=(source,)), LakePlace("bucket"))


def tick(court: Court, instance: dg.DagsterInstance, name: str, cursor: str | None = None) -> dg.SensorResult:
    """Let a sensor look once."""
    sensor = definitions(court.source).resolve_sensor_def(name)
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result = sensor(context, warehouse=PostgresIOManager(url=court.url))
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result if isinstance(result, dg.SensorResult) else dg.SensorResult(skip_reason=result)


def requests(result: dg.SensorResult) -> Sequence[dg.RunRequest]:
    """Give the runs a sensor asks for."""
    return result.run_requests or []
