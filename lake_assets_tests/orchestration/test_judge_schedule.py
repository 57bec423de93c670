"""Proves `judge_schedule`: when a source is judged."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from lake_assets_tests.fix_monitor import make_source
from lake_assets_tests.orchestration.ticks import definitions

NOW = datetime(2018, 9, 9, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("grace", "cron"), [(10, "10 * * * *"), (90, "30 * * * *")])
def test_a_source_is_judged_each_hour_after_its_grace(grace: int, cron: str) -> None:
    """The schedule of a source runs when the grace of the last hour is over, and is on by default."""
    source = make_source(orders={}).model_copy(update={"grace": timedelta(minutes=grace)})

    schedule = definitions(source).resolve_schedule_def("judge_shop")

    assert schedule.cron_schedule == cron
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    (request,) = (
        schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=NOW)).run_requests or []
    )
    assert request.run_config == {"ops": {"judge_table_hours": {"config": {"sources": ["shop"]}}}}
