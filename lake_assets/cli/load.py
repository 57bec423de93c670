"""`lake-assets load`: which table-hours, and how the outcome is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
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
from lake_assets.exceptions import IncompleteAnswer
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.table_hours import Entry, read_hours, write
from lake_assets.load.modes.registry import mode_of
from lake_assets.monitor.cached_states import judge_or_recall
from lake_assets.monitor.run_plan import plan_runs
from lake_assets.progress import Settled
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import sentence, why

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
        unlisted: the newest hour of each table that S3 does not list as it should.
    """

    to_load: HoursOfTables = field(default_factory=dict)
    missing: list[Settled] = field(default_factory=list)
    newly_missing: HoursOfTables = field(default_factory=dict)
    unlisted: list[Settled] = field(default_factory=list)


def run(selection: Selection, *, as_json: bool) -> int:
    """Load the table-hours of a range, or all that need it, and return the exit status."""
    with open_context() as context:
        if selection.has_range:
            outcomes = _load_range(context, selection)
        else:
            tables = context.catalog.select(selection.names)
            prepare_alerts(context)
            outcomes = load_what_needs_it(context, tables)
        summarize(stderr_console(), outcomes, NOTHING)
        tell_alerts(context, judged=selection.is_everything)
    if as_json:
        write_table_hours(outcomes)
    return status_of_table_hours(outcomes)


def _load_range(context: Context, selection: Selection) -> list[Settled]:
    wanted = select_hours(context, selection)
    context.reach()
    prepare_alerts(context)
    return load_hours(context, wanted.of_tables)


def load_what_needs_it(context: Context, tables: Sequence[Table]) -> list[Settled]:
    """Load every table-hour that needs it, tell Dagster of newly missing ones, and return the outcomes."""
    backlog = _find_backlog(context, tables)
    loaded = load_hours(context, backlog.to_load)
    newest = {table: hours[-UNSEEN_HOURS_TOLD:] for table, hours in backlog.newly_missing.items()}
    check_again(context, newest)
    return [*backlog.unlisted, *backlog.missing, *loaded]


def load_hours(context: Context, wanted: HoursOfTables) -> list[Settled]:
    """Load table-hours through Dagster, with a progress bar, and return what became of each.

    Those of a table that this version does not load fail at once.
    """
    refused: list[Settled] = []
    loadable: HoursOfTables = {}
    for table, hours in wanted.items():
        refusal = mode_of(table).why_not_loaded
        if refusal is not None:
            refused += _refused(table, hours, sentence(refusal))
        elif hours:
            loadable[table] = hours
    if not loadable:
        return refused
    return refused + _load_through_dagster(context, loadable)


def _refused(table: Table, hours: Sequence[datetime], note: str) -> list[Settled]:
    return [Settled(table=table.qualified, hour=hour, state="failed", note=note) for hour in hours]


def _load_through_dagster(context: Context, wanted: HoursOfTables) -> list[Settled]:
    from lake_assets.orchestration.runs import load_through_dagster  # noqa: PLC0415 - dagster takes seconds

    total = sum(len(hours) for hours in wanted.values())
    with context.dagster() as instance, table_hours_bar(total) as bar:
        return load_through_dagster(context.definitions(), instance, plan_runs(wanted), bar)


def _find_backlog(context: Context, tables: Sequence[Table]) -> Backlog:
    """Return the table-hours that need a load, and those that are missing.

    The missing ones are written down as such, and so are those that cannot be loaded.
    """
    backlog = Backlog()
    with context.connect() as connection:
        for table in with_progress(tables, "listing tables"):
            _add_to_backlog(backlog, context, connection, table)
    return backlog


def _add_to_backlog(backlog: Backlog, context: Context, connection: psycopg.Connection, table: Table) -> None:
    hours = context.hours(table)
    try:
        verdicts = judge_or_recall(connection, context.lake, table, hours, with_fine=False)
    except IncompleteAnswer as error:
        # It is about this table's folder, and others may be listed well.
        unlisted = Settled(table=table.qualified, hour=hours[-1], state="failed", note=str(error))
        backlog.unlisted.append(unlisted)
        return
    backlog.to_load[table] = [verdict.hour for verdict in verdicts if verdict.needs_load]
    missing = [verdict for verdict in verdicts if verdict.state == "missing"]
    backlog.missing += [_settled(table, verdict) for verdict in missing]
    newly_missing = _note_missing(connection, table, missing)
    if newly_missing:
        backlog.newly_missing[table] = newly_missing
    if mode_of(table).why_not_loaded is not None:
        _note_refused(connection, table, verdicts)


def _settled(table: Table, verdict: Verdict) -> Settled:
    return Settled(table=table.qualified, hour=verdict.hour, state=verdict.state, note=why(verdict))


def _note_missing(connection: psycopg.Connection, table: Table, missing: Sequence[Verdict]) -> list[datetime]:
    """Write down the missing hours that the ledger does not know yet, and return them, oldest first."""
    written = write(connection, [Entry.of(table, verdict) for verdict in missing])
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
