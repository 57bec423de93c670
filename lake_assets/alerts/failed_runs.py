"""Failed runs of Dagster, and what of them the ledger does not tell.

Whoever knows Dagster finds them and hands them in; nothing here asks it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from lake_assets.alerts.explanation import Explanation
from lake_assets.alerts.fingerprint import fingerprint_of_words
from lake_assets.alerts.incident import Incident
from lake_assets.postgres import statement
from lake_assets.states.state import WELL, State

SETTLED: frozenset[State] = WELL | {"waived"}
"""The states in which an hour no longer needs the run that failed."""

UNNAMED_JOB = "__ASSET_JOB"
"""What Dagster calls the job of assets that were picked by hand, which says nothing to people."""


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


def unsettled_runs(connection: psycopg.Connection, runs: Iterable[FailedRun]) -> Iterator[Incident]:
    """Return the incidents of failed runs, each without the tables whose hours it came to.

    What became of these, the ledger tells.

    Args:
        connection: a session of the warehouse, the ledger installed.
        runs: the failed runs.
    """
    for run in runs:
        if not run.tables or not run.first:
            yield _incident_of(run)
            continue
        left = sorted(set(run.tables) - _settled_tables(connection, run))
        if left:
            yield _incident_of(replace(run, tables=tuple(left)))


def _settled_tables(connection: psycopg.Connection, run: FailedRun) -> set[str]:
    sources, tables = _parted(run.tables)
    values = {
        "sources": sources,
        "tables": tables,
        "first": run.first,
        "last": run.last,
        "run_id": run.run_id,
        "ended_at": run.ended_at,
        "settled": sorted(SETTLED),
    }
    rows = connection.execute(statement(__package__, "read_settled"), values)
    return {name for (name,) in rows}


def _parted(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the sources and the tables of names such as `shop.orders`."""
    sources, tables = [], []
    for name in names:
        source, _, table = name.partition(".")
        sources.append(source)
        tables.append(table)
    return sources, tables


def _incident_of(run: FailedRun) -> Incident:
    sources, tables = _parted(run.tables)
    is_of_one_source = len(set(sources)) == 1
    is_of_one_table = len(tables) == 1
    dedup_key = _dedup_key(run)
    return Incident(
        kind="run_failed",
        source=sources[0] if is_of_one_source else "",
        table=tables[0] if is_of_one_table else "",
        dedup_key=dedup_key,
        fingerprint=fingerprint_of_words(run.error),
        first=run.first,
        last=run.last,
        explanation=Explanation(kind="run_failed", details={"error": run.error}),
        subject=run.run_id,
        label="" if is_of_one_table else dedup_key.removeprefix(f"{UNNAMED_JOB} "),
    )


def _dedup_key(run: FailedRun) -> str:
    if run.source and not run.tables:
        return f"{run.job} of {run.source}"
    return " ".join([run.job, *run.tables])
