"""`lake-assets check`: the row-count checks alone, through Dagster's job `check`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts.round import prepare_alerts, tell_alerts
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import status_of_table_hours
from lake_assets.cli.output.console import stderr_console
from lake_assets.cli.output.json_document import write_table_hours
from lake_assets.cli.output.progress_bar import table_hours_bar
from lake_assets.cli.output.summary import summarize
from lake_assets.cli.selected_hours import HoursOfTables, select_hours, tables_by_hours
from lake_assets.cli.selection import Selection
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import format_hour
from lake_assets.progress import Settled, listening

NOTHING = "Nothing to check."

CheckConfig = Mapping[str, object]
"""Which table-hours are checked, and how: the run config of the job `check` (`orchestration.check_job`)."""


def run(selection: Selection, *, deep: bool, as_json: bool) -> int:
    """Check the table-hours of a range, by default all up to now, and return the exit status."""
    with open_context() as context:
        wanted = select_hours(context, selection)
        context.reach()
        prepare_alerts(context)
        config = {
            "tables": [table.qualified for table in wanted.tables],
            "first": format_hour(selection.first) if selection.first else "",
            "end": format_hour(wanted.end),
            "deep": deep,
        }
        outcomes = _check_through_dagster(context, config, total=wanted.count)
        summarize(stderr_console(), outcomes, NOTHING)
        tell_alerts(context)
    if as_json:
        write_table_hours(outcomes)
    return status_of_table_hours(outcomes)


def check_again(context: Context, of_tables: HoursOfTables) -> list[Settled]:
    """Check some hours of each table, so that Dagster learns of them; tables with the same hours share a run.

    Raises:
        LakeAssetsError: the checks could not be run.
    """
    outcomes: list[Settled] = []
    for tables, hours in tables_by_hours(of_tables):
        config = _config_of_hours(tables, hours)
        outcomes += _check_through_dagster(context, config, total=len(tables) * len(hours))
    return outcomes


def _config_of_hours(tables: Sequence[Table], hours: Sequence[datetime]) -> CheckConfig:
    return {
        "tables": [table.qualified for table in tables],
        "hours": [format_hour(hour) for hour in hours],
    }


def _check_through_dagster(context: Context, config: CheckConfig, *, total: int) -> list[Settled]:
    """Run the job `check`, with a progress bar over `total` table-hours.

    Raises:
        LakeAssetsError: the checks could not be run.
    """
    from lake_assets.orchestration.runs import Recorder, execute, root_causes  # noqa: PLC0415 - dagster takes seconds

    with context.dagster() as instance, table_hours_bar(total) as bar:
        recorder = Recorder(bar)
        with listening(recorder):
            job = context.definitions().resolve_job_def("check")
            result = execute(job, instance, {"ops": {"check_table_hours": {"config": config}}})
    if not result.success:
        raise LakeAssetsError("; ".join(root_causes(result).values()))
    return recorder.outcomes
