"""The states of all of a table's hours for the commands, quickly: what the judge settled today is recalled.

Recent hours are judged by lake and ledger as they are now. So are older ones, unless the judge has looked at
all of the table within a day: then its word in the ledger stands for every hour whose files are still those
that were loaded. Of a table of very many files not even that is looked at, for listing them takes minutes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import class_row

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.checks.table_hour import CheckedHour
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.ledger import ledger
from lake_assets.ledger.ledger import LedgerHour
from lake_assets.ledger.states import FINE
from lake_assets.postgres import statement

RECENT_HOURS = 48
SHOWN_HOURS = 400  # as many as fit beside each other on a wide terminal
MANY_FILES = 10_000  # ten requests list them
FRESH = timedelta(hours=25)
"""How old the judge's last look at all of a table may be; it looks each day."""


def judge_or_recall(
    connection: psycopg.Connection,
    lake: Lake,
    table: Table,
    hours: Sequence[datetime],
    *,
    with_fine: bool,
    now: datetime | None = None,
) -> list[CheckedHour]:
    """Say what state a table's hours are in.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake.
        table: the table.
        hours: all hours wanted, oldest first.
        with_fine: give hours that are recalled, well and older than some weeks too; they can be very many.
        now: the present moment; the clock's if left out.
    """
    moment = now or datetime.now(UTC)
    old = hours[:-RECENT_HOURS]
    if not old or not _looked_at(connection, table, moment):
        return judge_hours(connection, lake, table, hours, now=moment) if hours else []
    ancient, shown = (old[:-SHOWN_HOURS], old[-SHOWN_HOURS:]) if not with_fine else ([], old)
    rows = [*_read_attention(connection, table, ancient), *_read_all(connection, table, shown)]
    changed = _changed(connection, lake, table, old)
    anew = [*changed, *hours[-RECENT_HOURS:]]
    differing = set(changed)
    recalled = [_recalled(row) for row in rows if row.hour not in differing]
    return [*recalled, *judge_hours(connection, lake, table, anew, now=moment)]


def forget_sweeps(connection: psycopg.Connection) -> None:
    """Have commands list every hour anew, until the judge looks at all of a table the next time."""
    connection.execute(statement(__package__, "forget_sweeps"))


def _looked_at(connection: psycopg.Connection, table: Table, now: datetime) -> bool:
    values = {"source": table.source, "table_name": table.name}
    row = connection.execute(statement(__package__, "last_sweep"), values).fetchone()
    return row is not None and now - row[0] < FRESH


def _changed(
    connection: psycopg.Connection, lake: Lake, table: Table, hours: Sequence[datetime]
) -> list[datetime]:
    """Give the hours whose files in the lake are not those of the ledger; of very many files, none."""
    first, end = hours[0], hours[-1] + ONE_HOUR
    values = {"source": table.source, "table_name": table.name, "most": MANY_FILES}
    row = connection.execute(statement(__package__, "has_many_files"), values).fetchone()
    if row is not None and row[0]:
        return []
    loaded = {
        hour: {(file.key, file.etag, file.bytes) for file in files}
        for hour, files in ledger.read_files(connection, table, first, end).items()
    }
    listed = {
        hour: {(file.key, file.etag, file.size) for file in files}
        for hour, files in lake.list_table(table.source_folder, table, first, end).by_hour().items()
    }
    return sorted(hour for hour in loaded.keys() | listed.keys() if loaded.get(hour) != listed.get(hour))


def _read_all(
    connection: psycopg.Connection, table: Table, hours: Sequence[datetime]
) -> Iterable[LedgerHour]:
    return ledger.read_hours(connection, table, hours[0], hours[-1] + ONE_HOUR).values()


def _read_attention(
    connection: psycopg.Connection, table: Table, hours: Sequence[datetime]
) -> list[LedgerHour]:
    if not hours:
        return []
    values = {
        "source": table.source,
        "table_name": table.name,
        "first": hours[0],
        "end": hours[-1] + ONE_HOUR,
    }
    with connection.cursor(row_factory=class_row(LedgerHour)) as cursor:
        return cursor.execute(statement(__package__, "read_attention"), values).fetchall()


def _recalled(row: LedgerHour) -> CheckedHour:
    said = (row.note,) if row.note and row.state not in FINE else ()
    return CheckedHour(row.hour, row.state, said, row.counts, files=row.files, note=row.note)
