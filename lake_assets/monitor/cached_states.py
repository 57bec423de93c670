"""The states of all of a table's hours for the commands, quickly: what the judge settled today is recalled.

Recent hours are judged by lake and ledger as they are now. So are older ones, unless the judge has looked at
all of the table within a day: then its word in the ledger stands for every hour whose files are still those
that were loaded. Of a table of very many files not even that is looked at, for listing them takes minutes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.hours import ONE_HOUR, RECENT
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.files import read_files
from lake_assets.ledger.table_hours import read_hours
from lake_assets.postgres import statement
from lake_assets.states.decide import Verdict, is_held
from lake_assets.states.records import LedgerFile, LedgerHour
from lake_assets.states.state import LOADABLE, NEED_ATTENTION

RECENT_HOURS = RECENT // ONE_HOUR
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
) -> list[Verdict]:
    """Return what state a table's hours are in.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake.
        table: the table.
        hours: all hours wanted, oldest first.
        with_fine: give hours that are recalled, well and older than some weeks too; they can be very many.
        now: the present moment; the clock's if left out.
    """
    moment = now or datetime.now(UTC)
    old, recent = hours[:-RECENT_HOURS], hours[-RECENT_HOURS:]
    if not hours:
        return []
    if not old or not _looked_at(connection, table, moment):
        return judge_hours(connection, lake, table, hours, now=moment)
    known = _recall(connection, table, old, with_fine=with_fine)
    changed = _changed(connection, lake, table, old)
    recalled = [_recalled(row) for row in known if row.hour not in changed]
    judged = judge_hours(connection, lake, table, [*sorted(changed), *recent], now=moment)
    return [*recalled, *judged]


def forget_sweeps(connection: psycopg.Connection) -> None:
    """Have commands list every hour anew, until the judge looks at all of a table the next time."""
    connection.execute(statement(__package__, "forget_sweeps"))


def _looked_at(connection: psycopg.Connection, table: Table, now: datetime) -> bool:
    values = {"source": table.source, "table_name": table.name}
    row = connection.execute(statement(__package__, "last_sweep"), values).fetchone()
    return row is not None and now - row[0] < FRESH


def _recall(
    connection: psycopg.Connection, table: Table, hours: Sequence[datetime], *, with_fine: bool
) -> list[LedgerHour]:
    """Return the hours as the ledger has them; of long ago only what needs attention, unless asked."""
    ancient, shown = ([], hours) if with_fine else (hours[:-SHOWN_HOURS], hours[-SHOWN_HOURS:])
    known: list[LedgerHour] = []
    if ancient:
        attention = read_hours(connection, table, ancient[0], ancient[-1] + ONE_HOUR, NEED_ATTENTION)
        known += attention.values()
    known += read_hours(connection, table, shown[0], shown[-1] + ONE_HOUR).values()
    return known


def _changed(
    connection: psycopg.Connection, lake: Lake, table: Table, hours: Sequence[datetime]
) -> set[datetime]:
    """Return the hours whose files in the lake are not those of the ledger; of very many files, none."""
    values = {"source": table.source, "table_name": table.name, "most": MANY_FILES}
    row = connection.execute(statement(__package__, "has_many_files"), values).fetchone()
    has_many_files = row is not None and row[0]
    if has_many_files:
        return set()
    first, end = hours[0], hours[-1] + ONE_HOUR
    loaded = read_files(connection, table, first, end)
    listed = lake.list_table(table.source_folder, table, first, end).by_hour()
    return {
        hour
        for hour in loaded.keys() | listed.keys()
        if not _agree(loaded.get(hour, ()), listed.get(hour, ()))
    }


def _agree(files: Sequence[LedgerFile], items: Sequence[LakeObject]) -> bool:
    loaded = {(file.key, file.etag, file.bytes) for file in files}
    listed = {(item.key, item.etag, item.size) for item in items}
    return loaded == listed


def _recalled(row: LedgerHour) -> Verdict:
    needs_attention = row.state in NEED_ATTENTION
    return Verdict(
        hour=row.hour,
        state=row.state,
        found=row.facts if needs_attention else (),
        kept=() if needs_attention else row.facts,
        counts=row.counts,
        files=row.files,
        needs_load=row.state in LOADABLE and not is_held(row.state, row.reason),
    )
