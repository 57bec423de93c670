"""`lake-assets check`: the row-count checks, through Dagster's job `check`, and the judge's work besides.

Without tables and range it looks for all that the judge does, so that a cron job needs no daemon. With either
it looks at these table-hours alone, and says so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts.round import prepare_alerts, tell_alerts
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import NEEDS_ATTENTION, status_of_table_hours
from lake_assets.cli.judging import finding_row, judge_all, open_findings, show_findings
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.json_document import table_hour_row, write_json
from lake_assets.cli.output.progress_bar import table_hours_bar
from lake_assets.cli.output.summary import summarize
from lake_assets.cli.selected_hours import HoursOfTables, select_hours, tables_by_hours
from lake_assets.cli.selection import Selection
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import format_hour
from lake_assets.monitor.findings import OpenFinding
from lake_assets.monitor.whole_lake import NotJudged
from lake_assets.progress import Settled, listening

NOTHING = "Nothing to check."

NOT_LOOKED_FOR = (
    "Looked at these table-hours alone: unknown folders, holes in LOAD numbers, odd volumes, empty hours, "
    "silent sources and what DMS says are looked for by `lake-assets check` without TABLE, --from and --to."
)

CheckConfig = Mapping[str, object]
"""Which table-hours are checked, and how: the run config of the job `check` (`orchestration.check_job`)."""


def run(selection: Selection, *, deep: bool, as_json: bool) -> int:
    """Check the table-hours of a range, by default all up to now, and return the exit status.

    Raises:
        LakeAssetsError: some table could not be checked; what was found of the others is told before.
    """
    unchecked: list[str] = []
    findings: list[OpenFinding] = []
    not_judged: list[NotJudged] = []
    with open_context() as context:
        wanted = select_hours(context, selection)
        context.reach()
        prepare_alerts(context)
        if selection.is_everything:
            not_judged = judge_all(context)
        config = {
            "tables": [table.qualified for table in wanted.tables],
            "first": format_hour(selection.first) if selection.first else "",
            "end": format_hour(wanted.end),
            "deep": deep,
        }
        outcomes = _check_through_dagster(context, config, total=wanted.count, unchecked=unchecked)
        if selection.is_everything:
            findings = open_findings(context)
        if not selection.is_everything:
            print_line(stderr_console(), NOT_LOOKED_FOR)
        show_findings(findings, not_judged)
        summarize(stderr_console(), outcomes, NOTHING)
        tell_alerts(context, judged=selection.is_everything and not not_judged)
    if as_json:
        _write(outcomes, findings if selection.is_everything else None)
    if unchecked:
        raise LakeAssetsError("; ".join(unchecked))
    if findings or not_judged:
        return NEEDS_ATTENTION
    return status_of_table_hours(outcomes)


def _write(outcomes: Sequence[Settled], findings: Sequence[OpenFinding] | None) -> None:
    """Write the JSON document: the table-hours, and the findings if they were looked for."""
    document: dict[str, object] = {"table_hours": [table_hour_row(outcome) for outcome in outcomes]}
    if findings is not None:
        document["findings"] = [finding_row(finding) for finding in findings]
    write_json(document)


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


def _check_through_dagster(
    context: Context, config: CheckConfig, *, total: int, unchecked: list[str] | None = None
) -> list[Settled]:
    """Run the job `check`, with a progress bar over `total` table-hours.

    Args:
        context: what the command works with.
        config: which table-hours are checked, and how.
        total: how many these are.
        unchecked: gets the errors of tables that could not be checked, where others could.

    Raises:
        LakeAssetsError: the checks could not be run; or, without `unchecked`, some of them.
    """
    from lake_assets.orchestration.runs import Recorder, execute, root_causes  # noqa: PLC0415 - dagster takes seconds

    with context.dagster() as instance, table_hours_bar(total) as bar:
        recorder = Recorder(bar)
        with listening(recorder):
            job = context.definitions().resolve_job_def("check")
            result = execute(job, instance, {"ops": {"check_table_hours": {"config": config}}})
    if not result.success:
        error = "; ".join(dict.fromkeys(root_causes(result).values()))
        if unchecked is None or not recorder.outcomes:
            raise LakeAssetsError(error)
        unchecked.append(error)
    return recorder.outcomes
