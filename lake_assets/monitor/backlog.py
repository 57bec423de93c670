"""What is to be loaded now: the oldest table-hours in need, neither asked for in vain nor without end.

The judge says which table-hours need a load and of which files (`write_manifests`); here it is decided whose
turn it is. A table-hour is asked for at once when its files or its entry in the catalog are new, at most
`MOST_CHANGES` times a day; if it fails it is asked for again after each of `WAITS`, the last of which goes on
for ever. How a run is started belongs to `lake_assets.orchestration.load_sensor`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.load.modes.registry import mode_of
from lake_assets.monitor.run_plan import HOURS_PER_RUN, TABLE_HOURS_PER_RUN, Run, plan_runs, runs_at_once
from lake_assets.monitor.table import JudgedHour
from lake_assets.postgres import statement
from lake_assets.settings import DEFAULT_BACKFILL
from lake_assets.states.facts import HELD
from lake_assets.states.state import LOADABLE, WELL

WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long after each request for the same files the next one may follow."""

MOST_CHANGES = 8
"""How often within a day a table-hour is asked for because its files, or main, changed once more."""

ONE_DAY = timedelta(days=1)

SETTLED = WELL | {"waived"}
"""States in which nothing more is to be asked for."""

KEY_DIGITS = 32  # hexadecimal digits of a request's key
MOST_READ = 50_000  # table-hours looked at for one answer; the rest is there the next time

TableHourName = tuple[str, datetime]


@dataclass(frozen=True)
class Request:
    """A run to be started.

    Attributes:
        run: its tables and hours.
        key: names tables, hours, files and the number of the attempt; never the same twice.
    """

    run: Run
    key: str


def write_manifests(connection: psycopg.Connection, source: Source, hours: Sequence[JudgedHour]) -> None:
    """Keep the manifests of the table-hours that need a load."""
    wanted = [judged for judged in hours if judged.is_to_be_loaded]
    if not wanted:
        return
    manifests = [judged.manifest for judged in wanted]
    backfills = [judged.verdict.reason == "columns_not_loaded" for judged in wanted]
    values = _names_of(source, wanted) | {"manifests": manifests, "backfills": backfills}
    connection.execute(statement(__package__, "write_manifests"), values)
    # Those that were well start anew, whatever was asked for before.
    again = [judged for judged in wanted if judged.before in WELL]
    if again:
        connection.execute(statement(__package__, "reopen_reloads"), _names_of(source, again))


def _names_of(source: Source, hours: Sequence[JudgedHour]) -> dict[str, Any]:
    return {
        "source": source.name,
        "tables": [judged.table.name for judged in hours],
        "hours": [judged.hour for judged in hours],
    }


def forget_reloads(connection: psycopg.Connection, source: Source, now: datetime) -> None:
    """Forget requests that are over a day old and came to a good end."""
    values = {"source": source.name, "day_ago": now - ONE_DAY, "settled": sorted(SETTLED)}
    connection.execute(statement(__package__, "forget_reloads"), values)


def read_changing(
    connection: psycopg.Connection, source: Source, now: datetime
) -> dict[TableHourName, tuple[int, datetime]]:
    """Return the table-hours that change too often: how often they were asked for, and since when."""
    values = {
        "source": source.name,
        "day_ago": now - ONE_DAY,
        "most_changes": MOST_CHANGES,
        "loadable": sorted(LOADABLE),
    }
    rows = connection.execute(statement(__package__, "read_changing"), values)
    return {(name, hour): (changes, since) for name, hour, changes, since in rows}


def ask_for_loads(
    connection: psycopg.Connection,
    source: Source,
    now: datetime,
    *,
    most_runs: int,
    in_flight: Collection[TableHourName] = (),
    backfill: int = DEFAULT_BACKFILL,
) -> list[Request]:
    """Return the runs to start now, oldest hours first, and write down that they were asked for.

    Hours that are loaded again for a column of the catalog alone come last, and leave one run to others.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        source: whose tables.
        now: the present moment.
        most_runs: how many runs to start at most.
        in_flight: tables (by name) and hours that a run is about to load already.
        backfill: how many table-hours are loaded again for a new column within an hour.
    """
    if most_runs <= 0:
        return []
    tables = {table.name: table for table in source.tables if mode_of(table).why_not_loaded is None}
    values = {
        "source": source.name,
        "now": now,
        "day_ago": now - ONE_DAY,
        "hour_ago": now - ONE_HOUR,
        "most_changes": MOST_CHANGES,
        "waits": list(WAITS),
        "most": MOST_READ,
        "backfill": backfill,
        "loadable": sorted(LOADABLE),
        "held": sorted(HELD),
    }
    manifests: dict[TableHourName, str] = {}
    needed: dict[Table, list[datetime]] = {}
    later: dict[Table, list[datetime]] = {}
    for name, hour, manifest, is_backfill in connection.execute(
        statement(__package__, "read_backlog"), values
    ):
        if name in tables and (name, hour) not in in_flight:
            manifests[name, hour] = manifest
            wanted = later if is_backfill else needed
            wanted.setdefault(tables[name], []).append(hour)
    planned = _plan(needed)[:most_runs]
    room = max(0, most_runs - 1 - len(planned))
    planned += _plan(later)[:room]
    requests = []
    for run in runs_at_once(planned)[:most_runs]:
        key = _note_asked(connection, source, run, manifests, now)
        requests.append(Request(run=run, key=key))
    return requests


def _plan(wanted: Mapping[Table, Sequence[datetime]]) -> list[Run]:
    share = TABLE_HOURS_PER_RUN // max(1, len(wanted))
    return plan_runs(wanted, max(1, min(HOURS_PER_RUN, share)))


def _note_asked(
    connection: psycopg.Connection,
    source: Source,
    run: Run,
    manifests: dict[TableHourName, str],
    now: datetime,
) -> str:
    asked = [(table.name, hour) for table, hour in run.table_hours]
    values = {
        "source": source.name,
        "now": now,
        "day_ago": now - ONE_DAY,
        "tables": [name for name, _ in asked],
        "hours": [hour for _, hour in asked],
        "manifests": [manifests[key] for key in asked],
    }
    rows = sorted(connection.execute(statement(__package__, "note_asked"), values).fetchall())
    told = [(*row, manifests[row[0], row[1]], now) for row in rows]
    digest = sha256(repr(told).encode()).hexdigest()
    return f"{source.name}:{digest[:KEY_DIGITS]}"
