"""`lake-assets quarantine retry`: which table-hours are loaded again, and what was gained by it.

A retry is a load of the whole table-hour; what a load does belongs to `main`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from rich.text import Text

from lake_assets.catalog.models import Table
from lake_assets.cli.alerts import look_after, tell_all
from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.display import one_line, say, talk, watched
from lake_assets.cli.load import load_hours
from lake_assets.cli.quarantine import range_of
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.files import read_files
from lake_assets.ledger.quarantine import count_by_hour, files_tried
from lake_assets.pluralize import pluralize
from lake_assets.states.state import FINE, STATES, State


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


def run(names: Sequence[str], first: datetime | None, end: datetime | None, *, as_json: bool) -> int:
    """Load the table-hours again that have records in quarantine; give the exit status."""
    with open_context() as place:
        wanted, start, stop = range_of(place, names, first, end)
        place.reach()
        look_after(place)
        with place.connect() as connection:
            before = count_by_hour(connection, wanted, start, stop)
            held = [(table, before[table.qualified]) for table in wanted if table.qualified in before]
            left = {
                (table.qualified, hour): why
                for table, counts in watched(held, "listing tables")
                for hour, why in _not_to_be_replaced(connection, place, table, list(counts), wanted[table])
            }
        loaded = {
            table: [hour for hour in counts if (table.qualified, hour) not in left] for table, counts in held
        }
        outcomes = {(outcome.table, outcome.hour): outcome for outcome in load_hours(place, loaded)}
        with place.connect() as connection:
            after = count_by_hour(connection, wanted, start, stop)
        tell_all(place)
    retried = []
    for table, counts in held:
        for hour, count in counts.items():
            outcome, now = outcomes.get((table.qualified, hour)), after.get(table.qualified, {})
            state: State = outcome.state if outcome else "stale"
            note = outcome.note if outcome else left[table.qualified, hour]
            tried = count if outcome else 0
            retried.append(Retried(table.qualified, hour, count, tried, now.get(hour, 0), state, note))
    show(retried)
    if as_json:
        write_json({"retried": [vars(entry) for entry in retried]})
    well = all(not entry.after and entry.state in FINE for entry in retried)
    return ALL_WELL if well else NEEDS_ATTENTION


def show(retried: Sequence[Retried]) -> None:
    """Say on stderr what became of each table-hour, and of all together."""
    console = talk()
    for entry in retried:
        where = f" {entry.table} {format_hour(entry.hour)}"
        note = f": {one_line(entry.note)}" if entry.note else ""
        counts = f" {entry.after} of {pluralize(entry.before, 'record')} still in quarantine"
        if entry.after > entry.before:
            counts = f" {pluralize(entry.after, 'record')} in quarantine now, {entry.before} before"
        if not entry.retried:
            counts = f" {pluralize(entry.before, 'record')} not retried"
        state = (f"{entry.state:<11}", STATES[entry.state].colour)
        say(console, Text.assemble(state, where, counts, note))
    tried, left = sum(entry.retried for entry in retried), sum(entry.after for entry in retried)
    if retried:
        say(console, f"{pluralize(tried, 'record')} retried, {left:,} in quarantine now.")
    else:
        say(console, "Quarantine is empty.")


def _not_to_be_replaced(
    connection: psycopg.Connection,
    place: Context,
    table: Table,
    held: Sequence[datetime],
    partitions: Sequence[datetime],
) -> Iterator[tuple[datetime, str]]:
    """Give the hours whose files are not those that were loaded or tried, each with what to do."""
    first, end = held[0], held[-1] + ONE_HOUR
    listed = place.lake.list_table(table.source_folder, table, first, end).by_hour()
    loaded = read_files(connection, table, first, end)
    tried = files_tried(connection, table, first, end)
    known_hours = set(partitions)
    for hour in held:
        known: dict[str, set[str | None]] = {}
        for key, etag in [*((file.key, file.etag) for file in loaded.get(hour, ())), *tried.get(hour, ())]:
            known.setdefault(key, set()).add(etag)
        present = {file.key: file.etag for file in listed.get(hour, ())}
        if hour not in known_hours:
            yield hour, "not retried: `start` in the catalog is later than this hour"
        elif others := sorted(_others(known, present)):
            remedy = f"`lake-assets load {table.qualified} --from {format_hour(hour)} --to "
            remedy += f"{format_hour(hour + ONE_HOUR)}` loads the hour as the lake has it now"
            yield hour, f"not retried: {'; '.join(others)}; {remedy}"


def _others(known: Mapping[str, set[str | None]], present: Mapping[str, str]) -> Iterator[str]:
    """Name the files that the lake has no longer, or not as they were loaded or tried."""
    for key, etags in known.items():
        if key not in present:
            yield f"{key} is gone from the lake"
        elif present[key] not in etags:
            yield f"{key} has changed in the lake since"
