"""`lake-assets status`: the table-by-hour grid of states."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import CheckedHour, judge_hours
from lake_assets.cli.display import SIGNS, data, show_attention, talk
from lake_assets.cli.load import as_row
from lake_assets.cli.main import FINE as ALL_WELL
from lake_assets.cli.main import NEEDS_ATTENTION, write_json
from lake_assets.cli.workplace import Workplace, refuse_empty_range, workplace
from lake_assets.hours import format_hour
from lake_assets.ledger.states import FINE
from lake_assets.progress import Settled

Judged = dict[Table, list[CheckedHour]]

NARROWEST = 12  # hours shown, however narrow the terminal is


def run(names: Sequence[str], first: datetime | None, end: datetime | None, *, as_json: bool) -> int:
    """Show the states of a range, by default of all hours up to now; give the exit status."""
    with workplace() as place:
        judged = judge(place, names, first, end)
    outcomes = [outcome for table, results in judged.items() for outcome in _outcomes(table, results)]
    if as_json:
        write_json({"table_hours": [as_row(outcome) for outcome in outcomes]})
    else:
        show(data(), judged)
        show_attention(talk(), outcomes)
    fine = all(outcome.state in FINE for outcome in outcomes)
    return ALL_WELL if fine else NEEDS_ATTENTION


def judge(place: Workplace, names: Sequence[str], first: datetime | None, end: datetime | None) -> Judged:
    """Judge the table-hours of a range by lake and ledger."""
    tables = place.catalog.select(names)
    hours = {table: place.hours(table, first, end) for table in tables}
    refuse_empty_range(list(hours.values()), first, end)
    with place.connect() as connection:
        return {
            table: judge_hours(connection, place.lake, table, wanted)
            for table, wanted in hours.items()
            if wanted
        }


def show(console: Console, judged: Judged) -> None:
    """Draw the grid: a row a table, a sign an hour, the newest hours at the right, as many as fit."""
    names = max(len(table.qualified) for table in judged)
    hours = sorted({result.hour for results in judged.values() for result in results})
    room = max(NARROWEST, console.width - names - 2)
    shown = hours[-room:]
    if len(shown) < len(hours):
        console.print(
            Text(f"{len(hours) - len(shown)} earlier hours are not shown; use --to or --json.", "dim")
        )
    console.print(Text(" " * (names + 2) + _ruler(shown)))
    for table, results in judged.items():
        signs = {result.hour: SIGNS[result.state] for result in results}
        line = Text(f"{table.qualified:<{names}}  ")
        for hour in shown:
            line.append(*signs.get(hour, (" ", "")))
        console.print(line)
    used = {result.state for results in judged.values() for result in results}
    legend = [Text.assemble(sign, f" {state}") for state, sign in SIGNS.items() if state in used]
    console.print(Text("\n") + Text("   ").join(legend))


def _ruler(hours: Sequence[datetime]) -> str:
    """Write the first hour in full and every later day where it begins, as far as there is room."""
    marks = [" "] * len(hours)
    free = 0
    for place, hour in enumerate(hours):
        label = format_hour(hour) if place == 0 else f"{hour:%m-%d}"
        starts_day = hour.hour == 0 or place == 0
        if starts_day and place >= free and place + len(label) <= len(hours):
            marks[place : place + len(label)] = label
            free = place + len(label) + 1
    return "".join(marks)


def _outcomes(table: Table, results: Sequence[CheckedHour]) -> list[Settled]:
    return [
        Settled(
            table.qualified,
            result.hour,
            result.state,
            result.counts,
            "; ".join(result.findings) or result.note,
        )
        for result in results
    ]
