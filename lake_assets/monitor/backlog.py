"""What is to be loaded now: the oldest table-hours in need, neither asked for in vain nor without end.

The judge says which table-hours need a load and of which files (`write_manifests`); here it is decided whose
turn it is. A table-hour is asked for at once when its files or its entry in the catalog are new, at most
`MOST_CHANGES` times a day; if it fails it is asked for again after each of `WAITS`, the last of which goes on
for ever. How a run is started belongs to `lake_assets.orchestration.load_sensor`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import psycopg

from lake_assets.catalog.models import Source, Table
from lake_assets.ledger.ledger import State
from lake_assets.ledger.states import LOADABLE, why_not_loaded
from lake_assets.monitor.run_plan import HOURS_PER_RUN, TABLE_HOURS_PER_RUN, Run, plan_runs
from lake_assets.monitor.table import Verdict
from lake_assets.postgres import APPLICATION, statement

WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long after each request for the same files the next one may follow."""

MOST_CHANGES = 8
"""How often within a day a table-hour is asked for because its files, or main, changed once more."""

ONE_DAY = timedelta(days=1)
MOST_READ = 50_000  # table-hours looked at for one answer; the rest is there the next time

WELL: frozenset[State] = frozenset({"loaded", "quarantined", "quiet"})
"""From these a table-hour that needs a load again starts anew, whatever was asked for before."""

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


def live_runs(connection: psycopg.Connection) -> set[str]:
    """Give the ids of the runs that have a session of the warehouse open, as loads and the judge do."""
    rows = connection.execute(statement(__package__, "live_runs"), {"application": APPLICATION})
    return {run_id for (run_id,) in rows}


def write_manifests(connection: psycopg.Connection, source: Source, verdicts: Sequence[Verdict]) -> None:
    """Keep the manifests of the table-hours that need a load."""
    wanted = [verdict for verdict in verdicts if verdict.state in LOADABLE]
    if wanted:
        values = {
            "source": source.name,
            "tables": [verdict.table.name for verdict in wanted],
            "hours": [verdict.hour for verdict in wanted],
            "manifests": [verdict.manifest for verdict in wanted],
        }
        connection.execute(statement(__package__, "write_manifests"), values)
    if again := [verdict for verdict in wanted if verdict.before in WELL]:
        values = {
            "source": source.name,
            "tables": [verdict.table.name for verdict in again],
            "hours": [verdict.hour for verdict in again],
        }
        connection.execute(statement(__package__, "reopen_reloads"), values)


def forget_reloads(connection: psycopg.Connection, source: Source, now: datetime) -> None:
    """Forget requests that are over a day old and came to a good end."""
    values = {"source": source.name, "day_ago": now - ONE_DAY}
    connection.execute(statement(__package__, "forget_reloads"), values)


def read_changing(
    connection: psycopg.Connection, source: Source, now: datetime
) -> dict[TableHourName, tuple[int, datetime]]:
    """Give the table-hours that change too often: how often they were asked for, and since when."""
    values = {"source": source.name, "day_ago": now - ONE_DAY, "most_changes": MOST_CHANGES}
    rows = connection.execute(statement(__package__, "read_changing"), values)
    return {(name, hour): (changes, since) for name, hour, changes, since in rows}


def ask_for_loads(
    connection: psycopg.Connection,
    source: Source,
    now: datetime,
    *,
    most_runs: int,
    in_flight: Collection[TableHourName] = (),
) -> list[Request]:
    """Say which runs to start now, oldest hours first, and write down that they were asked for.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        source: whose tables.
        now: the present moment.
        most_runs: how many runs to start at most.
        in_flight: tables (by name) and hours that a run is about to load already.
    """
    if most_runs <= 0:
        return []
    tables = {table.name: table for table in source.tables if not why_not_loaded(table)}
    values = {
        "source": source.name,
        "now": now,
        "day_ago": now - ONE_DAY,
        "most_changes": MOST_CHANGES,
        "waits": list(WAITS),
        "most": MOST_READ,
    }
    manifests = {
        (name, hour): manifest
        for name, hour, manifest in connection.execute(statement(__package__, "read_backlog"), values)
        if name in tables and (name, hour) not in in_flight
    }
    wanted: dict[Table, list[datetime]] = {}
    for name, hour in manifests:
        wanted.setdefault(tables[name], []).append(hour)
    most_hours = max(1, min(HOURS_PER_RUN, TABLE_HOURS_PER_RUN // max(1, len(wanted))))
    runs = list(plan_runs(wanted, most_hours))[:most_runs]
    return [Request(run, _note_asked(connection, source, run, manifests, now)) for run in runs]


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
    key = sha256(repr([(*row, manifests[row[0], row[1]], now) for row in rows]).encode())
    return f"{source.name}:{key.hexdigest()[:32]}"
