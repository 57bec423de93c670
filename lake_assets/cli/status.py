"""`lake-assets status`: the state of every table-hour, by lake and ledger. The grid is `output.grid`'s."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.cli.alerts.round import tell_silence
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import NEEDS_ATTENTION, status_of_table_hours
from lake_assets.cli.output.console import stderr_console, stdout_console
from lake_assets.cli.output.grid import show_grid
from lake_assets.cli.output.json_document import write_table_hours
from lake_assets.cli.output.progress_bar import with_progress
from lake_assets.cli.output.summary import show_attention
from lake_assets.cli.selected_hours import select_hours
from lake_assets.cli.selection import Selection
from lake_assets.cli.unlisted import UnlistedTables
from lake_assets.exceptions import LakeAssetsError
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.progress import Settled
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import why
from lake_assets.states.state import State


def run(selection: Selection, *, as_json: bool) -> int:
    """Show the states of a range, by default of all hours up to now, and return the exit status."""
    with open_context() as context:
        outcomes = find_states(context, selection, with_fine=as_json or selection.has_range)
        earliest = _earliest_start(context, selection)
        is_silent = tell_silence(context)
    if as_json:
        write_table_hours(outcomes)
    else:
        _show(outcomes, whole=selection.has_range, earliest=earliest)
    if is_silent:
        return NEEDS_ATTENTION
    return status_of_table_hours(outcomes)


def find_states(context: Context, selection: Selection, *, with_fine: bool = True) -> list[Settled]:
    """Return the states of the table-hours of a selection, by lake and ledger.

    Without a range, old hours are as the judge found them, if it looked at them today.

    Args:
        context: what the command works with.
        selection: tables and range.
        with_fine: return old hours too that are well; else only the newest. A range is returned whole.
    """
    of_tables = select_hours(context, selection).of_tables
    outcomes = []
    unlisted = UnlistedTables()
    with context.connect() as connection:
        for table, hours in with_progress(list(of_tables.items()), "listing tables"):
            try:
                verdicts = _judge(context, connection, table, hours, selection, with_fine=with_fine)
            except LakeAssetsError as error:
                unlisted.add(table, hours, error)
                continue
            unlisted.listed += 1
            outcomes += [_settled(table, verdict) for verdict in verdicts]
    unlisted.raise_if_none_was_listed()
    return [*outcomes, *unlisted.outcomes]


def _judge(
    context: Context,
    connection: psycopg.Connection,
    table: Table,
    hours: Sequence[datetime],
    selection: Selection,
    *,
    with_fine: bool,
) -> list[Verdict]:
    if selection.has_range:
        return judge_hours(connection, context.lake, table, hours)
    return judge_or_recall(connection, context.lake, table, hours, with_fine=with_fine)


def _settled(table: Table, verdict: Verdict) -> Settled:
    return Settled(
        table=table.qualified,
        hour=verdict.hour,
        state=verdict.state,
        counts=verdict.counts,
        note=why(verdict),
    )


def _earliest_start(context: Context, selection: Selection) -> datetime:
    tables = context.catalog.select(selection.names)
    return min(context.catalog.source_of(table).start for table in tables)


def _show(outcomes: Sequence[Settled], *, whole: bool, earliest: datetime) -> None:
    draw_grid(outcomes, whole=whole, earliest=earliest)
    console = stderr_console()
    if console.is_terminal and status_of_table_hours(outcomes) == NEEDS_ATTENTION:
        console.print()
    show_attention(console, outcomes)


def draw_grid(outcomes: Sequence[Settled], *, whole: bool, earliest: datetime | None = None) -> None:
    """Draw the grid on stdout; `earliest` is the first hour there is, outcomes that are well left aside."""
    states: dict[str, dict[datetime, State]] = {}
    for outcome in outcomes:
        states.setdefault(outcome.table, {})[outcome.hour] = outcome.state
    show_grid(stdout_console(), states, whole=whole, earliest=earliest)
