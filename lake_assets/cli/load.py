"""`lake-assets load`: which table-hours, and how the outcome is told."""

from collections.abc import Sequence
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts import look_after, tell_all
from lake_assets.cli.answer import exit_status, write_table_hours
from lake_assets.cli.check import check_through_dagster
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import bar, summarize, talk, watched
from lake_assets.hours import format_hour
from lake_assets.ledger import ledger
from lake_assets.ledger.states import LOADABLE, why_not_loaded
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.monitor.run_plan import plan_runs
from lake_assets.progress import Settled

NOTHING = "Nothing to load: every table-hour is as the lake has it."

Wanted = dict[Table, list[datetime]]

UNSEEN_HOURS_TOLD = 168  # a week; Dagster takes some 10 ms for each


def run(names: Sequence[str], first: datetime | None, end: datetime | None, *, as_json: bool) -> int:
    """Load the table-hours of a range, or all that need it; give the exit status."""
    with open_context() as place:
        if first or end:
            wanted = hours_of(place, names, first, end)
            place.reach()
            look_after(place)
            outcomes = load_hours(place, wanted)
        else:
            tables = place.catalog.select(names)
            look_after(place)
            outcomes = load_what_needs_it(place, tables)
        summarize(talk(), outcomes, NOTHING)
        tell_all(place, judged=not (names or first or end))
    if as_json:
        write_table_hours(outcomes)
    return exit_status(outcomes)


def load_what_needs_it(place: Context, tables: Sequence[Table]) -> list[Settled]:
    """Load every table-hour that needs it, and tell Dagster of hours that are newly missing."""
    wanted, missing, new = _what_needs_it(place, tables)
    outcomes = [*missing, *load_hours(place, wanted)]
    together: dict[tuple[str, ...], list[str]] = {}
    for table, hours in new.items():
        told = tuple(format_hour(hour) for hour in hours[-UNSEEN_HOURS_TOLD:])
        together.setdefault(told, []).append(table.qualified)
    for told, names in together.items():
        check_through_dagster(place, {"tables": names, "hours": list(told)}, len(names) * len(told))
    return outcomes


def load_hours(place: Context, wanted: Wanted) -> list[Settled]:
    """Load table-hours through Dagster, with a progress bar; those of a table that it cannot load fail."""
    refused = [
        Settled(table.qualified, hour, "failed", note=why)
        for table, hours in wanted.items()
        if (why := why_not_loaded(table))
        for hour in hours
    ]
    wanted = {table: hours for table, hours in wanted.items() if hours and not why_not_loaded(table)}
    if not wanted:
        return refused
    from lake_assets.orchestration.runs import load_through_dagster  # noqa: PLC0415 - dagster takes seconds

    total = sum(len(hours) for hours in wanted.values())
    with place.dagster() as instance, bar(total) as progress:
        loaded = load_through_dagster(place.definitions(), instance, plan_runs(wanted), progress)
        return refused + loaded


def _what_needs_it(place: Context, tables: Sequence[Table]) -> tuple[Wanted, list[Settled], Wanted]:
    """Find the table-hours that need a load, and those that are missing, for which there is nothing to load.

    The missing ones are written down as such; last come those of them that are new to the ledger.
    """
    wanted: Wanted = {}
    new: Wanted = {}
    missing: list[Settled] = []
    with place.connect() as connection:
        for table in watched(tables, "listing tables"):
            hours = place.hours(table, None, None)
            judged = judge_or_recall(connection, place.lake, table, hours, with_fine=False)
            wanted[table] = [result.hour for result in judged if result.state in LOADABLE]
            if why := why_not_loaded(table):
                for result in judged:
                    if result.state == "failed" and result.note != why:
                        ledger.judge_hour(connection, table, result.hour, "failed", "", why)
            absent = [result for result in judged if result.state == "missing"]
            if absent:
                hours = [result.hour for result in absent]
                new[table] = ledger.note_missing(connection, table, hours, absent[0].findings[0])
            missing += [
                Settled(table.qualified, result.hour, "missing", note=result.why) for result in absent
            ]
    return wanted, missing, {table: hours for table, hours in new.items() if hours}
