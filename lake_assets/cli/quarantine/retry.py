"""`lake-assets quarantine retry`: which table-hours are loaded again, and what was gained by it.

A retry is a load of the whole table-hour; what a load does belongs to `load`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from rich.text import Text

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts.round import prepare_alerts, tell_alerts
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.load import load_hours
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.cli.output.progress_bar import with_progress
from lake_assets.cli.output.summary import state_column
from lake_assets.cli.selected_hours import HoursOfTables, SelectedHours, select_hours
from lake_assets.cli.selection import Selection
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.files import read_files
from lake_assets.ledger.quarantine import count_by_hour, files_tried
from lake_assets.pluralize import pluralize
from lake_assets.progress import Settled
from lake_assets.states.state import NEED_ATTENTION, State

KEPT = "its records stay as they are until the files are back, or somebody decides (`lake-assets status`)"
"""What becomes of an hour whose files have vanished."""

TableHour = tuple[str, datetime]
"""A table as people name it, and an hour."""

RecordsOfHours = Mapping[str, Mapping[datetime, int]]
"""How many records each hour has in quarantine, by table."""

KnownFiles = dict[str, set[str | None]]
"""Files that were loaded or tried: the etags of each key, None where it is not known."""


@dataclass(frozen=True)
class Retried:
    """What a retry has to tell of a table-hour; fields as in the JSON.

    Attributes:
        table: as people name it.
        hour: the hour (UTC).
        before: records in quarantine before.
        retried: how many of them were tried again: all, or none.
        after: records in quarantine now.
        state: the hour's state now.
        note: why it is so, or why it was not retried.
    """

    table: str
    hour: datetime
    before: int
    retried: int
    after: int
    state: State
    note: str | None

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must look at the hour."""
        return self.after > 0 or self.state in NEED_ATTENTION


@dataclass(frozen=True)
class Retry:
    """What is known of a retry when it is done.

    Attributes:
        before: records in quarantine before.
        after: records in quarantine now.
        refusals: why hours were not retried.
        outcomes: what became of those that were.
    """

    before: RecordsOfHours
    after: RecordsOfHours
    refusals: Mapping[TableHour, str]
    outcomes: Mapping[TableHour, Settled]

    def results(self) -> list[Retried]:
        """Return what is to be told of each hour that had records in quarantine."""
        results = []
        for table, hours in self.before.items():
            results += [self._result(table, hour, before) for hour, before in hours.items()]
        return results

    def _result(self, table: str, hour: datetime, before: int) -> Retried:
        after = self.after.get(table, {}).get(hour, 0)
        outcome = self.outcomes.get((table, hour))
        if outcome is None:
            return Retried(
                table=table,
                hour=hour,
                before=before,
                retried=0,
                after=after,
                state="stale",
                note=self.refusals[table, hour],
            )
        return Retried(
            table=table,
            hour=hour,
            before=before,
            retried=before,
            after=after,
            state=outcome.state,
            note=outcome.note,
        )


def run(selection: Selection, *, as_json: bool) -> int:
    """Load the table-hours again that have records in quarantine, and return the exit status."""
    with open_context() as context:
        wanted = select_hours(context, selection)
        context.reach()
        prepare_alerts(context)
        results = _retry(context, wanted).results()
        tell_alerts(context)
    _show(results)
    if as_json:
        write_json({"retried": [vars(result) for result in results]})
    return exit_status(needs_attention=any(result.needs_attention for result in results))


def _retry(context: Context, wanted: SelectedHours) -> Retry:
    with context.connect() as connection:
        counted = count_by_hour(connection, wanted.tables, wanted.first, wanted.end)
        # In the order of the catalog, which people know.
        held = {table: counted[table.qualified] for table in wanted.tables if table.qualified in counted}
        refusals = _refusals(connection, context, wanted, held)
    loaded = load_hours(context, _without_refused(held, refusals))
    with context.connect() as connection:
        after = count_by_hour(connection, wanted.tables, wanted.first, wanted.end)
    return Retry(
        before={table.qualified: hours for table, hours in held.items()},
        after=after,
        refusals=refusals,
        outcomes={(outcome.table, outcome.hour): outcome for outcome in loaded},
    )


def _refusals(
    connection: psycopg.Connection,
    context: Context,
    wanted: SelectedHours,
    held: Mapping[Table, Mapping[datetime, int]],
) -> dict[TableHour, str]:
    """Return the hours that are not to be loaded again, each with why and what to do."""
    refusals: dict[TableHour, str] = {}
    for table, counts in with_progress(list(held.items()), "listing tables"):
        partitions = wanted.of_tables[table]
        for hour, refusal in _refusals_of(connection, context, table, list(counts), partitions):
            refusals[table.qualified, hour] = refusal
    return refusals


def _without_refused(
    held: Mapping[Table, Mapping[datetime, int]], refusals: Mapping[TableHour, str]
) -> HoursOfTables:
    of_tables: HoursOfTables = {}
    for table, hours in held.items():
        of_tables[table] = [hour for hour in hours if (table.qualified, hour) not in refusals]
    return of_tables


def _refusals_of(
    connection: psycopg.Connection,
    context: Context,
    table: Table,
    hours: Sequence[datetime],
    partitions: Sequence[datetime],
) -> Iterator[tuple[datetime, str]]:
    """Yield the hours whose files are not those that were loaded or tried, each with what to do."""
    first, end = hours[0], hours[-1] + ONE_HOUR
    listed = context.lake.list_table(table.source_folder, table, first, end).by_hour()
    loaded = read_files(connection, table, first, end)
    tried = files_tried(connection, table, first, end)
    known_hours = set(partitions)
    for hour in hours:
        if hour not in known_hours:
            yield hour, "not retried: `start` in the catalog is later than this hour"
            continue
        files = [(file.key, file.etag) for file in loaded.get(hour, ())]
        known = _known_files([*files, *tried.get(hour, ())])
        present = {file.key: file.etag for file in listed.get(hour, ())}
        changes = sorted(_changes(known, present))
        if changes:
            is_gone = known.keys() - present.keys()
            remedy = KEPT if is_gone and table.vanished == "keep" else _remedy(table, hour)
            yield hour, f"not retried: {'; '.join(changes)}; {remedy}"


def _known_files(files: Sequence[tuple[str, str | None]]) -> KnownFiles:
    known: KnownFiles = {}
    for key, etag in files:
        known.setdefault(key, set()).add(etag)
    return known


def _changes(known: KnownFiles, present: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that the lake has no longer, or not as they were loaded or tried."""
    for key, etags in known.items():
        if key not in present:
            yield f"{key} is gone from the lake"
        elif present[key] not in etags:
            yield f"{key} has changed in the lake since"


def _remedy(table: Table, hour: datetime) -> str:
    first, end = format_hour(hour), format_hour(hour + ONE_HOUR)
    command = f"lake-assets load {table.qualified} --from {first} --to {end}"
    return f"`{command}` loads the hour as the lake has it now"


def _show(results: Sequence[Retried]) -> None:
    """Write on stderr what became of each table-hour, and of all together."""
    console = stderr_console()
    if not results:
        print_line(console, "Quarantine is empty.")
        return
    for result in results:
        print_line(console, _line(result))
    tried = sum(result.retried for result in results)
    left = sum(result.after for result in results)
    print_line(console, f"{pluralize(tried, 'record')} retried, {left:,} in quarantine now.")


def _line(result: Retried) -> Text:
    where = f" {result.table} {format_hour(result.hour)} "
    note = f": {escape_unprintable(result.note)}" if result.note else ""
    return Text.assemble(state_column(result.state), where, _counts(result), note)


def _counts(result: Retried) -> str:
    if not result.retried:
        return f"{pluralize(result.before, 'record')} not retried"
    if result.after > result.before:
        return f"{pluralize(result.after, 'record')} in quarantine now, {result.before} before"
    return f"{result.after} of {pluralize(result.before, 'record')} still in quarantine"
