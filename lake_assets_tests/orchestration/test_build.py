"""Proves `build`: what Dagster knows of a catalog."""

import dagster as dg

from lake_assets.orchestration.living_executor import living_executor
from lake_assets_tests.fix_monitor import make_source
from lake_assets_tests.orchestration.ticks import definitions


def test_every_sensor_is_on_by_default() -> None:
    """A deployment needs no click for its hours to be loaded."""
    sensors = definitions(make_source(orders={})).get_repository_def().sensor_defs

    assert {sensor.name for sensor in sensors} == {"alerts", "load_shop", "overdue", "status"}
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}


def test_every_run_gives_a_sign_of_life() -> None:
    """No job has an executor under which a run could not be told from a dead one."""
    jobs = definitions(make_source(orders={})).get_repository_def().get_all_jobs()

    assert {"__ASSET_JOB", "check", "judge", "retention"} <= {job.name for job in jobs}
    assert all(job.executor_def is living_executor for job in jobs)
