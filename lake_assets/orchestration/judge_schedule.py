"""The schedule of a source: the job `judge`, each hour, when the grace of the hour before is over.

Dagster's schedules skip what they were down for (https://docs.dagster.io/guides/automate/schedules):
`overdue_sensor` makes up for that. What the job does belongs to `monitor_job`.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Source
from lake_assets.orchestration.active_runs import SOURCE_TAG
from lake_assets.orchestration.catalog_tag import catalog_tag
from lake_assets.orchestration.monitor_job import JUDGE

ONE_MINUTE = timedelta(minutes=1)


def build_judge_schedule(
    current: CurrentCatalog, source: Source, job: dg.JobDefinition
) -> dg.ScheduleDefinition:
    """Return the schedule that judges a source each hour, on from the start.

    Args:
        current: the catalog as it is when it is asked.
        source: the source.
        job: the job `judge`.
    """
    minute = grace_minutes(source) % 60

    @dg.schedule(
        name=f"judge_{source.name}",
        job=job,
        cron_schedule=f"{minute} * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Judges every table-hour of {source.name}, {minute} minutes past each hour.",
    )
    def judge_hourly() -> dg.RunRequest:
        return dg.RunRequest(**judge_run_options(current, source))

    return judge_hourly


def grace_minutes(source: Source) -> int:
    """Return the grace of a source in whole minutes, rounded up."""
    return -(-source.grace // ONE_MINUTE)


def judge_run_options(current: CurrentCatalog, source: Source) -> dict[str, Any]:
    """Return the options of a `RunRequest` that judges one source by the catalog as it is now."""
    asked_by = {}
    for entry in current.last_readable().sources:
        if entry.name == source.name:
            asked_by = catalog_tag(current, entry, [table.name for table in entry.tables])
    return {
        "run_config": {"ops": {JUDGE: {"config": {"sources": [source.name]}}}},
        "tags": {SOURCE_TAG: source.name, **asked_by},
    }
