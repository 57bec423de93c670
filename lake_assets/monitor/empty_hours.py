"""Empty hours: files of an hourly table that hold no record, after hours with records.

Such a file may be the truth of a quiet night, or all that is left of lost records. It is told the first time:
hours that follow each other without a record are one episode, and an episode is told while it is longer than
any that ended before it, be it by records or by a person's word. So nights are told once, and a table that
stays empty is told until somebody looks. What DMS itself counted meanwhile is said, and believed where it
says that there was nothing. Hours without a file are `missing`, and no matter of this module.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import psycopg
from psycopg.rows import class_row

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.monitor.findings import Finding
from lake_assets.monitor.testimony import TO_THE_MINUTE, Witnesses, count_changes, moved_nothing
from lake_assets.postgres import statement
from lake_assets.states.state import WITH_ROWS

PAST = timedelta(weeks=8)
"""How far back earlier episodes are looked for."""


@dataclass(frozen=True)
class FilledHour:
    """An hour that has files, and how many records these hold."""

    table_name: str
    hour: datetime
    records: int
    is_accepted: bool = False


@dataclass(frozen=True)
class Episode:
    """Hours of a table that follow each other without a record, though each has files.

    Attributes:
        hours: the hours, oldest first; at least one.
        before: the hour with records before them.
        is_over: records have come again, or a person has accepted one of the hours.
        is_accepted: a person has accepted one of them.
    """

    hours: tuple[datetime, ...]
    before: datetime
    is_over: bool
    is_accepted: bool


def empty_episodes(hours: Iterable[FilledHour]) -> Iterator[Episode]:
    """Yield the episodes without records of one table, oldest first; not one that nothing came before."""
    before: datetime | None = None
    empty: list[FilledHour] = []
    for filled in hours:
        if not filled.records:
            empty.append(filled)
            continue
        if before is not None and empty:
            yield _episode(empty, before, is_over=True)
        before, empty = filled.hour, []
    if before is not None and empty:
        yield _episode(empty, before, is_over=False)


def _episode(empty: Sequence[FilledHour], before: datetime, *, is_over: bool) -> Episode:
    is_accepted = any(filled.is_accepted for filled in empty)
    return Episode(
        hours=tuple(filled.hour for filled in empty),
        before=before,
        is_over=is_over or is_accepted,
        is_accepted=is_accepted,
    )


def unusual_episodes(episodes: Iterable[Episode], first: datetime) -> Iterator[Episode]:
    """Yield the episodes that reach beyond an hour, and are longer than any that was over before them.

    Args:
        episodes: of one table, oldest first.
        first: the first hour that is looked at.
    """
    longest = 0
    for episode in episodes:
        is_recent = episode.hours[-1] >= first
        if is_recent and not episode.is_accepted and len(episode.hours) > longest:
            yield episode
        if episode.is_over:
            longest = max(longest, len(episode.hours))


def empty_findings(
    connection: psycopg.Connection, witnesses: Witnesses, first: datetime, end: datetime
) -> Iterator[Finding]:
    """Yield a finding for each unusual episode without records of the source's hourly tables.

    Args:
        connection: a session of the warehouse.
        witnesses: what DMS says.
        first: the first hour that is looked at.
        end: the hour to stop before.
    """
    source = witnesses.source
    hourly = {table.name: table for table in source.tables if table.expect == "hourly"}
    filled = _read_filled(connection, source, sorted(hourly), first, end)
    for name, hours in groupby(filled, key=lambda one: one.table_name):
        for episode in unusual_episodes(empty_episodes(hours), first):
            finding = _finding(connection, witnesses, hourly[name], episode)
            if finding is not None:
                yield finding


def _read_filled(
    connection: psycopg.Connection, source: Source, tables: Sequence[str], first: datetime, end: datetime
) -> list[FilledHour]:
    values = {
        "source": source.name,
        "tables": tables,
        "first": first,
        "past": first - PAST,
        "end": end,
        "settled": [*sorted(WITH_ROWS), "waived"],
    }
    with connection.cursor(row_factory=class_row(FilledHour)) as cursor:
        return cursor.execute(statement(__package__, "filled_hours"), values).fetchall()


def _finding(
    connection: psycopg.Connection, witnesses: Witnesses, table: Table, episode: Episode
) -> Finding | None:
    """Return what is told of an episode; None where DMS itself says that there was nothing."""
    begin, end = episode.hours[0], episode.hours[-1] + ONE_HOUR
    if moved_nothing(witnesses, begin, end):
        return None
    counted = count_changes(connection, witnesses, table, begin, episode.hours[-1])
    if counted is not None and counted.changes == 0:
        return None
    details = {
        "table": table.qualified,
        "first": format_hour(begin),
        "last": format_hour(episode.hours[-1]),
        "hours": len(episode.hours),
        "before": format_hour(episode.before),
        "is_over": episode.is_over,
        "changes": counted.changes if counted else None,
        "since": f"{counted.before:{TO_THE_MINUTE}}" if counted else None,
        "until": f"{counted.after:{TO_THE_MINUTE}}" if counted else None,
    }
    return Finding(kind="empty_hours", details=details, table_name=table.name, hour=begin)
