"""What is wrong now: troubles read from the ledger, the judge's findings and heartbeats.

Level-triggered: nothing is remembered here, so nothing can be missed. Which troubles have one cause belongs
to `causes`; failed runs of Dagster are found by `sensors` and handed in.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

from lake_assets.alerts.causes import Incident
from lake_assets.catalog.models import Catalog
from lake_assets.hours import format_hour
from lake_assets.postgres import statement

SILENCE = timedelta(hours=2)
"""After which a judge that has not run is told of: it runs every hour."""

JUDGE, LOAD = "judge", "load"
DAY = timedelta(days=1)
REASONS = 3

VALUES = re.compile(r': ".*"|\bvalue ".*?"|\bToken ".*?"|(?<==)\(.*?\)', re.DOTALL)
"""Where PostgreSQL quotes a value in a message."""


@dataclass(frozen=True)
class FailedRun:
    """A run of Dagster that failed, and after which none of its kind has succeeded.

    Attributes:
        run_id: its id.
        job: its job's name.
        tables: the tables it was to load, as `source.table`; none for another job.
        first: the first hour it was to load, if it had hours.
        last: the last of them.
        error: the first error.
        ended_at: when it ended.
        source: the source it was about, where it had no tables of one.
    """

    run_id: str
    job: str
    tables: tuple[str, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    error: str = ""
    ended_at: datetime | None = None
    source: str = ""


def gather(
    connection: psycopg.Connection,
    catalog: Catalog,
    now: datetime,
    *,
    quarantined: int = 0,
    runs: Iterable[FailedRun] = (),
) -> list[Incident]:
    """Read all that is wrong now with the tables of a catalog.

    Args:
        connection: a session of the warehouse, the ledger installed.
        catalog: the tables; what the ledger knows of others is not told.
        now: the present moment.
        quarantined: a table-hour is told of if it has more records than this in quarantine.
        runs: failed runs of Dagster, if they were looked for.
    """
    return [
        *_table_hours(connection, catalog, quarantined),
        *_findings(connection, {source.name for source in catalog.sources}),
        *silence(connection, catalog, now),
        *(_failed(run) for run in _unsettled(connection, runs)),
    ]


def _table_hours(connection: psycopg.Connection, catalog: Catalog, limit: int) -> Iterator[Incident]:
    values = {"limit": limit, "tables": [table.qualified for table in catalog.tables]}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(statement(__package__, "read_troubles"), values):
            table, gist, kind = row.pop("table_name"), row.pop("gist"), row["kind"]
            begin = format_hour(row["first"])
            yield Incident(
                table=table,
                mark=gist or begin,
                gist=begin if kind == "missing" else gist,
                **row | {"reason": without_values(row["reason"])},
            )


def _findings(connection: psycopg.Connection, sources: Collection[str]) -> Iterator[Incident]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement(__package__, "read_findings")).fetchall()
    # A source that has left the catalog is judged no more, so that nothing closes its findings.
    told = [row for row in rows if row["source"] in sources or row["kind"] == "unknown_source"]
    for (kind, source, table, subject), group in groupby(
        told, key=lambda row: (row["kind"], row["source"], row["table_name"], row["subject"])
    ):
        for stretch in _stretches(list(group)):
            hours = [row["hour"] for row in stretch if row["hour"]]
            first, last = min(hours, default=None), max(hours, default=None)
            yield Incident(
                kind,
                source,
                table,
                mark=f"{kind} {subject} {format_hour(first) if first else ''}".strip(),
                first=first,
                last=last,
                hours=len(hours),
                reason=without_values(stretch[-1]["note"]),
                subject=subject,
            )


def _stretches(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """Part findings of one subject where a day goes by without one."""
    begin = 0
    for index in range(1, len(rows)):
        before, after = rows[index - 1]["hour"], rows[index]["hour"]
        if before and after and after - before > DAY:
            yield rows[begin:index]
            begin = index
    yield rows[begin:]


def silence(connection: psycopg.Connection, catalog: Catalog, now: datetime) -> list[Incident]:
    """Tell of a judge that has not run for two hours: as a whole, or for some sources.

    A judge that never ran is not missed: whoever has no daemon may not want one.

    Args:
        connection: a session of the warehouse, the ledger installed.
        catalog: the tables; sources it does not have are not judged.
        now: the present moment.
    """
    beats: dict[str, datetime] = dict(
        connection.execute(statement(__package__, "read_heartbeats")).fetchall()
    )
    whole = max((beats[name] for name in (JUDGE, LOAD) if name in beats), default=None)
    if whole and now - whole > SILENCE:
        return [Incident("judge_silent", "", reason=_last_ran(whole), subject="the judge")]
    if LOAD in beats and now - beats[LOAD] <= SILENCE:
        return []
    names = {source.name: f"{JUDGE}:{source.name}" for source in catalog.sources}
    return [
        Incident("judge_silent", source, reason=_last_ran(beats[name]), subject=f"the judge of {source}")
        for source, name in sorted(names.items())
        if name in beats and now - beats[name] > SILENCE
    ]


def _last_ran(beat: datetime) -> str:
    return f"the judge last ran at {beat:%Y-%m-%dT%H:%M}Z"


def _unsettled(connection: psycopg.Connection, runs: Iterable[FailedRun]) -> Iterator[FailedRun]:
    """Leave out of each run the tables whose hours it came to: what became of these, the ledger tells."""
    for run in runs:
        if not run.tables or not run.first:
            yield run
            continue
        names = [name.split(".", 1) for name in run.tables]
        values = {
            "sources": [source for source, _ in names],
            "tables": [table for _, table in names],
            "first": run.first,
            "last": run.last,
            "run_id": run.run_id,
            "ended_at": run.ended_at,
        }
        rows = connection.execute(statement(__package__, "read_settled"), values).fetchall()
        if left := tuple(sorted(set(run.tables) - {name for (name,) in rows})):
            yield replace(run, tables=left)


def _failed(run: FailedRun) -> Incident:
    sources = {name.partition(".")[0] for name in run.tables}
    return Incident(
        "run_failed",
        sources.pop() if len(sources) == 1 else "",
        run.tables[0].partition(".")[2] if len(run.tables) == 1 else "",
        mark=f"{run.job} of {run.source}"
        if run.source and not run.tables
        else " ".join((run.job, *run.tables)),
        gist=re.sub(r"[^ ]*/[^ ]*|[0-9]+", "#", run.error),
        first=run.first,
        last=run.last,
        reason=without_values(run.error),
        subject=run.run_id,
    )


def first_reasons(connection: psycopg.Connection, trouble: Incident) -> list[str]:
    """Say why the first records of a trouble's hours are in quarantine, without their values."""
    values = {
        "source": trouble.source,
        "table_name": trouble.table,
        "first": trouble.first,
        "last": trouble.last,
        "limit": REASONS,
    }
    rows = connection.execute(statement(__package__, "read_reasons"), values).fetchall()
    told = [f"{column}: {without_values(why)}" if column else without_values(why) for column, why in rows]
    return list(dict.fromkeys(told))


def states_now(connection: psycopg.Connection, troubles: Sequence[Incident]) -> dict[str, int]:
    """Count the states that the table-hours of some troubles are in now."""
    hourly = [trouble for trouble in troubles if trouble.table and trouble.first]
    values = {
        "sources": [trouble.source for trouble in hourly],
        "tables": [trouble.table for trouble in hourly],
        "firsts": [trouble.first for trouble in hourly],
        "lasts": [trouble.last for trouble in hourly],
    }
    return dict(connection.execute(statement(__package__, "count_states"), values).fetchall())


def without_values(text: str) -> str:
    """Leave out of a message the values of data that PostgreSQL quotes in it."""
    return VALUES.sub("", text)
