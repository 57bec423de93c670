"""`lake-assets check`: the row-count checks alone, through Dagster's job `check`."""

from collections.abc import Sequence
from datetime import datetime

from lake_assets.cli.alerts import look_after, tell_all
from lake_assets.cli.answer import exit_status, write_table_hours
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import bar, summarize, talk
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.progress import Settled, listening

NOTHING = "Nothing to check."


def run(
    names: Sequence[str], first: datetime | None, end: datetime | None, *, deep: bool, as_json: bool
) -> int:
    """Check the table-hours of a range, by default all up to now; give the exit status."""
    with open_context() as place:
        wanted = {table: hours for table, hours in hours_of(place, names, first, end).items() if hours}
        place.reach()
        look_after(place)
        config = {
            "tables": [table.qualified for table in wanted],
            "first": format_hour(first) if first else "",
            "end": format_hour(max(hours[-1] for hours in wanted.values()) + ONE_HOUR),
            "deep": deep,
        }
        outcomes = check_through_dagster(place, config, sum(map(len, wanted.values())))
        summarize(talk(), outcomes, NOTHING)
        tell_all(place)
    if as_json:
        write_table_hours(outcomes)
    return exit_status(outcomes)


def check_through_dagster(place: Context, config: dict[str, object], total: int) -> list[Settled]:
    """Run the job `check`, with a progress bar over `total` table-hours.

    Args:
        place: the command's workplace.
        config: for `jobs.CheckConfig`.
        total: how many table-hours that is.

    Raises:
        LakeAssetsError: the checks could not be run.
    """
    from lake_assets.orchestration.runs import Recorder, execute, root_causes  # noqa: PLC0415 - dagster takes seconds

    with place.dagster() as instance, bar(total) as progress:
        heard = Recorder(progress)
        with listening(heard):
            job = place.definitions().resolve_job_def("check")
            result = execute(job, instance, {"ops": {"check_table_hours": {"config": config}}})
    if not result.success:
        raise LakeAssetsError("; ".join(root_causes(result).values()))
    return heard.outcomes
