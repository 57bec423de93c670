"""`lake-assets load`: which table-hours, and how the outcome is told."""

from collections.abc import Sequence
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import CheckedHour, judge_hours
from lake_assets.cli.display import bar, summarize, talk
from lake_assets.cli.main import FINE as ALL_WELL
from lake_assets.cli.main import NEEDS_ATTENTION, write_json
from lake_assets.cli.runs import load_through_dagster, plan_runs
from lake_assets.cli.workplace import Workplace, refuse_empty_range, workplace
from lake_assets.ledger import ledger
from lake_assets.ledger.states import NEEDS_LOAD
from lake_assets.progress import Settled


def run(names: Sequence[str], first: datetime | None, end: datetime | None, *, as_json: bool) -> int:
    """Load the table-hours of a range, or all that need it; give the exit status."""
    with workplace() as place:
        tables = place.catalog.select(names)
        if first or end:
            wanted = {table: place.hours(table, first, end) for table in tables}
            refuse_empty_range(list(wanted.values()), first, end)
            outcomes: list[Settled] = []
        else:
            wanted, outcomes = what_needs_it(place, tables)
        outcomes += load_hours(place, wanted)
    summarize(talk(), outcomes)
    if as_json:
        write_json({"table_hours": [as_row(outcome) for outcome in outcomes]})
    return exit_status(outcomes)


def load_hours(place: Workplace, wanted: dict[Table, list[datetime]]) -> list[Settled]:
    """Load table-hours through Dagster, with a progress bar."""
    total = sum(len(hours) for hours in wanted.values())
    if not total:
        return []
    with place.dagster() as instance, bar(total) as progress:
        return load_through_dagster(place, instance, plan_runs(wanted), progress)


def what_needs_it(
    place: Workplace, tables: Sequence[Table]
) -> tuple[dict[Table, list[datetime]], list[Settled]]:
    """Find the table-hours that need a load, and those that are missing, for which there is nothing to load.

    The missing ones are written down as such.
    """
    wanted: dict[Table, list[datetime]] = {}
    missing: list[Settled] = []
    with place.connect() as connection:
        for table in tables:
            hours = place.hours(table, None, None)
            judged = judge_hours(connection, place.lake, table, hours) if hours else []
            wanted[table] = [result.hour for result in judged if _needs_load(result)]
            absent = [result for result in judged if result.state == "missing" and not _needs_load(result)]
            ledger.note_missing(connection, table, [(result.hour, result.findings[0]) for result in absent])
            missing += [
                Settled(table.qualified, result.hour, "missing", note=result.findings[0]) for result in absent
            ]
    return wanted, missing


def _needs_load(result: CheckedHour) -> bool:
    return result.state in NEEDS_LOAD and (result.files > 0 or result.counts.records > 0)


def exit_status(outcomes: Sequence[Settled]) -> int:
    """Give 0 if every table-hour is loaded or quiet, else 1."""
    fine = all(outcome.state in {"loaded", "quiet", "expected", "waived"} for outcome in outcomes)
    return ALL_WELL if fine else NEEDS_ATTENTION


def as_row(outcome: Settled) -> dict[str, object]:
    """Lay an outcome out for JSON."""
    return {
        "table": outcome.table,
        "hour": outcome.hour,
        "state": outcome.state,
        **vars(outcome.counts),
        "note": outcome.note,
    }
