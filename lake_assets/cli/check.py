"""`lake-assets check`: the row-count checks alone, through Dagster's job `check`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lake_assets.cli.display import bar, summarize, talk
from lake_assets.cli.load import as_row, exit_status
from lake_assets.cli.main import write_json
from lake_assets.cli.runs import QUIET_LOGS, Recorder, root_causes
from lake_assets.cli.workplace import refuse_empty_range, workplace
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import floor_hour, format_hour
from lake_assets.progress import listening


def run(
    names: Sequence[str], first: datetime | None, end: datetime | None, *, deep: bool, as_json: bool
) -> int:
    """Check the table-hours of a range, by default all up to now; give the exit status."""
    with workplace() as place:
        tables = place.catalog.select(names)
        hours = [place.hours(table, first, end) for table in tables]
        refuse_empty_range(hours, first, end)
        config = {
            "tables": [table.qualified for table in tables],
            "first": format_hour(first) if first else "",
            "end": format_hour(min(end, floor_hour(datetime.now(UTC)))) if end else "",
            "deep": deep,
        }
        with place.dagster() as instance, bar(sum(map(len, hours))) as progress:
            heard = Recorder(progress)
            with listening(heard):
                result = (
                    place.definitions()
                    .resolve_job_def("check")
                    .execute_in_process(
                        instance=instance,
                        run_config={"ops": {"check_table_hours": {"config": config}}, **QUIET_LOGS},
                        raise_on_error=False,
                    )
                )
        if not result.success:
            raise LakeAssetsError("; ".join(root_causes(result).values()))
    summarize(talk(), heard.outcomes)
    if as_json:
        write_json({"table_hours": [as_row(outcome) for outcome in heard.outcomes]})
    return exit_status(heard.outcomes)
