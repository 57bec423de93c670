"""Proves `build`: what Dagster knows of a catalog."""

import dagster as dg

from lake_assets_tests.fix_monitor import make_source
from lake_assets_tests.orchestration.ticks import definitions


def test_every_sensor_is_on_by_default() -> None:
    """A deployment needs no click for its hours to be loaded."""
    sensors = definitions(make_source(orders={})).get_repository_def().sensor_defs

    assert {sensor.name for sensor in sensors} == {"alerts", "load_shop", "overdue", "status"}
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}
