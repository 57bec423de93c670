"""`lake-assets load`: which table-hours, and how the outcome is told."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts import look_after, tell_all
from lake_assets.cli.answer import exit_status, write_table_hours
from lake_assets.cli.check import check_through_dagster
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import bar, summarize, talk, watched
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.table_hours import Entry, read_hours, write
from lake_assets.load.modes.registry import mode_of
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.monitor.run_plan import plan_runs
from lake_assets.progress import Settled
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import sentence, why

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
    refused: list[Settled] = []
    loadable: Wanted = {}
    for table, hours in wanted.items():
        refusal = mode_of(table).why_not_loaded
        if refusal is not None:
            refused += [Settled(table.qualified, hour, "failed", note=sentence(refusal)) for hour in hours]
        elif hours:
            loadable[table] = hours
    if not loadable:
        return refused
    from lake_assets.orchestration.runs import load_through_dagster  # noqa: PLC0415 - dagster takes seconds

    total = sum(len(hours) for hours in loadable.values())
    with place.dagster() as instance, bar(total) as progress:
        loaded = load_through_dagster(place.definitions(), instance, plan_runs(loadable), progress)
    return refused + loaded


def _what_needs_it(place: Context, tables: Sequence[Table]) -> tuple[Wanted, list[Settled], Wanted]:
    """Return the table-hours that need a load, and those that are missing, where there is nothing to load.

    The missing ones are written down as such, and so are those that cannot be loaded; last come those missing
    ones that are new to the ledger.
    """
    wanted: Wanted = {}
    new: Wanted = {}
    missing: list[Settled] = []
    with place.connect() as connection:
        for table in watched(tables, "listing tables"):
            hours = place.hours(table, None, None)
            judged = judge_or_recall(connection, place.lake, table, hours, with_fine=False)
            wanted[table] = [verdict.hour for verdict in judged if verdict.needs_load]
            absent = [verdict for verdict in judged if verdict.state == "missing"]
            missing += [_settled(table, verdict) for verdict in absent]
            noted = _note_missing(connection, table, absent)
            if noted:
                new[table] = noted
            if mode_of(table).why_not_loaded is not None:
                _note_refused(connection, table, judged)
    return wanted, missing, new


def _settled(table: Table, verdict: Verdict) -> Settled:
    return Settled(table.qualified, verdict.hour, verdict.state, note=why(verdict))


def _note_missing(connection: psycopg.Connection, table: Table, absent: Sequence[Verdict]) -> list[datetime]:
    """Write down the missing hours that the ledger does not know yet; return them, oldest first."""
    written = write(connection, [Entry.of(table, verdict) for verdict in absent])
    return sorted(hour for _, _, hour in written)


def _note_refused(connection: psycopg.Connection, table: Table, judged: Sequence[Verdict]) -> None:
    """Write down of hours that cannot be loaded why not; an hour of which that is known stays as it is."""
    failed = [verdict for verdict in judged if verdict.state == "failed"]
    if not failed:
        return
    known = read_hours(connection, table, failed[0].hour, failed[-1].hour + ONE_HOUR)
    entries = [Entry.of(table, verdict) for verdict in failed]
    news = [entry for entry in entries if entry.is_news(known.get(entry.hour))]
    write(connection, news, overwrite=True)
