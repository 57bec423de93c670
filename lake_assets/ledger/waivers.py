"""Waivers: table-hours that a person has accepted as they are, with who and why.

A waiver holds for as long as the table-hour's state is `waived`: a load of the hour ends it, and so does a
check that finds its files changed; its row stays as history. Which hours may be waived belongs to
`states.state`, whether a waiver still holds to `states.decide`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.ledger.table_hours import Entry, range_of, write
from lake_assets.postgres import statement
from lake_assets.states.facts import Fact
from lake_assets.states.state import State


@dataclass(frozen=True)
class Waiving:
    """A table-hour that is to be waived.

    Attributes:
        hour: the hour (UTC).
        state: what it is: `missing` or `failed`.
        reason: why it is so, if that is known, as a sentence.
        files: the files the lake has for it now, key to etag.
        known_since: when the ledger's row of it was written; None if there is none.
    """

    hour: datetime
    state: State
    reason: str | None
    files: Mapping[str, str]
    known_since: datetime | None


def waive(
    connection: psycopg.Connection, table: Table, hours: Sequence[Waiving], *, why: str, who: str
) -> list[datetime]:
    """Accept table-hours, unless the ledger has changed since they were looked at.

    Returns:
        The hours that are waived now, oldest first.
    """
    fact = Fact.of("waived", why=why, who=who)
    entries = [_waived(table, waiving, fact) for waiving in hours]
    with connection.transaction():
        written = {hour for _, _, hour in write(connection, entries)}
        accepted = [waiving for waiving in hours if waiving.hour in written]
        values = {
            "source": table.source,
            "table_name": table.name,
            "hours": [waiving.hour for waiving in accepted],
            "states": [waiving.state for waiving in accepted],
            "reasons": [waiving.reason for waiving in accepted],
            "files": [Jsonb(dict(waiving.files)) for waiving in accepted],
            "why": why,
            "who": who,
        }
        connection.execute(statement(__package__, "write_waivers"), values)
    return sorted(written)


def _waived(table: Table, waiving: Waiving, fact: Fact) -> Entry:
    return Entry(
        table=table,
        hour=waiving.hour,
        state="waived",
        reason=fact.code,
        facts=(fact,),
        seen=waiving.known_since,
    )


def read_waived_files(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, dict[str, str]]:
    """Return which files each waived hour of [first, end) had when it was waived last, key to etag."""
    rows = connection.execute(statement(__package__, "read_waivers"), range_of(table, first, end))
    return dict(rows.fetchall())
