"""`lake-assets status`: the state of every table-hour, by lake and ledger. The grid is `grid`'s."""

from collections.abc import Sequence
from datetime import datetime

from lake_assets.checks.row_count import judge_hours
from lake_assets.cli.alerts import say_silence
from lake_assets.cli.answer import NEEDS_ATTENTION, exit_status, write_table_hours
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import data, show_attention, talk, watched
from lake_assets.cli.grid import show_grid
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.progress import Settled
from lake_assets.states.sentences import why
from lake_assets.states.state import State


def run(names: Sequence[str], first: datetime | None, end: datetime | None, *, as_json: bool) -> int:
    """Show the states of a range, by default of all hours up to now; give the exit status."""
    with open_context() as place:
        outcomes = judge(place, names, first, end, with_fine=as_json or bool(first or end))
        starts = [place.catalog.source_of(table).start for table in place.catalog.select(names)]
        silent = say_silence(place)
    if as_json:
        write_table_hours(outcomes)
    else:
        show(outcomes, whole=bool(first or end), earliest=min(starts))
        console = talk()
        if console.is_terminal and exit_status(outcomes):
            console.print()
        show_attention(console, outcomes)
    return NEEDS_ATTENTION if silent else exit_status(outcomes)


def judge(
    place: Context,
    names: Sequence[str],
    first: datetime | None = None,
    end: datetime | None = None,
    *,
    with_fine: bool = True,
) -> list[Settled]:
    """Judge the table-hours of a range by lake and ledger.

    Without a range, old hours are as the judge found them, if it looked at them today; of those that are well
    only the newest are given, unless `with_fine`.
    """
    ranged = bool(first or end)
    wanted = [(table, hours) for table, hours in hours_of(place, names, first, end).items() if hours]
    with place.connect() as connection:
        return [
            Settled(table.qualified, result.hour, result.state, result.counts, why(result))
            for table, hours in watched(wanted, "listing tables")
            for result in (
                judge_hours(connection, place.lake, table, hours)
                if ranged
                else judge_or_recall(connection, place.lake, table, hours, with_fine=with_fine)
            )
        ]


def show(outcomes: Sequence[Settled], *, whole: bool, earliest: datetime | None = None) -> None:
    """Draw the grid on stdout; `earliest` is the first hour there is, outcomes that are well left aside."""
    states: dict[str, dict[datetime, State]] = {}
    for outcome in outcomes:
        states.setdefault(outcome.table, {})[outcome.hour] = outcome.state
    show_grid(data(), states, whole=whole, earliest=earliest)
