"""`lake-assets load`: which table-hours, and how the outcome is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.cli.alerts.round import prepare_alerts, tell_alerts
from lake_assets.cli.check import check_again
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import status_of_table_hours
from lake_assets.cli.output.console import stderr_console
from lake_assets.cli.output.json_document import write_table_hours
from lake_assets.cli.output.progress_bar import table_hours_bar, with_progress
from lake_assets.cli.output.summary import summarize
from lake_assets.cli.selected_hours import HoursOfTables, select_hours
from lake_assets.cli.selection import Selection
from lake_assets.cli.unlisted import UnlistedTables
from lake_assets.cli.user import user_name
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.table_hours import Entry, read_hours, write
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.vanished import NOBODY_KNOWN
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.monitor.run_plan import plan_runs
from lake_assets.progress import Settled
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import why

NOTHING = "Nothing to load: every table-hour is as the lake has it."

UNSEEN_HOURS_TOLD = 168
"""A week; Dagster takes some 10 ms for each."""


@dataclass
class Backlog:
    """What is found where nobody said which table-hours to load.

    Attributes:
        to_load: the hours of each table that need a load.
        missing: the hours that are missing, so that there is nothing to load.
        newly_missing: those of them that the ledger did not know yet.
        held: the hours whose files have vanished while their rows stay: a person must decide.
        newly_held: those of them of which the ledger did not know it yet.
        unlisted: the tables that could not be listed.
    """

    to_load: HoursOfTables = field(default_factory=dict)
    missing: list[Settled] = field(default_factory=list)
    newly_missing: HoursOfTables = field(default_factory=dict)
    held: dict[Table, list[Verdict]] = field(default_factory=dict)
    newly_held: HoursOfTables = field(default_factory=dict)
    unlisted: UnlistedTables = field(default_factory=UnlistedTables)

    @property
    def news(self) -> HoursOfTables:
        """The newest of the hours that Dagster has not heard of, and that no load will tell it of."""
        news: HoursOfTables = {}
        for table in dict.fromkeys((*self.newly_missing, *self.newly_held)):
            hours = [*self.newly_missing.get(table, ()), *self.newly_held.get(table, ())]
            news[table] = sorted(hours)[-UNSEEN_HOURS_TOLD:]
        return news


def run(selection: Selection, *, follow_vanished: bool, as_json: bool) -> int:
    """Load the table-hours of a range, or all that need it, and return the exit status.

    Args:
        selection: tables and range.
        follow_vanished: rows of files that vanished from the lake go, too.
        as_json: write a JSON document.
    """
    followed_by = user_name() or NOBODY_KNOWN if follow_vanished else None
    with open_context() as context:
        if selection.has_range:
            outcomes = _load_range(context, selection, followed_by)
        else:
            tables = context.catalog.select(selection.names)
            prepare_alerts(context)
            outcomes = load_what_needs_it(context, tables, followed_by)
        summarize(stderr_console(), outcomes, NOTHING)
        tell_alerts(context, judged=selection.is_everything)
    if as_json:
        write_table_hours(outcomes)
    return status_of_table_hours(outcomes)


def _load_range(context: Context, selection: Selection, followed_by: str | None) -> list[Settled]:
    wanted = select_hours(context, selection)
    context.reach()
    prepare_alerts(context)
    return load_hours(context, wanted.of_tables, followed_by)


def load_what_needs_it(
    context: Context, tables: Sequence[Table], followed_by: str | None = None
) -> list[Settled]:
    """Load every table-hour that needs it, tell Dagster of what is news, and return the outcomes.

    Args:
        context: what the command works with.
        tables: the tables.
        followed_by: who has given the word that rows go with vanished files; None where nobody has.
    """
    backlog = _find_backlog(context, tables, follow=followed_by is not None)
    loaded = load_hours(context, backlog.to_load, followed_by)
    check_again(context, backlog.news)
    held = _still_held(context, backlog)
    return [*backlog.unlisted.outcomes, *backlog.missing, *held, *loaded]


def _still_held(context: Context, backlog: Backlog) -> list[Settled]:
    """Return the hours that are held now: a load may have found where their files went."""
    outcomes: list[Settled] = []
    with context.connect() as connection:
        for table, verdicts in backlog.held.items():
            now = verdicts
            if verdicts and backlog.to_load.get(table):
                hours = [verdict.hour for verdict in verdicts]
                now = judge_hours(connection, context.lake, table, hours)
            outcomes += [_settled(table, verdict) for verdict in now if verdict.is_held]
    return outcomes


def load_hours(context: Context, wanted: HoursOfTables, followed_by: str | None = None) -> list[Settled]:
    """Load table-hours through Dagster, with a progress bar, and return what became of each.

    Those of a table that this version does not load fail at once.
    """
    refused: list[Settled] = []
    loadable: HoursOfTables = {}
    for table, hours in wanted.items():
        if not hours:
            continue
        if mode_of(table).why_not_loaded is not None:
            refused += _refuse(context, table, hours)
        else:
            loadable[table] = hours
    if not loadable:
        return refused
    return refused + _load_through_dagster(context, loadable, followed_by)


def _refuse(context: Context, table: Table, hours: Sequence[datetime]) -> list[Settled]:
    """Write down why hours of a table are not loaded, and return what they are: failed, with files."""
    with context.connect() as connection:
        verdicts = judge_hours(connection, context.lake, table, hours)
        _note_refused(connection, table, verdicts)
    return [_settled(table, verdict) for verdict in verdicts]


def _load_through_dagster(context: Context, wanted: HoursOfTables, followed_by: str | None) -> list[Settled]:
    from lake_assets.orchestration.runs import load_through_dagster  # noqa: PLC0415 - dagster takes seconds

    total = sum(len(hours) for hours in wanted.values())
    with context.dagster() as instance, table_hours_bar(total) as bar:
        return load_through_dagster(
            context.definitions(), instance, plan_runs(wanted), bar, followed_by=followed_by
        )


def _find_backlog(context: Context, tables: Sequence[Table], *, follow: bool) -> Backlog:
    """Return the table-hours that need a load, and those that are missing.

    The missing ones are written down as such, and so are those that cannot be loaded.
    """
    backlog = Backlog()
    with context.connect() as connection:
        for table in with_progress(tables, "listing tables"):
            _add_to_backlog(backlog, context, connection, table, follow=follow)
    backlog.unlisted.raise_if_none_was_listed()
    return backlog


def _add_to_backlog(
    backlog: Backlog, context: Context, connection: psycopg.Connection, table: Table, *, follow: bool
) -> None:
    hours = context.hours(table)
    try:
        verdicts = judge_or_recall(connection, context.lake, table, hours, with_fine=False)
    except LakeAssetsError as error:
        backlog.unlisted.add(table, hours, error)
        return
    backlog.unlisted.listed += 1
    held = [verdict for verdict in verdicts if verdict.is_held]
    wanted = {verdict.hour for verdict in verdicts if verdict.needs_load}
    if follow:
        wanted |= {verdict.hour for verdict in held}
    else:
        backlog.held[table] = held
        backlog.newly_held[table] = _note_held(context, connection, table, held)
    backlog.to_load[table] = sorted(wanted)
    missing = [verdict for verdict in verdicts if verdict.state == "missing"]
    backlog.missing += [_settled(table, verdict) for verdict in missing]
    newly_missing = _note_missing(connection, table, missing)
    if newly_missing:
        backlog.newly_missing[table] = newly_missing
    if mode_of(table).why_not_loaded is not None:
        _note_refused(connection, table, verdicts)


def _settled(table: Table, verdict: Verdict) -> Settled:
    return Settled(
        table=table.qualified,
        hour=verdict.hour,
        state=verdict.state,
        counts=verdict.counts,
        note=why(verdict),
    )


def _note_missing(connection: psycopg.Connection, table: Table, missing: Sequence[Verdict]) -> list[datetime]:
    """Write down the missing hours that the ledger does not know yet, and return them, oldest first."""
    written = write(connection, [Entry.of(table, verdict) for verdict in missing])
    return sorted(hour for _, _, hour in written)


def _note_held(
    context: Context, connection: psycopg.Connection, table: Table, held: Sequence[Verdict]
) -> list[datetime]:
    """Write down which hours are newly held, and return them, oldest first."""
    if not held:
        return []
    known = read_hours(connection, table, held[0].hour, held[-1].hour + ONE_HOUR)
    news = [verdict.hour for verdict in held if Entry.of(table, verdict).is_news(known.get(verdict.hour))]
    if not news:
        return []
    # Once more, now that the ledger was read: whoever has loaded an hour meanwhile has the last word.
    again = judge_hours(connection, context.lake, table, news)
    entries = [Entry.of(table, verdict, known.get(verdict.hour)) for verdict in again if verdict.is_held]
    written = write(connection, entries)
    return sorted(hour for _, _, hour in written)


def _note_refused(connection: psycopg.Connection, table: Table, verdicts: Sequence[Verdict]) -> None:
    """Write down of hours that cannot be loaded why not; an hour of which that is known stays as it is."""
    failed = [verdict for verdict in verdicts if verdict.state == "failed"]
    if not failed:
        return
    known = read_hours(connection, table, failed[0].hour, failed[-1].hour + ONE_HOUR)
    entries = [Entry.of(table, verdict) for verdict in failed]
    news = [entry for entry in entries if entry.is_news(known.get(entry.hour))]
    write(connection, news, overwrite=True)
