"""What is wrong now: incidents read from the ledger, the judge's findings and heartbeats.

Level-triggered: nothing is remembered here, so nothing can be missed. Which incidents have one cause belongs
to `causes`; failed runs of Dagster are handed in, and become incidents in `failed_runs`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

from lake_assets.alerts.explanation import Explanation
from lake_assets.alerts.failed_runs import FailedRun, unsettled_runs
from lake_assets.alerts.fingerprint import FOREIGN_WORDS, fingerprint_of_fact
from lake_assets.alerts.incident import Incident, Key
from lake_assets.alerts.kinds import PARTED_BY_REASON
from lake_assets.alerts.owners import add
from lake_assets.catalog.models import Catalog
from lake_assets.hours import format_hour
from lake_assets.postgres import statement
from lake_assets.states.facts import HELD, Fact
from lake_assets.states.state import NEED_ATTENTION, State

SILENCE = timedelta(hours=2)
"""After which a judge that has not run is told of: it runs every hour."""

JUDGE, LOAD = "judge", "load"
"""The heartbeats of a judge that has looked at every table-hour, and of a load that has."""

DAY = timedelta(days=1)
"""Without a finding, after which the next one of the same subject is told anew."""

WITHOUT_FILES: frozenset[State] = frozenset({"missing", "quiet", "expected", "waived"})
"""The states of hours in which no file need have come: missing hours on both sides belong together."""

Row = dict[str, Any]


def gather(
    connection: psycopg.Connection,
    catalog: Catalog,
    now: datetime,
    *,
    quarantined: int = 0,
    runs: Iterable[FailedRun] = (),
) -> list[Incident]:
    """Return all that is wrong now with the tables of a catalog.

    Args:
        connection: a session of the warehouse, the ledger installed.
        catalog: the tables; what the ledger knows of others is not told.
        now: the present moment.
        quarantined: a table-hour is told of if it has more records than this in quarantine.
        runs: failed runs of Dagster, if they were looked for.
    """
    return [
        *_table_hours(connection, catalog, quarantined),
        *_findings(connection, catalog),
        *silence(connection, catalog, now),
        *unsettled_runs(connection, runs),
    ]


def _table_hours(connection: psycopg.Connection, catalog: Catalog, limit: int) -> list[Incident]:
    values = {
        "need_attention": sorted(NEED_ATTENTION),
        "without_files": sorted(WITHOUT_FILES),
        "parted_by_reason": sorted(PARTED_BY_REASON),
        "foreign_words": sorted(FOREIGN_WORDS),
        "limit": limit,
        "held": sorted(HELD),
        "tables": [table.qualified for table in catalog.tables],
    }
    # Hours whose reasons differ in figures and names alone have one fingerprint, and so one key.
    incidents: dict[Key, Incident] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(statement(__package__, "read_incidents"), values):
            add(incidents, _of_table_hours(row))
    return list(incidents.values())


def _of_table_hours(row: Row) -> Incident:
    kind, begin = row["kind"], format_hour(row["first"])
    fingerprint = begin if kind == "missing" else ""
    if row["fact"] is not None:
        fingerprint = fingerprint_of_fact(Fact.from_json(row["fact"]))
    return Incident(
        kind=kind,
        source=row["source"],
        table=row["table_name"],
        dedup_key=fingerprint or begin,
        fingerprint=fingerprint,
        first=row["first"],
        last=row["last"],
        hours=row["hours"],
        records=row["records"],
        loaded=row["loaded"],
        quarantined=row["quarantined"],
        codes=frozenset(row["codes"] or ()),
        explanation=Explanation(kind=kind, evidence=row["evidence"]),
    )


def _findings(connection: psycopg.Connection, catalog: Catalog) -> Iterator[Incident]:
    sources = {source.name for source in catalog.sources}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement(__package__, "read_findings")).fetchall()
    for _, group in groupby(rows, key=_subject_of):
        for stretch in _stretches(list(group)):
            if _is_told(stretch[0], sources):
                yield _of_findings(stretch)


def _subject_of(row: Row) -> tuple[str, str, str, str]:
    return row["kind"], row["source"], row["table_name"], row["subject"]


def _is_told(row: Row, sources: Collection[str]) -> bool:
    """Return whether a finding is anybody's business.

    A source that has left the catalog is judged no more, so that nothing closes its findings.
    """
    is_of_whole_lake = not row["source"]
    return is_of_whole_lake or row["source"] in sources


def _stretches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Part findings of one subject where a day goes by without one."""
    begin = 0
    for index in range(1, len(rows)):
        before, after = rows[index - 1]["hour"], rows[index]["hour"]
        if before and after and after - before > DAY:
            yield rows[begin:index]
            begin = index
    yield rows[begin:]


def _of_findings(stretch: Sequence[Row]) -> Incident:
    """Return the incident of findings of one subject, oldest first."""
    kind, source, table, subject = _subject_of(stretch[0])
    hours = [row["hour"] for row in stretch if row["hour"]]
    first, last = min(hours, default=None), max(hours, default=None)
    begin = format_hour(first) if first else ""
    return Incident(
        kind=kind,
        source=source,
        table=table,
        dedup_key=f"{kind} {subject} {begin}".strip(),
        first=first,
        last=last,
        hours=len(hours),
        explanation=Explanation(kind=kind, details=stretch[-1]["evidence"]),
        subject=subject,
        label=f"{source}/{subject}" if kind == "unknown_table" else "",
    )


def silence(connection: psycopg.Connection, catalog: Catalog, now: datetime) -> list[Incident]:
    """Return that the judge has not run for two hours, if so: as a whole, or for some sources.

    A judge that never ran is not missed: whoever has no daemon may not want one.

    Args:
        connection: a session of the warehouse, the ledger installed.
        catalog: the tables; sources it does not have are not judged.
        now: the present moment.
    """
    rows = connection.execute(statement(__package__, "read_heartbeats")).fetchall()
    beats: dict[str, datetime] = dict(rows)
    silent = {name: beat for name, beat in rows if now - beat > SILENCE}
    of_all = [beats[name] for name in (JUDGE, LOAD) if name in beats]
    if of_all and now - max(of_all) > SILENCE:
        return [_silent(subject="the judge", last_ran=max(of_all))]
    has_loaded_all = LOAD in beats and LOAD not in silent
    if has_loaded_all:
        return []
    return list(_silent_sources(catalog, silent))


def _silent_sources(catalog: Catalog, silent: dict[str, datetime]) -> Iterator[Incident]:
    for source in sorted(source.name for source in catalog.sources):
        last_ran = silent.get(f"{JUDGE}:{source}")
        if last_ran is not None:
            yield _silent(subject=f"the judge of {source}", last_ran=last_ran, source=source)


def _silent(subject: str, last_ran: datetime, source: str = "") -> Incident:
    details = {"last_ran": f"{last_ran:%Y-%m-%dT%H:%M}Z"}
    return Incident(
        kind="judge_silent",
        source=source,
        explanation=Explanation(kind="judge_silent", details=details),
        subject=subject,
    )
