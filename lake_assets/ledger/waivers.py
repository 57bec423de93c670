"""Waivers: table-hours that a person has accepted as they are, with who and why.

A waiver holds for as long as the table-hour's state is `waived`: a load of the hour ends it, and so does a
check that finds its files changed; its row stays as history. Which hours may be waived belongs to
`cli.waive`, whether a waiver still holds to `checks.row_count`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.ledger.ledger import State, range_of
from lake_assets.postgres import statement


@dataclass(frozen=True)
class Waiving:
    """A table-hour that is to be waived.

    Attributes:
        hour: the hour (UTC).
        state: what it is: `missing` or `failed`.
        reason: why it is so, if that is known.
        files: the files the lake has for it now, key to etag.
        known_since: when the ledger's row of it was written; None if there is none.
    """

    hour: datetime
    state: State
    reason: str | None
    files: Mapping[str, str]
    known_since: datetime | None


def note_of(why: str, who: str) -> str:
    """Give what table-hours carry as their note."""
    return f"waived: {why} ({who})"


def waive(
    connection: psycopg.Connection, table: Table, hours: Sequence[Waiving], *, why: str, who: str
) -> list[datetime]:
    """Accept table-hours, unless the ledger has changed since they were looked at.

    Returns:
        The hours that are waived now, oldest first.
    """
    values = {
        "source": table.source,
        "table_name": table.name,
        "hours": [entry.hour for entry in hours],
        "states": [entry.state for entry in hours],
        "reasons": [entry.reason for entry in hours],
        "files": [Jsonb(dict(entry.files)) for entry in hours],
        "known_since": [entry.known_since for entry in hours],
        "why": why,
        "who": who,
        "note": note_of(why, who),
    }
    return sorted(hour for (hour,) in connection.execute(statement(__package__, "waive_hours"), values))


def read_waived_files(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, dict[str, str]]:
    """Read which files each waived hour of [first, end) had when it was waived last, key to etag."""
    rows = connection.execute(statement(__package__, "read_waivers"), range_of(table, first, end))
    return dict(rows.fetchall())
